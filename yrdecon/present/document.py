"""A document of headings, texts, tables and figures, in HTML, Word, PDF and Markdown."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from yrdecon.core.atomic import write_atomically
from yrdecon.errors import DesignError
from yrdecon.present.blocks import Block, fail_if_blocks_are_wrong
from yrdecon.present.words import Lang, fail_if_lang_is_unknown


@dataclass(frozen=True, eq=False)
class Document:
    """Blocks under a title, which every format shows in the same order; the same document gives the same bytes.

    Attributes
    ----------
    title, subtitle
        Plain text; the subtitle may be empty.
    blocks
        `Heading`, `Paragraph`, `KeyValues`, `Bullets`, `TableBlock`, `FigureBlock` and `PageBreak`, one at least.
    lang
        Language of the words and the fonts.

    Raises
    ------
    DesignError
        If the title is empty, the language unknown or a block is wrong, such as a figure without alt text.

    Examples
    --------
    >>> from yrdecon.present.blocks import Heading, Paragraph
    >>> page = Document("Twinning", "", (Heading("Result"), Paragraph("It is **inconclusive**.")))
    >>> print(page.to_markdown())
    # Twinning
    <BLANKLINE>
    ## Result
    <BLANKLINE>
    It is **inconclusive**.
    <BLANKLINE>
    """

    title: str
    subtitle: str
    blocks: tuple[Block, ...]
    lang: Lang = "en"

    def __post_init__(self) -> None:
        if not self.title.strip():
            raise DesignError("the document has no title; give it one")
        fail_if_lang_is_unknown(self.lang)
        fail_if_blocks_are_wrong(self.blocks)

    def to_html(self, path: str | Path) -> Path:
        """Write one HTML file with navigation; it needs neither network nor scripts."""
        from yrdecon.present.document_html import document_html

        return write_atomically(Path(path), document_html(self))

    def to_word(self, path: str | Path) -> Path:
        """Write an editable Word document with real headings and tables, figures of 300 dpi and page numbers."""
        from yrdecon.present.document_word import document_word

        return write_atomically(Path(path), document_word(self))

    def to_pdf(self, path: str | Path) -> Path:
        """Write a PDF with outline, page numbers and embedded fonts."""
        from yrdecon.present.document_pdf import document_pdf

        return write_atomically(Path(path), document_pdf(self))

    def to_markdown(self) -> str:
        """Return the text in Markdown, for diffs; figures are their captions and alt texts."""
        from yrdecon.present.document_markdown import document_markdown

        return document_markdown(self)
