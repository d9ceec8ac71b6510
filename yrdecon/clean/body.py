"""The rows of a table that hold figures, and what a table is called."""

from __future__ import annotations

import re
from pathlib import PurePath
from typing import Any

import pandas as pd

from yrdecon.clean.cells import blank
from yrdecon.clean.grid import squeezed
from yrdecon.clean.numbers import is_number
from yrdecon.clean.raw_table import RawTable
from yrdecon.clean.roles import Roles
from yrdecon.clean.units import without_stated_unit
from yrdecon.clean.yearbook import FOOTER
from yrdecon.core.names import some_of
from yrdecon.errors import DataError

A_YEAR = re.compile(r"(?<!\d)((?:19|20)\d{2})(?!\d)")
DIGITS = re.compile(r"[\s\d.,%+-]*\d[\s\d.,%+-]*")
PLAIN_SHEET = re.compile(r"(sheet|工作表|data|table)\s*\d*", re.IGNORECASE)


def rows_of_units(table: RawTable, roles: Roles) -> pd.DataFrame:
    """Leave out empty rows, footers, repeated headers, and headings without any figure.

    Raises
    ------
    DataError
        If a row has figures and no unit, a column has figures and no header, or no row has figures.
    """
    body = table.body
    _fail_if_figures_have_no_header(table)
    keys = {roles.unit, roles.time, roles.indicator, roles.measure}
    empty = pd.Series(data=True, index=body.index)
    for column in body.columns:
        if table.headers[column] and column not in keys:
            empty &= blank(body[column])
    nameless = blank(body[roles.unit])
    empty |= _notes(body, nameless & ~empty)
    _fail_if_figures_have_no_unit(table, roles, body.index[nameless & ~empty])
    timed = ~blank(body[roles.time]) if roles.time is not None else pd.Series(data=False, index=body.index)
    again, footer = _repeats_and_footers(body[roles.unit], table.headers[roles.unit])
    kept = body[~nameless & ~again & ~(empty & footer) & (~empty | timed)]
    if kept.empty:
        raise DataError(f"{table.where} holds headers and no figures; its headers are {some_of(table.headers)}")
    return kept


def fail_if_keys_repeat(table: RawTable, roles: Roles, keys: pd.DataFrame) -> None:
    """Refuse a unit that occurs twice in a period.

    Raises
    ------
    DataError
        Naming the first such key, and the places of two of its rows.
    """
    twice = keys.duplicated(keep=False)
    if not twice.any():
        return
    first = keys[twice].iloc[0]
    rows = keys.index[(keys == first).all(axis=1)]
    shown = " ".join(str(part) for part in first)
    places = f"{table.place(int(rows[0]), roles.unit)} and row {int(rows[1]) + 1}"
    others = int(keys[twice].drop_duplicates().shape[0]) - 1
    raise DataError(
        f"{places} are both {shown}{_difference(table, roles, rows)}"
        f"{f', and {others} other keys repeat' if others else ''}; keep one row per unit and period, or name the right "
        "columns with unit= and time="
    )


def _difference(table: RawTable, roles: Roles, rows: pd.Index[Any]) -> str:
    """Say by which text two rows of one key differ."""
    one, other = table.body.loc[rows[0]], table.body.loc[rows[1]]
    for column in table.body.columns:
        texts = (one[column], other[column])
        if table.headers[column] and column not in roles.taken and all(isinstance(t, str) for t in texts):
            if texts[0] != texts[1] and not any(map(is_number, texts)):
                return f" and differ in {table.headers[column]!r} ({texts[0]} and {texts[1]})"
    return ""


def year_of_table(table: RawTable) -> int:
    """Return the year in the name of the sheet, the text above the table, or the name of the file.

    Raises
    ------
    DataError
        If none of them states one year.
    """
    for text in (table.sheet, table.title, PurePath(table.source).stem):
        found = {int(year) for year in A_YEAR.findall(text)}
        if len(found) == 1:
            return found.pop()
    raise DataError(
        f"{table.where} has no column of years, and neither the sheet, the text above the table nor the file is named "
        "after one year; name the column with time=, or write the year into the name"
    )


def name_of_table(table: RawTable) -> str:
    """Return the name of the sheet if it says anything, else the text above the table, else the name of the file."""
    sheet = "" if PLAIN_SHEET.fullmatch(table.sheet) else table.sheet
    title = squeezed(without_stated_unit(table.title))
    return sheet or title or PurePath(table.source).stem


def _repeats_and_footers(cells: pd.Series[Any], header: str) -> list[pd.Series[Any]]:
    texts = {cell: squeezed(str(cell)) for cell in cells.unique()}
    tests = (lambda text: text == header, lambda text: FOOTER.match(text) is not None)
    return [cells.map({cell: test(text) for cell, text in texts.items()}).astype(bool) for test in tests]


def _notes(body: pd.DataFrame, rows: pd.Series[Any]) -> pd.Series[Any]:
    """Tell which rows without a unit hold no number at all, such as notes below a table."""
    found = pd.Series(data=False, index=body.index)
    for row in body.index[rows]:
        texts = [cell for cell in body.loc[row] if not pd.isna(cell)]
        found[row] = all(isinstance(text, str) and not DIGITS.fullmatch(text) for text in texts)
    return found


def _fail_if_figures_have_no_header(table: RawTable) -> None:
    """Refuse numbers beyond the header; texts there are notes."""
    for column in table.body.columns:
        if table.headers[column]:
            continue
        cells = table.body[column]
        cells = cells[~blank(cells)]
        if column == table.body.columns[0] and _counts_rows(cells):
            continue
        figures = cells[[not isinstance(cell, str) or DIGITS.fullmatch(cell) is not None for cell in cells]]
        if len(figures):
            shown = str(figures.iloc[0]).removesuffix(".0")
            raise DataError(
                f"{table.place(int(figures.index[0]), column)} holds {shown!r} in a column without a "
                "header; give it one, or put texts that hold the separator of fields in quotation marks"
            )


def _counts_rows(cells: pd.Series[Any]) -> bool:
    """Tell whether a column holds 0, 1, 2 ... or 1, 2, 3 ..., as programs and people write before a table."""
    texts = [str(cell).removesuffix(".0") for cell in cells]
    return any(texts == [str(i + first) for i in range(len(texts))] for first in (0, 1) if texts)


def _fail_if_figures_have_no_unit(table: RawTable, roles: Roles, rows: pd.Index[Any]) -> None:
    if len(rows):
        raise DataError(
            f"{table.place(int(rows[0]), roles.unit)} is empty beside figures ({len(rows)} such rows); write the "
            f"{table.headers[roles.unit]} in every row"
        )
