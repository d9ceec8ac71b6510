"""Periods in which a whole column, or that of one group, changes its concept or vintage."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from yrdecon.clean.quantity import unit_of
from yrdecon.clean.suspects.findings import SMALLEST_GROUP, Finding, group_of, wide_of
from yrdecon.core.panel import Panel

ENOUGH_UNITS = 20
RESTLESS = 2.8
GROUP_NOISE, SMALLEST_SHIFT = 8.0, 0.25


def switches(panel: Panel, column: str) -> Iterator[Finding]:
    """List the periods in which the units of a column scatter, or the units of a group move together.

    Changes are in logs, less their median in the period. A period is suspect if their usual size is 2.8 times that of
    the column's other periods: concepts such as registered and resident population differ by another factor in every
    city. A group is suspect if the median change of its five or more units differs from that of all units by a quarter
    or more, and by eight times what is usual.
    """
    change = np.log(wide_of(panel, column).where(lambda v: v > 0)).diff(axis=1)
    change = change.loc[:, change.notna().sum() >= ENOUGH_UNITS]
    scatter = 1.4826 * (change - change.median()).abs().median()
    usual = float(scatter.median()) if len(scatter) > 2 else np.nan
    cause = _cause(unit_of(panel, column))
    if usual > 0:
        for time, ratio in (scatter / usual).items():
            if ratio > RESTLESS:
                yield Finding(None, int(str(time)), column, "switch", np.nan, float(ratio), cause)
    yield from _of_groups(panel, column, change)


def _of_groups(panel: Panel, column: str, change: pd.DataFrame) -> Iterator[Finding]:
    if panel.group is None or change.empty:
        return
    by_group = change.groupby(group_of(panel, change))
    shift = (by_group.median() - change.median()).where(by_group.count() >= SMALLEST_GROUP).stack()
    if len(shift) < ENOUGH_UNITS:
        return
    limit = max(GROUP_NOISE * 1.4826 * float(shift.abs().median()), SMALLEST_SHIFT)
    for (group, time), size in shift[shift.abs() > limit].items():
        cause = "another definition, or figures corrected, in this group"
        yield Finding(group, int(time), column, "group", np.nan, float(size), cause)


def _cause(unit_of_measure: str) -> str:
    if unit_of_measure.endswith(("persons", "人")):
        return "registered and resident population mixed, or corrected by a census"
    if "yuan" in unit_of_measure or unit_of_measure.endswith("元"):
        return "vintages spliced (economic census), or another definition"
    return "another definition or source"
