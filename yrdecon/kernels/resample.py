"""All, or a random sample, of the ways to choose units within groups."""

from __future__ import annotations

from itertools import combinations
from math import comb, prod

import numpy as np
from numpy.typing import NDArray

BoolArray = NDArray[np.bool_]
FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


def count_choices(groups: IntArray, chosen: BoolArray) -> int:
    """Return in how many ways as many units as now can be chosen within each group."""
    return prod(comb(int((groups == g).sum()), int(chosen[groups == g].sum())) for g in np.unique(groups))


def all_choices(groups: IntArray, chosen: BoolArray) -> BoolArray:
    """Return the (A, N) membership of every way to choose as many units as now within each group."""
    members = np.zeros((1, len(groups)), dtype=bool)
    for group in np.unique(groups):
        inside = np.flatnonzero(groups == group)
        size = int(chosen[inside].sum())
        if size == 0:
            continue
        picks = inside[np.array(list(combinations(range(len(inside)), size)), dtype=np.int64)]
        part = np.zeros((len(picks), len(groups)), dtype=bool)
        np.put_along_axis(part, picks, np.ones_like(picks, dtype=bool), axis=1)
        members = (members[:, None, :] | part[None, :, :]).reshape(-1, len(groups))
    return members


def all_shuffles(groups: IntArray, values: FloatArray) -> FloatArray:
    """Return the (A, N) distinct arrangements of (N,) values within groups, each value placed in turn."""
    placed = np.full((1, len(groups)), np.nan)
    for value in np.unique(values):
        rows = []
        for row in placed:
            open_groups = np.where(np.isnan(row), groups, groups.max() + 1)
            need = {g: int(((groups == g) & (values == value)).sum()) for g in np.unique(groups)}
            chosen = np.zeros(len(groups), dtype=bool)
            for group, size in need.items():
                chosen[np.flatnonzero(open_groups == group)[:size]] = True
            rows.append(np.where(all_choices(open_groups, chosen), value, row))
        placed = np.concatenate(rows)
    return placed


def random_orders(groups: IntArray, draws: int, generator: np.random.Generator) -> IntArray:
    """Return (draws, N) positions: random permutations of the units within their groups."""
    keys = generator.random((draws, len(groups)))
    shuffled = np.lexsort((keys, np.broadcast_to(groups, keys.shape)), axis=1)
    home = np.argsort(groups, kind="stable")
    orders = np.empty_like(shuffled)
    orders[:, home] = shuffled
    return orders.astype(np.int64)
