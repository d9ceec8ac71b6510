"""Documents in Markdown, for diffs."""

from __future__ import annotations

from yrdecon.present.blocks import Block, Bullets, FigureBlock, Heading, KeyValues, Paragraph, TableBlock
from yrdecon.present.document import Document


def document_markdown(document: Document) -> str:
    """Return the blocks with an empty line between them."""
    head = [f"# {document.title}", *([document.subtitle] if document.subtitle else [])]
    parts = [*head, *(_block(block) for block in document.blocks)]
    return "\n\n".join(part.rstrip("\n") for part in parts) + "\n"


def _block(block: Block) -> str:
    match block:
        case Heading():
            shown = f"{'#' * (block.level + 1)} {block.text}"
        case Paragraph():
            shown = block.text
        case KeyValues():
            rows = [f"| {label} | {text} |" for label, text in block.rows]
            shown = "\n".join(["| | |", "|---|---|", *rows])
        case Bullets():
            shown = "\n".join(f"- {item}" for item in block.items)
        case TableBlock():
            shown = block.table.to_markdown()
        case FigureBlock():
            shown = f"![{block.figure.alt}]()\n\n*{block.caption}*"
        case _:
            shown = "---"
    return shown
