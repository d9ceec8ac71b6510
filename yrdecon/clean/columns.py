"""The columns of the harmonized panel that are not GDP or population (R9-R12)."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from yrdecon.clean.figures import Figures
from yrdecon.clean.trail import Cleaned, cities, join_trails, long, trail, wide, years

LAST_HISTORY_YEAR = 2017
SHARES = ("share_primary_pct", "share_secondary_pct", "share_tertiary_pct")

FROM_BOTH = (
    "fiscal_revenue_100m_yuan",
    "fiscal_expenditure_100m_yuan",
    "science_expenditure_100m_yuan",
    "education_expenditure_100m_yuan",
    "retail_sales_100m_yuan",
    "deposits_100m_yuan",
    "loans_100m_yuan",
    "real_estate_investment_100m_yuan",
    "population_registered_10k",
    "college_students",
    "mobile_subscribers_10k",
    "industrial_so2_tonnes",
)
FROM_HISTORY = ("fixed_investment_100m_yuan",)
FROM_YEARBOOK = (
    "exports_100m_yuan",
    "imports_100m_yuan",
    "patents_granted",
    "invention_patents_granted",
    "rd_personnel",
    "rd_expenditure_100m_yuan",
    "employment_urban_units",
    "average_wage_yuan",
    "road_km",
    "expressway_km",
    "hospital_beds",
    "doctors",
    "pm25_ugm3",
    "urbanization_pct",
    "gdp_pc_published_yuan",
)


def industry_shares(figures: Figures, *, lowest: float = 99.0, highest: float = 101.0) -> list[Cleaned]:
    """Return the shares of primary, secondary and tertiary industry, in percent (R10).

    To 2017 primary is what the two others leave; from 2018 all three are printed, and a row whose sum lies outside
    `lowest` to `highest` is dropped.
    """
    printed = pd.concat({name: figures.series("yearbook", name) for name in SHARES}, axis=1)
    total = printed.sum(axis=1, skipna=False)
    wrong = printed[(total < lowest) | (total > highest)]
    old = pd.concat({name: figures.series("history", name) for name in SHARES[1:]}, axis=1)
    old = old[old.index.get_level_values("year") <= LAST_HISTORY_YEAR]
    old.insert(0, SHARES[0], 100 - old[SHARES[1]] - old[SHARES[2]])
    values = pd.concat([old, printed.drop(wrong.index)]).sort_index()
    nothing = pd.Series(np.nan, index=wrong.index)
    result = []
    for name in SHARES:
        reason = "the three shares sum to " + total[wrong.index].round(1).astype(str) + "%"
        audit = trail("R10 shares", name, wrong[name].dropna(), nothing, reason)
        result.append(Cleaned(values[name].dropna().rename(name), audit))
    return result


def joined_series(figures: Figures, variable: str) -> Cleaned:
    """Return a series that the city history gives to 2017 and the yearbooks from 2018 on (R11)."""
    old = figures.series("history", variable) if variable not in FROM_YEARBOOK else None
    new = figures.series("yearbook", variable) if variable not in FROM_HISTORY else None
    parts = [p for p in (None if old is None else old[years(old) <= LAST_HISTORY_YEAR], new) if p is not None]
    values = pd.concat(parts).sort_index()
    return Cleaned(values[~values.index.duplicated()].rename(variable), join_trails([]))


def foreign_investment(figures: Figures) -> Cleaned:
    """Return foreign direct investment used, 万美元: history, yearbooks of 2018-19, compiled table 2020-22 (R12)."""
    late = figures.series("fdi", "fdi_10k_usd")
    early = joined_series(figures, "fdi_10k_usd").values
    late = late[np.isin(years(late), (2020, 2021, 2022))]
    values = pd.concat([early[years(early) <= 2019], late]).sort_index().rename("fdi_10k_usd")
    broken = values[(years(values) == 2022) & cities(values).str.startswith("34")]
    reason = "flagged: the definition changes in Anhui in 2022"
    return Cleaned(values, trail("R12 foreign investment", "fdi_10k_usd", broken, values, reason))


def imports(figures: Figures) -> Cleaned:
    """Return imports, 亿元, as published; total trade printed for Jiangsu in 2022 is flagged, not repaired (R11).

    A Jiangsu city's imports of 2022 are taken for total trade when they exceed 1.5 times both neighboring years.
    """
    values = joined_series(figures, "imports_100m_yuan").values
    table = wide(values)
    doubled = (table[2022] > 1.5 * table[2021]) & (table[2022] > 1.5 * table[2023])
    codes = [c for c in table.index[doubled] if str(c).startswith("32")]
    wrong = values[(years(values) == 2022) & cities(values).isin(codes)]
    reason = "flagged: holds total trade, not imports"
    return Cleaned(values, trail("R11 trade", "imports_100m_yuan", wrong, values, reason))


def mean_population(population: pd.Series[Any]) -> pd.Series[Any]:
    """Return the mean of the year-end populations of the year before and the year itself (R9)."""
    table = wide(population)
    return long((table + table.shift(1, axis=1)) / 2)
