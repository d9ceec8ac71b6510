"""Tables in HTML: a page, or a fragment for one, that needs nothing else."""

from __future__ import annotations

from html import escape
from itertools import groupby

from yrdecon.present.table import Table
from yrdecon.present.words import word

STYLE = (
    "border-collapse:collapse;font-family:'Times New Roman','Songti SC','SimSun','Noto Serif CJK SC',serif;"
    "font-size:14px;margin:8px 0"
)
CAPTION = "caption-side:top;text-align:center;color:#000;padding:4px"
NOTES = "font-size:12px;max-width:60em;padding:4px;text-align:left"
SPAN = "padding:2px 10px;text-align:center;font-weight:normal"
THICK, THIN = "2px solid #000", "1px solid #000"


def html_page(table: Table) -> str:
    """Return a page with the one table; it declares its encoding, without which Chinese is not readable."""
    title = escape(table.caption or word("table", table.lang))
    return "\n".join(
        [
            "<!DOCTYPE html>",
            f'<html lang="{table.lang}">',
            f'<head><meta charset="utf-8"><title>{title}</title></head>',
            "<body>",
            html_fragment(table) + "</body>",
            "</html>",
            "",
        ]
    )


def html_fragment(table: Table) -> str:
    """Return a table with a thick rule above and below and a thin one under the header."""
    body = table.body
    width = body.shape[1] + 1
    rows = [
        _row([str(label), *map(str, values)])
        for label, values in zip(body.index, body.to_numpy().tolist(), strict=True)
    ]
    caption = [f'<caption style="{CAPTION}">{escape(table.caption)}</caption>'] if table.caption else []
    notes = f'<tfoot><tr><td colspan="{width}" style="{NOTES}">{escape(table.note)}</td></tr></tfoot>'
    return "\n".join(
        [
            f'<table class="yrdecon-table" lang="{table.lang}" style="{STYLE}">',
            *caption,
            f'<thead style="border-top:{THICK};border-bottom:{THIN}">',
            *_header(table),
            "</thead>",
            f'<tbody style="border-bottom:{THICK}">',
            *rows,
            "</tbody>",
            *([notes] if table.notes else []),
            "</table>",
            "",
        ]
    )


def _header(table: Table) -> list[str]:
    columns = table.body.columns
    if columns.nlevels == 1:
        return [_row(["", *map(str, columns)], tag="th")]
    cells = ['<th style="padding:2px 10px"></th>']
    for label, group in groupby(columns, key=lambda c: c[0]):
        span = len(list(group))
        cells.append(f'<th colspan="{span}" style="{SPAN}">{escape(str(label))}</th>')
    return [f"<tr>{''.join(cells)}</tr>", _row(["", *(str(c[1]) for c in columns)], tag="th")]


def _row(cells: list[str], tag: str = "td") -> str:
    style = "padding:2px 10px;font-weight:normal;background:none;text-align:"
    first = f'<{tag} style="{style}left">{escape(cells[0])}</{tag}>'
    rest = "".join(f'<{tag} style="{style}center">{escape(c)}</{tag}>' for c in cells[1:])
    return f'<tr style="background:none">{first}{rest}</tr>'
