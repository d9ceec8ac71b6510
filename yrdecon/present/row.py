"""A row of a regression table."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """A label, one text for each column, and the key by which a layout hides it."""

    label: str
    cells: tuple[str, ...]
    key: str
