"""Figures of a statistical yearbook from its workbook."""

from __future__ import annotations

import re
from os import PathLike

import pandas as pd

from yrdecon.clean.files import read_grids
from yrdecon.clean.grid import Grid, address, bare
from yrdecon.clean.header import Block, read_headers
from yrdecon.errors import DataError

FIGURE_COLUMNS = (
    "table_no",
    "table",
    "indicator_zh",
    "indicator_en",
    "unit",
    "scope",
    "city_as_printed",
    "value_as_printed",
    "sheet",
    "cell",
)
FOOTER = re.compile(
    r"(注|附注|说明|资料来源|数据来源|来源|更多数据|note|source)s?\s*[:：,，.。]|更多数据", re.IGNORECASE
)
LONGEST_NAME = 24


def read_yearbook(path: str | PathLike[str]) -> pd.DataFrame:
    """Read every figure of a workbook of yearbook tables, as printed.

    Tables are found and their columns read by their headers, so that a table may stand on any sheet and in any
    column. Nothing is repaired: a misread name or number is returned as it is; `yearbook_findings` names them.

    Returns
    -------
    One row per figure, in the order of the columns: table_no and table, indicator_zh, indicator_en, unit (of the
    column, else of the title), scope (全市, 市辖区 or empty), city_as_printed, value_as_printed, sheet and cell. All
    columns are text.

    Raises
    ------
    DataError
        If the file cannot be read, or holds no table with a column labeled 城市 or 地区.

    Examples
    --------
    >>> read_yearbook("nowhere.xlsx")
    Traceback (most recent call last):
    yrdecon.errors.DataError: there is no file nowhere.xlsx; check the path
    """
    grids = read_grids(path)
    rows = [row for grid in grids for block in read_headers(grid) for row in _figures(grid, block)]
    if not rows:
        sheets = [grid.sheet for grid in grids]
        raise DataError(
            f"no sheet of {grids[0].source if grids else path} holds a table with a column labeled 城市 or 地区 and "
            f"figures beside it; its sheets are {sheets[:8]}; read other layouts with read_panel"
        )
    return pd.DataFrame(rows, columns=list(FIGURE_COLUMNS), dtype="str")


def _figures(grid: Grid, block: Block) -> list[tuple[str, ...]]:
    names = {row: grid.text(row, block.name_column) for row in range(block.first_row, block.last_row + 1)}
    cities = {row: name for row, name in names.items() if _is_name(name)}
    return [
        (
            column.table_no,
            column.table,
            column.indicator_zh,
            column.indicator_en,
            column.unit,
            column.scope,
            name,
            value,
            grid.sheet,
            address(row, column.index),
        )
        for column in block.columns
        for row, name in cities.items()
        if (value := grid.text(row, column.index).strip())
    ]


def _is_name(text: str) -> bool:
    name = bare(text)
    return 0 < len(name) <= LONGEST_NAME and not FOOTER.match(name)
