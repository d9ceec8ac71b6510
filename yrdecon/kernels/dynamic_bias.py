"""Within estimation with lags of the outcome, its bias removed in the moments (Breitung, Kripfganz, Hayakawa 2022)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from yrdecon.kernels.sandwich import sum_by_cluster

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

TOLERANCE = 1e-10
ITERATIONS = 200
FAR = 10.0


@dataclass(frozen=True, slots=True, eq=False)
class WithinPanel:
    """Rows sorted by unit, outcome (n,), its lags (n, p) of the orders (p,), and other regressors (n, q).

    All are deviations from the mean of their unit; ``unit`` (n,) counts 0, 1, ... and ``time`` (n,) is the calendar.
    """

    outcome: FloatArray
    lags: FloatArray
    orders: IntArray
    others: FloatArray
    unit: IntArray
    time: IntArray


@dataclass(frozen=True, slots=True, eq=False)
class CorrectedFit:
    """Coefficients of lags and others (k,), influence (N, k) of the units, and whether a solution was found."""

    coef: FloatArray
    influence: FloatArray
    is_solved: bool


def correct_within(panel: WithinPanel) -> CorrectedFit:
    """Solve the moments of the within regression after adding what demeaning takes from them.

    Notes
    -----
    With errors that are independent over time and of one variance per unit, the demeaned lag j and the error of a unit
    have the covariance -s2 b_j(phi), where s2 is estimated by the residuals of the unit and b_j follows from the
    response of the outcome to an error. Among several solutions it is the one that Newton's steps from the within
    estimate reach, where the moments fall in the coefficients.
    """
    columns = np.column_stack([panel.outcome, panel.lags])
    partial = np.linalg.lstsq(panel.others, columns, rcond=None)[0]
    left: FloatArray = columns - panel.others @ partial
    y, u = left[:, 0], left[:, 1:]
    pairs, is_solved = _pairs_by_distance(panel), False
    phi = np.asarray(np.linalg.solve(u.T @ u, u.T @ y), dtype=np.float64)
    for _ in range(ITERATIONS):
        value, jacobian = _moments(panel, pairs, phi, y, u)
        step = np.linalg.lstsq(jacobian, -value, rcond=None)[0]
        phi = np.asarray(phi + step, dtype=np.float64)
        if np.abs(phi).max() > FAR:
            break
        if np.abs(step).max() < TOLERANCE:
            slope = np.linalg.eigvals(np.asarray(_moments(panel, pairs, phi, y, u)[1], dtype=np.float64))
            is_solved = bool((slope.real < 0).all())
            break
    coef = np.concatenate([phi, partial[:, 0] - partial[:, 1:] @ phi])
    return CorrectedFit(coef, _influence(panel, pairs, coef), is_solved)


def _pairs_by_distance(panel: WithinPanel) -> FloatArray:
    """Return (N, T) numbers of pairs of rows of a unit so many periods apart, over its number of rows."""
    n, start = int(panel.unit.max()) + 1, int(panel.time.min())
    there = np.zeros((n, int(panel.time.max()) - start + 1))
    there[panel.unit, panel.time - start] = 1.0
    length = there.shape[1]
    pairs = np.stack([(there[:, d:] * there[:, : length - d]).sum(axis=1) for d in range(length)], axis=1)
    return np.asarray(pairs / pairs[:, :1])


def _bias(pairs: FloatArray, orders: IntArray, phi: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return b (N, p) for each lag, and its derivative (N, p, p) in each coefficient."""
    length, p = pairs.shape[1], len(orders)
    response, slope = np.zeros(length), np.zeros((length, p))
    response[0] = 1.0
    for k in range(1, length):
        for m, order in enumerate(orders):
            if order <= k:
                response[k] += phi[m] * response[k - order]
                slope[k] += phi[m] * slope[k - order]
                slope[k, m] += response[k - order]
    b = np.stack([pairs[:, order:] @ response[: length - order] for order in orders], axis=1)
    return b, np.stack([pairs[:, order:] @ slope[: length - order] for order in orders], axis=1)


def _moments(
    panel: WithinPanel, pairs: FloatArray, phi: FloatArray, y: FloatArray, u: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return the (p,) moments of the lags with the others partialled out, and their (p, p) derivative."""
    e = y - u @ phi
    b, slope = _bias(pairs, panel.orders, phi)
    free = np.bincount(panel.unit) - 1.0
    variance = np.bincount(panel.unit, e**2) / free
    shared = sum_by_cluster(e[:, None] * u, panel.unit) / free[:, None]
    value = u.T @ e + variance @ b
    return value, -u.T @ u + np.einsum("i,ijm->jm", variance, slope) - 2 * b.T @ shared


def _influence(panel: WithinPanel, pairs: FloatArray, coef: FloatArray) -> FloatArray:
    p = len(panel.orders)
    x = np.column_stack([panel.lags, panel.others])
    e = panel.outcome - x @ coef
    b, slope = _bias(pairs, panel.orders, coef[:p])
    free = np.bincount(panel.unit) - 1.0
    variance = np.bincount(panel.unit, e**2) / free
    moments = sum_by_cluster(e[:, None] * x, panel.unit)
    moments[:, :p] += b * variance[:, None]
    jacobian = -x.T @ x
    jacobian[:p] -= 2 * b.T @ (sum_by_cluster(e[:, None] * x, panel.unit) / free[:, None])
    jacobian[:p, :p] += np.einsum("i,ijm->jm", variance, slope)
    return np.asarray(-np.linalg.solve(jacobian, moments.T).T)
