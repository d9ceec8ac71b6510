"""Logit by Newton's method."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

ITERATIONS, STEP = 100, 1e-12
SINGULAR, LARGEST_INDEX = 1e14, 500.0


@dataclass(frozen=True, slots=True, eq=False)
class Logit:
    """(n,) linear index, (n,) probabilities, and whether a maximum was reached, which separated groups do not have."""

    index: FloatArray
    probability: FloatArray
    converged: bool


def fit_logit(outcome: FloatArray, x: FloatArray, weights: FloatArray) -> Logit:
    """Fit the probability that (n,) outcomes are 1 on (n, k) columns with (n,) weights."""
    beta = np.zeros(x.shape[1])
    for _ in range(ITERATIONS):
        p = logistic(x @ beta)
        information = (x * (weights * p * (1 - p))[:, None]).T @ x
        if np.linalg.cond(information) > SINGULAR:
            break
        step = np.linalg.solve(information, x.T @ (weights * (outcome - p)))
        beta = beta + step
        if np.abs(step).max() <= STEP * (1 + np.abs(beta).max()):
            return Logit(x @ beta, logistic(x @ beta), converged=True)
    return Logit(x @ beta, logistic(x @ beta), converged=False)


def logistic(index: FloatArray) -> FloatArray:
    """Return the probabilities of (n,) linear indices."""
    return np.asarray(1 / (1 + np.exp(-np.clip(index, -LARGEST_INDEX, LARGEST_INDEX))))


def average_partial_effects(coef: FloatArray, x: FloatArray, weights: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return (k,) average partial effects of (n, k) columns on the probability, and their (k, k) derivatives.

    Columns of zeros and ones have the average difference between both, others the average derivative; rows of the
    derivatives are effects.
    """
    share = weights / weights.sum()
    p = logistic(x @ coef)
    slope = p * (1 - p)
    effects = coef * (share @ slope)
    moved = (share * slope * (1 - 2 * p)) @ x
    derivatives = np.outer(coef, moved) + np.eye(len(coef)) * (share @ slope)
    for j in np.flatnonzero(np.isin(x, (0.0, 1.0)).all(axis=0)):
        ends = [x @ coef + (value - x[:, j]) * coef[j] for value in (0.0, 1.0)]
        low, high = (logistic(end) for end in ends)
        effects[j] = share @ (high - low)
        columns = [x.copy() for _ in ends]
        columns[0][:, j], columns[1][:, j] = 0.0, 1.0
        derivatives[j] = (share * high * (1 - high)) @ columns[1] - (share * low * (1 - low)) @ columns[0]
    return effects, derivatives
