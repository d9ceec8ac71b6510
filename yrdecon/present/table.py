"""A table: cells, notes and caption, rendered to Word, LaTeX, HTML and Markdown."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from yrdecon.core.atomic import write_atomically
from yrdecon.present.words import Lang


@dataclass(frozen=True, eq=False)
class Table:
    """What every table function returns.

    Attributes
    ----------
    body
        Text cells. The index labels the rows; columns have one level, or two with the upper one spanning.
    notes
        Sentences below the table.
    caption
        Title above the table.
    lang
        Language of the words.
    """

    body: pd.DataFrame
    notes: tuple[str, ...]
    caption: str
    lang: Lang

    def to_word(self, path: str | Path) -> Path:
        """Write an editable Word document with three rules and East Asian fonts set."""
        from yrdecon.present.word import word_bytes

        return write_atomically(Path(path), word_bytes(self))

    def to_latex(self, path: str | Path | None = None) -> str:
        r"""Return LaTeX for booktabs, threeparttable, makecell and tabularx, and write it if a path is given."""
        from yrdecon.present.latex import latex_text

        return _written(latex_text(self), path)

    def to_html(self, path: str | Path | None = None) -> str:
        """Return a self-contained HTML page, and write it if a path is given."""
        from yrdecon.present.html import html_page

        return _written(html_page(self), path)

    def to_markdown(self, path: str | Path | None = None) -> str:
        """Return a Markdown table, and write it if a path is given."""
        return _written(_markdown(self), path)

    @property
    def note(self) -> str:
        """The notes as one paragraph; Chinese sentences need no space between them."""
        return ("" if self.lang == "zh" else " ").join(self.notes)

    def _repr_html_(self) -> str:
        from yrdecon.present.html import html_fragment

        return html_fragment(self)


def flat_header(body: pd.DataFrame) -> list[str]:
    """Return one header a column, the spanning level first."""
    if body.columns.nlevels == 1:
        return [str(c) for c in body.columns]
    return [" ".join(str(part) for part in column if part) for column in body.columns]


def unnumbered(caption: str) -> str:
    """Return a caption without the number that a typesetting system gives by itself.

    Examples
    --------
    >>> unnumbered("Table 1. Twinning"), unnumbered("表1　结对帮扶")
    ('Twinning', '结对帮扶')
    """
    return re.sub(r"^(Table|表)\s*[A-Z]?\d+[.:：]?[\s　]+", "", caption)


def _markdown(table: Table) -> str:
    rows = [
        [str(label), *values] for label, values in zip(table.body.index, table.body.to_numpy().tolist(), strict=True)
    ]
    lines = [_markdown_line(["", *flat_header(table.body)]), "| --- |" + " :-: |" * table.body.shape[1]]
    lines += [_markdown_line(row) for row in rows]
    caption = [f"**{table.caption}**", ""] if table.caption else []
    notes = ["", _markdown_text(table.note)] if table.notes else []
    return "\n".join([*caption, *lines, *notes]) + "\n"


def _markdown_line(cells: list[str]) -> str:
    return "| " + " | ".join(_markdown_text(cell) for cell in cells) + " |"


def _markdown_text(text: str) -> str:
    """Keep stars, underscores and bars from being read as markup."""
    return re.sub(r"([*_|<])", r"\\\1", str(text))


def _written(text: str, path: str | Path | None) -> str:
    if path is not None:
        write_atomically(Path(path), text)
    return text
