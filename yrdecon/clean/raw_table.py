"""A table of a user's file: headers found, cells not yet read."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pandas as pd

from yrdecon.clean.column_map import ColumnMap
from yrdecon.clean.grid import Grid, address, bare, cell_text, squeezed
from yrdecon.clean.numbers import is_number, is_year
from yrdecon.clean.roles import roles_of
from yrdecon.clean.units import is_unit_alone, stated_unit
from yrdecon.errors import DataError

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
    _spread_merged(grid, body, {roles.unit, roles.indicator, roles.time} if roles else set())
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
    elif first < grid.height and _holds_names(grid, first, roles.unit):
        headers, first = _lower_names(grid, first, headers), first + 1
    title = " ".join(t for r in range(row) for c in range(grid.width) if (t := squeezed(grid.text(r, c))))
    first, labels, units = _rows_below(grid, first, 0 if years else row + MOST_ROWS_BELOW, roles.time)
    units = [unit or stated_unit(title) for unit in units]
    return HeaderRows(first, title, tuple(headers), tuple(labels), tuple(units))


def _rows_below(grid: Grid, first: int, end: int, time: int | None) -> tuple[int, list[str], list[str]]:
    """Read the rows of labels and of units below the header; return the first row of the body with both."""
    labels, units = [""] * grid.width, [""] * grid.width
    while first < min(grid.height, end) and _is_below(grid, first, time):
        texts = [squeezed(grid.text(first, column)) for column in range(grid.width)]
        if any(is_unit_alone(t) or t in NO_UNIT for t in texts):
            units = ["" if t in NO_UNIT else t.strip("()（）") for t in texts]
        else:
            labels = texts
        first += 1
    return first, labels, units


def _spread_merged(grid: Grid, body: pd.DataFrame, keys: set[int | None]) -> None:
    """Write keys and texts into every row that their merged cell covers; a figure of several rows is refused."""
    for area in grid.merged:
        rows = range(max(area.first_row, body.index.start), min(area.last_row + 1, grid.height))
        if len(rows) < 2 or area.first_column != area.last_column or area.first_column >= grid.width:
            continue
        cell = grid.cells[area.first_row][area.first_column]
        if area.first_column not in keys and is_number(cell):
            raise DataError(
                f"{grid.place(area.first_row, area.first_column)} holds {cell_text(cell)!r} for the rows "
                f"{rows[0] + 1} to {rows[-1] + 1}; unmerge it, and write into every row the figure that belongs there"
            )
        body.loc[list(rows), area.first_column] = cell


def _shown(grid: Grid, row: int, column: int) -> str:
    area = grid.owner(row, column)
    return squeezed(cell_text(grid.cells[area.first_row][area.first_column]))


def _holds_years(grid: Grid, row: int, unit: int) -> bool:
    """Tell whether a row below the header is a second row of it, with years under merged names."""
    label = _shown(grid, row, unit)
    years = sum(YEAR.fullmatch(bare(_shown(grid, row, column))) is not None for column in range(grid.width))
    return years > 1 and (not label or label == _shown(grid, row - 1, unit))


def _holds_names(grid: Grid, row: int, unit: int) -> bool:
    """Tell whether a row below the header is a second row of it, with texts under merged names."""
    label = _shown(grid, row, unit)
    merged = [c for c in range(grid.width) if (area := grid.owner(row - 1, c)).first_column < area.last_column]
    texts = {_shown(grid, row, column) for column in merged if _shown(grid, row - 1, column)}
    is_text = not any(is_number(grid.cells[row][column]) for column in range(grid.width))
    return is_text and len(texts - {""}) > 1 and (not label or label == _shown(grid, row - 1, unit))


def _lower_names(grid: Grid, row: int, headers: list[str]) -> list[str]:
    """Return the lower name of columns under a merged one, after the merged one where it would not do alone."""
    lower = [_shown(grid, row, column) for column in range(grid.width)]
    found = [
        below if below and not is_unit_alone(below) else above for above, below in zip(headers, lower, strict=True)
    ]
    return [
        f"{above} {below}" if below and below != above and (is_unit_alone(below) or found.count(name) > 1) else name
        for above, below, name in zip(headers, lower, found, strict=True)
    ]


def _is_below(grid: Grid, row: int, time: int | None) -> bool:
    """Tell whether a row below the header holds labels or units: text where a year is due, or units alone."""
    texts = [grid.text(row, column).strip() for column in range(grid.width)]
    if any(is_number(cell) for cell in grid.cells[row]):
        return False
    if time is not None and texts[time]:
        return not is_year(texts[time])
    return all(is_unit_alone(t) or t in NO_UNIT for t in texts if t) and any(map(is_unit_alone, texts))
