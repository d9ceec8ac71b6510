"""Synthetic difference-in-differences by event time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from yrdecon.core.design import Design
from yrdecon.core.estimate import Estimate
from yrdecon.core.estimator import register
from yrdecon.core.left_out import leave_out_always_treated
from yrdecon.core.panel import Panel
from yrdecon.core.sample import draw_sample
from yrdecon.estimators.synthetic.did_cohorts import (
    BalancedSample,
    CohortFit,
    balanced_sample,
    cohort_blocks,
    cohort_estimate,
    fit_cohorts,
)
from yrdecon.estimators.synthetic.windows import same_sizes, sample_of_assignments
from yrdecon.kernels.synthetic_did import Solver

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
IntArray = NDArray[np.int64]

WHOLLY = 1e-9


@dataclass(frozen=True, eq=False)
class EventTimes:
    """The E event times of G cohorts, by their dates, and which of the (E, G, T) periods make up each."""

    dates: list[int]
    values: IntArray
    member: BoolArray
    excluded: BoolArray


def synthetic_did_path(panel: Panel, design: Design, *, solver: Solver = "reference") -> Estimate:
    """Follow the effect of `synthetic_did` by event time, with placebo effects before treatment.

    Every cohort keeps its unit and time weights; the effect in a period is its gap to the weighted comparison units,
    less the time-weighted average of that gap. With several adoption dates the cohorts that are observed at an event
    time are weighted by their treated units (Ciccia 2024), so that their make-up changes with it. With one adoption
    date the effects after treatment average to the effect of `synthetic_did`.

    Parameters
    ----------
    solver
        As for `synthetic_did`.

    Returns
    -------
    An estimate with one cell per ``event_time``, ``size`` (treated units) and a covariance of NaN. Cells marked
    ``reference`` carry all the time weight of their cohorts and are zero by construction. Cells marked ``excluded``
    belong to excluded periods; elsewhere excluded periods do not enter. The frames are those of `synthetic_did`; the
    path of each cohort is ``path``.

    Raises
    ------
    DesignError, EstimationError
        As for `synthetic_did`.

    Notes
    -----
    Balance, comparison units, anticipation, and units treated throughout are as in `synthetic_did`. Without a standard
    error `Design.cluster` plays no role.

    References
    ----------
    Arkhangelsky, Athey, Hirshberg, Imbens and Wager (2021), AER; Ciccia (2024), arXiv 2407.09565; Clarke, Pailanir,
    Athey and Imbens (2023), arXiv 2301.11859.

    Examples
    --------
    >>> y = {"a": [1.0, 2.0, 6.0], "b": [0.0, 1.0, 2.0], "c": [2.0, 3.0, 4.0], "d": [1.0, 2.0, 3.0]}
    >>> rows = [(u, t, v, 3.0 if u == "a" else np.inf) for u in y for t, v in zip((1, 2, 3), y[u])]
    >>> panel = Panel.from_frame(pd.DataFrame(rows, columns=["u", "t", "y", "cohort"]), unit="u", time="t")
    >>> path = synthetic_did_path(panel, Design(outcome="y", base_periods=(2,)))
    >>> path.cells["event_time"].tolist(), round(float(path.coef[-1]), 6)
    ([-2, -1, 0], 3.0)
    """
    data = balanced_sample(leave_out_always_treated(draw_sample(panel, design)), design)
    fits = fit_cohorts(data, data.sample.cohort[None, :], solver)
    times = _event_times(data, list(fits))
    sizes = np.array([fit.block.treated[0].sum() for fit in fits.values()])
    base = np.stack([fit.result.time_weights[0] > 1 - WHOLLY for fit in fits.values()])
    cells = pd.DataFrame(
        {
            "event_time": times.values,
            "size": (times.member.any(axis=2) * sizes).sum(axis=1),
            "reference": (base | ~times.member).all(axis=(1, 2)),
            "excluded": times.excluded,
        }
    )
    return replace(
        cohort_estimate(panel, data, fits, solver),
        coef=_path(fits, times)[0],
        vcov=np.full((len(cells), len(cells)), np.nan),
        cells=cells,
        method="synthetic_did_path",
    )


def synthetic_did_path_draws(panel: Panel, design: Design, cohorts: FloatArray) -> FloatArray:
    """Return (B, E) effects of `synthetic_did_path` at (B, N) assignments, all weight problems solved together."""
    sample, cohorts = sample_of_assignments(panel, design, cohorts)
    data = balanced_sample(sample, design)
    times = _event_times(data, list(cohort_blocks(data, cohorts)))
    effects = np.zeros((len(cohorts), len(times.values)))
    for rows in same_sizes(cohorts):
        effects[rows] = _path(fit_cohorts(data, cohorts[rows], "reference"), times)
    return effects


def _event_times(data: BalancedSample, dates: list[int]) -> EventTimes:
    """Match periods of cohorts to event times; excluded ones stand only where no other does."""
    event_time = data.sample.periods - np.array(dates)[:, None]
    values = np.unique(event_time)
    every = values[:, None, None] == event_time
    usable = every & ~np.isin(data.sample.periods, data.design.exclude_periods)
    excluded = ~usable.any(axis=(1, 2))
    return EventTimes(dates, values, np.where(excluded[:, None, None], every, usable), excluded)


def _path(fits: Mapping[int, CohortFit], times: EventTimes) -> FloatArray:
    """Return (B, E) effects, cohorts weighted by their treated units."""
    sizes = np.array([fit.block.treated[0].sum() for fit in fits.values()])
    gaps = np.stack([fit.result.gaps for fit in fits.values()], axis=1)
    weights = times.member[:, [times.dates.index(date) for date in fits]] * sizes[:, None]
    mass = weights.sum(axis=(1, 2))
    total = np.einsum("egt,bgt->be", weights, gaps)
    return np.asarray(np.divide(total, mass, out=np.full(total.shape, np.nan), where=mass > 0))


register(synthetic_did_path, draws=synthetic_did_path_draws)
