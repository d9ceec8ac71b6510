"""Least squares with a given number of factors on an incomplete matrix, by Gauss-Newton steps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

LIMIT = 3_000
STALLED = 50
FIRST_DAMPING, LEAST_DAMPING, SMALL_DAMPING, HOPELESS_DAMPING = 1e-3, 1e-12, 1e-6, 1e8
LOSS_ROUNDING = 1e-13
ZERO_LOSS = 1e-28
TINY = float(np.finfo(float).tiny)


@dataclass(frozen=True, slots=True, eq=False)
class FactorFit:
    """A fit at given period effects, factors and slopes, unit effects and loadings being least squares.

    Attributes
    ----------
    period, factors, slopes
        (T,) period effects, (T, r) factors, (p,) coefficients of the covariates.
    loadings
        (N, 1 + r) unit effects and loadings.
    fitted
        (N, T) all parts together.
    gap
        (N, T) outcomes less fit on observed cells, zero elsewhere.
    loss
        Half the sum of squared gaps; infinite if loadings are not identified.
    """

    period: FloatArray
    factors: FloatArray
    slopes: FloatArray
    loadings: FloatArray
    fitted: FloatArray
    gap: FloatArray
    loss: float


def search_factors(
    y: FloatArray, observed: BoolArray, x: FloatArray, factors: FloatArray, tolerance: float
) -> FactorFit | None:
    """Lower the squared gaps from given factors until no cell of the fit moves by more than the tolerance.

    Where factors are barely determined, rounding moves the fit by more; then fifty steps without a lower loss end it.

    Parameters
    ----------
    y
        (N, T) outcomes, finite.
    observed
        (N, T) cells that are fitted.
    x
        (N, T, p) covariates, finite.
    factors
        (T, r) factors to start from.

    Returns
    -------
    None if the search does not settle.

    Notes
    -----
    Unit effects and loadings are projected out (variable projection): a unit's gaps change with period effects,
    factors and slopes by what its own regression on a constant and the factors leaves of the change. Steps are damped
    (Levenberg-Marquardt) and never raise the loss (Ruhe and Wedin 1980; Hong and Fitzgibbon 2015).
    """
    current = _fit(y, observed, x, np.zeros(y.shape[1]), factors, np.zeros(x.shape[2]))
    damping, lowest, since = FIRST_DAMPING, current.loss, 0
    allowed = ZERO_LOSS * float((y[observed] ** 2).sum())
    for _ in range(LIMIT):
        if not np.isfinite(current.loss) or damping > HOPELESS_DAMPING:
            return None
        t, r = current.factors.shape
        period, factors, slopes = np.split(_step(current, observed, x, damping), [t, t + t * r])
        trial = _fit(
            y,
            observed,
            x,
            current.period + period,
            current.factors + factors.reshape(r, t).T,
            current.slopes + slopes,
        )
        if not trial.loss <= current.loss * (1 + LOSS_ROUNDING) + allowed:
            damping *= 10
            continue
        moved = np.abs(trial.fitted - current.fitted).max()
        since = 0 if trial.loss < lowest * (1 - LOSS_ROUNDING) else since + 1
        lowest = min(lowest, trial.loss)
        if (moved <= tolerance or since > STALLED) and damping <= SMALL_DAMPING:
            return trial
        current, damping = trial, max(damping / 10, LEAST_DAMPING)
    return None


def _fit(
    y: FloatArray, observed: BoolArray, x: FloatArray, period: FloatArray, factors: FloatArray, slopes: FloatArray
) -> FactorFit:
    factors = np.linalg.qr(factors - factors.mean(axis=0))[0]
    z = np.column_stack([np.ones(len(period)), factors])
    shared = period + x @ slopes
    target = np.where(observed, y - shared, 0.0)
    try:
        loadings = np.linalg.solve(_grams(observed, z), (target @ z)[:, :, None])[:, :, 0]
    except np.linalg.LinAlgError:
        return FactorFit(period, factors, slopes, np.zeros((len(y), z.shape[1])), shared, target, np.inf)
    fitted = shared + loadings @ z.T
    gap = np.where(observed, y - fitted, 0.0)
    return FactorFit(period, factors, slopes, loadings, fitted, gap, float((gap**2).sum()) / 2)


def _grams(observed: BoolArray, z: FloatArray) -> FloatArray:
    """(N, k, k) cross products of each unit's own regressors."""
    t, k = z.shape
    return np.asarray((observed @ (z[:, :, None] * z[:, None, :]).reshape(t, k * k)).reshape(-1, k, k))


def _step(current: FactorFit, observed: BoolArray, x: FloatArray, damping: float) -> FloatArray:
    """Return the damped Gauss-Newton change of period effects, factors (one after the other) and slopes."""
    n, t = observed.shape
    left = _left_by_own_regression(observed, current.factors)
    weights = np.column_stack([np.ones(n), current.loadings[:, 1:]])
    k, p = weights.shape[1], x.shape[2]
    pairs = (weights[:, :, None] * weights[:, None, :]).reshape(n, k * k)
    shared = (pairs.T @ left.reshape(n, t * t)).reshape(k, k, t, t).transpose(0, 2, 1, 3).reshape(k * t, k * t)
    rest = left @ x
    mixed = np.einsum("ia,itp->atp", weights, rest).reshape(k * t, p)
    own = np.einsum("itp,itq->pq", x, rest)
    gradient = np.concatenate([(weights.T @ current.gap).ravel(), np.einsum("itp,it->p", x, current.gap)])
    size = np.concatenate([np.full(k * t, max(float(np.trace(shared)), TINY) / (k * t)), np.diagonal(own)])
    return np.linalg.solve(np.block([[shared, mixed], [mixed.T, own]]) + damping * np.diag(size), gradient)


def _left_by_own_regression(observed: BoolArray, factors: FloatArray) -> FloatArray:
    """(N, T, T) projections of each unit's observed cells off a constant and the factors."""
    z = np.column_stack([np.ones(len(factors)), factors])
    own = observed[:, :, None] * z
    left = np.matmul(own, -np.linalg.solve(_grams(observed, z), own.transpose(0, 2, 1)))
    periods = np.arange(len(factors))
    left[:, periods, periods] += observed
    return np.asarray(left)
