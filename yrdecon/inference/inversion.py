"""Confidence interval by inversion of a permutation test."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from yrdecon.core.hypothesis import TIE
from yrdecon.errors import DesignError

FloatArray = NDArray[np.float64]
Effects = Callable[[float], FloatArray]

AFFINE = 1e-8
DOUBLINGS = 12
BISECTIONS = 14
CLOSED_FORM_BISECTIONS = 45


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
    step = float(np.abs(start).max()) or 1.0
    up, down = at(step), at(-step)
    slope = (start - up) / step
    if np.abs(start + slope * step - down).max() <= AFFINE * step:
        return interval_by_order(start, slope, scale, level)
    return interval_by_search(lambda effect: np.abs(at(effect)) / scale, float(start[0]), step, level, BISECTIONS)


def invert_studentized(at: Effects, errors: Effects, level: float) -> tuple[float, float]:
    """Return that interval where each estimate is divided by its own standard error, which shifts with the effect.

    Parameters
    ----------
    at, errors
        Functions from a constant effect to the (B,) estimates, and to their errors, of all assignments without it.

    Notes
    -----
    In a linear regression residuals are affine in the effect, and squared errors a parabola, so that three
    evaluations tell the statistic everywhere; a fourth one checks that it is so.
    """
    start = at(0.0)
    step = float(np.abs(start).max()) or 1.0
    effects = start, at(step), at(-step)
    squares = tuple(errors(effect) ** 2 for effect in (0.0, step, -step))

    def closed_form(effect: float) -> FloatArray:
        positive = np.maximum(_parabola(squares, effect / step), np.finfo(float).tiny)
        return np.asarray(np.abs(_parabola(effects, effect / step)) / np.sqrt(positive))

    def evaluated(effect: float) -> FloatArray:
        return np.asarray(np.abs(at(effect)) / errors(effect))

    if np.allclose(closed_form(2 * step), evaluated(2 * step), rtol=AFFINE**0.5, atol=AFFINE):
        return interval_by_search(closed_form, float(start[0]), step, level, CLOSED_FORM_BISECTIONS)
    return interval_by_search(evaluated, float(start[0]), step, level, BISECTIONS)


def _parabola(values: tuple[FloatArray, ...], x: float) -> FloatArray:
    """Return the value at x of the parabola through given values at 0, 1 and -1."""
    middle, right, left = values
    return np.asarray((1 - x**2) * middle + x * (x + 1) / 2 * right + x * (x - 1) / 2 * left)


def interval_by_order(start: FloatArray, slope: FloatArray, scale: FloatArray, level: float) -> tuple[float, float]:
    """Return the interval from (B,) statistics ``|start - slope effect| / scale``, the actual assignment first."""
    center = start[0] / slope[0]
    offset = (start - slope * center) / scale
    pull = abs(slope[0]) / scale[0]
    low, high = (order_statistic(_reach(offset, sign * slope / scale, pull), level) for sign in (-1.0, 1.0))
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


def order_statistic(reach: FloatArray, level: float) -> float:
    """Return how far an effect can lie from the estimate with more than ``1 - level`` of (B,) reaches as far."""
    needed = int(np.floor((1 - level) * len(reach) * (1 + TIE))) + 1
    return float(np.sort(reach)[::-1][min(needed, len(reach)) - 1])


def interval_by_search(
    statistics: Effects, center: float, step: float, level: float, bisections: int
) -> tuple[float, float]:
    """Return the interval around an effect that is not rejected, each end found by doubling and bisection.

    Parameters
    ----------
    statistics
        (B,) statistics under a constant effect, the actual assignment first.
    """

    def accepted(effect: float) -> bool:
        found = statistics(effect)
        return bool(np.mean(found >= found[0] * (1 - TIE)) > (1 - level) * (1 + TIE))

    return _end(accepted, center, -step, bisections), _end(accepted, center, step, bisections)


def _end(accepted: Callable[[float], bool], center: float, step: float, bisections: int) -> float:
    inside, outside = center, center + step
    for _ in range(DOUBLINGS):
        if not accepted(outside):
            break
        inside, outside = outside, outside + 2 * (outside - inside)
    else:
        return float(np.copysign(np.inf, step))
    for _ in range(bisections):
        middle = (inside + outside) / 2
        inside, outside = (middle, outside) if accepted(middle) else (inside, middle)
    return inside


def fail_if_level_is_wrong(level: float) -> None:
    """Refuse a confidence level that is not a share."""
    if not 0 < level < 1:
        raise DesignError(f"level={level!r} must lie between 0 and 1, for example .95")
