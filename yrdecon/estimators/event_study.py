"""Two-way fixed-effects event study."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from yrdecon.core.design import Design
from yrdecon.core.estimate import Estimate
from yrdecon.core.estimator import estimate_one_by_one, register
from yrdecon.core.left_out import leave_out_always_treated
from yrdecon.core.options import fail_if_no_window, is_whole
from yrdecon.core.panel import Panel
from yrdecon.core.sample import Sample, draw_sample, restrict
from yrdecon.errors import DesignError
from yrdecon.estimators.linear_map import map_linearly
from yrdecon.estimators.regression.linear import fit_linear
from yrdecon.estimators.regression.small_sample import SmallSample

FloatArray = NDArray[np.float64]


def event_study(
    panel: Panel,
    design: Design,
    *,
    reference: int | tuple[int, ...] | None = None,
    window: tuple[int, int] | None = None,
    ssc: SmallSample = "fixest",
) -> Estimate:
    """Regress the outcome on event-time dummies of the treated units, with unit and time effects.

    Parameters
    ----------
    reference
        Event time at which the coefficient is zero, or several whose coefficients average to zero. None takes the
        base periods of the design, and -1 (before any anticipation) if it declares none.
    window
        First and last event time; earlier and later ones are binned into the ends. None keeps all.
    ssc
        Small-sample rule of the clustered covariance; see `cluster_factor`.

    Returns
    -------
    An estimate with one cell per ``event_time``. Cells marked ``reference`` are normalized to average zero; cells
    marked ``excluded`` belong to the excluded periods of the design and are shown, not used. Unbalanced panels are used
    as they are; units treated from the first period on are left out and named.

    Raises
    ------
    DesignError
        If the reference is not an observed event time before treatment, or the window does not hold it.
    EstimationError
        If coefficients are not identified, as when every unit is treated and only one event time is left out.

    Examples
    --------
    >>> table = pd.DataFrame({"u": ["a"] * 3 + ["b"] * 3 + ["c"] * 3, "t": [1, 2, 3] * 3,
    ...                       "y": [0.0, 0.5, 2.0, 0.0, 0.0, 0.0, 1.0, 1.0, 1.0], "cohort": [3.0] * 3 + [np.inf] * 6})
    >>> dynamic = event_study(Panel.from_frame(table, unit="u", time="t"), Design(outcome="y"))
    >>> dict(zip(dynamic.cells["event_time"].tolist(), dynamic.coef.round(6).tolist()))
    {-2: -0.5, -1: 0.0, 0: 1.5}
    """
    full = leave_out_always_treated(draw_sample(panel, design))
    sample = restrict(full, event_study_rows(full, design))
    event_time = event_times(sample, window)
    base = base_event_times(sample, design, reference, event_time)
    estimate = regress_on_event_time(panel, sample, design, event_time, base, ssc)
    return replace(mark_excluded(estimate, sample, design), method="event_study")


def event_study_draws(panel: Panel, design: Design, cohorts: FloatArray) -> FloatArray:
    """Return (B, k) coefficients at (B, N) assignments; with one date on a balanced panel, differences of means."""
    sample = draw_sample(panel, design)
    dates = np.unique(cohorts[cohorts <= sample.periods[-1]])
    if design.covariates or design.effects or design.weights or len(dates) > 1 or not sample.is_balanced:
        return estimate_one_by_one(event_study, panel, design, cohorts)
    event_time = np.where(sample.cohort[sample.unit] == dates[0], sample.periods[sample.time] - dates[0], np.nan)
    base = np.isin(sample.periods - dates[0], base_event_times(sample, design, None, event_time))
    y = sample.outcome.reshape(len(sample.units), -1)
    change = y - y[:, base].mean(axis=1, keepdims=True)
    treated = (cohorts == dates[0]).astype(float)
    count = treated.sum(axis=1, keepdims=True)
    return np.asarray(treated @ change / count - (1 - treated) @ change / (treated.shape[1] - count))


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
    """Keep every period with a single adoption date, where periods do not interact, else the contrast alone."""
    own = sample.cohort[sample.unit]
    time = sample.periods[sample.time]
    rows = np.ones(len(own), dtype=bool)
    if len(_cohorts(sample)) > 1:
        rows &= ~np.isin(time, design.exclude_periods)
        if design.base_periods is not None:
            raise DesignError(
                "base_periods name calendar years, which differ in event time between cohorts; "
                "leave base_periods out and give reference= in event time"
            )
    return rows


def _cohorts(sample: Sample) -> list[int]:
    finite = sample.cohort[np.isfinite(sample.cohort) & (sample.cohort <= sample.periods[-1])]
    return sorted({int(c) for c in finite})


def event_times(sample: Sample, window: tuple[int, int] | None = None) -> FloatArray:
    """Return the (n,) event times, NaN for units not treated in the sample, with the ends of the window binned."""
    own = sample.cohort[sample.unit]
    treated_here = np.where(own <= sample.periods[-1], own, np.inf)
    event_time = np.where(np.isfinite(treated_here), sample.periods[sample.time] - treated_here, np.nan)
    fail_if_no_window(window)
    if window is None:
        return event_time
    if window[0] == 0:
        raise DesignError(f"window={window} must start before 0 and end at 0 or later, for example (-5, 3)")
    return np.clip(event_time, window[0], window[1])


def mark_excluded(estimate: Estimate, sample: Sample, design: Design) -> Estimate:
    """Mark the cells of excluded periods, which are there with a single adoption date only."""
    cohorts = _cohorts(sample)
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
        cohort = _cohorts(sample)[0]
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


register(event_study, draws=event_study_draws)
