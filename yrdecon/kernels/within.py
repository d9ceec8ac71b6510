"""Project fixed effects out of arrays, exactly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import linalg, sparse

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

RANK_TOLERANCE = 1e-10


@dataclass(frozen=True, slots=True, eq=False)
class FixedEffects:
    """Fixed effects prepared for projection.

    Attributes
    ----------
    first
        (n,) codes of the effect with most levels, which is removed by its group means.
    mass
        (L1,) sum of weights within each level of `first`.
    others
        (n, L) dummies of the remaining effects, and values of the varying slopes.
    gram_inverse
        (L, L) generalized inverse of the weighted Gram matrix of `others` given `first`.
    rank
        Number of linearly independent fixed-effect coefficients.
    weights
        (n,) weights.
    """

    first: IntArray
    mass: FloatArray
    others: sparse.csr_array
    gram_inverse: FloatArray
    rank: int
    weights: FloatArray


def prepare_fixed_effects(
    codes: Sequence[IntArray], weights: FloatArray, slopes: Sequence[tuple[IntArray, FloatArray]] = ()
) -> FixedEffects:
    """Prepare the projection off one or several fixed effects.

    Parameters
    ----------
    codes
        For each effect (n,) level codes 0, 1, ...
    weights
        (n,) non-negative weights.
    slopes
        For each varying slope (n,) level codes and (n,) values.

    Notes
    -----
    The effect with most levels is removed by group means; what is left of the others is a small dense
    least-squares problem, so there is no iteration and no tolerance (Frisch and Waugh 1933; Guimaraes and
    Portugal 2010 for the split).
    """
    ordered = sorted(codes, key=lambda c: -int(c.max()))
    first = np.unique(ordered[0], return_inverse=True)[1].astype(np.int64)
    mass = np.bincount(first, weights).astype(np.float64)
    blocks = [_dummies(c) for c in ordered[1:]] + [_dummies(c, standardized(v)) for c, v in slopes]
    others = sparse.hstack(blocks or [sparse.csr_array((len(first), 0))]).tocsr()
    weighted = others.multiply(weights[:, None]).tocsr()
    within = (_dummies(first).T @ weighted).toarray()
    total = (others.T @ weighted).toarray()
    gram = total - (within.T / np.where(mass > 0, mass, 1)) @ within
    inverse, rank = _generalized_inverse(gram, float(total.max(initial=0.0)))
    return FixedEffects(first, mass, others, inverse, rank + int((mass > 0).sum()), weights)


def project_out(effects: FixedEffects, x: FloatArray) -> FloatArray:
    """Return the (n, k) residuals of (n, k) columns on the fixed effects."""
    centered = _center(effects, x)
    if effects.others.shape[1] == 0:
        return centered
    slopes = effects.gram_inverse @ (effects.others.T @ (effects.weights[:, None] * centered))
    return centered - _center(effects, effects.others @ slopes)


def _dummies(codes: IntArray, values: FloatArray | None = None) -> sparse.csr_array:
    levels, column = np.unique(codes, return_inverse=True)
    n = len(codes)
    return sparse.csr_array((np.ones(n) if values is None else values, (np.arange(n), column)), shape=(n, len(levels)))


def standardized(values: FloatArray) -> FloatArray:
    """Center and scale a slope variable, which changes nothing beside its levels' fixed effects but the rounding."""
    spread = values.std()
    return np.asarray((values - values.mean()) / (spread if spread > 0 else 1.0))


def _center(effects: FixedEffects, x: FloatArray) -> FloatArray:
    if x.shape[1] == 0:
        return x
    mass = np.where(effects.mass > 0, effects.mass, 1)
    means = np.stack([np.bincount(effects.first, effects.weights * column) for column in x.T], axis=1) / mass[:, None]
    return np.asarray(x - means[effects.first])


def _generalized_inverse(gram: FloatArray, scale: float) -> tuple[FloatArray, int]:
    """Invert on the range of the Gram matrix, whose zero is judged by its size before the first effect was removed."""
    if gram.size == 0:
        return gram, 0
    values, vectors = linalg.eigh(gram)
    kept = values > RANK_TOLERANCE * scale
    return (vectors[:, kept] / values[kept]) @ vectors[:, kept].T, int(kept.sum())
