"""p-values of several hypotheses together."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


def romano_wolf_p_values(statistics: FloatArray, tie: float) -> FloatArray:
    """Return (m,) step-down p-values from the joint distribution of (B, m) statistics, the actual ones first.

    Each hypothesis is compared with the maximum over those that are not more extreme than it (Romano and Wolf 2005,
    2016). Statistics must be on one scale; those at most `tie` below the actual one count as ties.
    """
    order = np.argsort(-statistics[0], kind="stable")
    ordered = statistics[:, order]
    largest = np.maximum.accumulate(ordered[:, ::-1], axis=1)[:, ::-1]
    steps = np.mean(largest >= ordered[0] * (1 - tie), axis=0)
    adjusted = np.empty(len(order))
    adjusted[order] = np.maximum.accumulate(steps)
    return adjusted


def holm_p_values(p_values: FloatArray) -> FloatArray:
    """Return (m,) step-down p-values that hold under any dependence (Holm 1979)."""
    m = len(p_values)
    order = np.argsort(p_values, kind="stable")
    steps = np.minimum(1.0, (m - np.arange(m)) * p_values[order])
    adjusted = np.empty(m)
    adjusted[order] = np.maximum.accumulate(steps)
    return adjusted
