"""Counterfactuals by other algorithms than ours: non-negative least squares, and one plain step after another."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import optimize

from yrdecon.errors import EstimationError

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

TIE_RIDGE = 1e-9
SETTLED, MOST_STEPS = 1e-9, 50_000


def weights_by_nnls(paths: FloatArray, target: FloatArray) -> FloatArray:
    """Return the (N,) weights on the simplex whose average of (N, n) paths is closest to an (n,) target.

    On the simplex the distance is homogeneous in the weights, so that those of non-negative least squares with a wish
    for a sum of one are right but for their sum (Lawson and Hanson 1974). Among weights that fit equally well a ridge
    takes the smallest.

    Examples
    --------
    >>> weights_by_nnls(np.array([[0.0, 0.0], [2.0, 4.0], [9.0, 9.0]]), np.array([1.0, 2.0])).round(3).tolist()
    [0.5, 0.5, 0.0]
    """
    gaps = (paths - target).T
    size = float(np.sqrt(np.mean(gaps**2))) or 1.0
    count = len(paths)
    rows = np.vstack([gaps / size, np.sqrt(TIE_RIDGE) * np.eye(count), np.ones(count)])
    found = optimize.nnls(rows, np.append(np.zeros(len(rows) - 1), 1.0))[0]
    return np.asarray(found / found.sum())


def complete_step_by_step(y: FloatArray, observed: BoolArray, penalty: float) -> FloatArray:
    """Return the (N, T) outcomes without treatment by the plain loop of soft-impute, effects refitted by dummies.

    Minimizes half the squared gaps of observed cells plus the penalty times the nuclear norm of what unit and period
    effects leave (Mazumder, Hastie and Tibshirani 2010).

    Raises
    ------
    EstimationError
        If it has not settled after 50,000 steps.
    """
    n, periods = y.shape
    unit, time = np.nonzero(observed)
    dummies = np.zeros((len(unit), n + periods))
    dummies[np.arange(len(unit)), unit] = dummies[np.arange(len(unit)), n + time] = 1.0
    inverse, low, fitted = np.linalg.pinv(dummies), np.zeros((n, periods)), np.zeros((n, periods))
    for _ in range(MOST_STEPS):
        effects = inverse @ (y - low)[observed]
        additive = effects[:n, None] + effects[n:]
        u, s, v = np.linalg.svd(np.where(observed, y - additive, low), full_matrices=False)
        low = (u * np.maximum(s - penalty, 0.0)) @ v
        before, fitted = fitted, additive + low
        if np.abs(fitted - before).max() <= SETTLED * np.abs(fitted).max():
            return np.asarray(fitted)
    raise EstimationError(f"the plain loop has not settled after {MOST_STEPS:,} steps")
