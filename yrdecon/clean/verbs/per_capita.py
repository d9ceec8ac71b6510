"""Figures per head."""

from __future__ import annotations

import re
from typing import Literal

import numpy as np

from yrdecon.clean.verbs.derived import at_period, derive, description_of, fail_if_not_a_quantity, numbers_of
from yrdecon.core.names import some_of
from yrdecon.core.panel import Panel
from yrdecon.errors import DataError

TIMINGS = {"mid_year": "mean of this and the previous year end", "year_end": "at year end"}
MULTIPLES = {"100 million": 1e8, "10 thousand": 1e4, "million": 1e6, "thousand": 1e3}


def per_capita(
    panel: Panel, column: str, *, population: str, timing: Literal["mid_year", "year_end"] = "mid_year"
) -> Panel:
    """Divide a column by population; adds ``<column>_per_capita`` in single units, such as yuan.

    Multiples in the panel's units of measure ("100 million yuan", "10 thousand persons") are resolved; a column
    without a unit of measure is taken as it stands, and the result then has none either.

    Parameters
    ----------
    population
        Year-end population. Residents and registered population are different concepts; the one used is named in the
        trail.
    timing
        ``"mid_year"``: the mean of the year ends before and after, right for flows such as GDP, missing in a unit's
        first year. ``"year_end"``: right for stocks such as deposits.

    Raises
    ------
    DataError
        If population is not positive, or not counted in persons, or the column is a log, a share or an index.

    Examples
    --------
    >>> from yrdecon.clean import load_panel
    >>> panel = per_capita(load_panel("yrd"), "gdp_100m_yuan", population="population_resident_10k")
    >>> panel.frame.query("city_zh == '合肥市' and year == 2020")["gdp_100m_yuan_per_capita"].round(-3).tolist()
    [108000.0]
    """
    if timing not in TIMINGS:
        raise DataError(f"there is no timing {timing!r} of population; choose one of {sorted(TIMINGS)}")
    people = numbers_of(panel, population)
    wrong = panel.frame.loc[(people <= 0) | np.isinf(people), [panel.unit, panel.time]]
    if len(wrong):
        cells = [f"{u} {t}" for u, t in wrong.itertuples(index=False)]
        raise DataError(f"population must be positive; {population!r} is not in {some_of(cells)}; correct the cells")
    if timing == "mid_year":
        people = (people + at_period(panel, people, 1)) / 2
    unit, heads = (str(description_of(panel, c)["unit_of_measure"]) for c in (column, population))
    fail_if_not_a_quantity(panel, column, "value per head")
    _fail_if_not_persons(population, heads)
    multiple, single = _resolved(unit)
    ratio = numbers_of(panel, column) * multiple / (people * _resolved(heads)[0])
    facts = {"population": population, "timing": TIMINGS[timing]}
    return derive(panel, ratio, verb="per_capita", of=column, facts=facts, unit_of_measure=single)


def _resolved(unit: str) -> tuple[float, str]:
    """Return the multiple in a unit of measure and the single unit."""
    found = re.match("|".join(MULTIPLES), unit)
    return (MULTIPLES[found[0]], unit[found.end() :].strip()) if found else (1.0, unit)


def _fail_if_not_persons(column: str, unit: str) -> None:
    if unit and _resolved(unit)[1] != "persons":
        raise DataError(f"column {column!r} is in {unit!r}, not in persons; give a column of population")
