"""Placebo statistics and p-values of many outcomes at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

TIE = 1e-12


@dataclass(frozen=True, slots=True, eq=False)
class Size:
    """Share of rejections, and its Monte Carlo error."""

    share: float
    error: float


def half_shrunk(spread: FloatArray) -> FloatArray:
    """Return (..., B) divisors: roots of the mean of each squared spread and the average one over assignments."""
    squares = spread**2
    return np.asarray(np.sqrt((squares + squares.mean(axis=-1, keepdims=True)) / 2))


def placebo_p_values(statistics: FloatArray) -> FloatArray:
    """Return the (S,) shares of (S, B) statistics that are at least as large as the first."""
    return np.asarray((statistics >= statistics[:, :1] * (1 - TIE)).mean(axis=1))


def rejection_rate(p_values: FloatArray, level: float) -> Size:
    """Return the share of (S,) p-values at or below a level, with the error of Agresti and Coull (1998).

    Their error, from two more rejections among four more draws, does not vanish at a share of zero. NaN without draws.
    """
    n = len(p_values)
    if n == 0:
        return Size(np.nan, np.nan)
    rejected = float((p_values <= level * (1 + TIE)).sum())
    adjusted = (rejected + 2) / (n + 4)
    return Size(rejected / n, float(np.sqrt(adjusted * (1 - adjusted) / (n + 4))))


def attained_threshold(p_values: FloatArray, level: float) -> float:
    """Return the largest of (S,) p-values at or below which no more than a share of them lies; zero if there is none.

    NaN without draws.
    """
    if len(p_values) == 0:
        return np.nan
    attained = np.unique(p_values)
    rates = np.array([(p_values <= p * (1 + TIE)).mean() for p in attained])
    return float(attained[rates <= level].max(initial=0.0))
