"""Tables in Typst: a document, or a fragment for one."""

from __future__ import annotations

import re
from itertools import groupby

from yrdecon.present.table import Table
from yrdecon.present.table_width import PROSE_LETTERS, column_letters
from yrdecon.present.words import Lang

LATIN, EAST_ASIAN = "Libertinus Serif", "Noto Serif CJK SC"
THICK, THIN, PARTIAL = "1.2pt", "0.6pt", "0.4pt"
LETTERS_AT_10PT, LARGEST_PT, SMALLEST_PT = 84, 10.0, 7.0
MOST_ROWS_TOGETHER = 32
CHINESE = r"\p{Han}|[\u{3000}-\u{303F}\u{FF00}-\u{FFEF}]"


def typst_page(table: Table) -> str:
    """Return a document with the one table."""
    return typst_setup(table.lang) + "\n" + typst_fragment(table)


def typst_fragment(table: Table) -> str:
    """Return a table with a thick rule above and below and a thin one under the header, as wide as the text.

    The letters shrink from 10 to 7 points until the columns fit. A long table breaks and repeats its header, a short
    one stays on one page.
    """
    widths = column_letters(table)
    size = min(LARGEST_PT, max(SMALLEST_PT, LARGEST_PT * LETTERS_AT_10PT / sum(widths)))
    rows = [
        _cells([str(label), *map(str, values)])
        for label, values in zip(table.body.index, table.body.to_numpy().tolist(), strict=True)
    ]
    alignment = ", ".join(["left", *("left" if w > PROSE_LETTERS else "center" for w in widths[1:])])
    caption = [f"#block(sticky: true, below: 0.7em, strong({typst_string(table.caption)}))"] if table.caption else []
    notes = [f"#block(width: 100%, above: 0.6em, align(left, text(size: 0.88em, {typst_string(table.note)})))"] * bool(
        table.notes
    )
    breakable = "true" if len(rows) > MOST_ROWS_TOGETHER else "false"
    return "\n".join(
        [
            f"#block(width: 100%, breakable: {breakable}, above: 1.4em, below: 1.4em, align(center)[",
            f"#set text(size: {size:.1f}pt, top-edge: 0.8em, bottom-edge: -0.2em)",
            "#set par(first-line-indent: 0pt, leading: 0.3em)",
            *caption,
            "#table(",
            f"columns: ({', '.join(f'{w}fr' for w in widths)}), stroke: none, inset: (x: 3pt, y: 2pt),",
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


def _header(table: Table) -> str:
    columns = table.body.columns
    if columns.nlevels == 1:
        return _cells(["", *map(str, columns)])
    spans = ["[],"]
    for label, group in groupby(columns, key=lambda c: str(c[0])):
        rule = f"stroke: (bottom: {PARTIAL}), " if label else ""
        inside = f"block(width: 100%, inset: (bottom: 3pt), {rule}{typst_string(label)})"
        spans.append(f"table.cell(colspan: {len(list(group))}, align: center, inset: (bottom: 0pt), {inside}),")
    return " ".join(spans) + " " + _cells(["", *(str(c[1]) for c in columns)])


def _cells(texts: list[str]) -> str:
    return " ".join(f"{typst_string(text)}," for text in texts)
