"""Tables in Word: three rules and editable cells, in a file or as part of one."""

from __future__ import annotations

from typing import Any

from yrdecon.core.extras import require
from yrdecon.present.table_content import TableContent
from yrdecon.present.widths import column_widths, font_size, prose_columns
from yrdecon.present.word_file import TEXT_CM, name_fonts, saved_bytes, set_page

SIZES, CAPTION_SIZE, NOTE_SIZE = (10.5, 9.0, 8.0, 7.5), 10.5, 9.0
THICK, THIN = 12, 6
MARGINS = {"top": 20, "left": 40, "bottom": 20, "right": 40}
MOST_ROWS_TOGETHER, LEAST_ROWS_TOGETHER = 32, 2


def word_bytes(table: TableContent) -> bytes:
    """Return an A4 document with the one table; every cell can be edited."""
    from docx.oxml.ns import qn

    document = require("docx", "tables").Document()
    set_page(document.sections[0])
    add_table(document, table)
    styles = [document.styles[name].element for name in ("Normal", "Caption")]
    owners = [*document.element.body.iter(qn("w:r")), *styles]
    name_fonts(owners, "en" if table.lang == "en" else "zh")
    return saved_bytes(document, table.caption)


def add_table(document: Any, table: TableContent, width_cm: float = TEXT_CM) -> Any:
    """Add a table with caption and notes at the end of an open document, and return the table of the document."""
    size = font_size(table, width_cm, SIZES)
    if table.caption:
        _paragraph(document.add_paragraph(), table.caption, CAPTION_SIZE, bold=True, side="center", keep=True)
    made = document.add_table(len(table.header) + len(table.rows), table.body.shape[1] + 1)
    _set_layout(made, column_widths(table, width_cm, size))
    _fill_header(made, table, size)
    _fill_rows(made, table, size)
    _draw_rules(made, table)
    for paragraph in table.paragraphs:
        _paragraph(document.add_paragraph(), paragraph, min(NOTE_SIZE, size), side="both")
    return made


def _set_layout(made: Any, widths: list[float]) -> None:
    from docx.enum.table import WD_TABLE_ALIGNMENT
    from docx.shared import Cm

    made.autofit, made.alignment = False, WD_TABLE_ALIGNMENT.CENTER
    margins = _element("tblCellMar")
    for side, width in MARGINS.items():
        margins.append(_element(side, w=str(width), type="dxa"))
    made._tbl.tblPr.append(margins)
    for column, centimeters in zip(made.columns, widths, strict=True):
        column.width = Cm(centimeters)
        for cell in column.cells:
            cell.width = Cm(centimeters)


def _fill_header(made: Any, table: TableContent, size: float) -> None:
    lines = table.header
    prose = prose_columns(table)
    for number, line in enumerate(lines):
        row = made.rows[number]
        row._tr.get_or_add_trPr().append(_element("tblHeader"))
        cells = list(row.cells)
        _write(cells[0], table.stub if line is lines[-1] else "", size, "left")
        position = 1
        for span in line:
            cell = cells[position]
            if span.width > 1:
                cell = cell.merge(cells[position + span.width - 1])
            is_flush = line is lines[-1] and prose[position]
            _write(cell, span.text, size, "left" if is_flush else "center")
            position += span.width


def _fill_rows(made: Any, table: TableContent, size: float) -> None:
    prose = [True, *prose_columns(table)[1:]]
    all_but_last = len(table.rows) - (0 if table.notes else 1)
    kept = all_but_last if len(table.rows) <= MOST_ROWS_TOGETHER else LEAST_ROWS_TOGETHER
    for position, texts in enumerate(table.rows):
        row = made.rows[len(table.header) + position]
        row._tr.get_or_add_trPr().append(_element("cantSplit"))
        cells = list(row.cells)
        if position in table.titles:
            _write(cells[0].merge(cells[-1]), texts[0], size, "left", bold=True)
            continue
        for number, (cell, text) in enumerate(zip(cells, texts, strict=True)):
            side = "left" if prose[number] else "center"
            _write(cell, text, size, side, keep=position < kept)


def _write(cell: Any, text: str, size: float, side: str, *, bold: bool = False, keep: bool = True) -> None:
    from docx.enum.table import WD_ALIGN_VERTICAL

    cell.vertical_alignment = WD_ALIGN_VERTICAL.CENTER
    for spare in cell.paragraphs[1:]:
        spare._p.getparent().remove(spare._p)
    _paragraph(cell.paragraphs[0], text, size, bold=bold, side=side, keep=keep)


def _paragraph(made: Any, text: str, size: float, *, bold: bool = False, side: str, keep: bool = False) -> None:
    """Write one paragraph; its mark has the size of the text too, so that an empty one is as high."""
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.shared import Pt

    sides = {"left": "LEFT", "center": "CENTER", "both": "JUSTIFY"}
    made.alignment = getattr(WD_ALIGN_PARAGRAPH, sides[side])
    made.paragraph_format.space_after = made.paragraph_format.space_before = Pt(0)
    made.paragraph_format.line_spacing = 1.0
    made.paragraph_format.keep_with_next = keep or None
    run = made.add_run(text)
    run.font.size, run.bold = Pt(size), bold or None
    mark = _element("rPr")
    mark.append(_element("sz", val=str(int(2 * size))))
    made._p.get_or_add_pPr().append(mark)


def _draw_rules(made: Any, table: TableContent) -> None:
    """Draw a thick rule above and below, a thin one under the header, and part of one under each spanning label."""
    head, count = len(table.header), len(made.rows)
    for number, row in enumerate(made.rows):
        for cell in row._tr.tc_lst:
            text = "".join(cell.itertext())
            is_label = number < head - 1 and text
            bottom = THICK if number == count - 1 else THIN if number == head - 1 or is_label else 0
            borders = _element("tcBorders")
            borders.append(_border("top", THICK if number == 0 else 0))
            borders.append(_border("left", 0))
            borders.append(_border("bottom", bottom))
            borders.append(_border("right", 0))
            cell.get_or_add_tcPr().append(borders)


def _border(side: str, size: int) -> Any:
    return _element(side, val="single", sz=str(size), space="0", color="000000") if size else _element(side, val="nil")


def _element(name: str, **attributes: str) -> Any:
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    made = OxmlElement(f"w:{name}")
    for key, value in attributes.items():
        made.set(qn(f"w:{key}"), value)
    return made
