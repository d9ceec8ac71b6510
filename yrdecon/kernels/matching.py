"""Nearest-neighbor matching on one index, and the covariance of what it estimates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

FloatArray = NDArray[np.float64]

TIE = 1e-9
CHUNK = 500


@dataclass(frozen=True, slots=True, eq=False)
class Matched:
    """What one group of treated units contributes to the covariance.

    Attributes
    ----------
    gaps
        (n1, k) outcome of each treated unit less that of its matches.
    deviations
        (n0, k) outcome of each comparison unit less that of its own neighbors, scaled to the conditional standard
        deviation.
    weights
        (n1, n0) weights of the matches; rows sum to one.
    """

    gaps: FloatArray
    deviations: FloatArray
    weights: sparse.csr_array


def match_nearest(index: FloatArray, pool: FloatArray, neighbors: int, caliper: float) -> sparse.csr_array:
    """Match each of (n,) units with its nearest of (m,) pool units, with replacement, all ties kept.

    Returns
    -------
    (n, m) weights: equal among the matches of a unit, zero in the row of a unit without one within the caliper.
    """
    blocks = [
        _shares(np.abs(index[start : start + CHUNK, None] - pool), neighbors, caliper)
        for start in range(0, len(index), CHUNK)
    ]
    return sparse.vstack(blocks).tocsr()


def neighbor_deviations(index: FloatArray, values: FloatArray, neighbors: int) -> FloatArray:
    """Return (n, k) deviations of (n, k) values from the mean of a unit's nearest others, ties kept.

    They are scaled by the root of J/(J+1), so that their squares estimate the conditional variance (Abadie and Imbens
    2006, equation 14); NaN for a unit without another.
    """
    result = np.empty_like(values)
    for start in range(0, len(index), CHUNK):
        rows = np.arange(start, min(start + CHUNK, len(index)))
        distance = np.abs(index[rows, None] - index)
        distance[np.arange(len(rows)), rows] = np.inf
        shares = _shares(distance, neighbors, np.inf)
        count = np.diff(shares.indptr)[:, None]
        scale = np.sqrt(count / (count + 1))
        result[rows] = np.where(count > 0, scale * (values[rows] - shares @ values), np.nan)
    return result


def abadie_imbens(groups: Sequence[Matched]) -> FloatArray:
    """Return the covariance of the mean gaps of one or several groups of treated units, stacked.

    A comparison unit that serves often makes the gaps it serves in move together; it counts by the square of its total
    weight, less what the spread of the gaps contains already (Abadie and Imbens 2006, theorem 7). Groups share
    comparison units, of which there are equally many in each. A single treated unit has no spread: NaN.
    """
    sizes = [len(group.gaps) for group in groups]
    totals = [np.asarray(group.weights.sum(axis=0)).ravel() for group in groups]
    rows = []
    for i, one in enumerate(groups):
        row = []
        for j, other in enumerate(groups):
            often = totals[i] * totals[j]
            block = np.zeros((one.gaps.shape[1], other.gaps.shape[1]))
            if i == j:
                spread = one.gaps - one.gaps.mean(axis=0)
                block = spread.T @ spread if sizes[i] > 1 else np.full_like(block, np.nan)
                often = often - np.asarray(one.weights.power(2).sum(axis=0)).ravel()
            used = often > 0
            block = block + (often[used, None] * one.deviations[used]).T @ other.deviations[used]
            row.append(block / (sizes[i] * sizes[j]))
        rows.append(np.concatenate(row, axis=1))
    return np.concatenate(rows, axis=0)


def _shares(distance: FloatArray, neighbors: int, caliper: float) -> sparse.csr_array:
    nearest = min(neighbors, distance.shape[1])
    reach = np.partition(distance, nearest - 1, axis=1)[:, nearest - 1 : nearest]
    chosen = (distance <= np.minimum(reach, caliper) + TIE) & np.isfinite(distance)
    return sparse.csr_array(chosen / np.maximum(chosen.sum(axis=1, keepdims=True), 1))
