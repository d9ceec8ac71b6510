"""Columns with mean zero and standard deviation one."""

from __future__ import annotations

from typing import Literal

import pandas as pd

from yrdecon.clean.verbs.derived import derive, numbers_of
from yrdecon.core.names import some_of
from yrdecon.core.panel import Panel
from yrdecon.errors import DataError

SCOPES = {"pooled": "over all cells", "period": "period by period"}


def standardize(panel: Panel, column: str, *, by: Literal["pooled", "period"] = "pooled") -> Panel:
    """Subtract the mean and divide by the standard deviation (n - 1); adds ``<column>_standardized``.

    Parameters
    ----------
    by
        ``"pooled"``: one mean and deviation for all cells. ``"period"``: those of each period.

    Raises
    ------
    DataError
        If the column does not vary, or varies in no unit of some period.

    Examples
    --------
    >>> table = pd.DataFrame({"city": list("abc"), "year": 2020, "y": [1.0, 2.0, 3.0]})
    >>> standardize(Panel.from_frame(table, unit="city", time="year"), "y").frame["y_standardized"].tolist()
    [-1.0, 0.0, 1.0]
    """
    if by not in SCOPES:
        raise DataError(f"there is no way {by!r} to standardize; choose one of {sorted(SCOPES)}")
    values = numbers_of(panel, column)
    key = panel.frame[panel.time] if by == "period" else pd.Series("all periods", index=values.index)
    grouped = values.groupby(key)
    spread = grouped.std()
    constant = spread.index[grouped.count().gt(0) & ~spread.gt(0)].tolist()
    if constant:
        raise DataError(f"column {column!r} does not vary in {some_of(constant)}; it cannot be standardized there")
    scaled = (values - key.map(grouped.mean())) / key.map(spread)
    facts = {"by": SCOPES[by]}
    return derive(panel, scaled, verb="standardize", of=column, facts=facts, unit_of_measure="standard deviations")
