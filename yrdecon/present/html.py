"""Tables in HTML: a page, or a fragment for one, that needs nothing else."""

from __future__ import annotations

from html import escape

from yrdecon.present.table_content import TableContent
from yrdecon.present.widths import letters, prose_columns
from yrdecon.present.words import Lang, word

STYLE = (
    "border-collapse:collapse;font-family:'Times New Roman','Songti SC','SimSun','Noto Serif CJK SC',serif;"
    "font-size:14px;margin:8px 0"
)
CAPTION = "caption-side:top;text-align:center;color:#000;padding:4px"
NOTES = "font-size:12px;max-width:60em;padding:4px;text-align:left"
CELL = "padding:2px 10px;font-weight:normal;background:none;text-align:"
THICK, THIN = "2px solid #000", "1px solid #000"
SHORT, UNBROKEN = 18, ";white-space:nowrap"


def html_page(table: TableContent) -> str:
    """Return a page with the one table; it declares its encoding, without which Chinese is not readable."""
    title = escape(table.caption or word("table", _language(table)))
    return "\n".join(
        [
            "<!DOCTYPE html>",
            f'<html lang="{_language(table)}">',
            f'<head><meta charset="utf-8"><title>{title}</title></head>',
            "<body>",
            html_fragment(table) + "</body>",
            "</html>",
            "",
        ]
    )


def html_fragment(table: TableContent) -> str:
    """Return a table with a thick rule above and below and a thin one under the header."""
    width = table.body.shape[1] + 1
    sides = _sides(table)
    rows = [
        _title(row[0], width) if position in table.titles else _row(row, sides)
        for position, row in enumerate(table.rows)
    ]
    notes = "<br>".join(escape(paragraph) for paragraph in table.paragraphs)
    caption = [f'<caption style="{CAPTION}">{escape(table.caption)}</caption>'] if table.caption else []
    foot = [f'<tfoot><tr><td colspan="{width}" style="{NOTES}">{notes}</td></tr></tfoot>'] if table.notes else []
    return "\n".join(
        [
            f'<table class="yrdecon-table" lang="{_language(table)}" style="{STYLE}">',
            *caption,
            f'<thead style="border-top:{THICK};border-bottom:{THIN}">',
            *_header(table),
            "</thead>",
            f'<tbody style="border-bottom:{THICK}">',
            *rows,
            "</tbody>",
            *foot,
            "</table>",
            "",
        ]
    )


def _language(table: TableContent) -> Lang:
    return "en" if table.lang == "en" else "zh"


def _header(table: TableContent) -> list[str]:
    """Return the header lines; a spanning label has a thin rule below it that stops short of its neighbors."""
    lines = []
    for line in table.header[:-1]:
        cells = ['<th style="padding:2px 10px"></th>']
        for span in line:
            rule = f"display:block;border-bottom:{THIN};padding-bottom:2px" if span.text else ""
            inside = f'<span style="{rule}">{_lines(span.text)}</span>'
            cells.append(f'<th colspan="{span.width}" style="{CELL}center">{inside}</th>')
        lines.append(f"<tr>{''.join(cells)}</tr>")
    names = [table.stub, *(span.text for span in table.header[-1])]
    return [*lines, _row(names, _sides(table), tag="th")]


def _sides(table: TableContent) -> list[str]:
    """Return the alignment of each column: prose stands at the left."""
    return ["left", *("left" if is_prose else "center" for is_prose in prose_columns(table)[1:])]


def _row(cells: list[str], sides: list[str], tag: str = "td") -> str:
    joined = "".join(
        f'<{tag} style="{CELL}{side}{UNBROKEN if letters(cell) <= SHORT else ""}">{_lines(cell)}</{tag}>'
        for cell, side in zip(cells, sides, strict=True)
    )
    return f'<tr style="background:none">{joined}</tr>'


def _lines(text: str) -> str:
    return escape(text).replace("\n", "<br>")


def _title(label: str, width: int) -> str:
    style = f"{CELL}left;padding-top:8px"
    return f'<tr style="background:none"><td colspan="{width}" style="{style}"><b>{escape(label)}</b></td></tr>'
