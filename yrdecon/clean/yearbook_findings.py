"""What a reader of a yearbook table must know before using it: columns and cells that contradict their header."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from yrdecon.clean.grid import bare
from yrdecon.clean.numbers import parse_number
from yrdecon.clean.units import english_multiple, multiple_of
from yrdecon.clean.yearbook_changes import changes_since
from yrdecon.clean.yearbook_columns import FINDING_COLUMNS, YearbookColumns, at_cell, at_column, yearbook_columns
from yrdecon.places.names import resolve_places

POPULATION = ("年末户籍人口", "户籍人口", "常住人口", "年末常住人口")
FLOWS = ("客运", "人次", "周转", "旅游")
MOST_PER_PERSON = 3.0
FEWEST_CITIES = 30


def yearbook_findings(figures: pd.DataFrame, *, previous: pd.DataFrame | None = None) -> pd.DataFrame:
    """Report names, cells and columns of a yearbook that cannot be what their header says.

    Parameters
    ----------
    figures
        Of `read_yearbook`.
    previous
        The figures of the edition before. With them a column that repeats another indicator of last year, one that
        repeats its own, and values ten times off last year's are found too.

    Returns
    -------
    One row per finding: finding, table_no, indicator_zh, scope, sheet, cell (the first of a column), city_as_printed
    and value_as_printed (empty for a column), cause (the likely one).

    Examples
    --------
    >>> from yrdecon.clean.yearbook import FIGURE_COLUMNS
    >>> cell = ("2-1", "人口数", "常住人口（万人）", "", "万人", "全市", "合肥市", "9 63", "Sheet1", "C7")
    >>> found = yearbook_findings(pd.DataFrame([cell], columns=list(FIGURE_COLUMNS)))
    >>> found.loc[0, ["finding", "cell", "cause"]].tolist()
    ['not a number', 'C7', "'9 63' is no number; digits were misread"]
    """
    columns = yearbook_columns(figures)
    rows = [
        *_names(figures),
        *_text_in_numbers(figures),
        *_cities_twice(columns.cells),
        *_headers_twice(columns.header),
        *_doubtful_scopes(columns.header),
        *_units_in_two_languages(columns.header),
        *_no_shares(columns.cells),
        *_more_than_people(columns),
        *(changes_since(columns, yearbook_columns(previous)) if previous is not None else ()),
    ]
    return pd.DataFrame(rows, columns=list(FINDING_COLUMNS), dtype="str")


def _names(figures: pd.DataFrame) -> Iterator[tuple[str, ...]]:
    first = figures.drop_duplicates("city_as_printed")
    found = resolve_places(first["city_as_printed"].tolist())
    for row, match in zip(first.itertuples(index=False), found.itertuples(index=False), strict=True):
        if match.rule == "misread":
            yield at_cell("name misread", row, f"{bare(row.city_as_printed)!r} is {match.city_code} misread in print")
        elif match.rule in ("unresolved", "ambiguous"):
            near = match.candidates or "nothing"
            yield at_cell("name unknown", row, f"{bare(row.city_as_printed)!r} is no known city; near: {near}")
        elif match.rule == "abolished":
            yield at_cell("city abolished", row, match.candidates)


def _text_in_numbers(figures: pd.DataFrame) -> Iterator[tuple[str, ...]]:
    texts = {text for text in figures["value_as_printed"].unique() if not _is_number(text)}
    for row in figures[figures["value_as_printed"].isin(texts)].itertuples(index=False):
        yield at_cell("not a number", row, f"{row.value_as_printed!r} is no number; digits were misread")


def _is_number(text: str) -> bool:
    try:
        parse_number(text)
    except ValueError:
        return False
    return True


def _cities_twice(cells: pd.DataFrame) -> Iterator[tuple[str, ...]]:
    again = cells[cells.duplicated(["column", "city"])].drop_duplicates(["sheet", "city"])
    for row in again.itertuples(index=False):
        yield at_cell("city printed twice", row, "the city is printed twice in this column; the first row is used")


def _headers_twice(header: pd.DataFrame) -> Iterator[tuple[str, ...]]:
    same = header.duplicated(["table_no", "table", "name", "indicator_en", "scope"], keep=False)
    for row in header[same].itertuples(index=False):
        yield at_column("header repeated", row, "another column of this table has the same header")


def _doubtful_scopes(header: pd.DataFrame) -> Iterator[tuple[str, ...]]:
    """Find twins such as imports and exports, each printed once, whose scopes are those of one pair of columns."""
    keys = ["table_no", "table", "name", "indicator_en"]
    once = header[~header.duplicated(keys, keep=False)].set_index(["sheet", "number"], drop=False)
    for row in once[once["scope"] == "市辖区"].itertuples(index=False):
        left = (row.sheet, row.number - 1)
        if left in once.index and _are_twins(row, beside := once.loc[left]) and beside["scope"] == "全市":
            cause = f"headed 市辖区 beside {beside['name']} headed 全市, as if the two were one pair; it is likely 全市"
            yield at_column("scope doubtful", row, cause)


def _are_twins(one: Any, other: pd.Series[Any]) -> bool:
    """Tell whether two columns have one unit and names that differ in one character."""
    name, twin = str(one.name), str(other["name"])
    if one.unit != other["unit"] or len(name) != len(twin):
        return False
    return sum(a != b for a, b in zip(name, twin, strict=True)) == 1


def _units_in_two_languages(header: pd.DataFrame) -> Iterator[tuple[str, ...]]:
    for row in header.itertuples(index=False):
        english = english_multiple(row.indicator_en)
        if english and row.unit.endswith("元") and english != multiple_of(row.unit):
            cause = f"the Chinese header says {row.unit}, the English one {english:.0f} yuan; the Chinese one is used"
            yield at_column("units disagree", row, cause)


def _no_shares(cells: pd.DataFrame) -> Iterator[tuple[str, ...]]:
    shares = cells[(cells["unit"] == "%") & cells["name"].str.endswith("比重")]
    for row in shares[(shares["value"] < 0) | (shares["value"] > 100)].itertuples(index=False):
        yield at_cell("not a share", row, f"{row.value_as_printed} is outside 0 to 100; a decimal point was lost")


def _more_than_people(columns: YearbookColumns) -> Iterator[tuple[str, ...]]:
    header, values = columns.header, columns.values
    people = header[header["name"].isin(POPULATION) & (header["scope"] == "全市")]
    if people.empty:
        return
    population = values[people["column"].iloc[0]]
    for row in header[header["unit"].isin(["万人", "万户"])].itertuples(index=False):
        if any(word in row.name for word in FLOWS):
            continue
        ratio = (values[row.column] / population).replace([np.inf, -np.inf], np.nan).dropna()
        if len(ratio) >= FEWEST_CITIES and ratio.median() > MOST_PER_PERSON:
            cause = f"the median city has {ratio.median():.0f} times its population; the column holds another indicator"
            yield at_column("more than the population", row, cause)
