"""Units that switch treatment against units that have not yet: paths, contrasts and their centered influence."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
IntArray = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Paths:
    """How the treatment of N units moves over T periods.

    Attributes
    ----------
    baseline
        (N,) first observed treatment.
    first
        (N,) position of the period of the first change, T if there is none.
    change
        (N, T) treatment less baseline; gaps take the value before them, and nothing moves before the first change.
    usable
        (N, T) cells that can be compared: none on the other side of the baseline than the first change, nor after a
        gap in which the first change is hidden.
    """

    baseline: FloatArray
    first: IntArray
    change: FloatArray
    usable: BoolArray


@dataclass(frozen=True, slots=True, eq=False)
class Contrast:
    """Switchers of one date against units that wait.

    Attributes
    ----------
    total, weight
        Weighted sum of the gaps between a switcher's change and the mean change of waiting units of its stratum, and
        the sum of these weights.
    influence
        (n,) influence on the total.
    switching, waiting
        (n,) units that were compared.
    alone
        (n,) of these the ones whose own group lies within one cluster.
    """

    total: float
    weight: float
    influence: FloatArray
    switching: BoolArray
    waiting: BoolArray
    alone: BoolArray


def treatment_paths(treatment: FloatArray) -> Paths:
    """Follow (N, T) treatments, NaN where unknown; every unit has one known treatment at least."""
    n_units, n_periods = treatment.shape
    rows, columns = np.arange(n_units), np.arange(n_periods)
    known = np.isfinite(treatment)
    baseline = treatment[rows, known.argmax(axis=1)]
    moved = known & (treatment != baseline[:, None])
    switched = moved.any(axis=1)
    first = np.where(switched, moved.argmax(axis=1), n_periods)
    hidden = switched & ~known[rows, first - 1]
    last_known = np.maximum.accumulate(np.where(known, columns, -1), axis=1)
    before_gap = np.where(hidden, last_known[rows, first - 1], n_periods)
    change = treatment[rows[:, None], np.maximum(last_known, 0)] - baseline[:, None]
    change[last_known < 0] = 0.0
    side = np.sign(change[rows, np.minimum(first, n_periods - 1)])
    crossed = np.maximum.accumulate(change * side[:, None] < 0, axis=1)
    usable = ~crossed & (columns <= before_gap[:, None])
    return Paths(baseline, np.where(hidden, n_periods, first).astype(np.int64), change, usable)


def contrast(
    change: FloatArray,
    weights: FloatArray,
    switching: BoolArray,
    waiting: BoolArray,
    stratum: IntArray,
    cohort: IntArray,
    cluster: IntArray,
) -> Contrast:
    """Compare switchers of one date with waiting units of the same stratum.

    Parameters
    ----------
    change
        (n,) outcome now less outcome before the switch, NaN where either is missing.
    weights
        (n,) weights.
    switching, waiting
        (n,) who switched at this date, and who has not switched yet.
    stratum, cohort, cluster
        (n,) codes: units of a stratum are compared; switchers of a cohort share a mean.

    Notes
    -----
    The influence takes residuals around the mean of the switcher's cohort, or of the waiting units of the stratum,
    times the root of n/(n-1) for its n units. A group within one cluster has no residual that tells of its error: the
    mean of switchers and waiting units of the stratum takes its place, and if these share one cluster too, none does.
    """
    there = np.isfinite(change) & (weights > 0)
    s, c = switching & there, waiting & there
    size = int(stratum.max()) + 1
    moving, still = np.bincount(stratum, weights * s, size), np.bincount(stratum, weights * c, size)
    s, c = s & (still > 0)[stratum], c & (moving > 0)[stratum]
    safe = np.where(there, change, 0.0)
    mean = np.bincount(stratum, weights * c * safe, size) / np.where(still > 0, still, 1.0)
    share = weights * s - weights * c * (moving / np.where(still > 0, still, 1.0))[stratum]
    own = np.where(s, size + cohort, stratum)
    residual, alone = _around_means(safe, weights, s | c, own, cluster)
    wider, still_alone = _around_means(safe, weights, s | c, stratum, cluster)
    centered = np.where(~alone, residual, np.where(~still_alone, wider, safe))
    total = float((weights * s * (safe - mean[stratum])).sum())
    return Contrast(total, float((weights * s).sum()), share * centered, s, c, alone & (s | c))


def _around_means(
    change: FloatArray, weights: FloatArray, member: BoolArray, group: IntArray, cluster: IntArray
) -> tuple[FloatArray, BoolArray]:
    """Return residuals around group means, scaled by the root of n/(n-1), and whether the group is in one cluster."""
    size, n_clusters = int(group.max()) + 1, int(cluster.max()) + 1
    count = np.bincount(group, member, size)
    mass = np.bincount(group, weights * member, size)
    mean = np.bincount(group, weights * member * change, size) / np.where(mass > 0, mass, 1.0)
    clusters = np.bincount(np.unique(group[member] * n_clusters + cluster[member]) // n_clusters, minlength=size)
    factor = np.sqrt(count / np.maximum(count - 1, 1))
    return (change - mean[group]) * factor[group], clusters[group] < 2
