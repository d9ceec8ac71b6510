"""What changed between two editions of a yearbook that cannot have changed so in a year."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from yrdecon.clean.units import multiple_of
from yrdecon.clean.yearbook_columns import YearbookColumns, at_cell, at_column

FEWEST_CITIES = 30
MOST_ALIKE = 0.5
SMALLEST = 100.0
COLUMN_OFF = 0.5  # in powers of ten
DIGIT_OFF = 0.12  # how near to a power of ten a cell must be, in powers of ten
CONSTANT = ("土地面积",)


def changes_since(now: YearbookColumns, before: YearbookColumns) -> Iterator[tuple[str, ...]]:
    """Report columns that repeat a column of last year, and columns or cells a power of ten off last year's."""
    cities = now.values.index.union(before.values.index)
    now = replace(now, values=now.values.reindex(cities))
    before = replace(before, values=before.values.reindex(cities))
    copies = dict(_copies(now, before))
    yield from copies.values()
    for column, earlier in _same_indicator(now.header, before.header):
        if column.column not in copies:
            yield from _scale(now, column, before, earlier)


def _copies(now: YearbookColumns, before: YearbookColumns) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Compare every column with every one of last year."""
    old = before.header.set_index("column").loc[before.values.columns]
    earlier = before.values.to_numpy()
    for row in now.header.itertuples(index=False):
        share = _shares_alike(now.values[row.column].to_numpy(), earlier)
        own = ((old["name"] == row.name) & (old["unit"] == row.unit)).to_numpy()
        if own.any() and share[own].max() >= MOST_ALIKE:
            if not any(word in row.name for word in CONSTANT):
                cause = f"{share[own].max():.0%} of its figures are those of last year; it was not updated"
                yield row.column, at_column("same as last year", row, cause)
        elif share.max() >= MOST_ALIKE:
            twin = old.iloc[int(np.argmax(share))]["indicator_zh"]
            cause = f"{share.max():.0%} of its figures are those of {twin} of last year; the column is void"
            yield row.column, at_column("another indicator", row, cause)


def _shares_alike(mine: NDArray[np.float64], earlier: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return, by column of last year, the share of figures of three digits that are the same, if enough differ."""
    both = ~np.isnan(earlier) & (np.abs(mine) >= SMALLEST)[:, None]
    alike = (mine[:, None] == earlier) & both
    count = both.sum(axis=0)
    share = np.where(count >= FEWEST_CITIES, alike.sum(axis=0) / np.maximum(count, 1), 0.0)
    for column in np.flatnonzero(share >= MOST_ALIKE):
        if len(np.unique(mine[alike[:, column]])) < FEWEST_CITIES:
            share[column] = 0.0
    return share


def _same_indicator(now: pd.DataFrame, before: pd.DataFrame) -> Iterator[tuple[Any, Any]]:
    """Pair the columns whose indicator and scope occur once in each edition; rates are left out."""
    keys = ["name", "scope"]
    known = {(r.name, r.scope): r for r in before.drop_duplicates(keys, keep=False).itertuples(index=False)}
    for row in now.drop_duplicates(keys, keep=False).itertuples(index=False):
        if (row.name, row.scope) in known and row.unit not in ("%", "‰"):
            yield row, known[row.name, row.scope]


def _scale(now: YearbookColumns, column: Any, before: YearbookColumns, earlier: Any) -> Iterator[tuple[str, ...]]:
    factor = multiple_of(column.unit) / multiple_of(earlier.unit)
    pair = pd.DataFrame({"now": now.values[column.column], "before": before.values[earlier.column]})
    pair = pair[(pair > 0).all(axis=1)]
    if len(pair) < FEWEST_CITIES:
        return
    change = np.log10(pair["now"] * factor / pair["before"])
    middle = float(change.median())
    if abs(middle) > COLUMN_OFF:
        cause = f"the median city has {10**middle:.3g} times last year's figure; the unit or the indicator changed"
        yield at_column("scale of the column", column, cause)
        return
    powers = (change - middle).abs()
    off = (powers.round() >= 1) & ((powers - powers.round()).abs() < DIGIT_OFF) & (pair.min(axis=1) >= SMALLEST)
    cells = now.cells[(now.cells["column"] == column.column) & now.cells["city"].isin(off.index[off])]
    for row in cells.itertuples(index=False):
        cause = f"{10 ** change[row.city]:.3g} times last year's figure; a digit may be wrong here or there"
        yield at_cell("ten times off", row, cause)
