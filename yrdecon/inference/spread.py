"""How much placebo effects vary before treatment, assignment by assignment."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from yrdecon.core.design import Design
from yrdecon.core.estimator import Estimator, registered
from yrdecon.core.panel import Panel
from yrdecon.core.sample import Sample, draw_sample

FloatArray = NDArray[np.float64]

HALF_SHRUNK = "the absolute estimate over the root of the mean of its own and the average squared pre-period spread"


def pre_period_spread(estimator: Estimator, panel: Panel, design: Design, cohorts: FloatArray) -> FloatArray:
    """Return the (B,) root mean square of each assignment's placebo effects before treatment.

    The placebo effects are the estimator's own where it registers them, and otherwise those of a plain difference in
    differences relative to the base periods. Base periods that the design declares do not count. NaN if there is no
    other period before treatment.
    """
    entry = registered(estimator)
    if entry is not None and entry.pre_effects is not None:
        effects = entry.pre_effects(panel, design, cohorts)
    else:
        effects = difference_pre_effects(draw_sample(panel, design), design, cohorts)
    return root_mean_square(effects)


def root_mean_square(effects: FloatArray) -> FloatArray:
    """Return the (B,) root mean square of (B, P) effects, those that are not finite left out; NaN if there is none."""
    counted = np.isfinite(effects)
    squares = np.where(counted, effects, 0.0) ** 2
    size = counted.sum(axis=1)
    mean = np.divide(squares.sum(axis=1), size, out=np.full(len(effects), np.nan), where=size > 0)
    return np.asarray(np.sqrt(mean))


def half_shrunk(spread: FloatArray) -> FloatArray:
    """Return the (B,) roots of the mean of each assignment's own and the average squared spread."""
    return np.asarray(np.sqrt((spread**2 + np.mean(spread**2)) / 2))


def difference_pre_effects(sample: Sample, design: Design, cohorts: FloatArray) -> FloatArray:
    """Return (B, P) differences in differences of (B, N) assignments in the periods before treatment."""
    shape = (len(sample.units), len(sample.periods))
    y, weight = np.zeros(shape), np.zeros(shape)
    y[sample.unit, sample.time] = sample.outcome
    weight[sample.unit, sample.time] = sample.weights
    columns = []
    for date in np.unique(cohorts[np.isfinite(cohorts) & (cohorts > sample.periods[0])]):
        before = (sample.periods < date - design.anticipation) & ~np.isin(sample.periods, design.exclude_periods)
        base = before if design.base_periods is None else before & np.isin(sample.periods, design.base_periods)
        others = before if design.base_periods is None else before & ~base
        gap = _mean((cohorts == date).astype(float), y, weight) - _mean(np.isinf(cohorts).astype(float), y, weight)
        columns.append(gap[:, others] - gap[:, base].mean(axis=1, keepdims=True))
    return np.concatenate(columns, axis=1)


def _mean(members: FloatArray, y: FloatArray, weight: FloatArray) -> FloatArray:
    mass = members @ weight
    return np.asarray(np.divide(members @ (weight * y), mass, out=np.full(mass.shape, np.nan), where=mass > 0))
