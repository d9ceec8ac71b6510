"""Average direct and total effects of regressors whose outcomes reach neighbors."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


def average_effects(slopes: FloatArray, lagged: FloatArray, lag: FloatArray, weights: FloatArray) -> FloatArray:
    """Return (S, k, 3) direct, indirect and total effects (LeSage and Pace 2009).

    The effects of a regressor of slope b, and t on its spatial lag, are the entries of (I - r W)^-1 (b I + t W): direct
    the mean of the diagonal, total the mean of row sums.

    Parameters
    ----------
    slopes, lagged
        (S, k) slopes on regressors and on their spatial lags, zero for those without.
    lag
        (S,) parameter of the spatial lag of the outcome.

    Examples
    --------
    >>> pair = np.array([[0.0, 1.0], [1.0, 0.0]])
    >>> average_effects(np.array([[1.0]]), np.array([[0.0]]), np.array([0.5]), pair).round(4).tolist()
    [[[1.3333, 0.6667, 2.0]]]
    """
    n = len(weights)
    eigenvalues = np.linalg.eigvals(weights)
    scaled = 1 / (1 - lag[:, None] * eigenvalues)
    own, through = scaled.real.mean(axis=1), (scaled * eigenvalues).real.mean(axis=1)
    sums = np.stack([np.linalg.solve(np.eye(n) - r * weights.T, np.ones(n)) for r in lag])
    total_own, total_through = sums.mean(axis=1), sums @ weights.sum(axis=1) / n
    direct = slopes * own[:, None] + lagged * through[:, None]
    total = slopes * total_own[:, None] + lagged * total_through[:, None]
    return np.stack([direct, total - direct, total], axis=2)
