"""Intervals that hold up when parallel trends are violated by as much as one is willing to say."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import optimize, stats

from yrdecon.core.estimate import Estimate
from yrdecon.diagnostics.event_path import EventPath, Target, event_path, fail_if_target_is_unknown
from yrdecon.errors import DesignError
from yrdecon.kernels.relative_magnitudes import accepts, relative_magnitude_restrictions
from yrdecon.kernels.smoothness import fixed_length_interval

FloatArray = NDArray[np.float64]

RATIOS = (0.0, 0.5, 1.0, 1.5, 2.0)
BENDS = (0.0, 0.25, 0.5, 1.0)
GRID_POINTS, GRID_REACH = 2_001, 20
LARGEST_RATIO, LARGEST_BEND, FINEST = 8.0, 10.0, 2e-4
MOST_AFTER = 8


def honest_bounds(
    estimate: Estimate,
    *,
    max_ratio: float | Sequence[float] | None = None,
    smoothness: float | Sequence[float] | None = None,
    target: Target = "average",
    level: float = 0.95,
) -> pd.DataFrame:
    """Bound an effect under limited violations of parallel trends.

    Parameters
    ----------
    estimate
        An event study with one reference period and consecutive event times.
    max_ratio
        Largest change of the violation between consecutive periods after the reference, relative to the largest
        before it.
    smoothness
        Largest second difference of the violation, in units of the outcome; 0 is a linear trend.
        With neither given, ratios from 0 to 2 and second differences up to one standard error are shown.
    target
        ``"average"`` over the treated event times, or the ``"first"``. Excluded periods and anticipation between
        reference and treatment carry no weight but may deviate.
    level
        Coverage.

    Returns
    -------
    Rows of restriction (original, relative magnitudes, smoothness), m, conf_low, conf_high and breakdown, the smallest
    m at which the interval holds zero (NaN if at none up to 8 ratios or ten standard errors), and n_treated and
    n_clusters where the estimate knows them. Intervals are as good as the covariance: with fewer than ten treated
    clusters give the estimate of `placebo_event_study`.

    Raises
    ------
    DesignError
        If the estimate has no covariance, several references, gaps in event time, or no coefficient on either side.

    References
    ----------
    Rambachan and Roth (2023), Review of Economic Studies.

    Examples
    --------
    >>> from yrdecon.estimators import event_study
    >>> from yrdecon.study.twinning import load_twinning, twinning_design
    >>> table = honest_bounds(event_study(load_twinning(), twinning_design()), max_ratio=1.0)
    >>> table["restriction"].tolist()
    ['original', 'relative magnitudes']
    """
    parts = event_path(estimate, target)
    table = _table(parts, _values(max_ratio, "max_ratio"), _values(smoothness, "smoothness"), level)
    counts = {"n_treated": estimate.n_treated, "n_clusters": estimate.n_clusters}
    return table.assign(**{name: count for name, count in counts.items() if count is not None})


def honest_bounds_from(
    coef: FloatArray,
    vcov: FloatArray,
    n_pre: int,
    *,
    max_ratio: float | Sequence[float] | None = None,
    smoothness: float | Sequence[float] | None = None,
    target: FloatArray | Target = "average",
    level: float = 0.95,
) -> pd.DataFrame:
    """Bound an effect like `honest_bounds`, from coefficients and a covariance that come from elsewhere.

    Parameters
    ----------
    coef, vcov
        (P + Q,) coefficients in the order of time without the reference, and their covariance.
    n_pre
        P, the number before the reference.
    max_ratio, smoothness, level
        As in `honest_bounds`.
    target
        ``"average"``, ``"first"``, or (Q,) weights on the coefficients after the reference.

    Returns
    -------
    As `honest_bounds`, without the counts.

    Raises
    ------
    DesignError
        If the shapes do not fit, or the covariance is not one.

    Examples
    --------
    >>> honest_bounds_from(np.array([0.0, 0.1, 1.0]), 0.01 * np.eye(3), 2, max_ratio=0)["conf_low"].round(2).tolist()
    [0.8, 0.8]
    """
    coef, vcov = np.asarray(coef, dtype=float), np.asarray(vcov, dtype=float)
    n_post = len(coef) - n_pre
    if isinstance(target, str):
        fail_if_target_is_unknown(target)
        target = np.full(n_post, 1 / max(n_post, 1)) if target == "average" else np.eye(max(n_post, 1))[0]
    parts = EventPath(coef, vcov, n_pre, np.asarray(target, dtype=float))
    return _table(parts, _values(max_ratio, "max_ratio"), _values(smoothness, "smoothness"), level)


def _table(parts: EventPath, ratios: FloatArray | None, bends: FloatArray | None, level: float) -> pd.DataFrame:
    _fail_if_coefficients_cannot_be_bounded(parts, level)
    if ratios is None and bends is None:
        ratios, bends = np.array(RATIOS), np.array(BENDS) * parts.spread
    half = stats.norm.ppf(0.5 + level / 2) * parts.spread
    rows = [("original", np.nan, parts.effect - half, parts.effect + half, np.nan)]
    if ratios is not None:
        breakdown = _breakdown(lambda m: _ratio_keeps_zero(parts, m, level), LARGEST_RATIO)
        rows += [("relative magnitudes", float(m), *_by_ratio(parts, m, level), breakdown) for m in ratios]
    if bends is not None:
        breakdown = _breakdown(lambda m: _bend_keeps_zero(parts, m, level), LARGEST_BEND * parts.spread)
        rows += [("smoothness", float(m), *_by_smoothness(parts, m, level), breakdown) for m in bends]
    return pd.DataFrame(rows, columns=["restriction", "m", "conf_low", "conf_high", "breakdown"])


def _by_smoothness(parts: EventPath, bound: float, level: float) -> tuple[float, float]:
    found = fixed_length_interval(parts.coef, parts.vcov, parts.n_pre, parts.target, bound, level)
    return found.center - found.half_length, found.center + found.half_length


def _by_ratio(parts: EventPath, ratio: float, level: float) -> tuple[float, float]:
    """Invert the tests on a grid around the estimate, twice as wide as long as its end is kept."""
    restrictions = list(
        relative_magnitude_restrictions(parts.coef, parts.vcov, parts.n_pre, parts.target, ratio, level)
    )
    reach = GRID_REACH * parts.spread
    while True:
        grid = parts.effect + np.linspace(-reach, reach, GRID_POINTS)
        kept = np.any([accepts(r, grid, level) for r in restrictions], axis=0)
        if not (kept[0] or kept[-1]) or reach > 1e4 * parts.spread:
            break
        reach *= 2
    if not kept.any():
        return np.nan, np.nan
    step = grid[1] - grid[0]
    edges = []
    for outside, inside in ((grid[kept][0] - step, grid[kept][0]), (grid[kept][-1] + step, grid[kept][-1])):
        finer = np.linspace(outside, inside, 41)
        held = np.any([accepts(r, finer, level) for r in restrictions], axis=0)
        edges.append(float(finer[np.argmax(held)]))
    return edges[0], edges[1]


def _ratio_keeps_zero(parts: EventPath, ratio: float, level: float) -> bool:
    restrictions = relative_magnitude_restrictions(parts.coef, parts.vcov, parts.n_pre, parts.target, ratio, level)
    return any(bool(accepts(r, np.zeros(1), level)[0]) for r in restrictions)


def _bend_keeps_zero(parts: EventPath, bound: float, level: float) -> bool:
    low, high = _by_smoothness(parts, bound, level)
    return low <= 0 <= high


def _breakdown(keeps_zero: Callable[[float], bool], largest: float) -> float:
    """Return the smallest m at which zero is kept, by bisection, since the sets are nested."""
    if keeps_zero(0.0):
        return 0.0
    if not keeps_zero(largest):
        return np.nan
    return float(optimize.bisect(lambda m: 0.5 if keeps_zero(m) else -0.5, 0.0, largest, xtol=FINEST * largest))


def _values(given: float | Sequence[float] | None, name: str) -> FloatArray | None:
    if given is None:
        return None
    values = np.atleast_1d(np.asarray(given, dtype=float))
    if len(values) == 0 or not (np.isfinite(values) & (values >= 0)).all():
        raise DesignError(f"{name}={given!r} must hold finite values of zero or more")
    return values


def _fail_if_coefficients_cannot_be_bounded(parts: EventPath, level: float) -> None:
    k, n_post = len(parts.coef), len(parts.coef) - parts.n_pre
    if not 0 < level < 1:
        raise DesignError(f"level={level!r} must lie between 0 and 1, for example .95")
    if parts.n_pre < 1 or n_post < 1:
        raise DesignError(f"{parts.n_pre} coefficients lie before and {n_post} after the reference; both need one")
    if n_post > MOST_AFTER:
        raise DesignError(f"{n_post} coefficients after the reference are too many; take a window of {MOST_AFTER}")
    if parts.vcov.shape != (k, k) or parts.target.shape != (n_post,):
        raise DesignError(
            f"{k} coefficients need a {k} by {k} covariance and {n_post} target weights; "
            f"got {parts.vcov.shape} and {parts.target.shape}"
        )
    if not (np.isfinite(parts.vcov).all() and np.isfinite(parts.coef).all() and parts.spread > 0):
        raise DesignError("the coefficients or their covariance are not finite, or the target has no error")
