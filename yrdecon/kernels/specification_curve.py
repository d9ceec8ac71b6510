"""Statistics of many specifications together, at many assignments."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

TIE = 1e-12


@dataclass(frozen=True, slots=True, eq=False)
class JointStatistics:
    """What Simonsohn, Simmons and Nelson (2020) compare, for each of B assignments.

    Attributes
    ----------
    median_effect
        (B,) absolute median of the effects over specifications.
    dominant_sign
        (B,) share of specifications with the sign that more of them have.
    significant
        (B,) share of specifications that are significant with the sign that more significant ones have.
    average_statistic
        (B,) mean of the absolute statistics, each over its root mean square.
    """

    median_effect: FloatArray
    dominant_sign: FloatArray
    significant: FloatArray
    average_statistic: FloatArray


def joint_statistics(effects: FloatArray, statistics: FloatArray, level: float) -> JointStatistics:
    """Summarize (S, B) effects and absolute statistics of S specifications over the specifications.

    An effect is significant where the share of assignments at which its specification is at least as extreme does not
    exceed `level`. Statistics are divided by their root mean square over assignments, so that all specifications count
    alike whatever their units.
    """
    significant = extreme_shares(statistics) <= level * (1 + TIE)
    scale = np.sqrt((statistics**2).mean(axis=1, keepdims=True))
    return JointStatistics(
        np.abs(np.median(effects, axis=0)),
        _larger(effects > 0, effects < 0),
        _larger(significant & (effects > 0), significant & (effects < 0)),
        np.asarray((statistics / np.where(scale > 0, scale, 1.0)).mean(axis=0)),
    )


def extreme_shares(statistics: FloatArray) -> FloatArray:
    """Return the (S, B) shares of assignments at which the statistic of a specification is at least as large."""
    size = statistics.shape[1]
    shares = np.empty(statistics.shape)
    for row, values in zip(shares, statistics, strict=True):
        row[:] = (size - np.searchsorted(np.sort(values), values * (1 - TIE), side="left")) / size
    return shares


def _larger(one: NDArray[np.bool_], other: NDArray[np.bool_]) -> FloatArray:
    return np.asarray(np.maximum(one.mean(axis=0), other.mean(axis=0)))
