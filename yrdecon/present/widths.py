"""How wide columns are and how large letters, so that a table fits the page."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from yrdecon.present.numbers import DASH
from yrdecon.present.table_content import TableContent

UNBROKEN, SHORT_CHINESE, PROSE = 16, 10, 24
WIDEST = 60
UPRIGHT_CM, READABLE = 16.0, 8.0
LABEL_SHARE, PROSE_SHARE = 1.8, 1.4
CM_PER_LETTER_AND_POINT = 0.0172


def letters(text: str) -> int:
    """Return the width of a text in Latin letters; a Chinese character counts two.

    Examples
    --------
    >>> letters("GDP增长")
    7
    """
    return max(sum(2 if ord(sign) > 0x2E7F else 1 for sign in line) for line in text.split("\n"))


def natural_widths(content: TableContent) -> list[float]:
    """Return the letters that the label column and each other one would fill, 60 at most."""
    return _letters_by_column(content)[0]


def prose_columns(content: TableContent) -> list[bool]:
    """Return which columns hold sentences, to be set flush left.

    They do if most of their filled cells are long; beside such a column every other one of more than numbers and short
    words does.
    """
    rows = [row for position, row in enumerate(content.rows) if position not in content.titles]
    sizes = [[letters(text) for text in column if text not in ("", DASH)] for column in zip(*rows, strict=True)]
    are_long = [2 * sum(size > PROSE for size in column) > len(column) for column in sizes]
    if not any(are_long[1:]):
        return [False] * len(sizes)
    return [is_long or max(column, default=0) > UNBROKEN for is_long, column in zip(are_long, sizes, strict=True)]


def is_wide(content: TableContent) -> bool:
    """Tell whether a table needs a page turned on its side, because it does not fit upright in letters of 8 points."""
    _, least = _letters_by_column(content)
    return sum(least) > _capacity(content, UPRIGHT_CM, READABLE)


def has_prose(content: TableContent) -> bool:
    """Tell whether a column other than the labels holds sentences, which must break."""
    return any(natural > PROSE for natural in natural_widths(content)[1:])


def font_size(content: TableContent, centimeters: float, sizes: Sequence[float]) -> float:
    """Return the largest size at which every column is wide enough for its longest word or number."""
    _, least = _letters_by_column(content)
    for size in sizes:
        if sum(least) <= _capacity(content, centimeters, size):
            return size
    return sizes[-1]


def column_widths(content: TableContent, centimeters: float, size: float) -> list[float]:
    """Return the width of the label column and of each other one, in centimeters, that together fill the page.

    A column that needs more than its share wraps its text; numbers and short cells stay in one line.
    """
    natural, least = _letters_by_column(content)
    capacity = _capacity(content, centimeters, size)
    if sum(natural) <= capacity:
        found = _spread(natural, capacity)
    elif sum(least) >= capacity:
        found = least
    else:
        low, high = 0.0, float(max(natural))
        prose = prose_columns(content)[1:]
        label = 1.0 if any(prose) else LABEL_SHARE
        share = np.array([label, *(PROSE_SHARE if is_prose else 1.0 for is_prose in prose)])
        for _ in range(50):
            level = (low + high) / 2
            low, high = (level, high) if np.clip(level * share, least, natural).sum() <= capacity else (low, level)
        found = np.clip(low * share, least, natural).tolist()
    return [centimeters * width / sum(found) for width in found]


def _spread(natural: list[float], capacity: float) -> list[float]:
    """Give the columns beside the labels equal widths where they are wide enough, else an equal part of the rest."""
    others = natural[1:]
    equal = (capacity - natural[0]) / len(others)
    if equal >= max(others):
        label = max(natural[0], min(1.6 * natural[0], capacity - 1.05 * max(others) * len(others)))
        return [label, *[(capacity - label) / len(others)] * len(others)]
    rest = (capacity - sum(natural)) / len(natural)
    return [width + rest for width in natural]


def _letters_by_column(content: TableContent) -> tuple[list[float], list[float]]:
    """Return the letters that each column would fill, and those of its longest unbroken part."""
    rows = [row for position, row in enumerate(content.rows) if position not in content.titles]
    names = [content.stub, *(span.text for span in content.header[-1])]
    columns = [[name, *cells] for name, *cells in zip(names, *rows, strict=True)] if rows else [[n] for n in names]
    natural = [float(min(WIDEST, max(map(letters, column)) + 1)) for column in columns]
    least = [min(n, max(map(_longest_part, column)) + 1.0) for n, column in zip(natural, columns, strict=True)]
    return natural, least


def _longest_part(text: str) -> int:
    is_chinese = " " not in text and any(ord(sign) > 0x2E7F for sign in text)
    if letters(text) <= (SHORT_CHINESE if is_chinese else UNBROKEN * any(sign.isdigit() for sign in text)):
        return letters(text)
    spaced = "".join(f" {sign} " if ord(sign) > 0x2E7F else sign for sign in text)
    return max(map(letters, spaced.split()), default=1)


def _capacity(content: TableContent, centimeters: float, size: float) -> float:
    margins = 0.14 * (len(content.header[-1]) + 1)
    return (centimeters - margins) / (CM_PER_LETTER_AND_POINT * size)
