"""Poisson regression with absorbed effects, and the rows whose zeros it cannot fit."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import xlogy

from yrdecon.kernels.absorption import Absorption, residuals_of

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

ITERATIONS, TOLERANCE, HALVINGS = 200, 1e-13, 30
SEPARATION_WEIGHT, SEPARATION_TOLERANCE, SEPARATION_ITERATIONS = 1e6, 1e-5, 500
LOWEST_LOG = -30.0


@dataclass(frozen=True, slots=True, eq=False)
class PoissonWithin:
    """A Poisson regression with absorbed effects.

    Attributes
    ----------
    coef
        (k,) slopes.
    mean
        (n,) fitted means.
    regressors, working
        (n, k) regressors and (n,) working outcome, residualized on the effects under the weights times the mean.
    converged
        Whether the deviance settled and no mean runs to zero.
    """

    coef: FloatArray
    mean: FloatArray
    regressors: FloatArray
    working: FloatArray
    converged: bool


def poisson_within(
    absorption: Absorption,
    y: FloatArray,
    x: FloatArray,
    weights: FloatArray,
    offset: FloatArray,
    start: FloatArray | None = None,
) -> PoissonWithin:
    """Regress (n,) non-negative `y` on (n, k) `x` and the effects, with a log link and an offset.

    Iteratively reweighted least squares in which effects are projected out of regressors and working outcome (Correia,
    Guimaraes and Zylkin 2020); a step that raises the deviance is halved.

    Parameters
    ----------
    start
        (n,) logs of the means to start from.
    """
    eta = np.log((y + np.average(y, weights=weights)) / 2) if start is None else start
    # means to start from need not be of the model, and their deviance is no bound
    deviance, converged = np.inf, False
    for _ in range(ITERATIONS):
        mean = np.exp(eta)
        working = eta - offset + (y - mean) / mean
        within = residuals_of(absorption, weights * mean, np.column_stack([working, x]))
        z, v = within[:, 1:], within[:, 0]
        coef = _solve(z, v, weights * mean)
        target = working - (v - z @ coef) + offset
        eta, moved = _step(y, weights, eta, target, deviance)
        previous, deviance = deviance, moved
        if converged:
            break
        # one more step after the deviance has settled, whose error is of the square of the last
        converged = abs(previous - deviance) <= TOLERANCE * (abs(deviance) + 0.1)
    inside = bool((eta - np.log(np.average(y, weights=weights))).min() > LOWEST_LOG)
    return PoissonWithin(coef, np.exp(eta), z, v, converged and inside)


def poisson_deviance(y: FloatArray, mean: FloatArray, weights: FloatArray) -> float:
    """Return twice the log likelihood of (n,) means that equal the outcome, less that of the given ones."""
    return 2 * float(weights @ (xlogy(y, y) - xlogy(y, mean) - (y - mean)))


def separated_rows(absorption: Absorption, y: FloatArray, x: FloatArray) -> BoolArray:
    """Return the (n,) zeros that a combination of regressors and effects sets apart from all other rows.

    Their likelihood has no maximum: the combination runs to minus infinity in them and is zero in the others. Found by
    the iterative rectifier of Correia, Guimaraes and Zylkin (2019), whose heavy weight on positive outcomes makes
    regressions of the indicator of zeros fit zero there.
    """
    zero = y == 0
    if not zero.any():
        return np.zeros(len(y), dtype=bool)
    weights = np.where(zero, 1.0, SEPARATION_WEIGHT)
    target = zero.astype(float)
    for _ in range(SEPARATION_ITERATIONS):
        within = residuals_of(absorption, weights, np.column_stack([target, x]))
        rest = within[:, 0] - within[:, 1:] @ _solve(within[:, 1:], within[:, 0], weights)
        fitted = target - rest
        fitted[np.abs(fitted) < SEPARATION_TOLERANCE] = 0.0
        if (fitted[zero] >= 0).all():
            return np.asarray(zero & (fitted > 0))
        target = np.where(zero, np.maximum(fitted, 0.0), 0.0)
    return np.zeros(len(y), dtype=bool)


def _step(
    y: FloatArray, weights: FloatArray, eta: FloatArray, target: FloatArray, deviance: float
) -> tuple[FloatArray, float]:
    """Move to the target, or as far towards it as the deviance does not rise."""
    share = 1.0
    for _ in range(HALVINGS):
        there = np.clip(eta + share * (target - eta), -700, 700)
        moved = poisson_deviance(y, np.exp(there), weights)
        if moved <= deviance * (1 + 1e-9) + 1e-9 or np.isinf(deviance):
            break
        share /= 2
    return there, moved


def _solve(z: FloatArray, v: FloatArray, weights: FloatArray) -> FloatArray:
    root = np.sqrt(weights)
    return np.asarray(np.linalg.lstsq(root[:, None] * z, root * v, rcond=None)[0])
