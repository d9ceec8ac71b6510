"""What a pre-test of individually significant coefficients detects, and what passing it does."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, stats

FloatArray = NDArray[np.float64]

POINTS = 50_000
ACCURACY = 1e-5


def pass_probability(mean: FloatArray, vcov: FloatArray, level: float) -> float:
    """Return the probability that none of (P,) normal coefficients is significant on its own."""
    half = stats.norm.ppf(0.5 + level / 2) * np.sqrt(np.diag(vcov))
    return _rectangle(mean, vcov, half)


def slope_with_power(time: FloatArray, vcov: FloatArray, power: float, level: float) -> float:
    """Return the slope of a linear violation that the pre-test detects with the given probability.

    Parameters
    ----------
    time
        (P,) periods of the coefficients relative to the reference.
    vcov
        (P, P) covariance.

    Notes
    -----
    Roth (2022), American Economic Review: Insights, section III.
    """
    scale = float(np.max(np.sqrt(np.diag(vcov)) / np.abs(time)))

    def missing(slope: float) -> float:
        return 1 - pass_probability(slope * time, vcov, level) - power

    upper = scale
    while missing(upper) < 0:
        upper *= 2
    return float(optimize.brentq(missing, 0.0, upper, xtol=1e-8 * scale))


def mean_after_passing(mean: FloatArray, vcov: FloatArray, n_pre: int, level: float) -> FloatArray:
    """Return the (P + Q,) expectation of normal coefficients given that the first P are all insignificant.

    The first ones follow Tallis (1961), the others their regression on them.
    """
    before = vcov[:n_pre, :n_pre]
    half = stats.norm.ppf(0.5 + level / 2) * np.sqrt(np.diag(before))
    whole = _rectangle(mean[:n_pre], before, half)
    weights = np.array(
        [
            _end_density(mean[:n_pre], before, half, i, -1) - _end_density(mean[:n_pre], before, half, i, 1)
            for i in range(n_pre)
        ]
    )
    shift = before @ weights / whole
    return np.asarray(mean + np.concatenate([shift, vcov[n_pre:, :n_pre] @ np.linalg.solve(before, shift)]))


def _end_density(mean: FloatArray, vcov: FloatArray, half: FloatArray, at: int, end: int) -> float:
    """Return the density of one coefficient at an end of its interval times the chance that the others are inside."""
    value, sd = end * half[at], np.sqrt(vcov[at, at])
    density = float(stats.norm.pdf(value, mean[at], sd))
    others = np.arange(len(mean)) != at
    if not others.any():
        return density
    slope = vcov[others, at] / vcov[at, at]
    centered = mean[others] + slope * (value - mean[at])
    rest = vcov[np.ix_(others, others)] - np.outer(slope, vcov[at, others])
    return density * _rectangle(centered, rest, half[others])


def _rectangle(mean: FloatArray, vcov: FloatArray, half: FloatArray) -> float:
    sd = np.sqrt(np.diag(vcov))
    correlation = vcov / sd[:, None] / sd
    upper, lower = (half - mean) / sd, (-half - mean) / sd
    if len(mean) == 1:
        return float(stats.norm.cdf(upper[0]) - stats.norm.cdf(lower[0]))
    normal = stats.multivariate_normal(np.zeros(len(mean)), correlation, allow_singular=True, seed=0)
    normal.maxpts, normal.abseps, normal.releps = POINTS * len(mean), ACCURACY, ACCURACY
    return float(normal.cdf(upper, lower_limit=lower))
