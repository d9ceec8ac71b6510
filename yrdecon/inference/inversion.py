"""Confidence interval by inversion of a permutation test."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from yrdecon.core.hypothesis import TIE

FloatArray = NDArray[np.float64]
Effects = Callable[[float], FloatArray]

AFFINE = 1e-8
DOUBLINGS = 12
BISECTIONS = 14


def invert(at: Effects, scale: FloatArray, level: float) -> tuple[float, float]:
    """Return the smallest interval that holds every constant effect the test does not reject.

    Parameters
    ----------
    at
        Function from a constant effect to the (B,) estimates of all assignments without it, the actual one first.
    scale
        (B,) divisors of the statistic; periods before treatment are not shifted, so they do not change.

    Notes
    -----
    A constant effect is taken from the treated rows and the test repeated. Where every estimate is affine in that
    effect, each assignment is at least as extreme as the actual one exactly between two crossing points, and the
    end of the interval is an order statistic of these; otherwise the ends are found by bisection. An end that no
    effect can pass, because too few assignments are compared, is infinite.
    """
    start = at(0.0)
    step = max(float(np.abs(start).max()), float(np.finfo(float).tiny))
    up, down = at(step), at(-step)
    slope = (start - up) / step
    if np.abs(start + slope * step - down).max() <= AFFINE * step:
        return _by_order(start, slope, scale, level)
    return tuple(_by_bisection(at, start, scale, level, sign * step) for sign in (-1, 1))  # type: ignore[return-value]


def _by_order(start: FloatArray, slope: FloatArray, scale: FloatArray, level: float) -> tuple[float, float]:
    center = start[0] / slope[0]
    offset = (start - slope * center) / scale
    pull = abs(slope[0]) / scale[0]
    low, high = (_order_statistic(_reach(offset, sign * slope / scale, pull), level) for sign in (-1.0, 1.0))
    return center - low, center + high


def _reach(offset: FloatArray, slope: FloatArray, pull: float) -> FloatArray:
    """Return how far from the estimate each assignment stays at least as extreme as the actual one.

    At distance d the actual statistic is ``pull d`` and the others are ``|offset - slope d|``.
    """
    size = np.abs(offset)
    toward = np.where(offset < 0, -slope, slope)
    closing = pull + toward
    reach = np.divide(size, closing, out=np.full(len(offset), np.inf), where=closing > TIE * pull)
    tied = (size <= TIE * size.max()) & (np.abs(slope) >= pull * (1 - TIE))
    return np.where((toward > pull * (1 + TIE)) | tied, np.inf, reach)


def _order_statistic(reach: FloatArray, level: float) -> float:
    needed = int(np.floor((1 - level) * len(reach) * (1 + TIE))) + 1
    return float(np.sort(reach)[::-1][min(needed, len(reach)) - 1])


def _by_bisection(at: Effects, start: FloatArray, scale: FloatArray, level: float, step: float) -> float:
    def accepted(effect: float) -> bool:
        statistics = np.abs(at(effect)) / scale
        return bool(np.mean(statistics >= statistics[0] * (1 - TIE)) > (1 - level) * (1 + TIE))

    inside, outside = float(start[0]), float(start[0]) + step
    for _ in range(DOUBLINGS):
        if not accepted(outside):
            break
        inside, outside = outside, outside + 2 * (outside - inside)
    else:
        return float(np.copysign(np.inf, step))
    for _ in range(BISECTIONS):
        middle = (inside + outside) / 2
        inside, outside = (middle, outside) if accepted(middle) else (inside, middle)
    return inside
