"""What every Word file needs: an A4 page, named fonts, fixed properties, and the same bytes every time."""

from __future__ import annotations

import datetime
import io
from collections.abc import Iterable
from typing import Any

from yrdecon.core.archive import undated
from yrdecon.present.word_order import put_in_schema_order
from yrdecon.present.words import Lang

LATIN, EAST_ASIAN = "Times New Roman", "宋体"
PAGE_CM = (21.0, 29.7)
TEXT_CM = 16.0
EPOCH = datetime.datetime(2000, 1, 1, tzinfo=datetime.UTC)


def set_page(section: Any) -> None:
    """Make a section upright A4 with text of 16 cm."""
    from docx.shared import Cm

    section.page_width, section.page_height = Cm(PAGE_CM[0]), Cm(PAGE_CM[1])
    section.left_margin = section.right_margin = Cm((PAGE_CM[0] - TEXT_CM) / 2)


def name_fonts(owners: Iterable[Any], lang: Lang, *, latin: str = LATIN, east_asian: str = EAST_ASIAN) -> None:
    """Name the fonts in every run or style given, so that what a user types gets them too."""
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    for owner in owners:
        properties = owner.get_or_add_rPr()
        fonts = properties.get_or_add_rFonts()
        for name in list(fonts.attrib):
            del fonts.attrib[name]
        for name in ("w:ascii", "w:hAnsi", "w:cs"):
            fonts.set(qn(name), latin)
        fonts.set(qn("w:eastAsia"), east_asian)
        language = OxmlElement("w:lang")
        language.set(qn("w:val"), "en-US")
        language.set(qn("w:eastAsia"), "zh-CN")
        properties.append(language)
        if lang == "zh":
            fonts.set(qn("w:hint"), "eastAsia")


def saved_bytes(document: Any, title: str) -> bytes:
    """Return the file, with elements in the order of the schema and without the time of its making."""
    properties = document.core_properties
    properties.author, properties.title, properties.comments = "yrdecon", title, ""
    properties.created = properties.modified = EPOCH
    properties.revision = 1
    put_in_schema_order(document.element.body)
    buffer = io.BytesIO()
    document.save(buffer)
    return undated(buffer.getvalue())
