"""A sheet as it is: cells, merged ranges, addresses."""

from __future__ import annotations

import datetime
import re
from dataclasses import dataclass
from functools import cached_property

Cell = str | float | int | bool | datetime.date | datetime.time | datetime.timedelta

INVISIBLE = re.compile(r"[\s\u200b-\u200f\u2060\ufeff\u3000]+")


@dataclass(frozen=True)
class Range:
    """A rectangle of cells, both ends included, counted from zero."""

    first_row: int
    first_column: int
    last_row: int
    last_column: int


@dataclass(frozen=True, eq=False)
class Grid:
    """One sheet of a file.

    Attributes
    ----------
    source
        Name of the file, for messages.
    sheet
        Name of the sheet; empty where the file has none.
    cells
        Rows of equal length, an empty cell is ``""``.
    merged
        Ranges whose text stands in their first cell.
    hidden
        Whether people who open the file do not see the sheet.
    """

    source: str
    sheet: str
    cells: tuple[tuple[Cell, ...], ...]
    merged: tuple[Range, ...] = ()
    hidden: bool = False

    @property
    def height(self) -> int:
        """The number of rows."""
        return len(self.cells)

    @property
    def width(self) -> int:
        """The number of columns."""
        return len(self.cells[0]) if self.cells else 0

    @cached_property
    def owners(self) -> dict[tuple[int, int], Range]:
        """The merged range of every cell that lies in one."""
        return {
            (row, column): area
            for area in self.merged
            for row in range(area.first_row, min(area.last_row + 1, self.height))
            for column in range(area.first_column, min(area.last_column + 1, self.width))
        }

    def owner(self, row: int, column: int) -> Range:
        """Return the merged range a cell lies in, or the cell itself."""
        return self.owners.get((row, column), Range(row, column, row, column))

    def text(self, row: int, column: int) -> str:
        """Return what a cell shows."""
        return cell_text(self.cells[row][column])

    def place(self, row: int, column: int) -> str:
        """Return file, sheet and cell as messages name them."""
        sheet = f", sheet {self.sheet!r}" if self.sheet else ""
        return f"{self.source}{sheet}, cell {address(row, column)}"


def cell_text(cell: Cell) -> str:
    """Return what a cell shows: whole numbers without a decimal point, others with every digit.

    Examples
    --------
    >>> cell_text(1376.0), cell_text(0.39), cell_text(" 5.20")
    ('1376', '0.39', ' 5.20')
    """
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    return repr(cell) if isinstance(cell, float) else str(cell)


def squeezed(text: str) -> str:
    r"""Turn every run of white space into one space.

    Examples
    --------
    >>> squeezed("  Highway\n Traffic ")
    'Highway Traffic'
    """
    return INVISIBLE.sub(" ", text).strip()


def bare(text: str) -> str:
    """Remove white space and invisible characters.

    Examples
    --------
    >>> bare(" 城 市")
    '城市'
    """
    return INVISIBLE.sub("", text)


def address(row: int, column: int) -> str:
    """Return the address of a cell counted from zero.

    Examples
    --------
    >>> address(6, 2), address(0, 26)
    ('C7', 'AA1')
    """
    return f"{column_letters(column)}{row + 1}"


def column_letters(column: int) -> str:
    """Return the letters of a column counted from zero.

    Examples
    --------
    >>> column_letters(0), column_letters(701), column_letters(702)
    ('A', 'ZZ', 'AAA')
    """
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters
