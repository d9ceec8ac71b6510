"""Distances to what is treated, and the rings that they fall into."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]


def distance_to_treated(distance: FloatArray, cohort: FloatArray, periods: NDArray[np.int64]) -> FloatArray:
    """Return the (N, T) distance of every unit to the nearest one that is treated by then.

    Parameters
    ----------
    distance
        (N, N) distances.
    cohort, periods
        (N,) first treated periods, infinite if never, and (T,) periods.

    Returns
    -------
    Infinite where nobody is treated yet, NaN where the unit itself is.

    Examples
    --------
    >>> apart = np.array([[0.0, 5.0], [5.0, 0.0]])
    >>> distance_to_treated(apart, np.array([2.0, np.inf]), np.array([1, 2])).tolist()
    [[inf, nan], [inf, 5.0]]
    """
    treated = cohort[:, None] <= periods
    nearest = np.stack([np.min(distance, axis=1, where=row, initial=np.inf) for row in treated.T], axis=1)
    return np.where(treated, np.nan, nearest)


def ring_members(distance: FloatArray, cutoffs: tuple[float, ...]) -> BoolArray:
    """Return (..., K) whether distances lie in each of K rings: up to the first cutoff, then up to the next.

    Examples
    --------
    >>> ring_members(np.array([0.0, 50.0, 51.0, np.nan, np.inf]), (50.0, 100.0)).astype(int).tolist()
    [[1, 0], [1, 0], [0, 1], [0, 0], [0, 0]]
    """
    outer = np.asarray(cutoffs, dtype=float)
    inner = np.concatenate([[-np.inf], outer[:-1]])
    values = distance[..., None]
    return np.asarray((values > inner) & (values <= outer))
