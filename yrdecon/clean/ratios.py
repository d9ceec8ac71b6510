"""Figures per head, changes over time, and values of earlier periods."""

from __future__ import annotations

from typing import Literal

import numpy as np

from yrdecon.clean.units import UNIT, multiple_of
from yrdecon.clean.verb import Derivation, at_period, derived, numbers_of
from yrdecon.core.options import fail_if_not_whole, fail_if_unknown
from yrdecon.core.panel import Panel
from yrdecon.errors import DataError

Growth = Literal["percent", "log"]
PLAIN_MULTIPLES = "十百千万亿"


def per_capita(panel: Panel, column: str, *, population: str) -> Panel:
    """Divide a column by the population of the same row, as ``<column>_pc``.

    Where both units of measure are Chinese and known (亿元, 万人), the result is in the plain unit (元); otherwise it
    is the plain ratio. Registered and resident population are different variables: choose one for all periods.

    Raises
    ------
    DataError
        If the population is zero or negative somewhere.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"c": ["a"], "t": [1], "gdp": [100.0], "pop": [50.0]})
    >>> per_capita(Panel.from_frame(table, unit="c", time="t"), "gdp", population="pop").frame["gdp_pc"].tolist()
    [2.0]
    """
    values, people = numbers_of(panel, column), numbers_of(panel, population)
    if (people <= 0).any():
        first = panel.frame.loc[people <= 0, [panel.unit, panel.time]].iloc[0]
        raise DataError(
            f"the population {population!r} must be positive; it is not for {first.iloc[0]} {first.iloc[1]}"
        )
    units = [_unit(panel, name) for name in (column, population)]
    known = all(UNIT.fullmatch(unit) for unit in units)
    factor = multiple_of(units[0]) / multiple_of(units[1]) if known else 1.0
    unit = units[0].lstrip(PLAIN_MULTIPLES) if known else "/".join(filter(None, units))
    how = Derivation("per_capita", f"{column} over {population}", column, "Per capita", "人均", unit_of_measure=unit)
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


def _unit(panel: Panel, column: str) -> str:
    return str(panel.variables.loc[column, "unit_of_measure"]) if column in panel.variables.index else ""
