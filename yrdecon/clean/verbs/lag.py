"""Values of earlier periods."""

from __future__ import annotations

from yrdecon.clean.verbs.derived import at_period, derive, numbers_of
from yrdecon.core.panel import Panel
from yrdecon.errors import DataError


def lag(panel: Panel, column: str, *, periods: int = 1) -> Panel:
    """Add the value that a unit had some periods earlier as ``<column>_lag<periods>``.

    Periods are those of the calendar: where the period is not in the panel, the lag is missing, and never the value of
    the row above.

    Raises
    ------
    DataError
        If `periods` is not a whole number of at least one.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"city": "a", "year": [2018, 2019, 2021], "y": [1.0, 2.0, 4.0]})
    >>> lag(Panel.from_frame(table, unit="city", time="year"), "y").frame["y_lag1"].tolist()
    [nan, 1.0, nan]
    """
    if not isinstance(periods, int) or periods < 1:
        raise DataError(f"a lag goes back a whole number of periods, at least one, not {periods!r}")
    return derive(
        panel, at_period(panel, numbers_of(panel, column), periods), verb="lag", of=column, facts={"periods": periods}
    )
