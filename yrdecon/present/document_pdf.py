"""Documents as PDF, through Typst."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from yrdecon.present.blocks import Block, Bullets, FigureBlock, Heading, KeyValues, Paragraph, TableBlock
from yrdecon.present.document import Document
from yrdecon.present.figure import drawing_bytes
from yrdecon.present.inline import Span, inline_spans
from yrdecon.present.page_turn import turned_blocks
from yrdecon.present.pdf import pdf_bytes
from yrdecon.present.typst import TEXT_CM, typst_fragment, typst_literal, typst_setup, typst_string
from yrdecon.present.widths import is_wide
from yrdecon.present.words import Lang

TURNED_CM, TEXT_INCHES = 24.7, 6.29
HEADING_FONT = "Noto Sans CJK SC"
ACCENT, QUIET = "#9C2A2A", "#5B5B5B"


def document_pdf(document: Document) -> bytes:
    """Return A4 pages with numbers and an outline; a table that needs it gets a page on its side."""
    figures = {
        f"figure{i}.svg": drawing_bytes(block.figure.drawing, "svg")
        for i, block in enumerate(document.blocks)
        if isinstance(block, FigureBlock)
    }
    source = [typst_setup(document.lang), _style(document.lang), _title(document), *_pages(document)]
    return pdf_bytes("\n\n".join(source), figures)


def _pages(document: Document) -> Iterator[str]:
    turned = turned_blocks(document.blocks)
    for is_turned, group in groupby(enumerate(document.blocks), key=lambda pair: turned[pair[0]]):
        shown = "\n\n".join(_block(block, f"figure{i}.svg") for i, block in group)
        yield f"#page(flipped: true)[\n{shown}\n]" if is_turned else shown


def _style(lang: Lang) -> str:
    indent = "(amount: 2em, all: true)" if lang == "zh" else "0pt"
    bold = "#show heading: set text(stroke: 0.02em)\n" if lang == "zh" else ""
    font = f", font: {typst_literal(HEADING_FONT)}" if lang == "zh" else ""
    return (
        '#set page(numbering: "1 / 1", number-align: center)\n'
        f"#set par(justify: true, leading: 0.75em, spacing: 1em, first-line-indent: {indent})\n"
        f"#show heading: set text(fill: black{font})\n{bold}"
        "#show heading.where(level: 1): set text(size: 14pt)\n"
        "#show heading.where(level: 2): set text(size: 12pt)\n"
        "#show heading.where(level: 3): set text(size: 10.5pt)\n"
        "#show heading: set block(above: 1.6em, below: 0.9em, sticky: true)\n"
        '#show link: set text(fill: rgb("#1F4E79"))\n'
        "#show figure: set block(breakable: false, above: 1.4em, below: 1.4em)\n"
        "#show figure.caption: it => strong(it.body)"
    )


def _title(document: Document) -> str:
    title = typst_string(document.title)
    subtitle = f", text(fill: rgb({typst_literal(QUIET)}), {typst_string(document.subtitle)})"
    font = f", font: {typst_literal(HEADING_FONT)}" if document.lang == "zh" else ""
    parts = f"text(size: 19pt{font}, strong({title})){subtitle if document.subtitle else ''}"
    return (
        f'#set document(title: {title}, author: "yrdecon")\n'
        "#block(below: 1.6em, { set par(first-line-indent: 0pt, justify: false, leading: 0.5em)\n"
        f"stack(dir: ttb, spacing: 0.9em, {parts}) }})"
    )


def _block(block: Block, name: str) -> str:
    match block:
        case Heading():
            label = f" <{block.anchor}>" if block.anchor else ""
            shown = f"#heading(level: {block.level}, {typst_string(block.text)}){label}"
        case Paragraph():
            shown = f"#par({_inline(block.text)})"
        case KeyValues():
            shown = _key_values(block)
        case Bullets():
            shown = f"#list(indent: 0.8em, {', '.join(_inline(item) for item in block.items)})"
        case TableBlock():
            shown = typst_fragment(block.table, TURNED_CM if is_wide(block.table) else TEXT_CM)
        case FigureBlock():
            shown = _figure(block, name)
        case _:
            shown = "#pagebreak(weak: true)"
    return shown


def _key_values(block: KeyValues) -> str:
    rows = []
    for label, text in block.rows:
        tint, color, size = ("#FAF4F2", ACCENT, "1.1em") if label == block.emphasized else ("#FFFFFF", QUIET, "1em")
        fill = f"fill: rgb({typst_literal(tint)}), "
        weight = "strong" if label == block.emphasized else ""
        shown = f"text(fill: rgb({typst_literal(color)}), size: {size}, {weight}({typst_string(label)}))"
        rows.append(f"table.cell({fill}{shown}), table.cell({fill}text(size: {size}, {_inline(text)})),")
    return "\n".join(
        [
            "#block(above: 1em, below: 1.4em, { set par(first-line-indent: 0pt, justify: false, leading: 0.65em)",
            "table(columns: (3.6cm, 1fr), inset: (x: 6pt, y: 6pt), align: left,",
            "stroke: (x, y) => (top: if y > 0 { 0.4pt + luma(200) }),",
            "table.hline(stroke: 1.2pt),",
            *rows,
            "table.hline(stroke: 1.2pt)) })",
        ]
    )


def _figure(block: FigureBlock, name: str) -> str:
    inches = float(block.figure.drawing.get_size_inches()[0])
    width = "100%" if inches >= TEXT_INCHES else f"{inches:.2f}in"
    image = f"image({typst_literal(name)}, width: {width}, alt: {typst_literal(block.figure.alt)})"
    return f"#figure({image}, caption: {typst_string(block.caption)}, kind: image, supplement: none, numbering: none)"


def _inline(text: str) -> str:
    return f"[{''.join(_span(span) for span in inline_spans(text))}]"


def _span(span: Span) -> str:
    match span.kind:
        case "bold":
            return f"#strong({typst_string(span.text)})"
        case "code":
            return f"#raw({typst_literal(span.text)})"
        case "link":
            target = f"<{span.target[1:]}>" if span.target.startswith("#") else typst_literal(span.target)
            return f"#link({target}, {typst_string(span.text)})"
        case _:
            return f"#{typst_string(span.text)}"
