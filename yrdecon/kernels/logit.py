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
