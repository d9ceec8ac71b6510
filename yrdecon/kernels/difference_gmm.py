"""Dynamic panels in first differences by the generalized method of moments (Arellano and Bond 1991)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
IntArray = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class LaggedInstruments:
    """Levels (N, T) whose lags from `first` to `last` are instruments, missing where a unit has no row."""

    values: FloatArray
    first: int
    last: int


@dataclass(frozen=True, slots=True, eq=False)
class DifferencedPanel:
    """Equations of the change: (N, R) outcomes, (N, R, k) regressors and (N, R, l) instruments, zero where missing.

    ``there`` (N, R) marks the equations, ``periods`` (R,) their periods.
    """

    outcome: FloatArray
    regressors: FloatArray
    instruments: FloatArray
    there: BoolArray
    periods: IntArray


@dataclass(frozen=True, slots=True, eq=False)
class DifferenceFit:
    """Coefficients (k,), their covariance (k, k), Hansen's J, and z statistics of correlation of order one and two.

    ``influence`` (N, k) is that of the units, whose outer products sum to the one-step covariance.
    """

    coef: FloatArray
    vcov: FloatArray
    hansen: float
    serial: FloatArray
    influence: FloatArray


def difference(
    outcome: FloatArray,
    regressors: FloatArray,
    lagged: Sequence[LaggedInstruments],
    own: Sequence[int],
    *,
    effects: bool,
    collapse: bool,
) -> DifferencedPanel:
    """Take changes of (N, T) outcomes and (N, T, k) regressors, and collect their instruments.

    Parameters
    ----------
    own
        Regressors whose changes are their own instruments.
    effects
        Whether every period has an effect on the change; its dummies stand last among the regressors.
    collapse
        Whether instruments of a lag share one column over periods (Roodman 2009), or each period has its own.
    """
    change = outcome - _before(outcome, 1)
    changes = regressors - np.stack([_before(x, 1) for x in np.moveaxis(regressors, 2, 0)], axis=2)
    there = np.isfinite(change) & np.isfinite(changes).all(axis=2)
    periods = np.flatnonzero(there.any(axis=0))
    columns = [c for part in lagged for c in _lag_columns(part, periods, collapse)]
    columns += [changes[:, :, j] for j in own]
    dummies = [np.broadcast_to(np.arange(outcome.shape[1]) == t, outcome.shape).astype(float) for t in periods]
    dummies = dummies if effects else []
    z = _filled(np.stack([*columns, *dummies], axis=2), there)[:, periods]
    x = _filled(np.concatenate([changes, *(d[:, :, None] for d in dummies)], axis=2), there)[:, periods]
    used = np.abs(z).sum(axis=(0, 1)) > 0
    return DifferencedPanel(
        outcome=np.where(there, change, 0.0)[:, periods],
        regressors=x,
        instruments=z[:, :, used],
        there=there[:, periods],
        periods=periods.astype(np.int64),
    )


def fit_differences(panel: DifferencedPanel, steps: int) -> DifferenceFit:
    """Estimate in one step or in two.

    Notes
    -----
    The first step weights moments for errors that are independent in levels. One-step covariances are robust to
    correlation within units; two-step ones have the correction of Windmeijer (2005) for the estimated weights.
    """
    x, z, y = panel.regressors, panel.instruments, panel.outcome
    gap = np.abs(panel.periods[:, None] - panel.periods)
    independent = 2.0 * (gap == 0) - (gap == 1)
    zx, zy = np.einsum("itl,itk->lk", z, x), np.einsum("itl,it->l", z, y)
    weight = np.linalg.pinv(np.einsum("itl,ts,ism->lm", z, independent, z, optimize=True), hermitian=True)
    one, pull, _ = _solve(zx, zy, weight)
    residuals = np.where(panel.there, y - x @ one, 0.0)
    moments = np.einsum("itl,it->il", z, residuals)
    spread = moments.T @ moments
    robust = pull @ spread @ pull.T
    efficient = np.linalg.pinv(spread, hermitian=True)
    if steps == 1:
        serial = [_serial(panel, residuals, order, pull, robust) for order in (1, 2)]
        summed = moments.sum(axis=0)
        return DifferenceFit(one, robust, float(summed @ efficient @ summed), np.array(serial), moments @ pull.T)
    two, pull_two, bread_two = _solve(zx, zy, efficient)
    later = np.where(panel.there, y - x @ two, 0.0)
    total = np.einsum("itl,it->l", z, later)
    slope = np.empty_like(bread_two)
    for j in range(x.shape[2]):
        crossed = np.einsum("itl,it->il", z, x[:, :, j]).T @ moments
        slope[:, j] = pull_two @ (crossed + crossed.T) @ efficient @ total
    corrected = bread_two + slope @ bread_two + bread_two @ slope.T + slope @ robust @ slope.T
    serial = [_serial(panel, later, order, pull_two, corrected) for order in (1, 2)]
    influence = np.einsum("itl,it->il", z, later) @ pull_two.T
    return DifferenceFit(two, corrected, float(total @ efficient @ total), np.array(serial), influence)


def _solve(zx: FloatArray, zy: FloatArray, weight: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return coefficients, the map from moments to them, and the inverse of the weighted cross products."""
    bread = np.asarray(np.linalg.inv(zx.T @ weight @ zx))
    pull = bread @ zx.T @ weight
    return pull @ zy, pull, bread


def _serial(panel: DifferencedPanel, e: FloatArray, order: int, pull: FloatArray, vcov: FloatArray) -> float:
    """Return the z statistic of correlation between the changes of the errors `order` periods apart."""
    gap = panel.periods[:, None] - panel.periods
    lagged = e @ (gap == order).T.astype(float)
    own = (lagged * e).sum(axis=1)
    towards = np.einsum("it,itk->k", lagged, panel.regressors)
    moments = np.einsum("itl,it->il", panel.instruments, e)
    variance = float(own @ own - 2 * towards @ pull @ (moments.T @ own) + towards @ vcov @ towards)
    return float(own.sum()) / float(np.sqrt(variance)) if variance > 0 else float("nan")


def _lag_columns(part: LaggedInstruments, periods: IntArray, collapse: bool) -> list[FloatArray]:
    """Return (N, T) columns of instruments, missing values among them."""
    length = part.values.shape[1]
    lags = range(part.first, min(part.last, length - 1) + 1)
    if collapse:
        return [_before(part.values, lag) for lag in lags]
    columns = []
    for t in periods:
        for lag in (lag for lag in lags if lag <= t):
            column = np.zeros_like(part.values)
            column[:, t] = part.values[:, t - lag]
            columns.append(column)
    return columns


def _filled(columns: FloatArray, there: BoolArray) -> FloatArray:
    return np.where(np.isfinite(columns) & there[:, :, None], columns, 0.0)


def _before(values: FloatArray, periods: int) -> FloatArray:
    shifted = np.full_like(values, np.nan)
    shifted[:, periods:] = values[:, : values.shape[1] - periods]
    return shifted
