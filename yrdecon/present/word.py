"""Tables in Word, through maketables, with East Asian fonts and the same bytes every time."""

from __future__ import annotations

import datetime
import io
import zipfile
from typing import Any

from yrdecon.core.extras import require
from yrdecon.present.table import Table

LATIN, EAST_ASIAN = "Times New Roman", "宋体"
STYLE_POINTS = 10.5
TEXT_WIDTH_CM, LABEL_WIDTH_CM = 16.0, 4.8
STYLE = {
    "font_size_pt": 10.5,
    "caption_font_size_pt": 10.5,
    "notes_font_size_pt": 9,
    "border_top_rule_sz": 12,
    "border_header_rule_sz": 6,
    "border_bottom_rule_sz": 12,
    "cell_margins_dxa": {"left": 40, "right": 40, "top": 20, "bottom": 20},
}
EPOCH = datetime.datetime(2000, 1, 1, tzinfo=datetime.UTC)
STAMP = (1980, 1, 1, 0, 0, 0)


def word_bytes(table: Table) -> bytes:
    """Return a Word document with the one table; every cell can be edited."""
    made = require("maketables", "tables").MTable(
        table.body, notes=table.note, caption=table.caption, rgroup_sep="", rgroup_display=False
    )
    document: Any = made.make(type="docx", docx_style=STYLE)
    _set_caption(document, table.caption)
    _set_widths(document)
    _set_fonts(document)
    _set_properties(document, table.caption)
    buffer = io.BytesIO()
    document.save(buffer)
    return _same_bytes(buffer.getvalue())


def _set_caption(document: Any, caption: str) -> None:
    """Replace the numbered English caption by the table's own."""
    from docx.shared import Pt, RGBColor

    paragraph = document.paragraphs[0]
    for child in list(paragraph._p):
        if not child.tag.endswith("}pPr"):
            paragraph._p.remove(child)
    run = paragraph.add_run(caption)
    run.bold = True
    run.font.size = Pt(STYLE_POINTS)
    run.font.color.rgb = RGBColor(0, 0, 0)


def _set_widths(document: Any) -> None:
    """Give the labels a fixed width and share the rest, so that labels and intervals do not wrap."""
    from docx.shared import Cm

    table = document.tables[0]
    table.autofit = False
    count = len(table.columns)
    widths = [LABEL_WIDTH_CM] + [(TEXT_WIDTH_CM - LABEL_WIDTH_CM) / (count - 1)] * (count - 1)
    for column, width in zip(table.columns, widths, strict=True):
        column.width = Cm(width)
    for row in table.rows:
        position = 0
        for cell in row._tr.tc_lst:
            cell.width = Cm(sum(widths[position : position + cell.grid_span]))
            position += cell.grid_span


def _set_fonts(document: Any) -> None:
    from docx.oxml.ns import qn

    for run in document.element.body.iter(qn("w:r")):
        properties = run.get_or_add_rPr()
        fonts = properties.get_or_add_rFonts()
        for name in ("w:ascii", "w:hAnsi", "w:cs"):
            fonts.set(qn(name), LATIN)
        fonts.set(qn("w:eastAsia"), EAST_ASIAN)


def _set_properties(document: Any, title: str) -> None:
    properties = document.core_properties
    properties.author, properties.title, properties.comments = "yrdecon", title, ""
    properties.created = properties.modified = EPOCH
    properties.revision = 1


def _same_bytes(content: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(buffer, "w") as new:
        for name in sorted(old.namelist(), key=lambda n: (n != "[Content_Types].xml", n)):
            info = zipfile.ZipInfo(name, date_time=STAMP)
            info.compress_type = zipfile.ZIP_DEFLATED
            new.writestr(info, old.read(name))
    return buffer.getvalue()
