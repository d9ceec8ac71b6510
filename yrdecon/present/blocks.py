"""The blocks of a document, and what each must hold."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import get_args

from yrdecon.errors import DesignError
from yrdecon.present.figure import Figure
from yrdecon.present.inline import inline_spans
from yrdecon.present.table import Table

DEEPEST_HEADING = 3


@dataclass(frozen=True)
class Heading:
    """A heading of level 1 to 3; links reach it by its anchor (``#anchor``)."""

    text: str
    level: int = 1
    anchor: str = ""


@dataclass(frozen=True)
class Paragraph:
    """Text with ``**bold**``, `` `code` `` and ``[links](https://...)``; a link starts with http, mailto, # or ./ ."""

    text: str


@dataclass(frozen=True)
class KeyValues:
    """Labels and texts side by side; the row whose label is `emphasized` stands out."""

    rows: tuple[tuple[str, str], ...]
    emphasized: str = ""


@dataclass(frozen=True)
class Bullets:
    """A list, each item as the text of a paragraph."""

    items: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class TableBlock:
    """A table with its own caption and notes."""

    table: Table


@dataclass(frozen=True, eq=False)
class FigureBlock:
    """A figure with the title below it."""

    figure: Figure
    caption: str


@dataclass(frozen=True)
class PageBreak:
    """A new page in Word, in PDF and on paper."""


Block = Heading | Paragraph | KeyValues | Bullets | TableBlock | FigureBlock | PageBreak


def fail_if_blocks_are_wrong(blocks: Sequence[object]) -> None:
    """Refuse what no format can show.

    Raises
    ------
    DesignError
        If there is no block or one of another kind, a block is empty, a heading has a wrong level or an anchor that is
        wrong or taken, an emphasized label or the anchor of a link is not there, or a figure has no alt text.
    """
    if not blocks:
        raise DesignError("the document has no blocks; give it at least one, such as Paragraph('...')")
    for position, block in enumerate(blocks):
        if not isinstance(block, get_args(Block)):
            known = [kind.__name__ for kind in get_args(Block)]
            raise DesignError(f"block {position} is a {type(block).__name__}; a document is made of {known}")
        if problem := _problem(block):
            raise DesignError(f"block {position}, a {type(block).__name__}, {problem}")
    _fail_if_anchors_are_wrong(blocks)


def texts_of(block: object) -> list[str]:
    """Return the texts of a block in which markup is read."""
    if isinstance(block, Paragraph):
        return [block.text]
    if isinstance(block, Bullets):
        return list(block.items)
    return [text for _, text in block.rows] if isinstance(block, KeyValues) else []


def _problem(block: object) -> str:
    if isinstance(block, Heading) and block.level not in range(1, DEEPEST_HEADING + 1):
        return f"has level {block.level}; choose 1 to {DEEPEST_HEADING}"
    if isinstance(block, KeyValues) and block.emphasized not in ("", *(label for label, _ in block.rows)):
        return f"emphasizes {block.emphasized!r}; choose one of its labels {[label for label, _ in block.rows]}"
    if isinstance(block, FigureBlock) and not block.figure.alt.strip():
        return "has no alt text; describe the figure in Figure.alt for those who cannot see it"
    written = [block.text] if isinstance(block, Heading) else texts_of(block)
    if isinstance(block, Heading | Paragraph | KeyValues | Bullets) and not "".join(written).strip():
        return "is empty; give it a text or leave it out"
    return ""


def _fail_if_anchors_are_wrong(blocks: Sequence[object]) -> None:
    anchors = [block.anchor for block in blocks if isinstance(block, Heading) and block.anchor]
    for anchor in anchors:
        if not re.fullmatch(r"[a-z][a-z0-9-]*", anchor):
            raise DesignError(f"the anchor {anchor!r} is not a name; write small letters, digits and hyphens")
        if anchors.count(anchor) > 1:
            raise DesignError(f"the anchor {anchor!r} belongs to {anchors.count(anchor)} headings; rename all but one")
    spans = [span for block in blocks for text in texts_of(block) for span in inline_spans(text)]
    for target in (span.target for span in spans if span.target.startswith("#")):
        if target[1:] not in anchors:
            raise DesignError(f"a link leads to {target}, which no heading has; the anchors are {anchors}")
