"""Documents as one HTML file that needs nothing else."""

from __future__ import annotations

import base64
from dataclasses import replace
from html import escape
from pathlib import Path

from yrdecon.present.blocks import Block, Bullets, FigureBlock, Heading, KeyValues, Paragraph, TableBlock
from yrdecon.present.document import Document
from yrdecon.present.figure import drawing_bytes
from yrdecon.present.html import html_fragment
from yrdecon.present.inline import Span, inline_spans
from yrdecon.present.widths import has_prose
from yrdecon.present.words import word

POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
DEEPEST_IN_NAVIGATION = 2
REM_AN_INCH = 7.3


def document_html(document: Document) -> str:
    """Return the page; its policy forbids the browser to load anything."""
    style = (Path(__file__).parent / "document.css").read_text(encoding="utf-8").strip()
    subtitle = [f'<p class="subtitle">{escape(document.subtitle)}</p>'] if document.subtitle else []
    anchors = _anchors(document)
    blocks = [_block(block, anchors.get(i, "")) for i, block in enumerate(document.blocks)]
    return "\n".join(
        [
            "<!DOCTYPE html>",
            f'<html lang="{"zh-CN" if document.lang == "zh" else document.lang}">',
            '<head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">',
            f"<title>{escape(document.title)}</title>",
            f"<style>\n{style}\n</style></head>",
            "<body>",
            *_navigation(document, anchors),
            "<main>",
            f"<header><h1>{escape(document.title)}</h1>",
            *subtitle,
            "</header>",
            *blocks,
            "</main>",
            "</body>",
            "</html>",
            "",
        ]
    )


def _anchors(document: Document) -> dict[int, str]:
    """Return the anchor of every heading by its position; those without one are counted."""
    headings = [(i, block) for i, block in enumerate(document.blocks) if isinstance(block, Heading)]
    return {i: block.anchor or f"S{number}" for number, (i, block) in enumerate(headings, start=1)}


def _navigation(document: Document, anchors: dict[int, str]) -> list[str]:
    links = [
        f'<li class="level{block.level}"><a href="#{anchors[i]}">{escape(block.text)}</a></li>'
        for i, block in enumerate(document.blocks)
        if isinstance(block, Heading) and block.level <= DEEPEST_IN_NAVIGATION
    ]
    if not links:
        return []
    title = escape(word("contents", document.lang))
    return [f'<nav aria-label="{title}">', f'<p class="contents">{title}</p>', "<ul>", *links, "</ul>", "</nav>"]


def _block(block: Block, anchor: str) -> str:
    match block:
        case Heading():
            shown = f'<h{block.level + 1} id="{anchor}">{escape(block.text)}</h{block.level + 1}>'
        case Paragraph():
            shown = f"<p>{_inline(block.text)}</p>"
        case KeyValues():
            shown = _key_values(block)
        case Bullets():
            shown = "\n".join(["<ul>", *(f"<li>{_inline(item)}</li>" for item in block.items), "</ul>"])
        case TableBlock():
            shown = _table(block)
        case FigureBlock():
            shown = _figure(block)
        case _:
            shown = '<div class="page-break"></div>'
    return shown


def _key_values(block: KeyValues) -> str:
    rows = [
        f"<div{' class=' + chr(34) + 'emphasized' + chr(34) if label == block.emphasized else ''}>"
        f"<dt>{escape(label)}</dt><dd>{_inline(text)}</dd></div>"
        for label, text in block.rows
    ]
    return "\n".join(["<dl>", *rows, "</dl>"])


def _table(block: TableBlock) -> str:
    """Return the table in a region that scrolls by itself, so that caption and notes fit a phone."""
    table = block.table
    caption = [f"<figcaption>{escape(table.caption)}</figcaption>"] if table.caption else []
    notes = [f'<p class="notes">{escape(paragraph)}</p>' for paragraph in table.paragraphs]
    label = f' aria-label="{escape(table.caption)}"' if table.caption else ""
    kind = "scroll" if has_prose(table) else "scroll unbroken"
    region = f'<div class="{kind}" role="region" tabindex="0"{label}>'
    fragment = html_fragment(replace(table, caption="", notes=())).rstrip("\n")
    return "\n".join(['<figure class="table">', *caption, region, fragment, "</div>", *notes, "</figure>"])


def _figure(block: FigureBlock) -> str:
    data = base64.b64encode(drawing_bytes(block.figure.drawing, "svg")).decode("ascii")
    width = float(block.figure.drawing.get_size_inches()[0]) * REM_AN_INCH
    image = (
        f'<img src="data:image/svg+xml;base64,{data}" alt="{escape(block.figure.alt)}" style="width:{width:.1f}rem">'
    )
    return "\n".join(["<figure>", image, f"<figcaption>{escape(block.caption)}</figcaption>", "</figure>"])


def _inline(text: str) -> str:
    return "".join(_span(span) for span in inline_spans(text))


def _span(span: Span) -> str:
    text = escape(span.text)
    if span.kind == "link":
        return f'<a href="{escape(span.target)}">{text}</a>'
    tag = {"plain": "", "bold": "strong", "code": "code"}[span.kind]
    return f"<{tag}>{text}</{tag}>" if tag else text
