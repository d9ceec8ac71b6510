"""Text in Word documents: styles, markup, labels with texts, anchors and page numbers."""

from __future__ import annotations

from typing import Any

from yrdecon.present.blocks import KeyValues
from yrdecon.present.inline import Span, inline_spans
from yrdecon.present.word_file import EAST_ASIAN, TEXT_CM, name_fonts
from yrdecon.present.words import Lang

HEADING_EAST_ASIAN, CODE = "黑体", "Consolas"
INK, QUIET, ACCENT, LINK, TINT, LINE = "000000", "5B5B5B", "9C2A2A", "1F4E79", "FAF4F2", "C8C8C8"
LABEL_CM = 3.6
TEXT_PT = 10.5
HEADINGS = {"Title": 18.0, "Heading 1": 14.0, "Heading 2": 12.0, "Heading 3": 10.5}
TEXTS = {"Normal": TEXT_PT, "Body Text": TEXT_PT, "List Bullet": TEXT_PT, "Subtitle": TEXT_PT, "Caption": TEXT_PT}
CENTER, JUSTIFIED, GAP_PT = 1, 3, 8


def set_styles(made: Any, lang: Lang) -> None:
    """Give the styles of the template black letters, the fonts of the language and quiet spacing."""
    from docx.shared import Pt, RGBColor

    for name, size in (HEADINGS | TEXTS | {"Footer": 9.0}).items():
        style, is_heading = made.styles[name], name in HEADINGS
        style.font.size, style.font.italic = Pt(size), False
        style.font.bold = is_heading or name == "Caption"
        style.font.color.rgb = RGBColor.from_string(QUIET if name == "Subtitle" else INK)
        name_fonts([style.element], lang, east_asian=HEADING_EAST_ASIAN if is_heading else EAST_ASIAN)
        if name != "Normal":
            style.paragraph_format.space_before = Pt(14 if name.startswith("Heading") else 0)
            style.paragraph_format.space_after = Pt(6)
            style.paragraph_format.line_spacing = 1.25
        for ornament in [*style.element.iter("{*}pBdr"), *style.element.findall("{*}rPr/{*}spacing")]:
            ornament.getparent().remove(ornament)
    made.styles["Body Text"].paragraph_format.alignment = JUSTIFIED
    if lang == "zh":
        made.styles["Body Text"].paragraph_format.first_line_indent = Pt(2 * TEXT_PT)


def name_fonts_of_runs(made: Any, lang: Lang) -> None:
    """Name the fonts in every run that names none, so that quotation marks get those of the language."""
    from docx.oxml.ns import qn

    bare = [run for run in made.element.body.iter(qn("w:r")) if run.rPr is None or run.rPr.find(qn("w:rFonts")) is None]
    identifiers = {made.styles[name].style_id for name in HEADINGS}
    headings = [run for run in bare if getattr(run.getparent(), "style", None) in identifiers]
    name_fonts(headings, lang, east_asian=HEADING_EAST_ASIAN)
    name_fonts([run for run in bare if run not in headings], lang)


def add_inline(paragraph: Any, text: str) -> None:
    """Add a text with its markup to a paragraph."""
    for span in inline_spans(text):
        _add_span(paragraph, span)


def add_key_values(made: Any, block: KeyValues) -> None:
    """Add labels and texts as a table of two columns with thin rules."""
    from docx.shared import Cm, Pt, RGBColor

    table = made.add_table(rows=0, cols=2)
    table.autofit = False
    for element in (_element("w:tblBorders", *_rules()), _element("w:tblInd", w="108", type="dxa")):
        table._tbl.tblPr.append(element)
    for label, text in block.rows:
        stands_out = label == block.emphasized
        cells = table.add_row().cells
        for cell, content, width in zip(cells, (label, text), (LABEL_CM, TEXT_CM - LABEL_CM), strict=True):
            cell.width = Cm(width)
            paragraph = cell.paragraphs[0]
            paragraph.paragraph_format.space_before = paragraph.paragraph_format.space_after = Pt(4)
            paragraph.paragraph_format.line_spacing = 1.2
            add_inline(paragraph, content) if cell is cells[1] else paragraph.add_run(content)
            for run in paragraph.runs:
                run.font.size = Pt(TEXT_PT + 1 if stands_out else TEXT_PT)
            if stands_out:
                cell._tc.get_or_add_tcPr().append(_element("w:shd", val="clear", color="auto", fill=TINT))
        for run in cells[0].paragraphs[0].runs:
            run.font.color.rgb, run.bold = RGBColor.from_string(ACCENT if stands_out else QUIET), stands_out
    for column, width in zip(table.columns, (LABEL_CM, TEXT_CM - LABEL_CM), strict=True):
        column.width = Cm(width)
    add_gap(made, GAP_PT)


def add_gap(made: Any, points: int) -> Any:
    """Add an empty paragraph of a height, which keeps tables apart, and return its format."""
    from docx.shared import Pt

    form = made.add_paragraph().paragraph_format
    form.line_spacing, form.space_before, form.space_after = Pt(points), Pt(0), Pt(0)
    return form


def mark_anchor(paragraph: Any, anchor: str) -> None:
    """Put a bookmark around a heading, if it has an anchor."""
    if anchor:
        number = str(len(list(paragraph._p.getroottree().iter("{*}bookmarkStart"))))
        paragraph._p.insert(1, _element("w:bookmarkStart", id=number, name=anchor))
        paragraph._p.append(_element("w:bookmarkEnd", id=number))


def add_page_numbers(section: Any) -> None:
    """Write the number of the page and of all pages into the footer."""
    paragraph = section.footer.paragraphs[0]
    paragraph.alignment = CENTER
    paragraph._p.append(_element("w:fldSimple", instr="PAGE"))
    paragraph.add_run(" / ")
    paragraph._p.append(_element("w:fldSimple", instr="NUMPAGES"))


def _add_span(paragraph: Any, span: Span) -> None:
    run = paragraph.add_run(span.text)
    run.bold = True if span.kind == "bold" else None
    if span.kind == "code":
        name_fonts([run._r], "en", latin=CODE)
    if span.kind == "link":
        _make_link(paragraph, run, span.target)


def _make_link(paragraph: Any, run: Any, target: str) -> None:
    from docx.opc.constants import RELATIONSHIP_TYPE
    from docx.oxml.ns import qn
    from docx.shared import RGBColor

    run.font.color.rgb, run.font.underline = RGBColor.from_string(LINK), True
    link = _element("w:hyperlink")
    if target.startswith("#"):
        link.set(qn("w:anchor"), target[1:])
    else:
        link.set(qn("r:id"), paragraph.part.relate_to(target, RELATIONSHIP_TYPE.HYPERLINK, is_external=True))
    run._r.addprevious(link)
    link.append(run._r)


def _rules() -> list[Any]:
    thick = {"val": "single", "sz": "12", "space": "0", "color": INK}
    sides = {"top": thick, "bottom": thick, "insideH": thick | {"sz": "4", "color": LINE}}
    return [_element(f"w:{side}", **rule) for side, rule in sides.items()]


def _element(tag: str, *children: Any, **attributes: str) -> Any:
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    element = OxmlElement(tag)
    for name, value in attributes.items():
        element.set(qn(f"w:{name}"), value)
    element.extend(children)
    return element
