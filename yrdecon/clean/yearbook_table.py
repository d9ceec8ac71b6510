"""The tables of a yearbook as tables of one year."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pandas as pd

from yrdecon.clean.grid import Grid, bare, squeezed
from yrdecon.clean.header import Block, Column, read_headers
from yrdecon.clean.raw_table import RawTable
from yrdecon.places.names import MISREAD

DISTRICTS = "市辖区"


def yearbook_tables(grid: Grid) -> tuple[RawTable, ...]:
    """Return the tables of a sheet whose headers have a scope (全市, 市辖区) or a number (2-7); none if no header has.

    The header of a column is its indicator, after 市辖区 for districts, and after its table where the indicator occurs
    twice. Names misread in print are those of the cities.
    """
    blocks = read_headers(grid)
    if not any(column.scope or column.table_no for block in blocks for column in block.columns):
        return ()
    return tuple(_table(grid, block) for block in blocks)


def _table(grid: Grid, block: Block) -> RawTable:
    headers, labels, units = [""] * grid.width, [""] * grid.width, [""] * grid.width
    headers[block.name_column] = "城市"
    for column, header in _headers(block):
        headers[column.index], labels[column.index] = header, column.indicator_en
        units[column.index] = column.unit
    rows = range(block.first_row, block.last_row + 1)
    body = pd.DataFrame([grid.cells[row] for row in rows], columns=range(grid.width), index=rows).astype(object)
    body = body[[block.name_column, *(column.index for column in block.columns)]].copy()
    body[block.name_column] = body[block.name_column].map(lambda cell: MISREAD.get(bare(str(cell)), cell))
    title = " ".join(squeezed(grid.text(r, c)) for r in range(block.first_row) for c in range(block.name_column + 1))
    return RawTable(grid.source, grid.sheet, title, tuple(headers), tuple(labels), tuple(units), body)


def _headers(block: Block) -> Iterator[tuple[Column, str]]:
    plain = [(DISTRICTS if c.scope == DISTRICTS else "") + c.indicator_zh for c in block.columns]
    count = Counter(plain)
    for column, header in zip(block.columns, plain, strict=True):
        yield column, header if count[header] == 1 else f"{column.table} {header} {column.indicator_en}".strip()
