"""Poisson regression by iteratively reweighted least squares."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

ITERATIONS, TOLERANCE = 200, 1e-12


@dataclass(frozen=True, slots=True, eq=False)
class PoissonFit:
    """Coefficients (k,), fitted means (n,), bread (k, k), the inverse information, and whether the fit converged."""

    coef: FloatArray
    mean: FloatArray
    bread: FloatArray
    converged: bool


def poisson_regression(y: FloatArray, x: FloatArray, weights: FloatArray) -> PoissonFit:
    """Regress (n,) non-negative `y` on (n, k) `x` of full column rank, with a log link.

    Converged means that the deviance changes by less than its 1e-12th part; where a coefficient runs to infinity, as
    for a dummy whose outcomes are all zero, it does not.
    """
    mean = (y + np.average(y, weights=weights)) / 2
    eta = np.log(mean)
    deviance, converged = np.inf, False
    coef: FloatArray = np.zeros(x.shape[1])
    for _ in range(ITERATIONS):
        root = np.sqrt(weights * mean)
        coef = np.asarray(np.linalg.lstsq(root[:, None] * x, root * (eta + (y - mean) / mean), rcond=None)[0])
        eta = np.clip(x @ coef, -700, 700)
        mean = np.exp(eta)
        log_ratio = np.log(np.where(y > 0, y, 1.0) / np.where(y > 0, mean, 1.0))
        previous, deviance = deviance, 2 * float((weights * (y * log_ratio - (y - mean))).sum())
        if abs(previous - deviance) <= TOLERANCE * (abs(deviance) + 0.1):
            converged = bool(eta.min() > -30)
            break
    information = (x * (weights * mean)[:, None]).T @ x
    return PoissonFit(coef, mean, np.asarray(np.linalg.pinv(information, hermitian=True)), converged)
