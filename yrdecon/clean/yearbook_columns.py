"""The figures of a yearbook by column: headers, and numbers by city."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from yrdecon.clean.grid import bare
from yrdecon.clean.indicators import indicator_name
from yrdecon.clean.numbers import parse_number
from yrdecon.places.names import MISREAD

FINDING_COLUMNS = (
    "finding",
    "table_no",
    "indicator_zh",
    "scope",
    "sheet",
    "cell",
    "city_as_printed",
    "value_as_printed",
    "cause",
)


@dataclass(frozen=True, eq=False)
class YearbookColumns:
    """Columns of a yearbook.

    Attributes
    ----------
    header
        One row per column: column (its key), number (its position), name (the indicator without parentheses), unit,
        scope, printed_scope (whether the title says nothing of it), cell (the first), and what identifies the table.
    values
        Numbers by city (rows) and column key; what is no number is missing.
    cells
        One row per figure: the columns of `read_yearbook`, column and city.
    """

    header: pd.DataFrame
    values: pd.DataFrame
    cells: pd.DataFrame


def yearbook_columns(figures: pd.DataFrame) -> YearbookColumns:
    """Turn figures of `read_yearbook` into columns; a city printed twice keeps its first row."""
    letters = figures["cell"].str.extract("([A-Z]+)")[0]
    keyed = figures.assign(
        column=figures["sheet"] + "!" + letters,
        number=letters.map(_position),
        name=figures["indicator_zh"].map(indicator_name),
        printed_scope=~figures["table"].str.contains("[(（]\\s*(?:全市|市辖区)", regex=True),
        city=figures["city_as_printed"].map(lambda name: MISREAD.get(bare(name), bare(name))),
        value=figures["value_as_printed"].map({text: _number(text) for text in figures["value_as_printed"].unique()}),
    )
    values = keyed.drop_duplicates(["column", "city"]).pivot(index="city", columns="column", values="value")
    return YearbookColumns(keyed.drop_duplicates("column"), values.astype(float), keyed)


def at_cell(finding: str, row: Any, cause: str) -> tuple[str, ...]:
    """Return a finding about one cell."""
    place = (row.table_no, row.indicator_zh, row.scope, row.sheet, row.cell)
    return (finding, *place, bare(row.city_as_printed), row.value_as_printed, cause)


def at_column(finding: str, row: Any, cause: str) -> tuple[str, ...]:
    """Return a finding about a column, whose first cell is given."""
    return (finding, row.table_no, row.indicator_zh, row.scope, row.sheet, row.cell, "", "", cause)


def _position(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number


def _number(text: str) -> float:
    try:
        value = parse_number(text)
    except ValueError:
        value = None
    return float("nan") if value is None else value
