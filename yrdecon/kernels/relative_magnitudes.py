"""Intervals when violations after treatment are bounded by the largest one before (Andrews, Roth and Pakes tests)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from math import comb

import numpy as np
from numpy.typing import NDArray
from scipy import special

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

FIRST_STAGE_SHARE = 0.1
SIMULATIONS = 10_000
TOLERANCE = 1e-9
MOST_BASES = 500_000


@dataclass(frozen=True, slots=True, eq=False)
class Restriction:
    """Moment inequalities of one location and sign of the largest violation before treatment.

    Attributes
    ----------
    vertices
        (V, R) vertices of the dual feasible set of the linear program behind the test statistic.
    moments
        (R,) moments at an effect of zero; `slope` is subtracted for each unit of the effect.
    slope
        (R,) coefficients of the effect.
    vcov
        (R, R) covariance of the moments.
    first_stage
        Critical value of the least favorable first stage.
    """

    vertices: FloatArray
    moments: FloatArray
    slope: FloatArray
    vcov: FloatArray
    first_stage: float


def relative_magnitude_restrictions(
    coef: FloatArray, vcov: FloatArray, n_pre: int, target: FloatArray, ratio: float, level: float
) -> Iterator[Restriction]:
    """Yield the restrictions whose union says that no change after treatment exceeds `ratio` times one before.

    Parameters
    ----------
    coef, vcov
        (P + Q,) coefficients of consecutive periods without the reference between them, and their covariance.
    n_pre
        P, the number before the reference.
    target
        (Q,) weights of the effect of interest on the coefficients after the reference.
    ratio
        Largest change between consecutive periods after the reference, relative to the largest before.
    level
        Coverage, which sets the first stage.

    Notes
    -----
    Rambachan and Roth (2023), section 2.4.1 and appendix; Andrews, Roth and Pakes (2023). Moments before treatment
    alone are not used. The critical value of the first stage is simulated from a fixed seed.
    """
    n_post = len(coef) - n_pre
    changes = _changes(n_pre, n_post)
    after = np.arange(len(changes)) >= n_pre
    nuisance = _completed(target)
    for location in range(n_pre):
        for sign in (1.0, -1.0):
            limit = ratio * sign * changes[location]
            rows = np.concatenate([changes[after] - limit, -changes[after] - limit])
            rows = rows[np.abs(rows[:, n_pre:]).max(axis=1) > 0]
            by_post = rows[:, n_pre:] @ nuisance
            covariance = rows @ vcov @ rows.T
            deviation = np.sqrt(np.clip(np.diag(covariance), 0, None))
            vertices = _dual_vertices(deviation, by_post[:, 1:])
            generator = np.random.default_rng(0)
            draws = generator.multivariate_normal(np.zeros(len(rows)), covariance, SIMULATIONS, method="eigh")
            largest = (draws @ vertices.T).max(axis=1)
            first = float(np.quantile(largest, 1 - FIRST_STAGE_SHARE * (1 - level)))
            yield Restriction(vertices, rows @ coef, by_post[:, 0], covariance, first)


def accepts(restriction: Restriction, effects: FloatArray, level: float) -> BoolArray:
    """Return for (G,) hypothetical effects whether the hybrid test keeps them."""
    r = restriction
    moments = r.moments[:, None] - r.slope[:, None] * effects
    values = r.vertices @ moments
    best = values.argmax(axis=0)
    statistic = values[best, np.arange(len(effects))]
    size = (1 - level) * (1 - FIRST_STAGE_SHARE) / (1 - FIRST_STAGE_SHARE * (1 - level))
    kept = np.zeros(len(effects), dtype=bool)
    for vertex in np.unique(best):
        here = np.flatnonzero(best == vertex)
        kept[here] = _conditional(r, vertex, values[:, here], size)
    return np.asarray(kept & (statistic <= r.first_stage))


def _conditional(r: Restriction, vertex: int, values: FloatArray, size: float) -> BoolArray:
    """Test given the vertex at which the maximum lies: a normal truncated to where it stays there."""
    gamma = r.vertices[vertex]
    variance = float(gamma @ r.vcov @ gamma)
    statistic = values[vertex]
    if variance < TOLERANCE * np.abs(r.vcov).max():
        return np.asarray(statistic <= 0)
    along = r.vertices @ (r.vcov @ gamma) / variance
    rest = values - along[:, None] * statistic
    room = 1 - along
    with np.errstate(divide="ignore", invalid="ignore"):
        crossing = rest / room[:, None]
    low = np.where((room > TOLERANCE)[:, None], crossing, -np.inf).max(axis=0)
    high = np.minimum(np.where((room < -TOLERANCE)[:, None], crossing, np.inf).min(axis=0), r.first_stage)
    sd = np.sqrt(variance)
    tail = _upper_share(statistic / sd, low / sd, high / sd)
    return np.asarray((statistic <= 0) | (tail >= size))


def _upper_share(x: FloatArray, low: FloatArray, high: FloatArray) -> FloatArray:
    """Return P(Z > x) for a standard normal truncated to [low, high], computed in the tail where it is accurate."""
    flipped = low > 0
    a, b, c = (np.where(flipped, -high, low), np.where(flipped, -low, high), np.where(flipped, -x, x))
    whole = _log_between(a, b)
    part = _log_between(np.where(flipped, a, c), np.where(flipped, c, b))
    known = np.isfinite(whole)
    return np.where(known, np.exp(np.minimum(part - np.where(known, whole, 0.0), 0.0)), 1.0)


def _log_between(a: FloatArray, b: FloatArray) -> FloatArray:
    """Return log P(a < Z < b), the larger end being the more accurate one for negative values."""
    upper, lower = special.log_ndtr(b), special.log_ndtr(np.minimum(a, b))
    # far out in the tail both are minus infinity, and what is between them has no mass to speak of
    gone = np.isinf(upper)
    gap = np.minimum(np.where(gone, -np.inf, lower) - np.where(gone, 0.0, upper), 0.0)
    with np.errstate(divide="ignore"):
        return np.asarray(np.where(gone, -np.inf, upper + np.log1p(-np.exp(gap))))


def _changes(n_pre: int, n_post: int) -> FloatArray:
    """Return the (P + Q, P + Q) changes between consecutive periods, the reference being zero."""
    every = np.diff(np.eye(n_pre + n_post + 1), axis=0)
    return np.delete(every, n_pre, axis=1)


def _completed(target: FloatArray) -> FloatArray:
    """Return (Q, Q) directions of the post-treatment effects: one that moves the target by one, and others by none."""
    q = len(target)
    others = np.linalg.svd(target[None, :])[2][1:].T
    return np.concatenate([(target / (target @ target))[:, None], others.reshape(q, q - 1)], axis=1)


def _dual_vertices(deviation: FloatArray, nuisance: FloatArray) -> FloatArray:
    """Enumerate the vertices of {g >= 0, g'deviation = 1, g'nuisance = 0}."""
    rows, size = len(deviation), nuisance.shape[1] + 1
    if comb(rows, size) > MOST_BASES:
        raise ValueError(f"{size} coefficients after the reference need {comb(rows, size):,} bases")
    equations = np.concatenate([deviation[:, None], nuisance], axis=1)
    bases = np.array(list(combinations(range(rows), size)))
    systems = equations[bases].transpose(0, 2, 1)
    scale = np.abs(systems).max(axis=(1, 2))
    regular = np.abs(np.linalg.det(systems / scale[:, None, None])) > TOLERANCE
    bases, systems = bases[regular], systems[regular]
    right = np.zeros((len(bases), size, 1))
    right[:, 0] = 1
    weights = np.linalg.solve(systems, right)[:, :, 0]
    feasible = (weights >= -TOLERANCE * np.abs(weights).max(axis=1, keepdims=True)).all(axis=1)
    vertices = np.zeros((int(feasible.sum()), rows))
    np.put_along_axis(vertices, bases[feasible], np.clip(weights[feasible], 0, None), axis=1)
    kept = np.unique(np.round(vertices / np.abs(vertices).max(), 10), axis=0, return_index=True)[1]
    return vertices[np.sort(kept)]
