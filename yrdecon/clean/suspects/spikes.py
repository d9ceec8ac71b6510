"""Jumps of one unit: digits lost, units slipped, another concept for a year, steps that stay."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from yrdecon.clean.suspects.findings import Finding, beyond_group, territory_changes, wide_of
from yrdecon.core.panel import Panel

FACTORS = (1, 2, 4)
SMALLEST_NOISE = 0.01
SMALLEST_STEP = 0.3
SLIP_NOISE, SPIKE_NOISE = 5.0, 8.0
ENOUGH_CHANGES = 5
TAIL = 0.99
LONGEST_SPELL = 2
UNEVEN = 0.4


class Usual(NamedTuple):
    """How large a change must be to stand out: as a slip of a power of ten, as a spike, and how near that power."""

    slip: float
    spike: float
    tolerance: float


class Series(NamedTuple):
    """One unit's figures and their known changes beyond the group, in logs."""

    unit: Any
    column: str
    values: pd.Series[Any]
    changes: pd.Series[Any]

    def finding(self, time: int, kind: str, size: float, cause: str) -> Finding:
        """Return a finding about the figure of one period."""
        return Finding(self.unit, time, self.column, kind, float(self.values[time]), size, cause)


def spikes(panel: Panel, column: str) -> Iterator[Finding]:
    """List the cells at which a unit leaves its path, relative to the units around it.

    A change is the log change beyond the median of the unit's group in that period (of all units where the group has
    fewer than five), and the noise its usual size in the column or, if larger, the unit. A change beyond five times the
    noise that is undone within two periods and near a factor of 10, 100 or 10,000 is a slip: a digit lost or added, or
    another unit of measure. Beyond eight times the noise and what 99 in 100 changes of the column stay below, a change
    that is undone is a spike, and one that stays is a step, listed if it is twice as large or a known change of
    territory. One at the first or last figure is listed if it is near such a factor or twice as large.
    """
    levels = np.log(wide_of(panel, column).where(lambda v: v > 0))
    change = beyond_group(levels.diff(axis=1), panel)
    seen = change.abs().stack()
    if seen.empty:
        return
    noise = max(1.4826 * float(seen.median()), SMALLEST_NOISE)
    tail = float(seen.quantile(TAIL))
    breaks = territory_changes(panel)
    for unit, row in change[change.abs().gt(SLIP_NOISE * noise).any(axis=1)].iterrows():
        known = row.dropna()
        own = 1.4826 * float(known.abs().median()) if len(known) >= ENOUGH_CHANGES else noise
        largest = max(own, noise)
        tolerance = float(np.clip(2 * noise, 0.2, 0.45))
        usual = Usual(SLIP_NOISE * largest, max(SPIKE_NOISE * largest, tail), tolerance)
        series = Series(unit, column, np.exp(levels.loc[unit]), known)
        yield from _of_unit(series, usual, {time for u, time in breaks if u == unit})


def _of_unit(series: Series, usual: Usual, breaks: set[int]) -> Iterator[Finding]:
    known = series.changes
    last_seen = None
    for time in known.index[known.abs() > min(usual.slip, usual.spike)]:
        if last_seen is not None and time <= last_seen:
            continue
        size = float(known[time])
        back = _undone(known, time)
        if back is not None:
            found = list(_spell(series, time, back, (size - float(known[back])) / 2, usual))
            last_seen = back if found else None
            yield from found
        elif time - 1 not in known or time + 1 not in known:
            yield from _at_an_end(series, time, usual)
        elif abs(size) > usual.spike and time in breaks:
            yield series.finding(time, "step", size, "territory changes")
        elif abs(size) > max(2 * usual.spike, SMALLEST_STEP):
            cause = _slip(size, usual.tolerance, "from here on") or "another territory, vintage or concept from here on"
            yield series.finding(time, "step", size, cause)


def _undone(known: pd.Series[Any], time: int) -> int | None:
    """Return the period, at most two later, in which an opposite change of similar size leads back."""
    size = float(known[time])
    for later in range(time + 1, time + 1 + LONGEST_SPELL):
        other = float(known.get(later, np.nan))
        if other * size < 0 and abs(other + size) < UNEVEN * max(abs(size), abs(other)):
            return later
    return None


def _spell(series: Series, start: int, end: int, size: float, usual: Usual) -> Iterator[Finding]:
    slip = _slip(size, usual.tolerance, "here")
    if slip is None and min(abs(series.changes[start]), abs(series.changes[end])) < 0.8 * usual.spike:
        return
    length = "two periods" if end - start > 1 else "one period"
    for time in range(start, end):
        yield series.finding(time, "slip" if slip else "spike", size, slip or f"misprint or other concept, {length}")


def _at_an_end(series: Series, time: int, usual: Usual) -> Iterator[Finding]:
    """List a jump with no figure on one side; the figure beside the rest of the series is taken as right."""
    is_first = time - 1 not in series.changes and time + 1 in series.changes
    size = float(series.changes[time])
    at, relative = (time - 1, -size) if is_first else (time, size)
    slip = _slip(relative, usual.tolerance, "here")
    if slip is not None and abs(size) > usual.spike:
        yield series.finding(at, "slip", relative, slip)
    elif abs(size) > max(2 * usual.spike, SMALLEST_STEP):
        yield series.finding(at, "end", relative, "misprint or step, no figure beyond tells")


def _slip(size: float, tolerance: float, where: str) -> str | None:
    for power in FACTORS:
        if abs(abs(size) - power * np.log(10)) < tolerance:
            way = "large" if size > 0 else "small"
            digit = "a digit added" if size > 0 else "a digit lost"
            return f"{10**power:,} times too {way} {where}: {digit if power == 1 else 'another unit of measure'}"
    return None
