"""Moran's I, and Lagrange multipliers of spatial lags and errors."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Moran:
    """Moran's I of (T,) periods, its expectation, and its (T,) variances under randomization."""

    values: FloatArray
    expectation: float
    variances: FloatArray


@dataclass(frozen=True, slots=True)
class LagrangeMultipliers:
    """Statistics, chi-squared with one degree of freedom, of a lag and an error and of each beside the other."""

    lag: float
    error: float
    robust_lag: float
    robust_error: float


def moran_values(values: FloatArray, weights: FloatArray) -> FloatArray:
    """Return the (..., T) Moran's I of (..., N, T) values."""
    z = values - values.mean(axis=-2, keepdims=True)
    scale = values.shape[-2] / weights.sum()
    return np.asarray(scale * (z * (weights @ z)).sum(axis=-2) / (z**2).sum(axis=-2))


def local_moran(values: FloatArray, weights: FloatArray) -> FloatArray:
    """Return the (N, T) local Moran's I, which sum to the sum of weights times the global one (Anselin 1995)."""
    z = values - values.mean(axis=0)
    return np.asarray(z * (weights @ z) / (z**2).mean(axis=0))


def moran(values: FloatArray, weights: FloatArray) -> Moran:
    """Return Moran's I of (N, T) values with moments under random placement of them (Cliff and Ord 1981)."""
    n = len(values)
    z = values - values.mean(axis=0)
    both = weights + weights.T
    s0, s1 = weights.sum(), (both**2).sum() / 2
    s2 = ((weights.sum(axis=0) + weights.sum(axis=1)) ** 2).sum()
    kurtosis = (z**4).mean(axis=0) / (z**2).mean(axis=0) ** 2
    expectation = -1 / (n - 1)
    plain = n * ((n**2 - 3 * n + 3) * s1 - n * s2 + 3 * s0**2)
    tails = kurtosis * ((n**2 - n) * s1 - 2 * n * s2 + 6 * s0**2)
    second = (plain - tails) / ((n - 1) * (n - 2) * (n - 3) * s0**2)
    return Moran(moran_values(values, weights), expectation, second - expectation**2)


def lagrange_multipliers(outcome: FloatArray, regressors: FloatArray, weights: FloatArray) -> LagrangeMultipliers:
    """Return the statistics of Anselin, Le Gallo and Jayet (2008) from least squares.

    Parameters
    ----------
    outcome, regressors
        (n, t) and (n, t, k), fixed effects projected out.
    """
    t, k = outcome.shape[1], regressors.shape[2]
    x = regressors.reshape(-1, k)
    slopes = np.linalg.lstsq(x, outcome.ravel(), rcond=None)[0]
    errors = outcome - regressors @ slopes
    variance = float((errors**2).mean())
    predicted = (weights @ (regressors @ slopes)).ravel()
    rest = predicted - x @ np.linalg.lstsq(x, predicted, rcond=None)[0]
    trace = t * float((weights * weights.T).sum() + (weights**2).sum())
    spread = float(rest @ rest) / variance + trace
    lag = float((errors * (weights @ outcome)).sum()) / variance
    error = float((errors * (weights @ errors)).sum()) / variance
    return LagrangeMultipliers(
        lag=lag**2 / spread,
        error=error**2 / trace,
        robust_lag=(lag - error) ** 2 / (spread - trace),
        robust_error=(error - trace / spread * lag) ** 2 / (trace * (1 - trace / spread)),
    )
