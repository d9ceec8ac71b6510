"""Residuals of a counterfactual fitted under the null, and their permutations over time."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from yrdecon.kernels.simplex import simplex_exact

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

Proxy = Literal["did", "sc", "demeaned_sc"]

RIDGE = 1e-4
ROUNDING = 1e-13


def conformal_residuals(treated: FloatArray, others: FloatArray, proxy: Proxy, fit: BoolArray) -> FloatArray:
    """Return the (T,) gaps between a series, from which the effect under test is taken, and its counterfactual.

    Parameters
    ----------
    treated
        (T,) outcome of the treated unit, or mean of several, less the effect under test after treatment.
    others
        (N0, T) outcomes of untreated units.
    proxy
        The counterfactual: the mean of the others plus a constant, a weighted average with weights on the simplex, or
        one plus a constant. Weights carry a penalty of 1e-4 times the mean sum of squares of the others, which makes
        them unique.
    fit
        (T,) periods on which it is fitted: all of them in the test.
    """
    x, y = others.T, treated
    if proxy != "sc":
        x, y = x - x[fit].mean(axis=0), y - y[fit].mean()
    counterfactual = x.mean(axis=1) if proxy == "did" else x @ _weights(x[fit], y[fit])
    gap = y - counterfactual
    scale = max(float(np.abs(treated).max()), float(np.abs(others).max()))
    return np.where(np.abs(gap) <= ROUNDING * scale, 0.0, gap)


def conformal_statistics(residuals: FloatArray, picks: IntArray, power: float) -> FloatArray:
    """Return the (B,) statistics ``(T1^(-1/2) sum |u|^power)^(1/power)`` of residuals at (B, T1) positions."""
    sums = (np.abs(residuals[picks]) ** power).sum(axis=1)
    return np.asarray((sums / np.sqrt(picks.shape[1])) ** (1 / power))


def moving_blocks(n_periods: int, post: IntArray) -> IntArray:
    """Return the (T, T1) positions of treated periods after each cyclic shift of the series, none first."""
    return np.asarray((post + np.arange(n_periods)[:, None]) % n_periods)


def _weights(x: FloatArray, y: FloatArray) -> FloatArray:
    """Return weights on the simplex; rows and their negatives have mean zero, so that the intercept vanishes."""
    ridge = RIDGE * (x**2).sum(axis=0).mean() / len(y)
    stacked = np.concatenate([x, -x])[None], np.concatenate([y, -y])[None]
    weights = np.clip(simplex_exact(*stacked, np.array([ridge]))[0], 0, None)
    return np.asarray(weights / weights.sum())
