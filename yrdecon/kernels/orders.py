"""Orders of a few things."""

from __future__ import annotations

from itertools import permutations

import numpy as np
from numpy.typing import NDArray

IntArray = NDArray[np.int64]


def orders_of(count: int, noise: np.random.Generator | None, draws: int) -> IntArray:
    """Return (B, count) orders of that many things, the given one first: all without noise, else as many as drawn."""
    given = np.arange(count, dtype=np.int64)
    if noise is None:
        return np.array(list(permutations(given)), dtype=np.int64)
    return np.vstack([given, noise.permuted(np.tile(given, (draws, 1)), axis=1)])
