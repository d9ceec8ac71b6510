"""What a table holds, whichever format it is rendered to."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import groupby
from typing import Literal

import pandas as pd

from yrdecon.present.words import word

TableLang = Literal["en", "zh", "both"]


@dataclass(frozen=True)
class Span:
    """A header text and the number of columns below it."""

    text: str
    width: int


@dataclass(frozen=True, eq=False)
class TableContent:
    """The cells, notes and caption of a table.

    Attributes
    ----------
    body
        Text cells. The index labels the rows; columns have one level, or several with the upper ones spanning.
    notes
        Sentences below the table; in a bilingual one the Chinese ones first.
    caption
        Title above the table.
    lang
        Language of the words; ``"both"`` for Chinese beside English.
    titles
        Positions of the rows that are titles, as of a panel: their label spans the table.
    """

    body: pd.DataFrame
    notes: tuple[str, ...]
    caption: str
    lang: TableLang
    titles: tuple[int, ...] = ()

    @property
    def paragraphs(self) -> tuple[str, ...]:
        """The notes as one paragraph a language; Chinese sentences need no space between them."""
        chinese = word("note", "zh")
        return tuple(
            ("" if self.lang == "zh" or group[0].startswith(chinese) else " ").join(group)
            for group in self.notes_by_language
        )

    @property
    def notes_by_language(self) -> tuple[tuple[str, ...], ...]:
        """The sentences of each language: a new one begins where the word for notes stands."""
        starts = (word("note", "zh"), word("note", "en"))
        groups: list[list[str]] = []
        for sentence in self.notes:
            if not groups or sentence.startswith(starts):
                groups.append([])
            groups[-1].append(sentence)
        return tuple(tuple(group) for group in groups)

    @property
    def note(self) -> str:
        """The notes as one text, a line for each language."""
        return "\n".join(self.paragraphs)

    @property
    def rows(self) -> list[list[str]]:
        """The label and the cells of each row as text."""
        cells = self.body.to_numpy().tolist()
        return [[str(label), *map(str, row)] for label, row in zip(self.body.index, cells, strict=True)]

    @property
    def stub(self) -> str:
        """The header of the label column: the name of the index."""
        return str(self.body.index.name or "")

    @property
    def header(self) -> tuple[tuple[Span, ...], ...]:
        """The header line by line, the label column left out; equal neighbors of an upper line are one span."""
        columns = [c if isinstance(c, tuple) else (c,) for c in self.body.columns]
        depths = range(1, self.body.columns.nlevels)
        upper = [groupby([column[:depth] for column in columns]) for depth in depths]
        lines = [tuple(Span(str(key[-1]), len(list(same))) for key, same in line) for line in upper]
        return (*lines, tuple(Span(str(column[-1]), 1) for column in columns))


def unnumbered(caption: str) -> str:
    """Return a caption without the number that a typesetting system gives by itself.

    Examples
    --------
    >>> unnumbered("Table 1. Twinning"), unnumbered("表1　结对帮扶")
    ('Twinning', '结对帮扶')
    """
    return re.sub(r"^(Table|表)\s*[A-Z]?\d+[.:：]?[\s　]+", "", caption)
