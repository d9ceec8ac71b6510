"""Sets of neighboring units, and how many of them have no unit in common."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, sparse

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]


def nearest_blocks(distance: FloatArray, size: int) -> BoolArray:
    """Return each unit with its nearest neighbors, every set once.

    Parameters
    ----------
    distance
        (N, N) distances; ties are broken by the order of the units.
    size
        Number of units in a block, the center included.

    Returns
    -------
    (B, N) membership, in the order of the centers.
    """
    n = len(distance)
    own_first = distance - 2 * np.eye(n) * (distance.max() + 1)
    order = np.argsort(own_first, axis=1, kind="stable")[:, :size]
    members = np.zeros((n, n), dtype=bool)
    np.put_along_axis(members, order, np.ones_like(order, dtype=bool), axis=1)
    first = np.unique(members, axis=0, return_index=True)[1]
    return members[np.sort(first)]


def blocks_within(distance: FloatArray, groups: IntArray, size: int) -> BoolArray:
    """Return the (B, N) blocks of `nearest_blocks` inside each of (N,) groups; units of negative groups are in none."""
    found = [np.zeros((0, len(groups)), dtype=bool)]
    for group in np.unique(groups[groups >= 0]):
        inside = np.flatnonzero(groups == group)
        if len(inside) < size:
            continue
        blocks = nearest_blocks(distance[np.ix_(inside, inside)], size)
        members = np.zeros((len(blocks), len(groups)), dtype=bool)
        members[:, inside] = blocks
        found.append(members)
    return np.concatenate(found)


def mean_distance(distance: FloatArray, members: BoolArray) -> FloatArray:
    """Return the (B,) mean pairwise distance within each of (B, N) sets of at least two units."""
    chosen = members.astype(float)
    size = chosen.sum(axis=1)
    return np.asarray(((chosen @ distance) * chosen).sum(axis=1) / (size * (size - 1)))


def most_disjoint(members: BoolArray) -> int:
    """Return the largest number of (B, N) sets of which no two share a unit (maximum set packing, exact)."""
    count, n = members.shape
    at_most_one = optimize.LinearConstraint(sparse.csr_array(members.T.astype(float)), ub=np.ones(n))
    bounds = optimize.Bounds(0, 1)
    solution = optimize.milp(-np.ones(count), constraints=at_most_one, integrality=np.ones(count), bounds=bounds)
    return round(-float(solution.fun))
