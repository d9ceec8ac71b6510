"""The t-test of Mueller and Watson (2022): principal components of a spatial covariance as the measure of noise."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import linalg, optimize, special

from yrdecon.kernels.separable import space_decay

FloatArray = NDArray[np.float64]

WEAKEST_CORRELATION, GRID_STEP = 1e-5, 1.2
FIRST_CANDIDATES = 20
LARGEST_CRITICAL, PRECISION = 1e6, 1e-10
_POINTS, _MASS = np.polynomial.legendre.leggauss(80)
ANGLES, ANGLE_WEIGHTS = (_POINTS + 1) * np.pi / 4, _MASS / 2


@dataclass(frozen=True, slots=True, eq=False)
class SpatialComponents:
    """What measures the noise of a mean over places.

    Attributes
    ----------
    weights
        (N, q + 1) orthonormal columns: the constant, and the first q principal components of the demeaned covariance.
    ranges
        (C,) ranges of exponential decay under which size is held, the longest first, zero last.
    """

    weights: FloatArray
    ranges: FloatArray


def choose_components(distance: FloatArray, correlation: float, level: float) -> SpatialComponents:
    """Choose the number of components that gives the shortest expected interval when places are independent.

    Parameters
    ----------
    distance
        (N, N) distances; fewer pairs than the share `correlation` are at one place.
    correlation
        Largest average correlation between pairs of places.
    level
        Size of the test.
    """
    ranges = _ranges(distance, correlation)
    constant = np.full((len(distance), 1), len(distance) ** -0.5)
    demeaned = space_decay(distance, float(ranges[0]))
    demeaned = demeaned - demeaned.mean(axis=0)
    demeaned = demeaned - demeaned.mean(axis=1)[:, None]
    most = min(FIRST_CANDIDATES, len(distance) - 1)
    while True:
        largest = (len(distance) - most, len(distance) - 1)
        vectors = linalg.eigh(demeaned, subset_by_index=largest)[1][:, ::-1]
        weights = np.column_stack([constant, vectors])
        covariances = weighted_covariances(weights, distance, ranges)
        lengths = [critical_value(covariances[:, : q + 1, : q + 1], level) * _mean_noise(q) for q in range(1, most + 1)]
        best = int(np.argmin(lengths)) + 1
        if best < most or most == len(distance) - 1:
            return SpatialComponents(weights[:, : best + 1], ranges)
        most = min(most + most // 2, len(distance) - 1)


def weights_on_errors(weights: FloatArray, direction: FloatArray, regressors: FloatArray) -> FloatArray:
    """Return the (N, q + 1) weights with which the errors of a regression enter, given its regressors.

    Parameters
    ----------
    weights
        (N, q + 1) weights on estimate + direction x residual, the constant first.
    direction
        (N,) influence of the errors on N times the coefficient.
    regressors
        (N, p) regressors that are projected out of the errors.
    """
    scores = direction[:, None] * weights
    basis = np.linalg.qr(regressors)[0]
    scores[:, 1:] -= basis @ (basis.T @ scores[:, 1:])
    return np.asarray(scores)


def weighted_covariances(weights: FloatArray, distance: FloatArray, ranges: FloatArray) -> FloatArray:
    """Return the (C, k, k) covariances of sums with (N, k) weights, under exponential decay of each range."""
    return np.stack([weights.T @ space_decay(distance, float(theta)) @ weights for theta in ranges])


def rejection_probabilities(covariances: FloatArray, critical: float) -> FloatArray:
    """Return the (C,) probabilities that the first of q + 1 normal variables exceeds a multiple of the others' rms.

    Parameters
    ----------
    covariances
        (C, q + 1, q + 1) covariances, which may be singular.
    critical
        The multiple.

    Notes
    -----
    z'Dz with D = diag(1, -critical^2 / q, ...) is a sum of independent chi-squares with one positive weight, and with
    eta the ratios of the others to it, P(z'Dz > 0) = 2/pi int_0^(pi/2) prod_j (1 + eta_j / cos(a)^2)^(-1/2) da
    (Bakirov and Szekely 2005), here by Gauss-Legendre quadrature.
    """
    q = covariances.shape[-1] - 1
    values, vectors = np.linalg.eigh(covariances)
    roots = vectors * np.sqrt(np.maximum(values, 0.0))[:, None, :]
    signs = np.full((q + 1, 1), -(critical**2) / q)
    signs[0] = 1.0
    mixing = np.linalg.eigvalsh(np.swapaxes(roots, 1, 2) @ (signs * roots))
    largest = mixing[:, -1]
    usable = largest > 0
    eta = np.maximum(-mixing[:, :-1], 0.0) / np.where(usable, largest, 1.0)[:, None]
    logs = np.log1p(eta[:, :, None] / np.cos(ANGLES) ** 2).sum(axis=1)
    return np.where(usable, np.exp(-logs / 2) @ ANGLE_WEIGHTS, 0.0)


def critical_value(covariances: FloatArray, level: float) -> float:
    """Return the smallest critical value at which none of (C, q + 1, q + 1) covariances is rejected more often.

    Infinite where the variables that measure the noise do not move.
    """
    worst = 0
    while True:
        found = _critical_value_of_one(covariances[worst : worst + 1], level)
        probabilities = rejection_probabilities(covariances, found) if np.isfinite(found) else np.zeros(1)
        if probabilities.max() <= level + PRECISION:
            return found
        worst = int(probabilities.argmax())


def _critical_value_of_one(covariance: FloatArray, level: float) -> float:
    def excess(logarithm: float) -> float:
        return float(rejection_probabilities(covariance, float(np.exp(logarithm)))[0] - level)

    highest = np.log(LARGEST_CRITICAL)
    return np.inf if excess(highest) > 0 else float(np.exp(optimize.brentq(excess, -highest, highest, xtol=1e-13)))


def _ranges(distance: FloatArray, correlation: float) -> FloatArray:
    """Return ranges from that of the largest average correlation down to next to none, and none."""
    pairs = distance[np.triu_indices(len(distance), 1)]
    apart = pairs[pairs > 0]
    together = 1 - len(apart) / len(pairs)
    limits = float(np.log(apart.min() / 50)), float(np.log(apart.max() * 1e9))

    def range_of(average: float) -> float:
        return float(np.exp(optimize.brentq(lambda r: np.exp(-pairs / np.exp(r)).mean() - average, *limits)))

    longest, shortest = range_of(correlation), range_of(together + WEAKEST_CORRELATION)
    steps = int(np.ceil(np.log(longest / shortest) / np.log(GRID_STEP)))
    return np.append(longest * GRID_STEP ** -np.arange(steps + 1.0), 0.0)


def _mean_noise(q: int) -> float:
    """Return the mean of the rms of q independent standard normal variables."""
    return float(np.sqrt(2 / q) * np.exp(special.gammaln((q + 1) / 2) - special.gammaln(q / 2)))
