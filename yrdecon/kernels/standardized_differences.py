"""How far apart two groups of units are in several covariates."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Moments:
    """(k,) weighted means and variances of a group, and the (k,) numbers of units behind them."""

    mean: FloatArray
    variance: FloatArray
    size: FloatArray


def moments(values: FloatArray, weights: FloatArray) -> Moments:
    """Return the moments of (n, k) values of units with (n,) weights; missing values do not count.

    Variances divide by n - 1 with equal weights, and by the sum of weights times 1 - sum of squared shares in general;
    NaN with fewer than two units.
    """
    present = np.isfinite(values)
    mass = np.where(present, weights[:, None], 0.0)
    total = mass.sum(axis=0)
    share = np.divide(mass, total, out=np.zeros_like(mass), where=total > 0)
    filled = np.where(present, values, 0.0)
    mean = np.where(total > 0, (share * filled).sum(axis=0), np.nan)
    kept = 1 - (share**2).sum(axis=0)
    squares = (share * (filled - np.where(total > 0, mean, 0.0)) ** 2).sum(axis=0)
    size = (mass > 0).sum(axis=0).astype(float)
    variance = np.divide(squares, kept, out=np.full(len(total), np.nan), where=size > 1)
    return Moments(mean, variance, size)


def relative_difference(treated: Moments, comparison: Moments, variance: FloatArray) -> FloatArray:
    """Return (k,) differences of means over the root of a (k,) variance; NaN where it is not positive."""
    root = np.sqrt(np.where(variance > 0, variance, np.nan))
    return np.asarray((treated.mean - comparison.mean) / root)
