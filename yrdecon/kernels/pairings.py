"""Ways to match the second members of pairs with the first, and estimates at many of them."""

from __future__ import annotations

from itertools import permutations, product
from math import factorial

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

MOST_LISTED = 1_000_000


def count_matchings(groups: IntArray) -> int:
    """Return how many ways there are to exchange within groups, given as (n,) codes."""
    return int(np.prod([factorial(int(size)) for size in np.bincount(groups) if size], dtype=object))


def matchings(groups: IntArray, draws: int, seed: int) -> IntArray:
    """Return (B, n) positions that are exchanged within groups, the identity first.

    All of them up to a million, else the identity and so many draws.
    """
    members = [np.flatnonzero(groups == g) for g in np.unique(groups)]
    if count_matchings(groups) <= MOST_LISTED:
        listed = [np.array(list(permutations(m)), dtype=np.int64) for m in members]
        choice = np.array(list(product(*(range(len(block)) for block in listed))), dtype=np.int64)
        found = np.empty((len(choice), len(groups)), dtype=np.int64)
        for j, (own, block) in enumerate(zip(members, listed, strict=True)):
            found[:, own] = block[choice[:, j]]
        return found
    rng = np.random.default_rng(seed)
    drawn = np.tile(np.arange(len(groups), dtype=np.int64), (draws + 1, 1))
    for row in drawn[1:]:
        for own in members:
            row[own] = rng.permutation(own)
    return drawn


def first_steps(scores: FloatArray, information: FloatArray, chosen: IntArray) -> FloatArray:
    """Return the (B,) Newton steps from zero of the coefficient of a sum of columns.

    Parameters
    ----------
    scores
        (c,) scores of the columns.
    information
        (c, c) information of the columns.
    chosen
        (B, p) columns that are summed.
    """
    total = np.zeros(len(chosen))
    for first in chosen.T:
        for second in chosen.T:
            total += information[first, second]
    return np.asarray(scores[chosen].sum(axis=1) / total)
