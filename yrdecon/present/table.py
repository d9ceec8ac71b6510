"""A table: cells, notes and caption, rendered to Word, LaTeX, Excel, Typst, PDF, HTML and Markdown."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from yrdecon.core.atomic import write_atomically
from yrdecon.present.excel import excel_bytes
from yrdecon.present.html import html_fragment, html_page
from yrdecon.present.latex import latex_text
from yrdecon.present.markdown import markdown_text
from yrdecon.present.pdf import pdf_bytes
from yrdecon.present.table_content import TableContent
from yrdecon.present.typst import typst_page
from yrdecon.present.word import word_bytes


@dataclass(frozen=True, eq=False)
class Table(TableContent):
    """What every table function returns; its fields are those of `TableContent`."""

    def to_word(self, path: str | Path) -> Path:
        """Write an editable Word document with three rules and East Asian fonts set."""
        return write_atomically(Path(path), word_bytes(self))

    def to_excel(self, path: str | Path) -> Path:
        """Write an Excel workbook with three rules; numbers stay the text that is printed."""
        return write_atomically(Path(path), excel_bytes(self))

    def to_latex(self, path: str | Path | None = None) -> str:
        """Return LaTeX with aligned numbers, and write it if a path is given; its first line names the packages."""
        return _written(latex_text(self), path)

    def to_typst(self, path: str | Path | None = None) -> str:
        """Return a Typst document, and write it if a path is given."""
        return _written(typst_page(self), path)

    def to_pdf(self, path: str | Path) -> Path:
        """Write a PDF made by Typst."""
        return write_atomically(Path(path), pdf_bytes(typst_page(self), {}))

    def to_html(self, path: str | Path | None = None) -> str:
        """Return a self-contained HTML page, and write it if a path is given."""
        return _written(html_page(self), path)

    def to_markdown(self, path: str | Path | None = None) -> str:
        """Return a Markdown table, and write it if a path is given."""
        return _written(markdown_text(self), path)

    def _repr_html_(self) -> str:
        return html_fragment(self)


def _written(text: str, path: str | Path | None) -> str:
    if path is not None:
        write_atomically(Path(path), text)
    return text
