"""Cells of a table as numbers, years and names, or one error with the place of the first that is none."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd

from yrdecon.clean.grid import bare, cell_text, squeezed
from yrdecon.clean.numbers import is_failed_number, parse_number, parse_year
from yrdecon.clean.raw_table import RawTable
from yrdecon.core.names import some_of
from yrdecon.errors import DataError

MARKS = re.compile(r"[①-⑳⑴-⒇*＊†‡§¹²³⁰⁴-⁹]+$")
CODE_AS_NUMBER = re.compile(r"\d+\.0+|\d(?:\.\d+)?[eE]\+?\d{1,2}")
CHINESE = re.compile(r"[\u4e00-\u9fff]")


def numbers(table: RawTable, cells: pd.Series[Any], *, strict: bool) -> pd.Series[Any]:
    """Return a column as numbers; as text if it need not be numbers and most of its cells are none.

    Raises
    ------
    DataError
        If cells of a column of numbers are none: the place of the first, and how many there are.
    """
    if pd.api.types.is_numeric_dtype(cells):
        values = cells.astype(float)
        bad = values.index[np.isinf(values)]
    else:
        values, bad = _parsed(cells, parse_number)
        _fail_if_shares_are_mixed(table, cells, values)
    if len(bad) == 0:
        return values
    filled = int((~blank(cells)).sum())
    if not strict and len(bad) > filled / 2 and not any(is_failed_number(_text(cell)) for cell in cells.loc[bad]):
        return cells.map(lambda cell: None if _is_blank(cell) else squeezed(_text(cell))).astype("str")
    shown = list(dict.fromkeys(_text(cell) for cell in cells.loc[bad]))
    more = f" ({len(bad)} such cells in the column: {some_of(shown)})" if len(bad) > 1 else ""
    raise DataError(
        f"{table.place(int(bad[0]), int(cells.name))} holds {shown[0]!r}, which is no number{more}; "
        "correct the file, or leave the column out of the column map"
    )


def years(table: RawTable, cells: pd.Series[Any]) -> pd.Series[Any]:
    """Return a column of periods as whole numbers.

    Raises
    ------
    DataError
        If a cell is neither a year nor a whole number, or is empty.
    """
    values, bad = _parsed(cells, parse_year)
    bad = bad if len(bad) else values.index[values.isna()]
    if len(bad):
        cell = cells.loc[bad[0]]
        shown = "" if _is_blank(cell) else _text(cell)
        raise DataError(
            f"{table.place(int(bad[0]), int(cells.name))} holds {shown!r} where a year is due{_why(shown)}; "
            "write the year, or name the right column with time="
        )
    return values.astype("int64")


def unit_names(cells: pd.Series[Any]) -> pd.Series[Any]:
    """Return a column of units as text: numbers without a decimal point, names without stray white space."""
    known = {cell: _name(cell) for cell in cells.unique()}
    return cells.map(known).astype("str")


def _why(text: str) -> str:
    try:
        parse_year(text)
    except ValueError as error:
        _, _, reason = str(error).partition(" is no year but ")
        return f", {reason}" if reason else ""
    return ""


def _fail_if_shares_are_mixed(table: RawTable, cells: pd.Series[Any], values: pd.Series[Any]) -> None:
    """Refuse 0.723 beside 82.3%: a workbook keeps the first for a cell that shows the second."""
    shown = [c for c in cells.astype(object).unique() if isinstance(c, str) and c.strip().endswith(("%", "％"))]
    percent = cells.isin(shown)
    small = values.abs().between(0, 1, inclusive="neither") & ~percent
    if small.any() and (values[percent].abs() > 1).any():
        row, other = values.index[small][0], values.index[percent][0]
        raise DataError(
            f"{table.place(int(row), int(cells.name))} holds {_text(cells.loc[row])} in a column with "
            f"{_text(cells.loc[other])!r}, which may be one hundredth of what is meant; write all cells in percent"
        )


def blank(cells: pd.Series[Any]) -> pd.Series[Any]:
    """Tell which cells of a column are empty or hold white space only."""
    if pd.api.types.is_numeric_dtype(cells):
        return cells.isna()
    return cells.map(_is_blank).astype(bool)


def _parsed(cells: pd.Series[Any], parse: Callable[[str], float | None]) -> tuple[pd.Series[Any], pd.Index[Any]]:
    """Return numbers and the rows of cells that are none."""
    plain = cells.astype(object)
    known: dict[Any, float] = {}
    wrong: set[Any] = set()
    for cell in plain.unique():
        try:
            number = None if _is_blank(cell) else float(cell) if isinstance(cell, bool) else parse(_text(cell))
        except ValueError:
            wrong.add(cell)
            number = None
        known[cell] = np.nan if number is None else number
    values = plain.map(known).astype(float)
    return values, cells.index[plain.isin(wrong)] if wrong else cells.index[:0]


def _is_blank(cell: Any) -> bool:
    return not bare(cell) if isinstance(cell, str) else bool(pd.isna(cell))


def _text(cell: Any) -> str:
    if isinstance(cell, np.generic):
        cell = cell.item()
    if isinstance(cell, datetime.datetime):
        return cell.date().isoformat()
    return cell_text(cell)


def _name(cell: Any) -> str:
    text = _text(cell)
    if CHINESE.search(text):
        return MARKS.sub("", bare(text))
    return _code(text) if CODE_AS_NUMBER.fullmatch(text.strip()) else squeezed(text)


def _code(text: str) -> str:
    """Return a code that a program wrote as a number, such as 340104.0, if no digit of it was lost."""
    number = Decimal(text.strip())
    known = len(number.as_tuple().digits) > number.adjusted()
    return str(int(number)) if known and number == number.to_integral_value() else squeezed(text)
