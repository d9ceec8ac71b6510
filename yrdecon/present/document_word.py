"""Documents in Word, with real headings, editable tables and page numbers."""

from __future__ import annotations

import io
from typing import Any

from yrdecon.core.extras import require
from yrdecon.present.blocks import Block, Bullets, FigureBlock, Heading, KeyValues, PageBreak, Paragraph, TableBlock
from yrdecon.present.document import Document
from yrdecon.present.figure import drawing_bytes
from yrdecon.present.page_turn import turned_blocks
from yrdecon.present.table import Table
from yrdecon.present.widths import is_wide
from yrdecon.present.word import add_table
from yrdecon.present.word_file import PAGE_CM, TEXT_CM, saved_bytes, set_page
from yrdecon.present.word_text import (
    add_gap,
    add_inline,
    add_key_values,
    add_page_numbers,
    mark_anchor,
    name_fonts_of_runs,
    set_styles,
)

MARGIN_CM = (PAGE_CM[0] - TEXT_CM) / 2
TEXT_INCHES = TEXT_CM / 2.54
CENTER, GAP_PT = 1, 8


def document_word(document: Document) -> bytes:
    """Return A4 pages; a table that needs it gets a page on its side."""
    made = require("docx", "tables").Document()
    set_page(made.sections[0])
    set_styles(made, document.lang)
    add_page_numbers(made.sections[0])
    made.add_paragraph(document.title, style="Title")
    if document.subtitle:
        made.add_paragraph(document.subtitle, style="Subtitle")
    for block, is_turned in zip(document.blocks, turned_blocks(document.blocks), strict=True):
        _turn_page(made, sideways=is_turned)
        _add(made, block)
    name_fonts_of_runs(made, document.lang)
    return saved_bytes(made, document.title)


def _turn_page(made: Any, *, sideways: bool) -> None:
    """Begin a section if the page is not turned as the block needs it."""
    from docx.shared import Cm

    last = made.sections[-1]
    if sideways == (last.page_width > last.page_height):
        return
    section = made.add_section()
    section.page_width, section.page_height = (Cm(side) for side in (PAGE_CM[::-1] if sideways else PAGE_CM))
    section.orientation = int(sideways)


def _add(made: Any, block: Block) -> None:
    match block:
        case Heading():
            mark_anchor(made.add_heading(block.text, level=block.level), block.anchor)
        case Paragraph():
            add_inline(made.add_paragraph(style="Body Text"), block.text)
        case KeyValues():
            add_key_values(made, block)
        case Bullets():
            for item in block.items:
                add_inline(made.add_paragraph(style="List Bullet"), item)
        case TableBlock():
            _add_table(made, block.table)
        case FigureBlock():
            _add_figure(made, block)
        case PageBreak():
            add_gap(made, 1).page_break_before = True


def _add_table(made: Any, table: Table) -> None:
    add_table(made, table, PAGE_CM[1] - 2 * MARGIN_CM if is_wide(table) else TEXT_CM)
    add_gap(made, GAP_PT)


def _add_figure(made: Any, block: FigureBlock) -> None:
    from docx.shared import Inches

    width = min(float(block.figure.drawing.get_size_inches()[0]), TEXT_INCHES)
    paragraph = made.add_paragraph()
    paragraph.alignment = CENTER
    paragraph.paragraph_format.keep_with_next = True
    picture = io.BytesIO(drawing_bytes(block.figure.drawing, "png"))
    inline = paragraph.add_run().add_picture(picture, width=Inches(width))._inline
    inline.docPr.set("descr", block.figure.alt)
    for side in ("distT", "distB", "distL", "distR"):
        inline.set(side, "0")
    made.add_paragraph(block.caption, style="Caption").alignment = CENTER
