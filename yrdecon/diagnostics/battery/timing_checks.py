"""Checks that change the window, the base periods or the first treated period."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from yrdecon.core.sample import draw_sample
from yrdecon.diagnostics.battery.check import Case, Check, only_start
from yrdecon.errors import DesignError

SHORT, SEVERAL = 5, 3


def timing_checks(case: Case) -> Iterator[Check]:
    """Yield windows, base periods and first treated periods around the declared ones."""
    start = draw_sample(case.panel, case.design).first_treated_period
    yield Check("window", f"from {start - SHORT} on", lambda c: _between(c, only_start(c) - SHORT, None))
    yield Check("window", f"{start} as the only treated period", lambda c: _between(c, None, only_start(c)))
    yield Check("window", f"without {start}", _without_first)
    yield Check("base_period", "base: the last period before", lambda c: _base(c, 1))
    yield Check("base_period", f"base: the last {SEVERAL} periods before", lambda c: _base(c, SEVERAL))
    yield Check("base_period", "base: all periods before", lambda c: _base(c, None))
    yield Check("treat_year", f"treated from {start - 1} on", lambda c: _shifted(c, -1))
    yield Check("treat_year", f"treated from {start + 1} on", lambda c: _shifted(c, 1))


def _between(case: Case, first: int | None, last: int | None) -> Case:
    periods = case.panel.periods
    low = int(periods[0]) if first is None else max(first, int(periods[0]))
    high = int(periods[-1]) if last is None else last
    if (low, high) == (periods[0], periods[-1]):
        raise DesignError("the panel is as short already, so that nothing changes")
    excluded = tuple(p for p in case.design.exclude_periods if low <= p <= high)
    return replace(case, panel=case.panel.between(low, high), design=replace(case.design, exclude_periods=excluded))


def _without_first(case: Case) -> Case:
    excluded = (*case.design.exclude_periods, only_start(case))
    return replace(case, design=replace(case.design, exclude_periods=excluded))


def _base(case: Case, size: int | None) -> Case:
    sample = draw_sample(case.panel, case.design)
    before = sample.periods[sample.periods < only_start(case) - case.design.anticipation]
    usable = [int(p) for p in before if p not in case.design.exclude_periods]
    base = None if size is None else tuple(usable[-size:])
    if base == case.design.base_periods:
        raise DesignError("these are the base periods of the design already, so that nothing changes")
    return replace(case, design=replace(case.design, base_periods=base))


def _shifted(case: Case, by: int) -> Case:
    """Move the first treated period; periods between the declared and a later one are left out."""
    start = only_start(case)
    cohort = case.panel.frame[case.design.cohort].astype(float)
    moved = case.panel.assign(**{case.design.cohort: np.where(np.isfinite(cohort), cohort + by, np.inf)})
    excluded = {p for p in case.design.exclude_periods if p < start + min(by, 0)} | set(range(start, start + by))
    if by > 0:
        excluded |= set(case.design.exclude_periods)
    return replace(case, panel=moved, design=replace(case.design, exclude_periods=tuple(sorted(excluded))))
