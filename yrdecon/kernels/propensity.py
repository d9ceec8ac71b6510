"""The probability of being treated given covariates, and the odds by which comparison units are weighted."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from yrdecon.kernels.logit import LARGEST_INDEX, fit_logit, logistic

FloatArray = NDArray[np.float64]

ITERATIONS, HALVINGS, STEP = 100, 40, 1e-12
SINGULAR = 1e14
ALMOST_ONE, TRIMMED = 1 - 1e-6, 0.995


@dataclass(frozen=True, slots=True, eq=False)
class Propensity:
    """(n,) fitted probabilities, their (n, k) influence on the coefficients, and whether the fit can be used."""

    probability: FloatArray
    influence: FloatArray
    usable: bool


def logit(treated: FloatArray, x: FloatArray, weights: FloatArray) -> Propensity:
    """Fit a logit; it cannot be used if it separates the groups, nearly so, or does not converge.

    Parameters
    ----------
    treated
        (n,) 1 for treated and 0 for comparison units.
    x
        (n, k) covariates with a constant.
    weights
        (n,) weights of mean one.
    """
    fit = fit_logit(treated, x, weights)
    p = fit.probability
    usable = fit.converged and _overlaps(p, treated)
    information = (x * (weights * p * (1 - p))[:, None]).T @ x
    score = (weights * (treated - p))[:, None] * x
    influence = score @ np.linalg.inv(information) * len(x) if usable else np.zeros_like(x)
    return Propensity(np.minimum(p, ALMOST_ONE), influence, usable)


def tilting(treated: FloatArray, x: FloatArray, weights: FloatArray) -> Propensity:
    """Fit logistic odds under which comparison units have the covariate sums of the treated.

    The fit minimizes a convex function by Newton's method with halved steps. It has no solution, and cannot be used,
    where the mean of the treated lies outside the comparison units. Its influence is not given: the estimator that
    uses it does not depend on it to first order.

    References
    ----------
    Graham, Pinto and Egel (2012), Review of Economic Studies; Sant'Anna and Zhao (2020), equation 3.1.
    """
    others = weights * (1 - treated)
    sums = x.T @ (weights * treated)
    beta: FloatArray = np.zeros(x.shape[1])
    converged = False
    for _ in range(ITERATIONS):
        odds = others * np.exp(np.minimum(x @ beta, LARGEST_INDEX))
        curvature = (x * odds[:, None]).T @ x
        if not np.isfinite(curvature).all() or np.linalg.cond(curvature) > SINGULAR:
            break
        step: FloatArray = np.asarray(np.linalg.solve(curvature, sums - x.T @ odds))
        beta = np.asarray(beta + _halved(step, beta, x, others, sums))
        if np.abs(step).max() <= STEP * (1 + np.abs(beta).max()):
            converged = True
            break
    p = logistic(x @ beta)
    return Propensity(np.minimum(p, ALMOST_ONE), np.zeros_like(x), converged and _overlaps(p, treated))


def odds_weights(treated: FloatArray, weights: FloatArray, fit: Propensity) -> FloatArray:
    """Return (n,) weights of comparison units by their odds of treatment, zero for treated and trimmed ones."""
    p = fit.probability
    return np.where((treated == 0) & (p < TRIMMED), weights * p / (1 - p), 0.0)


def _halved(step: FloatArray, beta: FloatArray, x: FloatArray, others: FloatArray, sums: FloatArray) -> FloatArray:
    def loss(at: FloatArray) -> float:
        return float(others @ np.exp(np.minimum(x @ at, LARGEST_INDEX)) - sums @ at)

    start = loss(beta)
    for _ in range(HALVINGS):
        if loss(beta + step) <= start + 1e-12 * abs(start):
            break
        step = step / 2
    return step


def _overlaps(p: FloatArray, treated: FloatArray) -> bool:
    return bool((p < ALMOST_ONE).all()) and bool((p[treated == 0] < TRIMMED).any())
