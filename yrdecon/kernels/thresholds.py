"""Thresholds of a panel regression, found by least squares over all of them (Hansen 1999)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

NOTHING = 1e-10


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """Columns of all candidate thresholds, after effects and the other regressors are removed.

    Attributes
    ----------
    columns
        (n, G) the regressor where the threshold variable is at most the candidate, residualized.
    gram
        (G, G) their products.
    below
        (G,) share of rows at or below each candidate.
    """

    columns: FloatArray
    gram: FloatArray
    below: FloatArray


def search(candidates: Candidates, y: FloatArray, chosen: IntArray, trim: float) -> FloatArray:
    """Return the (G,) sums of squares of (n,) residualized `y` with one threshold beside those chosen.

    Infinite where a regime would hold less than a share `trim` of the rows, or nothing is identified.
    """
    products = candidates.columns.T @ y
    gram, total, left = candidates.gram.diagonal().copy(), float(y @ y), products
    if len(chosen):
        own = candidates.gram[np.ix_(chosen, chosen)]
        across = candidates.gram[:, chosen]
        solved = np.linalg.solve(own, np.column_stack([products[chosen], across.T]))
        left = products - across @ solved[:, 0]
        gram -= (across * solved[:, 1:].T).sum(axis=1)
        total -= float(products[chosen] @ solved[:, 0])
    usable = _usable(candidates.below, chosen, trim) & (gram > NOTHING * candidates.gram.diagonal().max())
    sums: FloatArray = np.full(len(gram), np.inf)
    sums[usable] = total - left[usable] ** 2 / gram[usable]
    return sums


def sequential_thresholds(candidates: Candidates, y: FloatArray, number: int, trim: float) -> IntArray:
    """Return positions of thresholds, in the order in which they are found; all but the last are found once more.

    The first minimizes the sum of squares alone, each further one beside those before, and then each earlier one beside
    all others (Bai 1997, as Hansen 1999 refines the first of two). Fewer are returned where no further regime fits.
    """
    chosen: list[int] = []
    for _ in range(number):
        sums = search(candidates, y, np.array(chosen, dtype=np.int64), trim)
        if not np.isfinite(sums).any():
            break
        chosen.append(int(sums.argmin()))
    for k in range(len(chosen) - 1):
        rest = np.array([c for j, c in enumerate(chosen) if j != k], dtype=np.int64)
        chosen[k] = int(search(candidates, y, rest, trim).argmin())
    return np.array(chosen, dtype=np.int64)


def residuals_at(candidates: Candidates, y: FloatArray, chosen: IntArray) -> FloatArray:
    """Return (n,) residuals of residualized `y` with the thresholds at these positions."""
    columns = candidates.columns[:, chosen]
    return np.asarray(y - columns @ np.linalg.solve(candidates.gram[np.ix_(chosen, chosen)], columns.T @ y))


def sum_of_squares(candidates: Candidates, y: FloatArray, chosen: IntArray) -> float:
    """Return the sum of squares of (n,) residualized `y` with the thresholds at these positions."""
    residuals = residuals_at(candidates, y, chosen)
    return float(residuals @ residuals)


def threshold_f(candidates: Candidates, y: FloatArray, number: int, trim: float, dof: int) -> float:
    """Return the F statistic of so many thresholds against one fewer, NaN where so many do not fit."""
    fewer = sequential_thresholds(candidates, y, number - 1, trim)
    more = sequential_thresholds(candidates, y, number, trim)
    if len(more) < number:
        return np.nan
    least = sum_of_squares(candidates, y, more)
    return (sum_of_squares(candidates, y, fewer) - least) / (least / dof)


def _usable(below: FloatArray, chosen: IntArray, trim: float) -> BoolArray:
    edges = np.concatenate([[0.0], below[chosen], [1.0]])
    return np.asarray((np.abs(below[:, None] - edges[None, :]) >= trim - 1e-12).all(axis=1))
