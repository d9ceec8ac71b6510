"""Poisson and negative binomial regression with absorbed effects, and the rows whose zeros they cannot fit."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, sparse
from scipy.special import digamma, gammaln, xlogy

from yrdecon.kernels.absorption import Absorption, residuals_of

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

ITERATIONS, TOLERANCE, HALVINGS = 200, 1e-13, 30
SEPARATED = 1e-4
LOWEST_LOG = -30.0
# the deviance is the sum of terms as large as counts times their logs, which cancel
ROUNDING = 1e-15
BRACKET = 1e-3
LOG_DISPERSIONS, DISPERSION_TOLERANCE = (-16.0, 8.0), 1e-8


@dataclass(frozen=True, slots=True, eq=False)
class CountsWithin:
    """A regression of counts with absorbed effects.

    Attributes
    ----------
    coef
        (k,) slopes.
    mean
        (n,) fitted means.
    regressors, working
        (n, k) regressors and (n,) working outcome, residualized on the effects under `inverse_variance`.
    inverse_variance
        (n,) weights of the last step, those given times mean / (1 + dispersion x mean).
    converged
        Whether the deviance settled and no mean runs to zero.
    """

    coef: FloatArray
    mean: FloatArray
    regressors: FloatArray
    working: FloatArray
    inverse_variance: FloatArray
    converged: bool


@dataclass(frozen=True, slots=True, eq=False)
class NegativeBinomialWithin:
    """A negative binomial regression and its dispersion."""

    fit: CountsWithin
    dispersion: float


def counts_within(
    absorption: Absorption,
    y: FloatArray,
    x: FloatArray,
    weights: FloatArray,
    offset: FloatArray,
    start: FloatArray | None = None,
    dispersion: float = 0.0,
) -> CountsWithin:
    """Regress (n,) non-negative `y` on (n, k) `x` and the effects, with a log link and an offset.

    Iteratively reweighted least squares in which effects are projected out of regressors and working outcome (Correia,
    Guimaraes and Zylkin 2020); a step that raises the deviance is halved.

    Parameters
    ----------
    start
        (n,) logs of the means to start from.
    dispersion
        Variance of the count is mean + dispersion x mean^2; zero is Poisson.
    """
    eta = np.log((y + np.average(y, weights=weights)) / 2) if start is None else start
    # means to start from need not be of the model, and their deviance is no bound
    deviance, converged = np.inf, False
    noise = ROUNDING * float(weights @ (y * np.log1p(y)))
    for _ in range(ITERATIONS):
        mean = np.exp(eta)
        working = eta - offset + (y - mean) / mean
        precision = weights * mean / (1 + dispersion * mean)
        within = residuals_of(absorption, precision, np.column_stack([working, x]))
        z, v = within[:, 1:], within[:, 0]
        coef = _solve(z, v, precision)
        target = working - (v - z @ coef) + offset
        eta, moved = _step(y, weights, eta, target, deviance, dispersion)
        previous, deviance = deviance, moved
        if converged:
            break
        # one more step after the deviance has settled, whose error is of the square of the last
        converged = abs(previous - deviance) <= TOLERANCE * (abs(deviance) + 0.1) + noise
    inside = bool((eta - np.log(np.average(y, weights=weights))).min() > LOWEST_LOG)
    return CountsWithin(coef, np.exp(eta), z, v, precision, converged and inside)


def negative_binomial_within(
    absorption: Absorption, y: FloatArray, x: FloatArray, weights: FloatArray, offset: FloatArray
) -> NegativeBinomialWithin:
    """Maximize the likelihood of the negative binomial, with variance mean + dispersion x mean^2.

    Slopes given the dispersion and the dispersion given the means are maximized in turn, whose information is not
    shared in expectation, so that few turns are needed. A dispersion of zero is returned where the likelihood rises
    towards it.
    """
    fit = counts_within(absorption, y, x, weights, offset)
    dispersion, previous = 0.0, np.inf
    for _ in range(ITERATIONS):
        dispersion = _dispersion(y, fit.mean, weights)
        if dispersion == 0 or abs(dispersion - previous) <= DISPERSION_TOLERANCE * dispersion or not fit.converged:
            break
        previous = dispersion
        fit = counts_within(absorption, y, x, weights, offset, np.log(fit.mean), dispersion)
    else:
        return NegativeBinomialWithin(replace(fit, converged=False), dispersion)
    return NegativeBinomialWithin(fit if dispersion else counts_within(absorption, y, x, weights, offset), dispersion)


def negative_binomial_likelihood(y: FloatArray, mean: FloatArray, weights: FloatArray, dispersion: float) -> float:
    """Return the log likelihood of (n,) counts."""
    r = 1 / dispersion
    log_terms = gammaln(y + r) - gammaln(r) - gammaln(y + 1) - (y + r) * np.log1p(dispersion * mean)
    return float(weights @ (log_terms + xlogy(y, dispersion * mean)))


def _dispersion(y: FloatArray, mean: FloatArray, weights: FloatArray) -> float:
    """Return the dispersion of highest likelihood given the means, zero where it falls from the smallest on."""
    if negative_binomial_slope(y, mean, weights) <= 0:
        return 0.0

    def loss(log_dispersion: float) -> float:
        return -negative_binomial_likelihood(y, mean, weights, float(np.exp(log_dispersion)))

    found = optimize.minimize_scalar(loss, bounds=LOG_DISPERSIONS, method="bounded", options={"xatol": 1e-12})
    return float(np.exp(_at_zero_score(found.x, y, mean, weights)))


def _at_zero_score(log_dispersion: float, y: FloatArray, mean: FloatArray, weights: FloatArray) -> float:
    """Refine a maximum by the root of the derivative; the likelihood of large counts is flat to rounding around it."""

    def score(point: float) -> float:
        r = np.exp(-point)
        terms = digamma(y + r) - digamma(r) + np.log(r / (r + mean)) + (mean - y) / (r + mean)
        return float(weights @ terms)

    low, high = log_dispersion - BRACKET, log_dispersion + BRACKET
    return float(optimize.brentq(score, low, high, xtol=1e-13)) if score(low) * score(high) < 0 else log_dispersion


def negative_binomial_slope(y: FloatArray, mean: FloatArray, weights: FloatArray) -> float:
    """Return the slope of the log likelihood in the dispersion at zero: whether variances exceed means."""
    return float(weights @ ((y - mean) ** 2 - y)) / 2


def counts_deviance(y: FloatArray, mean: FloatArray, weights: FloatArray, dispersion: float = 0.0) -> float:
    """Return twice the log likelihood of (n,) means that equal the outcome, less that of the given ones."""
    if dispersion == 0:
        return 2 * float(weights @ (xlogy(y, y) - xlogy(y, mean) - (y - mean)))
    ratio = np.log1p(dispersion * y) - np.log1p(dispersion * mean)
    return 2 * float(weights @ (xlogy(y, y) - xlogy(y, mean) - (y + 1 / dispersion) * ratio))


def separated_rows(absorption: Absorption, y: FloatArray, x: FloatArray) -> BoolArray:
    """Return the (n,) zeros that a combination of regressors and effects sets apart from all other rows.

    The combination is zero where outcomes are positive, nowhere positive, and negative in the separated rows, whose
    means would run to zero with it. A linear program over all such combinations, which are bounded below by minus one,
    makes as many rows as negative as it can (Konis 2007; Correia, Guimaraes and Zylkin 2019).
    """
    zero = y == 0
    size = np.abs(x).max(axis=0, initial=0.0)
    columns = sparse.csr_array(x / np.where(size > 0, size, 1.0))
    every = sparse.hstack([columns, absorption.first, absorption.others]).tocsr()
    if not zero.any() or every.shape[1] == 0:
        return np.zeros(len(y), dtype=bool)
    bounded = optimize.LinearConstraint(every, np.where(zero, -1.0, 0.0), np.zeros(len(y)))
    total = np.asarray(every[np.flatnonzero(zero)].sum(axis=0)).ravel()
    found = optimize.milp(total, constraints=bounded, bounds=optimize.Bounds(-np.inf, np.inf))
    if found.x is None:
        return np.zeros(len(y), dtype=bool)
    return np.asarray(zero & (every @ found.x < -SEPARATED))


def _step(
    y: FloatArray, weights: FloatArray, eta: FloatArray, target: FloatArray, deviance: float, dispersion: float
) -> tuple[FloatArray, float]:
    """Move to the target, or as far towards it as the deviance does not rise."""
    share = 1.0
    for _ in range(HALVINGS):
        there = np.clip(eta + share * (target - eta), -700, 700)
        moved = counts_deviance(y, np.exp(there), weights, dispersion)
        if moved <= deviance * (1 + 1e-9) + 1e-9 or np.isinf(deviance):
            break
        share /= 2
    return there, moved


def _solve(z: FloatArray, v: FloatArray, weights: FloatArray) -> FloatArray:
    root = np.sqrt(weights)
    return np.asarray(np.linalg.lstsq(root[:, None] * z, root * v, rcond=None)[0])
