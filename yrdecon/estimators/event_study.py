"""Two-way fixed-effects event study."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from yrdecon.core.design import Design
from yrdecon.core.estimate import Estimate
from yrdecon.core.estimator import estimate_one_by_one, register
from yrdecon.core.left_out import leave_out_always_treated
from yrdecon.core.panel import Panel
from yrdecon.core.sample import draw_sample, restrict
from yrdecon.estimators.regression.event_time import (
    base_event_times,
    event_study_rows,
    event_times,
    mark_excluded,
    regress_on_event_time,
)
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

    Notes
    -----
    Every row without a dummy is a comparison, whatever `Design.comparison`. With one adoption date excluded periods are
    shown and serve nothing, and base periods are the reference; with several, excluded periods are left out and base
    periods, whose event time differs, are refused. Anticipation moves the default reference back; the coefficients
    between show it. Units treated after the last period are comparisons until they may anticipate. `Design.weights`
    weight the regression, `Design.covariates` and `Design.effects` enter it, and errors are clustered by
    `Design.cluster`, the unit by default.

    References
    ----------
    Sun and Abraham (2021), Journal of Econometrics, section 3, on what coefficients mix with several adoption dates.

    Examples
    --------
    >>> import pandas as pd
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
    late = design.anticipation > 0 and bool((np.isfinite(cohorts) & (cohorts > sample.periods[-1])).any())
    if design.covariates or design.effects or design.weights or late or len(dates) > 1 or not sample.is_balanced:
        return estimate_one_by_one(event_study, panel, design, cohorts)
    event_time = np.where(sample.cohort[sample.unit] == dates[0], sample.periods[sample.time] - dates[0], np.nan)
    base = np.isin(sample.periods - dates[0], base_event_times(sample, design, None, event_time))
    y = sample.outcome.reshape(len(sample.units), -1)
    change = y - y[:, base].mean(axis=1, keepdims=True)
    treated = (cohorts == dates[0]).astype(float)
    count = treated.sum(axis=1, keepdims=True)
    return np.asarray(treated @ change / count - (1 - treated) @ change / (treated.shape[1] - count))


register(event_study, draws=event_study_draws)
