"""Cohort means adjusted for differences before treatment: efficient estimation under random timing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
IntArray = NDArray[np.int64]

RELATIVE_RANK = float(np.sqrt(np.finfo(float).eps))


@dataclass(frozen=True, slots=True, eq=False)
class Rollout:
    """(E,) effects, the (E,) coefficients of the adjustment, and the (N, E) influence of every unit.

    The squared influence sums to the variance of Neyman, with N_g - 1 in every cohort's covariance.
    """

    effect: FloatArray
    beta: FloatArray
    influence: FloatArray


def adjusted_means(
    y: FloatArray, cohort: IntArray, target: FloatArray, baseline: FloatArray, beta: float | None
) -> Rollout:
    """Subtract beta times a difference before treatment from differences of cohort means.

    Parameters
    ----------
    y
        (N, T) outcomes.
    cohort
        (N,) codes of the G cohorts, each of two units or more.
    target, baseline
        (E, G, T) weights on cohort means that form the effects, and the differences before treatment.
    beta
        The coefficient; None for the one that minimizes the variance of Neyman, covariance over variance, or one
        where the difference before treatment does not vary.
    """
    n = np.bincount(cohort)
    means = np.stack([y[cohort == g].mean(axis=0) for g in range(len(n))])
    scale = 1 / np.sqrt(n * (n - 1.0))
    post, pre = np.empty((len(y), len(target))), np.empty((len(y), len(target)))
    for g in range(len(n)):
        own = cohort == g
        deviation = (y[own] - means[g]) * scale[g]
        post[own], pre[own] = deviation @ target[:, g].T, deviation @ baseline[:, g].T
    if beta is None:
        variance = (pre**2).sum(axis=0)
        coefficient = np.where(variance > 0, (post * pre).sum(axis=0) / np.where(variance > 0, variance, 1.0), 1.0)
    else:
        coefficient = np.full(len(target), float(beta))
    weights = target - coefficient[:, None, None] * baseline
    return Rollout(np.einsum("egt,gt->e", weights, means), coefficient, post - coefficient * pre)


def neyman_excess(
    y: FloatArray, cohort: IntArray, target: FloatArray, first: IntArray, before: BoolArray
) -> FloatArray:
    """Return the part of Neyman's variance that outcomes before treatment show to be in excess.

    Parameters
    ----------
    first
        (E,) code of the earliest cohort that enters an effect.
    before
        (G, T) periods in which the cohorts are untreated.

    Returns
    -------
    (E,) lower bounds of the variance of the unit effects, which Neyman's variance ignores (Roth and Sant'Anna 2023,
    section 4): that of their projection on outcomes before the earliest cohort. Covariances of short cohorts are
    inverted on their range.
    """
    n = np.bincount(cohort)
    covariances = [np.atleast_2d(np.cov(y[cohort == g], rowvar=False)) for g in range(len(n))]
    excess = np.zeros(len(target))
    for g in np.unique(first):
        rows, early = np.flatnonzero(first == g), before[g]
        slopes, spread = 0.0, 0.0
        for later in range(g, len(n)):
            known = covariances[later][np.ix_(early, early)]
            inverse = np.linalg.pinv(known, rcond=RELATIVE_RANK, hermitian=True)
            slopes = slopes + inverse @ covariances[later][early] @ target[rows, later].T
            spread = spread + known / (len(n) - g)
        excess[rows] = np.einsum("te,ts,se->e", slopes, spread, slopes) / len(y)
    return excess
