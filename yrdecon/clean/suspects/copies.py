"""Figures copied from the period before."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from yrdecon.clean.suspects.findings import Finding, resolutions, wide_of
from yrdecon.core.panel import Panel

LARGEST_CHANCE = 0.002


def copies(panel: Panel, column: str) -> Iterator[Finding]:
    """List figures that equal those of the period before, where that is too unlikely to be chance.

    The chance is the step between printed figures over the usual change of the unit; at 1 in 500 or more, as for
    lengths of roads in whole kilometers, equal figures say nothing. Periods of computed figures are not tested.
    """
    table = wide_of(panel, column)
    change = table.diff(axis=1)
    step = resolutions(table)
    coarser = np.fmax(step, step.shift()).where(step.notna())
    usual = change.where(change != 0).abs().median(axis=1)
    chance = np.outer(1 / usual, coarser)
    found = change.eq(0) & table.ne(0) & (chance < LARGEST_CHANCE)
    for row, column_at in np.argwhere(found.to_numpy()):
        unit, time, value = table.index[row], int(table.columns[column_at]), float(table.iat[row, column_at])
        cause = "copied from the period before"
        yield Finding(unit, time, column, "copy", value, float(chance[row, column_at]), cause)
