"""A table of a user's file: headers found, cells not yet read."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pandas as pd

from yrdecon.clean.column_map import ColumnMap
from yrdecon.clean.grid import Grid, address, bare, cell_text, squeezed
from yrdecon.clean.numbers import parse_year
from yrdecon.clean.roles import roles_of
from yrdecon.clean.units import is_unit_alone

LAST_HEADER_ROW = 40
MOST_ROWS_BELOW = 5
NO_UNIT = {"没有单位", "无", "无单位"}
YEAR = re.compile(r"(?:19|20)\d{2}年?度?")


@dataclass(frozen=True, eq=False)
class RawTable:
    """Headers and cells of one table.

    Attributes
    ----------
    source, sheet
        For messages, and for the year of tables that state none.
    title
        What stands above the header.
    headers, labels, units
        One per column: the header, a label and a unit of measure in rows below it (empty where there is none).
    body
        Cells; the columns are counted from zero, the index is the row in the file counted from zero.
    has_cells
        Whether rows and columns of the file have addresses such as B7.
    """

    source: str
    sheet: str
    title: str
    headers: tuple[str, ...]
    labels: tuple[str, ...]
    units: tuple[str, ...]
    body: pd.DataFrame
    has_cells: bool = True

    def place(self, row: int, column: int) -> str:
        """Return file, sheet and cell as messages name them."""
        if not self.has_cells:
            return f"{self.source}, row {row + 1}, column {self.headers[column]!r}"
        return f"{self.where}, cell {address(row, column)}"

    @property
    def where(self) -> str:
        """File and sheet as messages name them."""
        return f"{self.source}, sheet {self.sheet!r}" if self.sheet else self.source


@dataclass(frozen=True)
class HeaderRows:
    """Where the header of a table stands and what it says: see `RawTable`."""

    first_row: int
    title: str
    headers: tuple[str, ...]
    labels: tuple[str, ...]
    units: tuple[str, ...]


def table_of(grid: Grid, columns: ColumnMap) -> RawTable | None:
    """Return the table of a sheet; None if no row of its first forty names a column of units."""
    header = find_header(grid, columns)
    if header is None:
        return None
    body = pd.DataFrame(
        list(grid.cells[header.first_row :]), columns=range(grid.width), index=range(header.first_row, grid.height)
    ).astype(object)
    roles = roles_of(header.headers, columns)
    for column in (roles.unit, roles.indicator) if roles and grid.merged else ():
        if column is not None:
            body[column] = [grid.cells[_top(grid, row, column)][column] for row in body.index]
    return RawTable(grid.source, grid.sheet, header.title, header.headers, header.labels, header.units, body)


def find_header(grid: Grid, columns: ColumnMap) -> HeaderRows | None:
    """Find the row of headers, the row of years, labels or units below it, and the first row of the body."""
    for row in range(min(grid.height, LAST_HEADER_ROW)):
        headers = [_shown(grid, row, column) for column in range(grid.width)]
        if sum(map(bool, headers)) > 1 and (roles := roles_of(headers, columns)) is not None:
            break
    else:
        return None
    first, years = row + 1, False
    if first < grid.height and _holds_years(grid, first, roles.unit):
        below = [_shown(grid, first, column) for column in range(grid.width)]
        headers = [f"{h} {b}".strip() if YEAR.fullmatch(bare(b)) else h for h, b in zip(headers, below, strict=True)]
        first, years = first + 1, True
    labels, units = [""] * grid.width, [""] * grid.width
    while not years and first < min(grid.height, row + MOST_ROWS_BELOW) and _is_below(grid, first, roles.time):
        texts = [squeezed(grid.text(first, column)) for column in range(grid.width)]
        if any(is_unit_alone(t) or t in NO_UNIT for t in texts):
            units = ["" if t in NO_UNIT else t.strip("()（）") for t in texts]
        else:
            labels = texts
        first += 1
    title = " ".join(t for r in range(row) for c in range(grid.width) if (t := squeezed(grid.text(r, c))))
    return HeaderRows(first, title, tuple(headers), tuple(labels), tuple(units))


def _shown(grid: Grid, row: int, column: int) -> str:
    area = grid.owner(row, column)
    return squeezed(cell_text(grid.cells[area.first_row][area.first_column]))


def _top(grid: Grid, row: int, column: int) -> int:
    area = grid.owner(row, column)
    return area.first_row if area.first_column == area.last_column else row


def _holds_years(grid: Grid, row: int, unit: int) -> bool:
    """Tell whether a row below the header is a second row of it, with years under merged names."""
    label = _shown(grid, row, unit)
    years = sum(YEAR.fullmatch(bare(_shown(grid, row, column))) is not None for column in range(grid.width))
    return years > 1 and (not label or label == _shown(grid, row - 1, unit))


def _is_below(grid: Grid, row: int, time: int | None) -> bool:
    """Tell whether a row below the header holds labels or units: text where a year is due, or no number at all."""
    texts = [grid.text(row, column).strip() for column in range(grid.width)]
    if not any(texts):
        return False
    if time is not None:
        return bool(texts[time]) and not _reads(parse_year, texts[time])
    return all(is_unit_alone(t) or t in NO_UNIT for t in texts if t) and any(map(is_unit_alone, texts))


def _reads(reader: object, text: str) -> bool:
    try:
        return callable(reader) and reader(text) is not None
    except ValueError:
        return False
