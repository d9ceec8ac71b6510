"""Resident population on the borders and the count of the censuses (R8)."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from yrdecon.clean.figures import Figures
from yrdecon.clean.trail import Cleaned, cities, join_trails, long, trail, wide, years

FIRST_CENSUS, LAST_CENSUS = 2010, 2020
GAPS = (2020, 2023)
VARIABLE = "population_resident_10k"


def published_population(figures: Figures) -> Cleaned:
    """Return year-end resident population as published, 万人; gaps of 2020 and 2023 come from the yearbooks."""
    published = figures.series("population", VARIABLE)
    yearbook = figures.series("yearbook", VARIABLE)
    yearbook = yearbook[np.isin(years(yearbook), GAPS)]
    yearbook = yearbook[
        yearbook.index.get_level_values("city_code").isin(published.index.get_level_values("city_code"))
    ]
    added = yearbook[~yearbook.index.isin(published.index)]
    values = pd.concat([published, added]).sort_index()
    audit = trail("R8 population", VARIABLE, added * np.nan, values, "missing in the population table; yearbook taken")
    return Cleaned(values.rename("population_resident_published_10k"), audit)


def resident_population(figures: Figures, *, census_distance: float = 0.015, largest_change: float = 0.035) -> Cleaned:
    """Reconcile the published series with the censuses of 2010 and 2020 (R8), 万人.

    A city keeps its published series if that is within `census_distance` of both censuses and no annual log change of
    2011-2020 exceeds `largest_change`. Otherwise 2010-2020 is log-linear between the censuses, earlier years are
    scaled to the census of 2010 and later ones are as published. A city whose published figure of 2020 is farther
    than `census_distance` from the census follows another territory and keeps its published series.
    """
    published = published_population(figures)
    table = wide(published.values)
    census = wide(figures.series("census", VARIABLE)).reindex(table.index)
    first, last = census[FIRST_CENSUS], census[LAST_CENSUS]
    distance = np.log1p(census_distance)
    elsewhere = np.log(table[LAST_CENSUS] / last).abs() > distance
    decade = np.log(table[list(range(FIRST_CENSUS, LAST_CENSUS + 1))])
    smooth = (np.log(table[FIRST_CENSUS] / first).abs() <= distance) & (
        decade.diff(axis=1).abs().max(axis=1) <= largest_change
    )
    bridged = table.index[~smooth & ~elsewhere & first.notna() & last.notna()]
    result = table.copy()
    for year in decade.columns:
        share = (year - FIRST_CENSUS) / (LAST_CENSUS - FIRST_CENSUS)
        line = np.exp((1 - share) * np.log(first[bridged]) + share * np.log(last[bridged]))
        result.loc[bridged, year] = line
    early = [y for y in table.columns if y < FIRST_CENSUS]
    scale = (first / table[FIRST_CENSUS])[bridged]
    result.loc[bridged, early] = table.loc[bridged, early].mul(scale, axis=0)
    values = long(result)
    audit = join_trails([published.audit, *_audit(published.values, values, bridged, table.index[elsewhere])])
    return Cleaned(values.rename(VARIABLE), audit)


def filled_cells(population: Cleaned) -> pd.Series[Any]:
    """Return whether a cell of population lies on the line between the censuses and not in a publication."""
    rows = population.audit[population.audit["reason"].str.startswith("log-linear")]
    index = pd.MultiIndex.from_frame(rows[["city_code", "year"]].astype({"year": "int64"}))
    return pd.Series(population.values.index.isin(index), index=population.values.index, name="filled")


def _audit(
    before: pd.Series[Any], values: pd.Series[Any], bridged: pd.Index[Any], elsewhere: pd.Index[Any]
) -> list[pd.DataFrame]:
    touched = values[cities(values).isin(bridged)]
    between = touched[(years(touched) >= FIRST_CENSUS) & (years(touched) <= LAST_CENSUS)]
    scaled = touched[years(touched) < FIRST_CENSUS]
    kept = before[cities(before).isin(elsewhere) & (years(before) == LAST_CENSUS)]
    was = before.reindex(values.index)
    return [
        trail(
            "R8 population", VARIABLE, was[between.index], values, "log-linear between the censuses of 2010 and 2020"
        ),
        trail("R8 population", VARIABLE, was[scaled.index], values, "scaled to the census of 2010"),
        trail("R8 population", VARIABLE, kept, values, "published 2020 is far from the census; published series kept"),
    ]
