"""Regressions on event time: which rows they use, what they measure from, and their cells."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from yrdecon.core.adoption import adoption_dates
from yrdecon.core.design import Design
from yrdecon.core.estimate import Estimate
from yrdecon.core.options import fail_if_no_window, is_whole
from yrdecon.core.panel import Panel
from yrdecon.core.sample import Sample
from yrdecon.errors import DesignError
from yrdecon.estimators.linear_map import map_linearly
from yrdecon.estimators.regression.linear import fit_linear
from yrdecon.estimators.regression.small_sample import SmallSample

FloatArray = NDArray[np.float64]


def regress_on_event_time(
    panel: Panel,
    sample: Sample,
    design: Design,
    event_time: FloatArray,
    base: tuple[int, ...],
    ssc: SmallSample,
    dose: FloatArray | float = 1.0,
) -> Estimate:
    """Regress on dummies of (n,) event times, NaN for comparison rows, normalized to average zero over the base.

    Parameters
    ----------
    dose
        (n,) values that multiply the dummies.
    """
    observed = _observed(event_time)
    kept = [int(e) for e in observed if e != base[0]]
    if not kept:
        raise DesignError(f"no event time is observed beside the base {base[0]}; choose a wider window or more periods")
    dummies = pd.DataFrame({e: dose * (event_time == e) for e in kept})
    fit = fit_linear(panel, sample, design, dummies, ssc)
    levels = (observed[:, None] == np.array(kept)).astype(float)
    mean = np.isin(kept, base) / len(base)
    cells = pd.DataFrame({"event_time": observed, "reference": np.isin(observed, base), "excluded": False})
    return map_linearly(fit, levels - mean, cells)


def _observed(event_time: FloatArray) -> NDArray[np.int64]:
    return np.unique(event_time[np.isfinite(event_time)]).astype(np.int64)


def event_study_rows(sample: Sample, design: Design) -> NDArray[np.bool_]:
    """Keep every period with a single adoption date, where periods do not interact, else the contrast alone.

    Rows of comparison units that may already react to a treatment after the last period are left out.
    """
    time = sample.periods[sample.time]
    rows = ~may_react(sample, design)
    if len(adoption_dates(sample.cohort, sample.periods)) > 1:
        rows &= ~np.isin(time, design.exclude_periods)
        if design.base_periods is not None:
            raise DesignError(
                "base_periods name calendar years, which differ in event time between cohorts; "
                "leave base_periods out and give reference= in event time"
            )
    return rows


def may_react(sample: Sample, design: Design) -> NDArray[np.bool_]:
    """Return the (n,) rows of units treated after the last period that fall into their anticipation of it."""
    own = sample.cohort[sample.unit]
    return np.asarray((own > sample.periods[-1]) & (sample.periods[sample.time] >= own - design.anticipation))


def event_times(sample: Sample, window: tuple[int, int] | None = None) -> FloatArray:
    """Return the (n,) event times, NaN for units not treated in the sample, with the ends of the window binned."""
    own = sample.cohort[sample.unit]
    event_time = np.where(own <= sample.periods[-1], sample.periods[sample.time] - own, np.nan)
    fail_if_no_window(window)
    if window is None:
        return event_time
    if window[0] == 0:
        raise DesignError(f"window={window} must start before 0 and end at 0 or later, for example (-5, 3)")
    return np.clip(event_time, window[0], window[1])


def mark_excluded(estimate: Estimate, sample: Sample, design: Design) -> Estimate:
    """Mark the cells of excluded periods, which are there with a single adoption date only."""
    cohorts = adoption_dates(sample.cohort, sample.periods)
    if len(cohorts) > 1:
        return estimate
    excluded = np.isin(estimate.cells["event_time"] + cohorts[0], design.exclude_periods)
    return replace(estimate, cells=estimate.cells.assign(excluded=excluded))


def base_event_times(
    sample: Sample, design: Design, reference: int | tuple[int, ...] | None, event_time: FloatArray
) -> tuple[int, ...]:
    """Return the event times that the effects are measured from, checked to be observed before treatment."""
    observed = _observed(event_time)
    if reference is None and design.base_periods is not None:
        cohort = int(sample.cohort.min())
        base = tuple(period - cohort for period in design.base_periods)
    elif reference is None:
        base = (-1 - design.anticipation,)
    else:
        base = _several(reference)
    absent = [e for e in base if e not in observed or e >= 0]
    if absent or not base:
        before = [int(e) for e in observed if e < 0]
        raise DesignError(
            f"reference {absent or base} is not an observed event time before treatment; choose among {before}"
        )
    return base


def _several(reference: int | tuple[int, ...]) -> tuple[int, ...]:
    """Return event times in their order."""
    several = (reference,) if is_whole(reference) else reference
    if not isinstance(several, tuple | list) or not all(map(is_whole, several)):
        raise DesignError(f"reference={reference!r} must be an event time, such as -1, or several, such as (-2, -1)")
    return tuple(sorted({int(e) for e in several}))
