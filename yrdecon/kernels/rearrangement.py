"""The rearrangement test of one treated unit against untreated ones (Hagemann 2025, Review of Economic Studies)."""

from __future__ import annotations

from functools import cache, lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, special

FloatArray = NDArray[np.float64]

FAR, PANELS, NODES = 9.0, 20, 20
GRID = 401
STEPS = 100
WIDEST_RATIO = 1e3


def rejection_bound(w: float, q: int, rho: float) -> float:
    """Return the bound on the probability that a one-sided test with weight `w` rejects a true null.

    ``2^(-q-1) + int_0^inf Phi((1-w) rho y)^(q-1) phi(y) dy + min_b [Phi(w sqrt(q-1) b)^(q-1) + 2 Phi(-b q)]``, with q
    untreated units and a treated one whose standard deviation is at most `rho` times theirs.
    """
    nodes, weights = _nodes()
    inside = special.ndtr((1 - w) * rho * nodes) ** (q - 1) * np.exp(-(nodes**2) / 2) / np.sqrt(2 * np.pi)
    return float(2.0 ** (-q - 1) + inside @ weights + _least_slack(w, q))


def smallest_weight(q: int, rho: float, alpha: float) -> float:
    """Return the smallest weight whose bound is at most `alpha`, NaN if there is none."""
    if rejection_bound(0.0, q, rho) <= alpha:
        return 0.0
    for step in range(1, STEPS + 1):
        if rejection_bound(step / STEPS, q, rho) <= alpha:
            low, high = (step - 1) / STEPS, step / STEPS
            return float(optimize.bisect(lambda w: rejection_bound(w, q, rho) - alpha, low, high, xtol=1e-9))
    return float("nan")


def one_sided_p_value(gap: float, largest: float, q: int, rho: float) -> float:
    """Return the smallest level at which a treated gap is beyond the largest of q untreated ones.

    The test rejects if ``(1 - w) gap > largest`` with the smallest weight of the level, hence if some weight below
    ``1 - largest / gap`` has a bound of at most that level.
    """
    if gap <= 0 or gap <= largest:
        return 1.0
    limit = 1 - largest / gap
    weights = np.linspace(0, limit, STEPS + 1)
    bounds = [rejection_bound(float(w), q, rho) for w in weights]
    best = int(np.argmin(bounds))
    low, high = weights[max(best - 1, 0)], weights[min(best + 1, STEPS)]
    refined = optimize.minimize_scalar(
        lambda w: rejection_bound(float(w), q, rho), bounds=(low, high), method="bounded"
    )
    return min(1.0, bounds[best], float(refined.fun))


def largest_ratio(gap: float, largest: float, q: int, alpha: float) -> float:
    """Return the largest ratio of standard deviations at which the test still rejects, zero if it never does."""

    def excess(rho: float) -> float:
        return one_sided_p_value(gap, largest, q, rho) - alpha

    if excess(0.0) > 0:
        return 0.0
    if excess(WIDEST_RATIO) <= 0:
        return float("inf")
    return float(optimize.brentq(excess, 0.0, WIDEST_RATIO, xtol=1e-6))


@cache
def _nodes() -> tuple[FloatArray, FloatArray]:
    """Gauss-Legendre nodes and weights on panels that cover the half line as far as the normal density matters."""
    nodes, weights = np.polynomial.legendre.leggauss(NODES)
    half = FAR / PANELS / 2
    starts = np.arange(PANELS)[:, None] * 2 * half
    return (starts + half * (nodes + 1)).ravel(), np.tile(half * weights, PANELS)


@lru_cache(maxsize=4096)
def _least_slack(w: float, q: int) -> float:
    def slack(b: FloatArray | float) -> FloatArray:
        return np.asarray(special.ndtr(w * np.sqrt(q - 1) * b) ** (q - 1) + 2 * special.ndtr(-np.asarray(b) * q))

    grid = np.linspace(0, FAR / np.sqrt(q), GRID)
    best = int(np.argmin(slack(grid)))
    low, high = grid[max(best - 1, 0)], grid[min(best + 1, GRID - 1)]
    refined = optimize.minimize_scalar(slack, bounds=(low, high), method="bounded", options={"xatol": 1e-10})
    return float(min(slack(grid[best]), refined.fun))
