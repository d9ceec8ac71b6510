"""Every table of a file, whatever its format."""

from __future__ import annotations

from pathlib import Path

from yrdecon.clean.column_map import ColumnMap
from yrdecon.clean.delimited import delimited_table
from yrdecon.clean.encodings import text_encoding
from yrdecon.clean.files import existing_file, is_workbook, read_grids
from yrdecon.clean.grid import Grid, squeezed
from yrdecon.clean.raw_table import RawTable, table_of
from yrdecon.clean.stored_frames import is_stata, parquet_table, stata_table
from yrdecon.clean.yearbook_table import yearbook_tables
from yrdecon.core.names import some_of
from yrdecon.errors import DataError
from yrdecon.places.names import resolve_places

PARQUET = b"PAR1"


def raw_tables(path: Path, columns: ColumnMap) -> tuple[RawTable, ...]:
    """Return the tables of a file that have a column of units; the format is told by the bytes.

    Raises
    ------
    DataError
        If the file cannot be read, has no sheet of the stated name, or no table has a column of units.
    """
    file = existing_file(path)
    with file.open("rb") as handle:
        head = handle.read(512)
    if is_stata(head):
        return (stata_table(file, columns),)
    if head.startswith(PARQUET):
        return (parquet_table(file),)
    if is_workbook(head) or not head.strip() or _is_page(file, head):
        return _of_grids(_wanted(read_grids(file), columns), columns)
    found = delimited_table(file, columns)
    return _of_grids((found,), columns) if isinstance(found, Grid) else (found,)


def _is_page(file: Path, head: bytes) -> bool:
    if b"\0" in head and not head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return False
    with file.open(encoding=text_encoding(file)) as handle:
        return handle.read(512).lstrip("\ufeff \t\r\n").startswith("<")


def _wanted(grids: tuple[Grid, ...], columns: ColumnMap) -> tuple[Grid, ...]:
    if columns.sheet is None:
        return tuple(grid for grid in grids if not grid.hidden) or grids
    found = tuple(grid for grid in grids if grid.sheet == columns.sheet)
    if not found:
        source = grids[0].source if grids else "the file"
        raise DataError(f"{source} has no sheet {columns.sheet!r}; its sheets are {some_of(g.sheet for g in grids)}")
    return found


def _of_grids(grids: tuple[Grid, ...], columns: ColumnMap) -> tuple[RawTable, ...]:
    tables: list[RawTable] = []
    for grid in grids:
        plain = () if columns.unit or columns.time else yearbook_tables(grid)
        table = None if plain else table_of(grid, columns)
        tables += plain if table is None else [table]
    if not tables:
        raise DataError(_no_table(grids, columns))
    return tuple(tables)


def _no_table(grids: tuple[Grid, ...], columns: ColumnMap) -> str:
    filled = [grid for grid in grids if any(str(cell).strip() for row in grid.cells for cell in row)]
    if not filled:
        return f"{grids[0].source if grids else 'the file'} holds no cell with text or a number; export it again"
    grid = max(filled, key=lambda g: g.height * g.width)
    where = f"{grid.source}, sheet {grid.sheet!r}" if grid.sheet else grid.source
    wanted = " and ".join(repr(name) for name in (columns.unit, columns.time) if name)
    asked = f"the column {wanted}" if wanted else "a column of units such as 城市 or city"
    first = next(r for r in range(grid.height) if any(str(cell).strip() for cell in grid.cells[r]))
    shown = [text for c in range(grid.width) if (text := squeezed(grid.text(first, c)))]
    places = resolve_places(shown, level="any")["code"].notna().sum() if not wanted else 0
    way_out = "transpose the table, one row per place" if places > 1 else "state unit= and time="
    return f"no row of {where} names {asked}; its first row holds {some_of(shown)}; {way_out}"
