"""An estimator at many assignments and many outcomes."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from yrdecon.core.design import Design
from yrdecon.core.estimator import Estimator, OutcomeKernel, estimate_assignments, registered
from yrdecon.core.panel import Panel
from yrdecon.core.sample import Sample, draw_sample
from yrdecon.diagnostics.needed_columns import with_needed_columns
from yrdecon.errors import YrdeconError

FloatArray = NDArray[np.float64]
Effects = Callable[[FloatArray], FloatArray]

LINEAR = 1e-7


def effects_by_outcome(
    estimator: Estimator, panel: Panel, design: Design, cohorts: FloatArray, probes: FloatArray, expected: int
) -> Effects:
    """Return the function from (S, N, T) outcomes to the (S, B) first coefficients at (B, N) assignments.

    Some estimators have a kernel for many outcomes. Where another one is linear in the outcome, as two probes tell, and
    fewer cells than `expected` outcomes are there, its weights on the cells are found once and outcomes are then
    multiplied with them. Otherwise each outcome is estimated.

    Parameters
    ----------
    probes
        (2, N, T) outcomes of the kind to come.
    expected
        Number of outcomes to come.
    """
    many = outcome_kernel(estimator, design, cohorts)
    if many is not None:
        return lambda outcomes: many(panel, design, cohorts, outcomes).effects
    sample = draw_sample(panel, design)
    narrow = panel if registered(estimator) is None else with_needed_columns(panel, design)
    replaced = outcome_replacer(narrow, design, sample)

    def at(values: FloatArray) -> FloatArray:
        return np.asarray(estimate_assignments(estimator, replaced(values), design, cohorts)[:, 0])

    def one_by_one(outcomes: FloatArray) -> FloatArray:
        return np.stack([at(values) for values in outcomes])

    if len(sample.outcome) >= expected:
        return one_by_one
    parts = one_by_one(probes)
    if not _is_close(at(probes.sum(axis=0)), parts.sum(axis=0)):
        return one_by_one
    weights = _weights(at, sample)
    if weights is None or not _is_close(_weighted(weights, sample, probes), parts):
        return one_by_one
    return lambda outcomes: _weighted(weights, sample, outcomes)


def outcome_kernel(estimator: Estimator, design: Design, cohorts: FloatArray) -> OutcomeKernel | None:
    """Return the kernel of an estimator for many outcomes, None if it has none or the design is not of its kind."""
    entry = registered(estimator)
    dates = np.unique(cohorts[np.isfinite(cohorts)])
    plain = len(dates) == 1 and not design.anticipation and not design.covariates
    return entry.outcomes if entry is not None and plain else None


def outcome_replacer(panel: Panel, design: Design, sample: Sample) -> Callable[[FloatArray], Panel]:
    """Return the function that puts (N, T) values, by units and periods of the sample, in the rows of the sample."""
    unit = sample.units.get_indexer(panel.frame[panel.unit])
    time = np.searchsorted(sample.periods, panel.frame[panel.time].to_numpy())
    inside = np.zeros((len(sample.units) + 1, len(sample.periods) + 1), dtype=bool)
    inside[sample.unit, sample.time] = True
    outcome = panel.frame[design.outcome].to_numpy(dtype=float)
    exact = np.isin(panel.frame[panel.time].to_numpy(), sample.periods)
    rows = (unit >= 0) & exact & inside[unit, time]

    def replaced(values: FloatArray) -> Panel:
        column = outcome.copy()
        column[rows] = values[unit[rows], time[rows]]
        return panel.assign(**{design.outcome: column})

    return replaced


def _weights(at: Effects, sample: Sample) -> FloatArray | None:
    """Return the (n, B) effects at outcomes that are one in a single row; None where the estimator refuses them."""
    columns = []
    for unit, time in zip(sample.unit, sample.time, strict=True):
        values = np.zeros((len(sample.units), len(sample.periods)))
        values[unit, time] = 1.0
        try:
            columns.append(at(values))
        except YrdeconError:
            return None
    return np.stack(columns)


def _weighted(weights: FloatArray, sample: Sample, outcomes: FloatArray) -> FloatArray:
    return np.asarray(outcomes[:, sample.unit, sample.time] @ weights)


def _is_close(one: FloatArray, other: FloatArray) -> bool:
    return bool(np.abs(one - other).max() <= LINEAR * np.abs(other).max())
