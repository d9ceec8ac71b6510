"""Tables in Typst: a document, or a fragment for one."""

from __future__ import annotations

import re

from yrdecon.present.table_content import TableContent
from yrdecon.present.widths import column_widths, font_size, prose_columns
from yrdecon.present.words import Lang

LATIN, EAST_ASIAN = "Libertinus Serif", "Noto Serif CJK SC"
THICK, THIN, PARTIAL = "1.2pt", "0.6pt", "0.4pt"
TEXT_CM, SIZES = 16.0, (10.0, 9.0, 8.0, 7.0)
MOST_ROWS_TOGETHER = 32
CHINESE = r"\p{Han}|[\u{3000}-\u{303F}\u{FF00}-\u{FFEF}]"


def typst_page(table: TableContent) -> str:
    """Return a document with the one table."""
    return typst_setup("en" if table.lang == "en" else "zh") + "\n" + typst_fragment(table)


def typst_fragment(table: TableContent, text_cm: float = TEXT_CM) -> str:
    """Return a table with a thick rule above and below and a thin one under the header, as wide as the text.

    The letters shrink from 10 to 7 points until the columns fit. A long table breaks and repeats its header, a short
    one stays on one page.
    """
    size = font_size(table, text_cm, SIZES)
    widths = column_widths(table, text_cm, size)
    alignment = ", ".join("left" if is_prose else "center" for is_prose in [True, *prose_columns(table)[1:]])
    rows = [
        _title(row[0], len(row)) if position in table.titles else _cells(row) for position, row in enumerate(table.rows)
    ]
    caption = [f"#block(sticky: true, below: 0.7em, strong({typst_string(table.caption)}))"] if table.caption else []
    notes = [
        f"#block(width: 100%, above: 0.6em, align(left, text(size: 0.88em, {typst_string(paragraph)})))"
        for paragraph in table.paragraphs
    ]
    breakable = "true" if len(rows) > MOST_ROWS_TOGETHER else "false"
    return "\n".join(
        [
            f"#block(width: 100%, breakable: {breakable}, above: 1.4em, below: 1.4em, align(center)[",
            f"#set text(size: {size:.1f}pt, top-edge: 0.8em, bottom-edge: -0.2em)",
            "#set par(first-line-indent: 0pt, leading: 0.3em, justify: false)",
            *caption,
            "#table(",
            f"columns: ({', '.join(f'{width:.2f}fr' for width in widths)}), stroke: none, inset: (x: 3pt, y: 2pt),",
            f"align: ({alignment}),",
            f"table.hline(stroke: {THICK}),",
            f"table.header({_header(table)}table.hline(stroke: {THIN})),",
            *rows,
            f"table.hline(stroke: {THICK}),",
            ")",
            *notes,
            "])",
            "",
        ]
    )


def typst_setup(lang: Lang) -> str:
    """Return the settings that a document needs first: page, fonts, and no date.

    The shipped Chinese font has one weight; its bold is drawn with a stroke.
    """
    region = ', region: "cn"' if lang == "zh" else ""
    latin = f'(name: "{LATIN}", covers: "latin-in-cjk")' if lang == "zh" else f'"{LATIN}"'
    return "\n".join(
        [
            "#set document(date: none)",
            '#set page(paper: "a4", margin: 2.5cm)',
            f'#set text(font: ({latin}, "{EAST_ASIAN}"), size: 10.5pt, lang: "{lang}"{region})',
            f'#show strong: it => {{ show regex("{CHINESE}"): set text(stroke: 0.025em); it }}',
            "",
        ]
    )


def typst_string(text: str) -> str:
    r"""Return text as a string of Typst code, in which nothing is markup; a hyphen before a number is a minus.

    Examples
    --------
    >>> typst_string('#let "x" = -0.1'), typst_string("2018-2020")
    ('"#let \\"x\\" = −0.1"', '"2018-2020"')
    """
    return typst_literal(re.sub(r"(?<![\w.)\-])-(?=[\d.])", "−", str(text)))


def typst_literal(text: str) -> str:
    """Return text as a string of Typst code, sign by sign."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def _header(table: TableContent) -> str:
    parts = []
    for line in table.header[:-1]:
        parts.append("[],")
        for span in line:
            rule = f"stroke: (bottom: {PARTIAL}), " if span.text else ""
            inside = f"block(width: 100%, inset: (bottom: 3pt), {rule}{typst_string(span.text)})"
            parts.append(f"table.cell(colspan: {span.width}, align: center, inset: (bottom: 0pt), {inside}),")
    return " ".join([*parts, _cells([table.stub, *(span.text for span in table.header[-1])])])


def _title(text: str, width: int) -> str:
    return f"table.cell(colspan: {width}, align: left, inset: (top: 5pt), strong({typst_string(text)})),"


def _cells(texts: list[str]) -> str:
    return " ".join(f"{typst_string(text)}," for text in texts)
