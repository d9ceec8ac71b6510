"""How many letters wide the columns of a table are, which decides type size and orientation of its page."""

from __future__ import annotations

from yrdecon.present.table import Table

LEAST_LABEL, MOST_LABEL = 4, 36
LEAST_LETTERS, MOST_LETTERS = 8, 25
MOST_UPRIGHT = 120


def column_letters(table: Table) -> list[int]:
    """Return the letters that every column needs, labels first: those of its longest text, Chinese counted double.

    Sentences in a cell, very long labels and a spanning header break, so that no column needs more than a bound.
    """
    body = table.body
    names = [str(c if body.columns.nlevels == 1 else c[1]) for c in body.columns]
    columns = [[name, *map(str, body.iloc[:, j])] for j, name in enumerate(names)]
    label = max([LEAST_LABEL, *map(_letters, map(str, body.index))])
    longest = [max([LEAST_LETTERS, *map(_letters, column)]) for column in columns]
    return [min(MOST_LABEL, label), *(min(MOST_LETTERS, letters) for letters in longest)]


def prose_columns(table: Table) -> list[bool]:
    """Tell for every column whether it holds sentences, which begin at the left and break; labels do not count."""
    return [False, *(letters == MOST_LETTERS for letters in column_letters(table)[1:])]


def is_wide(table: Table) -> bool:
    """Tell whether a table needs a page turned on its side to stay readable."""
    return sum(column_letters(table)) > MOST_UPRIGHT


def _letters(text: str) -> int:
    return sum(2 if ord(sign) > 0x2E7F else 1 for sign in text)
