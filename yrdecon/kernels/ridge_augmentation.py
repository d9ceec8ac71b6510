"""Ridge regression of what a synthetic control has left unmatched."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from yrdecon.kernels.synthetic_control import DonorProblem, follow_path, path_products

FloatArray = NDArray[np.float64]

N_PENALTIES = 21
SMALLEST_PENALTY = 1e-8


@dataclass(frozen=True, slots=True, eq=False)
class Augmented:
    """(J,) weights of the donors, which sum to one and may be negative, and the penalty that was used."""

    weights: FloatArray
    penalty: float


def augment(path: FloatArray, donors: FloatArray, penalty: float | None) -> Augmented:
    """Correct the weights of a synthetic control by ridge regression.

    Parameters
    ----------
    path
        (n,) treated outcome in the periods that are fitted.
    donors
        (J, n) outcomes of the donors.
    penalty
        Coefficient of the sum of squared regression coefficients; None chooses it by `cross_validated_penalty`.

    Notes
    -----
    Ben-Michael, Feller and Rothstein (2021), section 3.
    """
    x, target = donors - donors.mean(axis=0), path - donors.mean(axis=0)
    chosen = cross_validated_penalty(target, x) if penalty is None else penalty
    return Augmented(_corrected(target, x, _simplex(target, x), np.array([chosen]))[0], chosen)


def cross_validated_penalty(path: FloatArray, donors: FloatArray) -> float:
    """Choose the largest penalty whose error in periods left out is within one standard error of the smallest.

    Periods are left out one at a time, except the last one, as augsynth does; 21 penalties fall geometrically from
    the largest squared singular value of the donors' paths to 1e-8 of it.
    """
    n = len(path)
    penalties = np.linalg.svd(donors, compute_uv=False)[0] ** 2 * np.geomspace(1, SMALLEST_PENALTY, N_PENALTIES)
    errors = []
    for left_out in range(n - 1):
        kept = np.arange(n) != left_out
        start = _simplex(path[kept], donors[:, kept])
        weights = _corrected(path[kept], donors[:, kept], start, penalties)
        errors.append((path[left_out] - weights @ donors[:, left_out]) ** 2)
    mean = np.mean(errors, axis=0)
    best = int(np.argmin(mean))
    spread = float(np.std(errors, axis=0, ddof=1)[best]) / np.sqrt(n - 1) if n > 2 else 0.0
    return float(penalties[mean <= mean[best] + spread].max())


def _simplex(path: FloatArray, donors: FloatArray) -> FloatArray:
    stacked = np.vstack([path, donors])
    first = np.eye(len(stacked))[:1]
    return follow_path(DonorProblem(path_products(stacked), first, first == 0))[0, 1:]


def _corrected(path: FloatArray, donors: FloatArray, weights: FloatArray, penalties: FloatArray) -> FloatArray:
    """Return (K, J) weights plus the ridge prediction of their imbalance at K penalties."""
    left, values, right = np.linalg.svd(donors, full_matrices=False)
    imbalance = right @ (path - weights @ donors)
    ridge = values**2 + penalties[:, None]
    share = np.divide(values, ridge, out=np.zeros_like(ridge), where=ridge > 0)
    return np.asarray(weights + (share * imbalance) @ left.T)
