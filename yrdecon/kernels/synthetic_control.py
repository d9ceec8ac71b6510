"""Weights of donors that follow a treated path before treatment, for many problems at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from yrdecon.kernels.simplex import simplex_quadratic

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

TIE_RIDGE = 1e-6
REFINEMENTS = 2
TOGETHER = 2_000
DISTANCE_PENALTIES = tuple(10.0 ** np.arange(-4, 2.25, 0.25))


@dataclass(frozen=True, slots=True, eq=False)
class DonorProblem:
    """B paths to be followed by weighted averages of their donors.

    Attributes
    ----------
    gram
        (N, N) products of the units' outcomes in the periods that are fitted, from `path_products`.
    treated
        (B, N) weights of the units whose average is followed, summing to one.
    donors
        (B, N) who may carry weight, the same number in every row.
    """

    gram: FloatArray
    treated: FloatArray
    donors: BoolArray


def path_products(z: FloatArray) -> FloatArray:
    """Return the (N, N) products of (N, n) paths around their mean in each period, which weights of sum one ignore."""
    centered = z - z.mean(axis=0)
    return np.asarray(centered @ centered.T)


def follow_path(problem: DonorProblem, ridge: float | None = None) -> FloatArray:
    """Return the (B, N) weights on the simplex whose average is closest to the path.

    Parameters
    ----------
    ridge
        Coefficient of the sum of squared weights. None looks for the smallest weights among those of best fit: a
        ridge of `TIE_RIDGE` of the donors' variation breaks ties, and further steps, each centered at the last
        solution, take its pull on the fit away.

    Notes
    -----
    Abadie, Diamond and Hainmueller (2010); with paths relative to the units' own means, Doudchenko and Imbens (2016)
    and Ferman and Pinto (2021).
    """
    return _solve(problem, problem.treated @ problem.gram, ridge)


def follow_near(problem: DonorProblem, penalty: float) -> FloatArray:
    """Return the (B, N) weights that minimize the distance of the average plus `penalty` times the average distance.

    Notes
    -----
    Abadie and L'Hour (2021): as the penalty grows, the weight moves to the single nearest donor.
    """
    product = problem.treated @ problem.gram
    own = np.einsum("bn,bn->b", product, problem.treated)
    distance = own[:, None] - 2 * product + np.diag(problem.gram)
    return _solve(problem, product - penalty / 2 * distance, None)


def cross_validated_distance_penalty(gram: FloatArray, after: FloatArray, donors: BoolArray) -> float:
    """Choose the penalty of `follow_near` that predicts the untreated units best, each from the others.

    Parameters
    ----------
    gram
        (N, N) products of the fitted paths.
    after
        (N, P) outcomes in the treated periods, of which only those of untreated units are used.
    donors
        (N,) the untreated units.

    Notes
    -----
    Leave-one-out cross-validation on outcomes after treatment, as Abadie and L'Hour (2021) propose.
    """
    left_out = np.eye(len(donors))[donors]
    problem = DonorProblem(gram, left_out, donors & (left_out == 0))
    errors = [np.mean(((left_out - follow_near(problem, p)) @ after) ** 2) for p in DISTANCE_PENALTIES]
    return float(DISTANCE_PENALTIES[int(np.argmin(errors))])


def _solve(problem: DonorProblem, linear: FloatArray, ridge: float | None) -> FloatArray:
    weights = np.zeros(problem.treated.shape)
    for first in range(0, len(weights), TOGETHER):
        rows = slice(first, first + TOGETHER)
        donors = np.nonzero(problem.donors[rows])[1].reshape(len(weights[rows]), -1)
        gram = problem.gram[donors[:, :, None], donors[:, None, :]]
        target = np.take_along_axis(linear[rows], donors, axis=1)
        x = _with_ridge(gram, target, ridge)
        np.put_along_axis(weights[rows], donors, x, axis=1)
    return weights


def _with_ridge(gram: FloatArray, target: FloatArray, ridge: float | None) -> FloatArray:
    p = target.shape[1]
    if ridge is not None:
        return simplex_quadratic(gram + ridge * np.eye(p), target)
    variation = np.einsum("bii->b", gram) / p - gram.mean(axis=(1, 2))
    tie = np.where(variation > 0, TIE_RIDGE * variation, 1.0)
    penalized = gram + tie[:, None, None] * np.eye(p)
    x = simplex_quadratic(penalized, target)
    for _ in range(REFINEMENTS):
        x = simplex_quadratic(penalized, target + tie[:, None] * x, x)
    return x
