"""Real growth and the real index (R3, R4)."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from yrdecon.clean.figures import Figures
from yrdecon.clean.trail import Cleaned, by_province_and_year, join_trails, long, trail, wide, years

FIRST_YEARBOOK_YEAR = 2018


def real_growth(
    figures: Figures,
    province: pd.Series[Any],
    *,
    implausible: float = 40.0,
    rounded_share: float = 0.7,
    rounding: float = 0.75,
) -> Cleaned:
    """Choose the real growth of each city and year, in percent (R3).

    Up to 2017 it follows the index of the revised series, from 2018 on the growth printed in the yearbook. A printed
    growth beyond `implausible` is dropped. In a province and year in which at least five cities print growth and the
    share `rounded_share` of them prints an integer, an integer is replaced by the revised series if the two differ by
    at most `rounding`. What is missing falls back to the revised series.

    Parameters
    ----------
    province
        Province by city code.
    """
    revised = (figures.series("gdp_revised", "gdp_index") - 100).rename("growth")
    printed = figures.series("yearbook", "real_growth_pct")
    bad = printed[printed.abs() > implausible]
    printed = printed.drop(bad.index)
    rounded = _rounded(printed, province, rounded_share)
    close = rounded.index[(rounded - revised.reindex(rounded.index)).abs() <= rounding]
    exact = revised.reindex(close)
    index = revised.index.union(printed.index)
    late = index.get_level_values("year").to_numpy() >= FIRST_YEARBOOK_YEAR
    chosen = printed.drop(close).reindex(index).where(late)
    fallback = chosen.isna() & revised.reindex(index).notna()
    values = chosen.where(~fallback, revised.reindex(index))
    missing = pd.Series(fallback & late, index=index)
    lost = missing.index[missing].difference(close)
    words = f"growth beyond {implausible:g}% cannot be right"
    audit = join_trails(
        [
            trail("R3 real growth", "real_growth_pct", bad, values.reindex(bad.index), words),
            trail(
                "R3 real growth",
                "real_growth_pct",
                printed[close],
                exact,
                "printed as an integer; revised series taken",
            ),
            trail(
                "R3 real growth",
                "real_growth_pct",
                printed.reindex(lost.difference(bad.index)),
                values,
                "missing in the yearbook; revised series taken",
            ),
        ]
    )
    return Cleaned(values.dropna().rename("real_growth_pct"), audit)


def growth_source(growth: Cleaned) -> pd.Series[Any]:
    """Return for each cell of real growth whether it is from the revised series or the yearbook."""
    index = growth.values.index
    late = years(growth.values) >= FIRST_YEARBOOK_YEAR
    replaced = pd.MultiIndex.from_frame(growth.audit[["city_code", "year"]].astype({"year": "int64"}))
    source = np.where(late & ~index.isin(replaced), "yearbook", "revised series")
    return pd.Series(source, index=index, name="real_growth_source")


def real_index(growth: pd.Series[Any], *, base_year: int = 2010) -> pd.Series[Any]:
    """Chain growth in percent to an index with the base year at 100 (R4).

    A gap in growth ends the chain on that side of the base year: nothing is bridged.
    """
    logs = wide(np.log1p(growth / 100).rename("growth"))
    span = range(int(logs.columns.min()), int(logs.columns.max()) + 1)
    logs = logs.reindex(columns=span)
    index = pd.DataFrame({base_year: 0.0}, index=logs.index)
    for year in range(base_year + 1, span.stop):
        index[year] = index[year - 1] + logs[year]
    for year in range(base_year - 1, span.start - 1, -1):
        index[year] = index[year + 1] - logs[year + 1]
    ordered = index[sorted(index.columns)].rename_axis(columns="year")
    return long(100 * np.exp(ordered))


def _rounded(printed: pd.Series[Any], province: pd.Series[Any], share: float) -> pd.Series[Any]:
    integer = printed == printed.round()
    groups = by_province_and_year(printed, province)
    many = integer.groupby(groups).transform("size") >= 5
    mostly = integer.groupby(groups).transform("mean") >= share
    return printed[integer & many & mostly]
