"""Groups of treated units, and where else groups of their sizes could lie."""

from __future__ import annotations

from itertools import combinations, product
from math import prod

import numpy as np
from numpy.typing import NDArray
from scipy.cluster import hierarchy
from scipy.sparse import csgraph
from scipy.spatial import distance as spatial_distance

from yrdecon.kernels.blocks import nearest_blocks

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

BATCHES = 20
ROUNDING = 1e-12


def borders_between(n: int, pairs: IntArray) -> FloatArray:
    """Return the (n, n) numbers of borders to cross between units of which (m, 2) pairs share one.

    Units that cannot be reached get n, more than any number of borders.
    """
    shared = np.zeros((n, n))
    shared[pairs[:, 0], pairs[:, 1]] = shared[pairs[:, 1], pairs[:, 0]] = 1
    steps = csgraph.shortest_path(shared, unweighted=True, directed=False)
    return np.where(np.isfinite(steps), steps, float(n))


def nearest_fellow(distance: FloatArray, members: BoolArray) -> FloatArray:
    """Return the (B,) mean distances from each member of (B, N) sets of one size to the nearest other member."""
    size = int(members[0].sum())
    inside = np.nonzero(members)[1].reshape(len(members), size)
    own = distance[inside[:, :, None], inside[:, None, :]] + np.where(np.eye(size, dtype=bool), np.inf, 0.0)
    return np.asarray(own.min(axis=2).mean(axis=1))


def distant_groups(distance: FloatArray) -> IntArray:
    """Return the (n,) group of each of n units: single linkage, cut at the largest jump between merges.

    Fewer than three units are groups of their own.
    """
    n = len(distance)
    if n < 3:
        return np.arange(n)
    tree = hierarchy.linkage(spatial_distance.squareform(distance, checks=False), "single")
    heights = tree[:, 2]
    cut = int(np.argmax(np.diff(heights)))
    labels = hierarchy.fcluster(tree, (heights[cut] + heights[cut + 1]) / 2, "distance")
    return np.asarray(np.unique(labels, return_inverse=True)[1], dtype=np.int64)


def least_separation(distance: FloatArray, groups: IntArray) -> float:
    """Return the smallest mean distance between two of the groups of n units, zero if there is one group."""
    labels = np.unique(groups)
    pairs = [(groups == a, groups == b) for a, b in combinations(labels, 2)]
    return float(min((distance[np.ix_(a, b)].mean() for a, b in pairs), default=0.0))


def blocks_of_sizes(distance: FloatArray, sizes: list[int]) -> list[BoolArray]:
    """Return for each size the (B, N) blocks of nearest neighbors."""
    return [nearest_blocks(distance, size) for size in sizes]


def count_relocations(blocks: list[BoolArray]) -> int:
    """Return in how many ways one block can be taken of each list, whether or not they are far enough apart."""
    return prod(len(b) for b in blocks)


def all_relocations(blocks: list[BoolArray], distance: FloatArray, least: float) -> BoolArray:
    """Return the distinct (A, N) unions of one block of each list, without common units and `least` apart."""
    picks = np.array(list(product(*(range(len(b)) for b in blocks))), dtype=np.int64)
    return _distinct(_unions(blocks, picks, distance, least))


def random_relocations(
    blocks: list[BoolArray], distance: FloatArray, least: float, draws: int, generator: np.random.Generator
) -> BoolArray:
    """Return at most `draws` distinct random unions as in `all_relocations`."""
    found = np.zeros((0, len(distance)), dtype=bool)
    for _ in range(BATCHES):
        picks = np.stack([generator.integers(0, len(b), draws) for b in blocks], axis=1)
        found = _distinct(np.vstack([found, _unions(blocks, picks, distance, least)]))
        if len(found) >= draws:
            break
    return found[:draws]


def _unions(blocks: list[BoolArray], picks: IntArray, distance: FloatArray, least: float) -> BoolArray:
    apart = np.ones(len(picks), dtype=bool)
    for first, second in combinations(range(len(blocks)), 2):
        one, other = blocks[first].astype(float), blocks[second].astype(float)
        separation = one @ distance @ other.T / np.outer(one.sum(axis=1), other.sum(axis=1))
        usable = (one @ other.T == 0) & (separation >= least * (1 - ROUNDING))
        apart &= usable[picks[:, first], picks[:, second]]
    members = np.zeros((int(apart.sum()), len(distance)), dtype=bool)
    for position, block in enumerate(blocks):
        members |= block[picks[apart, position]]
    return members


def _distinct(members: BoolArray) -> BoolArray:
    first = np.unique(np.packbits(members, axis=1), axis=0, return_index=True)[1]
    return np.asarray(members[np.sort(first)], dtype=bool)
