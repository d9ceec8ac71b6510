"""Dynamic panels by the generalized method of moments (Arellano and Bond 1991, Blundell and Bond 1998)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from yrdecon.kernels.dynamic_equations import Equations

FloatArray = NDArray[np.float64]
Steps = Literal[1, 2]


@dataclass(frozen=True, slots=True, eq=False)
class MomentFit:
    """Coefficients (k,), their covariance (k, k), Hansen's J, and z statistics of correlation of order one and two.

    ``influence`` (N, k) is that of the units, whose outer products sum to the one-step covariance. ``of_levels`` is
    what J loses without the lagged changes that are instruments in levels, NaN if there are none or too few others.
    """

    coef: FloatArray
    vcov: FloatArray
    hansen: float
    of_levels: float
    serial: FloatArray
    influence: FloatArray


def fit_moments(equations: Equations, steps: Steps) -> MomentFit:
    """Estimate in one step or in two.

    Notes
    -----
    The first step weights moments for errors that are independent in levels. One-step covariances are robust to
    correlation within units; two-step ones have the correction of Windmeijer (2005) for the estimated weights.
    """
    x, z, y = equations.rows.regressors, equations.instruments, equations.rows.outcome
    zx, zy = np.tensordot(z, x, ((0, 1), (0, 1))), np.tensordot(z, y, ((0, 1), (0, 1)))
    first = np.tensordot(z, np.asarray(equations.independent @ z), ((0, 1), (0, 1)))
    one, pull, _ = _solve(zx, zy, np.linalg.pinv(first, hermitian=True))
    moments = _by_unit(z, y - x @ one)
    spread = moments.T @ moments
    robust = pull @ spread @ pull.T
    efficient = np.linalg.pinv(spread, hermitian=True)
    two, pull_two, bread_two = _solve(zx, zy, efficient)
    total = zy - zx @ two
    least = float(total @ efficient @ total)
    of_levels = least - _least_without(equations.of_levels, zx, zy, spread)
    if steps == 1:
        summed = moments.sum(axis=0)
        serial = _serials(equations, one, pull, robust)
        return MomentFit(one, robust, float(summed @ efficient @ summed), of_levels, serial, moments @ pull.T)
    slope = np.empty_like(bread_two)
    for j in range(x.shape[2]):
        crossed = _by_unit(z, x[:, :, j]).T @ moments
        slope[:, j] = pull_two @ (crossed + crossed.T) @ efficient @ total
    corrected = bread_two + slope @ bread_two + bread_two @ slope.T + slope @ robust @ slope.T
    influence = _by_unit(z, y - x @ two) @ pull_two.T
    return MomentFit(two, corrected, least, of_levels, _serials(equations, two, pull_two, corrected), influence)


def _by_unit(instruments: FloatArray, values: FloatArray) -> FloatArray:
    """Return the (N, l) cross products of instruments with (N, R) values."""
    return np.asarray((values[:, None, :] @ instruments)[:, 0])


def _solve(zx: FloatArray, zy: FloatArray, weight: NDArray[np.floating]) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return coefficients, the map from moments to them, and the inverse of the weighted cross products."""
    bread = np.asarray(np.linalg.inv(zx.T @ weight @ zx))
    pull = bread @ zx.T @ weight
    return pull @ zy, pull, bread


def _least_without(left_out: NDArray[np.bool_], zx: FloatArray, zy: FloatArray, spread: FloatArray) -> float:
    """Return the smallest J over the other moments, weighted by the same variances; NaN if it is not defined."""
    kept = ~left_out
    if kept.all() or kept.sum() < zx.shape[1] or np.linalg.matrix_rank(zx[kept]) < zx.shape[1]:
        return float("nan")
    weight = np.linalg.pinv(spread[np.ix_(kept, kept)], hermitian=True)
    coef, _, _ = _solve(zx[kept], zy[kept], weight)
    rest = zy[kept] - zx[kept] @ coef
    return float(rest @ weight @ rest)


def _serials(equations: Equations, coef: FloatArray, pull: FloatArray, vcov: FloatArray) -> FloatArray:
    """Return z statistics of correlation between changes of the errors one and two periods apart."""
    rows, changes = equations.rows, equations.changes
    moments = _by_unit(equations.instruments, rows.outcome - rows.regressors @ coef)
    e = changes.outcome - changes.regressors @ coef
    gap = changes.periods[:, None] - changes.periods
    found = []
    for order in (1, 2):
        lagged = e @ (gap == order).T.astype(float)
        own = (lagged * e).sum(axis=1)
        towards = np.einsum("it,itk->k", lagged, changes.regressors)
        variance = float(own @ own - 2 * towards @ pull @ (moments.T @ own) + towards @ vcov @ towards)
        found.append(float(own.sum()) / float(np.sqrt(variance)) if variance > 0 else float("nan"))
    return np.array(found)
