"""Tables in Word, through maketables, with East Asian fonts and the same bytes every time."""

from __future__ import annotations

import datetime
import io
import zipfile
from typing import Any

from yrdecon.core.extras import require
from yrdecon.present.table import Table
from yrdecon.present.word_order import put_in_schema_order

LATIN, EAST_ASIAN = "Times New Roman", "宋体"
FEW_COLUMNS = 4
TEXT_CM, LEAST_LABEL_CM, MOST_LABEL_CM = 16.0, 3.6, 5.8
LATIN_CM, CJK_CM = 0.165, 0.36
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
    """Return an A4 document with the one table; every cell can be edited."""
    size = 10.5 if table.body.shape[1] <= FEW_COLUMNS else 9
    made = require("maketables", "tables").MTable(
        table.body, notes=table.note, caption=table.caption or None, rgroup_sep="", rgroup_display=False
    )
    document: Any = made.make(type="docx", docx_style=STYLE | {"font_size_pt": size})
    _set_page(document)
    _set_widths(document.tables[0], table)
    if table.caption:
        _set_caption(document, table.caption)
    _set_fonts(document, table.lang)
    _set_properties(document, table.caption)
    put_in_schema_order(document.element.body)
    buffer = io.BytesIO()
    document.save(buffer)
    return _same_bytes(buffer.getvalue())


def _set_page(document: Any) -> None:
    from docx.shared import Cm

    section = document.sections[0]
    section.page_width, section.page_height = Cm(21), Cm(29.7)
    section.left_margin = section.right_margin = Cm((21 - TEXT_CM) / 2)


def _set_widths(made: Any, table: Table) -> None:
    from docx.enum.table import WD_ALIGN_VERTICAL
    from docx.shared import Cm

    made.autofit = False
    longest = max(_width_cm(str(label)) for label in table.body.index)
    label = min(max(longest + CJK_CM, LEAST_LABEL_CM), MOST_LABEL_CM)
    n_columns = table.body.shape[1]
    widths = [Cm(label), *[Cm((TEXT_CM - label) / n_columns)] * n_columns]
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


def _set_fonts(document: Any, lang: str) -> None:
    """Name the fonts in every run and in the styles, so that what a user types gets them too."""
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    styles = [document.styles[name].element for name in ("Normal", "Caption")]
    for owner in (*document.element.body.iter(qn("w:r")), *styles):
        properties = owner.get_or_add_rPr()
        fonts = properties.get_or_add_rFonts()
        for name in list(fonts.attrib):
            del fonts.attrib[name]
        for name in ("w:ascii", "w:hAnsi", "w:cs"):
            fonts.set(qn(name), LATIN)
        fonts.set(qn("w:eastAsia"), EAST_ASIAN)
        language = OxmlElement("w:lang")
        language.set(qn("w:val"), "en-US")
        language.set(qn("w:eastAsia"), "zh-CN")
        properties.append(language)
        if lang == "zh":
            fonts.set(qn("w:hint"), "eastAsia")


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
