"""The shape of what a test of a column finds, and the table it works on."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from yrdecon.core.panel import Panel

SMALLEST_GROUP = 5
PRINTED = 0.8


class Finding(NamedTuple):
    """One suspect cell, or a period of a column with the unit missing.

    ``size`` is a change in logs, a share or a number of cells, as the likely cause says.
    """

    unit: Any
    time: int | None
    variable: str
    kind: str
    value: float
    size: float
    likely_cause: str


def as_frame(found: Iterable[Finding]) -> pd.DataFrame:
    """Return one row per finding."""
    return pd.DataFrame(list(found), columns=list(Finding._fields))


def wide_of(panel: Panel, column: str) -> pd.DataFrame:
    """Return units by consecutive periods; a period the panel lacks is missing."""
    table = panel.frame.pivot(index=panel.unit, columns=panel.time, values=column).astype(float)
    return table.reindex(columns=range(int(panel.periods[0]), int(panel.periods[-1]) + 1))


def beyond_group(change: pd.DataFrame, panel: Panel) -> pd.DataFrame:
    """Subtract from units by periods the median of the unit's group, or of all where it has fewer than five."""
    relative = change - change.median()
    if panel.group is None:
        return relative
    by_group = change.groupby(group_of(panel, change))
    return (change - by_group.transform("median")).where(by_group.transform("count") >= SMALLEST_GROUP, relative)


def group_of(panel: Panel, table: pd.DataFrame) -> pd.Series[Any]:
    """Return the group of every unit of a table of units by periods."""
    return panel.frame.groupby(panel.unit)[panel.group].first().reindex(table.index)


def territory_changes(panel: Panel) -> set[tuple[Any, int]]:
    """Return the units and periods flagged in a column ``boundary_break``, if the panel has one."""
    if "boundary_break" not in panel.frame.columns:
        return set()
    rows = panel.frame[panel.frame["boundary_break"].eq(True)]
    return set(zip(rows[panel.unit], rows[panel.time], strict=True))


def resolution_of(values: NDArray[np.float64]) -> float:
    """Return the step between figures as they are printed: 0.01 if four in five have at most two decimals.

    Missing if they have more than five decimals, as computed figures do.

    Examples
    --------
    >>> resolution_of(np.array([1.5, 2.25, 3.0])), resolution_of(np.array([2010.0, 15.0]))
    (0.01, 1.0)
    >>> resolution_of(np.sqrt([2.0, 3.0]))
    nan
    """
    seen = np.abs(values[np.isfinite(values)])
    for decimals in range(6 if len(seen) else 0):
        if on_grid(seen, 10.0**-decimals).mean() >= PRINTED:
            return float(10.0**-decimals)
    return float("nan")


def on_grid(values: NDArray[np.float64], step: float) -> NDArray[np.bool_]:
    """Return whether values are multiples of a step, as far as floating numbers can be."""
    scaled = np.abs(values) / step
    return np.asarray(np.abs(scaled - np.round(scaled)) < 1e-12 * np.maximum(scaled, 1e3))


def resolutions(table: pd.DataFrame) -> pd.Series[Any]:
    """Return the step between printed figures in every period of a table of units by periods."""
    return pd.Series({time: resolution_of(table[time].to_numpy()) for time in table.columns})
