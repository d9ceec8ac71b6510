"""How many letters wide the columns of a table are, which decides type size and orientation of its page."""

from __future__ import annotations

from yrdecon.present.table import Table

LEAST_LABEL, LEAST_LETTERS, MOST_LETTERS, PROSE_LETTERS = 4, 8, 36, 24
MOST_UPRIGHT = 120


def column_letters(table: Table) -> list[int]:
    """Return the letters of the longest text of every column, labels first, within bounds; Chinese counts double.

    Texts beyond the upper bound break, and so does a spanning header.
    """
    body = table.body
    names = [str(c if body.columns.nlevels == 1 else c[1]) for c in body.columns]
    columns = [[name, *map(str, body.iloc[:, j])] for j, name in enumerate(names)]
    label = max([LEAST_LABEL, *map(_letters, map(str, body.index))])
    longest = [label, *(max([LEAST_LETTERS, *map(_letters, column)]) for column in columns)]
    return [min(MOST_LETTERS, letters) for letters in longest]


def is_wide(table: Table) -> bool:
    """Tell whether a table needs a page turned on its side to stay readable."""
    return sum(column_letters(table)) > MOST_UPRIGHT


def has_prose(table: Table) -> bool:
    """Tell whether a column other than the labels holds sentences, which must break."""
    return any(letters > PROSE_LETTERS for letters in column_letters(table)[1:])


def _letters(text: str) -> int:
    return sum(2 if ord(sign) > 0x2E7F else 1 for sign in text)
