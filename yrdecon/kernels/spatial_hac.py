"""Covariances for errors that are correlated over time, over space, or both."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


def bartlett(ratio: FloatArray) -> FloatArray:
    """Return weights that fall linearly to zero where distance reaches the cutoff."""
    return np.asarray(np.clip(1 - ratio, 0.0, None))


def uniform(ratio: FloatArray) -> FloatArray:
    """Return weights of one up to the cutoff, itself included, and zero beyond."""
    return (ratio <= 1).astype(float)


def by_place_and_period(influence: FloatArray, place: IntArray, period: IntArray) -> FloatArray:
    """Return (N, T, k) sums of (n, k) influence by place 0..N-1 and period; periods without rows hold zeros."""
    start = int(period.min())
    sums = np.zeros((int(place.max()) + 1, int(period.max()) - start + 1, influence.shape[1]))
    np.add.at(sums, (place, period - start), influence)
    return sums


def spatial_covariance(sums: FloatArray, weights: FloatArray) -> FloatArray:
    """Return the (k, k) sum over pairs of places in the same period (Conley 1999).

    Parameters
    ----------
    sums
        (N, T, k) influence.
    weights
        (N, N) kernel weights of the pairs.
    """
    return np.asarray(np.einsum("itk,itl->kl", sums, np.tensordot(weights, sums, axes=1), optimize=True))


def serial_covariance(sums: FloatArray, lags: int) -> FloatArray:
    """Return the (k, k) sum over pairs of periods of the same place up to `lags` apart, less the period itself.

    Weights fall linearly, ``1 - l / (lags + 1)`` (Newey and West 1987). `sums` is (N, T, k) influence.
    """
    k = sums.shape[2]
    total = np.zeros((k, k))
    for lag in range(1, min(lags, sums.shape[1] - 1) + 1):
        pairs = np.einsum("itk,itl->kl", sums[:, lag:], sums[:, :-lag], optimize=True)
        total += (1 - lag / (lags + 1)) * (pairs + pairs.T)
    return total
