"""Least squares with a given number of factors on an incomplete matrix, by Gauss-Newton steps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

LIMIT = 200
FIRST_DAMPING, LEAST_DAMPING, SMALL_DAMPING = 1e-3, 1e-12, 1e-6
LOSS_ROUNDING = 1e-12


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
    damping = FIRST_DAMPING
    for _ in range(LIMIT):
        if not np.isfinite(current.loss):
            return None
        t, r = current.factors.shape
        move = _step(current, observed, x, damping)
        change = move[: t * (1 + r)].reshape(1 + r, t)
        trial = _fit(
            y, observed, x, current.period + change[0], current.factors + change[1:].T, current.slopes + move[t + t * r :]
        )
        if not trial.loss <= current.loss * (1 + LOSS_ROUNDING):
            damping *= 10
            continue
        moved = np.abs(trial.fitted - current.fitted).max()
        if moved <= tolerance and damping <= SMALL_DAMPING:
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
    """Return the damped Gauss-Newton change of period effects, factors and slopes."""
    n, t = observed.shape
    z = np.column_stack([np.ones(t), current.factors])
    own = observed[:, :, None] * z
    left = -own @ np.linalg.solve(_grams(observed, z), own.transpose(0, 2, 1))
    left[:, np.arange(t), np.arange(t)] += observed
    weights = np.column_stack([np.ones(n), current.loadings[:, 1:]])
    k, p = weights.shape[1], x.shape[2]
    pairs = (weights[:, :, None] * weights[:, None, :]).reshape(n, k * k)
    hessian = np.zeros((t * k + p, t * k + p))
    hessian[: t * k, : t * k] = (
        (pairs.T @ left.reshape(n, t * t)).reshape(k, k, t, t).transpose(0, 2, 1, 3).reshape(t * k, t * k)
    )
    rest = left @ x
    hessian[: t * k, t * k :] = np.einsum("ia,itp->atp", weights, rest).reshape(t * k, p)
    hessian[t * k :, : t * k] = hessian[: t * k, t * k :].T
    hessian[t * k :, t * k :] = np.einsum("itp,itq->pq", x, rest)
    slope = np.concatenate([(weights.T @ current.gap).ravel(), np.einsum("itp,it->p", x, current.gap)])
    scale = np.trace(hessian[: t * k, : t * k]) / (t * k)
    size = np.concatenate([np.full(t * k, scale), np.diagonal(hessian)[t * k :]])
    return np.linalg.solve(hessian + damping * np.diag(size), slope)
