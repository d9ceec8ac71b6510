"""Names of units in sentences."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

MOST_NAMED = 8


def some_of(names: Iterable[Any]) -> str:
    """Return the first eight names as a list, and say if there are others.

    Examples
    --------
    >>> some_of("ab"), some_of(range(9))
    ("['a', 'b']", '[0, 1, 2, 3, 4, 5, 6, 7] and others')
    """
    listed = list(names)
    return f"{listed[:MOST_NAMED]}{' and others' if len(listed) > MOST_NAMED else ''}"
