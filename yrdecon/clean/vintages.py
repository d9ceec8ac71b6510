"""Nominal GDP of one vintage, and the label of every cell (R5, R6)."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from yrdecon.clean.figures import Figures
from yrdecon.clean.trail import Cleaned, by_province_and_year, cities, join_trails, long, trail, wide, years
from yrdecon.errors import DataError

LAST_HISTORY_YEAR = 2017
LAST_REVISED_TABLE_YEAR = 2022


def first_published_gdp(figures: Figures) -> pd.Series[Any]:
    """Return GDP as first published: the city history to 2017, the yearbooks afterwards, 亿元."""
    old = figures.series("history", "gdp_100m_yuan")
    old = old[years(old) <= LAST_HISTORY_YEAR]
    return (
        pd.concat([old, figures.series("yearbook", "gdp_100m_yuan")])
        .sort_index()
        .rename("gdp_first_published_100m_yuan")
    )


def spliced_gdp(
    figures: Figures,
    growth: pd.Series[Any],
    province: pd.Series[Any],
    *,
    deviation: float = 0.12,
    revision: float = 0.10,
) -> Cleaned:
    """Put nominal GDP on the vintage of its last revised year (R5), 亿元.

    GDP is the revised series to 2022 and the yearbook for 2023. A year of 2002-2018 is a break of vintage where the
    excess of nominal over real growth differs from its province's median by more than `deviation`, and the ratio of
    revised to first-published GDP jumps by more than `revision` in the same direction (both in logs). All earlier
    years are then multiplied by that jump.
    """
    nominal = figures.series("gdp_revised", "gdp_100m_yuan")
    nominal = nominal[years(nominal) <= LAST_REVISED_TABLE_YEAR]
    latest = figures.series("yearbook", "gdp_100m_yuan")
    latest = latest[years(latest) > LAST_REVISED_TABLE_YEAR]
    latest = latest[cities(latest).isin(cities(nominal))]
    before = pd.concat([nominal, latest]).sort_index()
    jumps = _vintage_breaks(before, growth, first_published_gdp(figures), province, deviation, revision)
    after, parts = before.copy(), []
    for city, year, jump in zip(cities(jumps), years(jumps), jumps, strict=True):
        cells = before[(cities(before) == city) & (years(before) < year)]
        after.loc[cells.index] *= np.exp(jump)
        reason = f"vintage break in {year}: earlier years times {np.exp(jump):.4f}"
        parts.append(trail("R5 vintage break", "gdp_100m_yuan", cells, after, reason))
    return Cleaned(after.rename("gdp_100m_yuan"), join_trails(parts))


def gdp_vintage(index: pd.MultiIndex) -> pd.Series[Any]:
    """Label the vintage of every cell of the spliced series (R6)."""
    year = index.get_level_values("year").to_numpy()
    labels = np.select(
        [year <= 2018, year <= 2021, year == 2022],
        ["revised, 4th economic census", "final", "first published"],
        "first published, yearbook 2024",
    )
    return pd.Series(labels, index=index, name="gdp_vintage")


def fail_if_vintages_are_mixed(vintage: pd.Series[Any] | None, column: str) -> None:
    """Refuse a column whose cells are of several vintages unless the caller shows the column of their labels.

    Raises
    ------
    DataError
        If `vintage` is None: pass the labels, and take growth across a change of label from real growth.
    """
    if vintage is None:
        raise DataError(f"{column!r} mixes vintages; declare it spliced by giving the column of its vintage labels")


def _vintage_breaks(
    nominal: pd.Series[Any],
    growth: pd.Series[Any],
    first: pd.Series[Any],
    province: pd.Series[Any],
    deviation: float,
    revision: float,
) -> pd.Series[Any]:
    change = long(wide(np.log(nominal)).diff(axis=1))
    excess = (change - np.log1p(growth / 100)).dropna()
    excess = excess - excess.groupby(by_province_and_year(excess, province)).transform("median")
    ratio = long(wide(np.log(nominal / first.reindex(nominal.index))).diff(axis=1)).reindex(excess.index)
    year = years(excess)
    found = (excess.abs() > deviation) & (ratio.abs() > revision) & (np.sign(excess) == np.sign(ratio))
    return ratio[found & (year >= 2002) & (year <= 2018)]
