"""Tables in Word, through maketables: a file, or a part of one."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from yrdecon.core.extras import require
from yrdecon.present.table import Table
from yrdecon.present.table_width import column_letters
from yrdecon.present.word_file import TEXT_CM, name_fonts, saved_bytes, set_page

FEW_COLUMNS = 4
LEAST_LABEL_CM, MOST_LABEL_CM = 3.6, 5.8
LATIN_CM, CJK_CM, CELL_MARGINS_CM = 0.165, 0.36, 0.14
USUAL_PT, SMALL_PT, LEAST_PT = 10.5, 9.0, 7.0
STYLE = {
    "font_size_pt": USUAL_PT,
    "caption_font_size_pt": 10.5,
    "notes_font_size_pt": 9,
    "border_top_rule_sz": 12,
    "border_header_rule_sz": 6,
    "border_bottom_rule_sz": 12,
    "cell_margins_dxa": {"left": 40, "right": 40, "top": 20, "bottom": 20},
}


def word_bytes(table: Table) -> bytes:
    """Return an A4 document with the one table; every cell can be edited."""
    document = _made(table, TEXT_CM)
    set_page(document.sections[0])
    name_fonts([document.styles[name].element for name in ("Normal", "Caption")], table.lang)
    return saved_bytes(document, table.caption)


def add_table(document: Any, table: Table, width_cm: float = TEXT_CM) -> Any:
    """Add a table with caption and notes at the end of an open document, and return the table of the document."""
    body = document.element.body
    for element in _made(table, width_cm).element.body:
        if not element.tag.endswith("}sectPr"):
            body.insert(len(body) - 1, deepcopy(element))
    return document.tables[-1]


def _made(table: Table, width_cm: float) -> Any:
    from docx.oxml.ns import qn

    made = require("maketables", "tables").MTable(
        table.body, notes=table.note, caption=table.caption or None, rgroup_sep="", rgroup_display=False
    )
    document: Any = made.make(type="docx", docx_style=STYLE | {"font_size_pt": _points(table, width_cm)})
    _set_widths(document.tables[0], _widths_cm(table, width_cm))
    if table.caption:
        _set_caption(document, table.caption)
    name_fonts(document.element.body.iter(qn("w:r")), table.lang)
    return document


def _points(table: Table, width_cm: float) -> float:
    """Return the size of letters in half points, smaller where the columns would not fit."""
    usual = USUAL_PT if table.body.shape[1] <= FEW_COLUMNS else SMALL_PT
    fitting = USUAL_PT * width_cm / (sum(column_letters(table)) * LATIN_CM)
    return min(usual, max(LEAST_PT, int(2 * fitting) / 2))


def _widths_cm(table: Table, width_cm: float) -> list[float]:
    """Return a column for the labels and equal ones for the numbers, or by their letters where one would not fit."""
    letters = column_letters(table)
    longest = max(_width_cm(str(label)) for label in table.body.index)
    label = min(max(longest + CJK_CM, LEAST_LABEL_CM), MOST_LABEL_CM)
    n_columns = table.body.shape[1]
    share = (width_cm - label) / n_columns
    if max(letters[1:]) * LATIN_CM * _points(table, width_cm) / USUAL_PT + CELL_MARGINS_CM > share:
        return [width_cm * count / sum(letters) for count in letters]
    return [label, *[share] * n_columns]


def _set_widths(made: Any, widths_cm: list[float]) -> None:
    from docx.enum.table import WD_ALIGN_VERTICAL
    from docx.shared import Cm

    made.autofit = False
    widths = [Cm(width) for width in widths_cm]
    for column, width in zip(made.columns, widths, strict=True):
        column.width = width
    for row in made.rows:
        for cell in row.cells:
            cell.vertical_alignment = WD_ALIGN_VERTICAL.CENTER
        position = 0
        for cell in row._tr.tc_lst:
            cell.width = sum(widths[position : position + cell.grid_span])
            position += cell.grid_span


def _width_cm(text: str) -> float:
    return sum(CJK_CM if ord(sign) > 0x2E7F else LATIN_CM for sign in text)


def _set_caption(document: Any, caption: str) -> None:
    """Replace the numbered English caption by the table's own."""
    from docx.shared import Pt, RGBColor

    paragraph = document.paragraphs[0]
    for child in list(paragraph._p):
        if not child.tag.endswith("}pPr"):
            paragraph._p.remove(child)
    run = paragraph.add_run(caption)
    run.bold = True
    run.font.size = Pt(10.5)
    run.font.color.rgb = RGBColor(0, 0, 0)
