"""Matrices of spatial weights."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


def inverse_weights(distance: FloatArray, cutoff: float = np.inf) -> FloatArray:
    """Return (N, N) inverses of distances up to a cutoff, zero beyond it and on the diagonal.

    Examples
    --------
    >>> inverse_weights(np.array([[0.0, 2.0], [2.0, 0.0]])).tolist()
    [[0.0, 0.5], [0.5, 0.0]]
    """
    apart = ~np.eye(len(distance), dtype=bool) & (distance <= cutoff)
    return np.divide(1.0, distance, out=np.zeros_like(distance), where=apart)


def nearest_weights(distance: FloatArray, k: int) -> FloatArray:
    """Return (N, N) ones where the column is among the k nearest of the row, ties by position.

    Examples
    --------
    >>> nearest_weights(np.array([[0.0, 1.0, 2.0], [1.0, 0.0, 1.5], [2.0, 1.5, 0.0]]), 1).tolist()
    [[0.0, 1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]
    """
    others = np.where(np.eye(len(distance), dtype=bool), np.inf, distance)
    order = np.argsort(others, axis=1, kind="stable")[:, :k]
    weights = np.zeros_like(distance)
    np.put_along_axis(weights, order, 1.0, axis=1)
    return weights


def border_weights(n: int, pairs: IntArray) -> FloatArray:
    """Return (n, n) ones for (B, 2) pairs of positions that are neighbors, in both directions."""
    weights = np.zeros((n, n))
    weights[pairs[:, 0], pairs[:, 1]] = weights[pairs[:, 1], pairs[:, 0]] = 1.0
    return weights


def row_standardize(weights: FloatArray) -> FloatArray:
    """Divide every row by its sum; rows of zeros stay.

    Examples
    --------
    >>> row_standardize(np.array([[0.0, 2.0, 2.0], [3.0, 0.0, 0.0], [0.0, 0.0, 0.0]])).tolist()
    [[0.0, 0.5, 0.5], [1.0, 0.0, 0.0], [0.0, 0.0, 0.0]]
    """
    sums = weights.sum(axis=1, keepdims=True)
    return np.asarray(np.divide(weights, sums, out=np.zeros_like(weights), where=sums > 0))
