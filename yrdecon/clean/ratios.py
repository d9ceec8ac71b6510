"""Figures per head, changes over time, and values of earlier periods."""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

import numpy as np

from yrdecon.clean.quantity import fail_if_not_a_quantity, unit_of
from yrdecon.clean.units import UNIT, multiple_of
from yrdecon.clean.verb import Derivation, at_period, derived, numbers_of
from yrdecon.core.options import fail_if_not_whole, fail_if_unknown
from yrdecon.core.panel import Panel
from yrdecon.errors import DataError

Growth = Literal["percent", "log"]
Timing = Literal["year_end", "mid_year"]
PLAIN_MULTIPLES = "十百千万亿"
ENGLISH_MULTIPLES = {"100 million ": 1e8, "10 thousand ": 1e4, "million ": 1e6, "thousand ": 1e3}
ENGLISH_PLAIN = ("yuan", "persons", "tonnes", "patents", "beds")


class Resolved(NamedTuple):
    """A unit of measure as a multiple of a plain one."""

    multiple: float
    plain: str


def per_capita(panel: Panel, column: str, *, population: str, timing: Timing = "year_end") -> Panel:
    """Divide a column by population, as ``<column>_pc``.

    Where both units of measure are known multiples (亿元 and 万人, "100 million yuan" and "10 thousand persons"), the
    result is in the plain unit (元, yuan); otherwise it is the plain ratio. Registered and resident population are
    different variables: choose one for all periods.

    Parameters
    ----------
    timing
        ``"year_end"``: the population of the same row, right for stocks such as deposits. ``"mid_year"``: the mean of
        this row and that of the period before, as statistics divide flows such as GDP; missing in a first period.

    Raises
    ------
    DataError
        If the population is zero or negative somewhere, or the column is a log, a share or an index.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"c": ["a"], "t": [1], "gdp": [100.0], "pop": [50.0]})
    >>> per_capita(Panel.from_frame(table, unit="c", time="t"), "gdp", population="pop").frame["gdp_pc"].tolist()
    [2.0]
    """
    fail_if_unknown("timing", timing, Timing)
    fail_if_not_a_quantity(panel, column, "value per head")
    values, people = numbers_of(panel, column), numbers_of(panel, population)
    if (people <= 0).any():
        first = panel.frame.loc[people <= 0, [panel.unit, panel.time]].iloc[0]
        raise DataError(
            f"the population {population!r} must be positive; it is not for {first.iloc[0]} {first.iloc[1]}"
        )
    reason = f"{column} over {population}"
    if timing == "mid_year":
        people = (people + at_period(panel, people, panel.frame[panel.time] - 1)) / 2
        reason += ", mean of this and the period before"
    units = [unit_of(panel, name) for name in (column, population)]
    money, heads = (_resolved(unit) for unit in units)
    factor, unit = 1.0, "/".join(filter(None, units))
    if money is not None and heads is not None:
        factor, unit = money.multiple / heads.multiple, money.plain
    how = Derivation("per_capita", reason, column, "Per capita", "人均", unit_of_measure=unit)
    return derived(panel, f"{column}_pc", values * factor / people, how)


def growth(panel: Panel, column: str, *, kind: Growth = "percent") -> Panel:
    """Compute the change from the period before, as ``growth_<column>``.

    ``"percent"``: 100 (y_t / y_{t-1} - 1). ``"log"``: 100 (ln y_t - ln y_{t-1}), missing unless both are positive. The
    period before is that of the calendar: after a gap the growth is missing.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"c": ["a"] * 3, "t": [1, 2, 4], "y": [100.0, 110.0, 120.0]})
    >>> growth(Panel.from_frame(table, unit="c", time="t"), "y").frame["growth_y"].round(6).tolist()
    [nan, 10.0, nan]
    """
    fail_if_unknown("kind", kind, Growth)
    values = numbers_of(panel, column)
    before = at_period(panel, values, panel.frame[panel.time] - 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        if kind == "log":
            change = 100 * (np.log(values.where(values > 0)) - np.log(before.where(before > 0)))
        else:
            change = 100 * (values / before.where(before != 0) - 1)
    reason = f"{kind} change of {column} from the period before"
    how = Derivation("growth", reason, column, "Growth of", "增长率：", unit_of_measure="%")
    return derived(panel, f"growth_{column}", change, how)


def lag(panel: Panel, column: str, *, periods: int = 1) -> Panel:
    """Take the value of an earlier period of the calendar, as ``lag<periods>_<column>``; missing after a gap.

    Raises
    ------
    DesignError
        If `periods` is no whole number of one or more.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"c": ["a"] * 3, "t": [1, 2, 4], "y": [1.0, 2.0, 4.0]})
    >>> lag(Panel.from_frame(table, unit="c", time="t"), "y").frame["lag1_y"].tolist()
    [nan, 1.0, nan]
    """
    fail_if_not_whole("periods", periods, 1)
    values = at_period(panel, numbers_of(panel, column), panel.frame[panel.time] - periods)
    how = Derivation("lag", f"{column} of {periods} periods before", column, f"Lag {periods} of", f"滞后{periods}期：")
    return derived(panel, f"lag{periods}_{column}", values, how)


def _resolved(unit: str) -> Resolved | None:
    """Return the multiple in a unit of measure, Chinese or English, and the plain unit; None if it is not known."""
    if UNIT.fullmatch(unit):
        return Resolved(multiple_of(unit), unit.lstrip(PLAIN_MULTIPLES))
    found = re.match("|".join(ENGLISH_MULTIPLES), unit)
    if found:
        return Resolved(ENGLISH_MULTIPLES[found[0]], unit[found.end() :].strip())
    return Resolved(1.0, unit) if unit in ENGLISH_PLAIN else None
