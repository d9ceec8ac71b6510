"""Groups of treated units, and where else groups of their sizes could lie."""

from __future__ import annotations

from itertools import product
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


def count_relocations(blocks: list[BoolArray]) -> int:
    """Return in how many ways one block can be taken of each list, those with common units included."""
    return prod(len(b) for b in blocks)


def all_relocations(blocks: list[BoolArray]) -> BoolArray:
    """Return the distinct (A, N) unions of one block of each list, of blocks without a common unit."""
    picks = np.array(list(product(*(range(len(b)) for b in blocks))), dtype=np.int64)
    return _unions(blocks, picks)


def random_relocations(blocks: list[BoolArray], draws: int, generator: np.random.Generator) -> BoolArray:
    """Return at most `draws` distinct random unions of one block of each list, of blocks without a common unit."""
    picks = np.stack([generator.integers(0, len(b), 4 * draws) for b in blocks], axis=1)
    return _unions(blocks, picks)[:draws]


def blocks_of_sizes(distance: FloatArray, sizes: list[int]) -> list[BoolArray]:
    """Return for each size the (B, N) blocks of nearest neighbors."""
    return [nearest_blocks(distance, size) for size in sizes]


def _unions(blocks: list[BoolArray], picks: IntArray) -> BoolArray:
    counts = np.zeros((len(picks), blocks[0].shape[1]), dtype=np.int8)
    for position, block in enumerate(blocks):
        counts += block[picks[:, position]].astype(np.int8)
    members = counts[(counts <= 1).all(axis=1)] == 1
    first = np.unique(np.packbits(members, axis=1), axis=0, return_index=True)[1]
    return np.asarray(members[np.sort(first)], dtype=bool)
