"""Fixed effects that are projected out again and again under changing weights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import linalg, sparse

from yrdecon.kernels.within import standardized

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

DEPENDENT = 1e-10


@dataclass(frozen=True, slots=True, eq=False)
class Absorption:
    """What does not depend on the weights.

    Attributes
    ----------
    first
        (n, L1) dummies of the effect with most levels; no column without effects.
    others
        (n, L) dummies of the remaining effects and values of slopes, less those that the rest explains.
    """

    first: sparse.csr_array
    others: sparse.csr_array


def prepare_absorption(
    codes: Sequence[IntArray], rows: int, slopes: Sequence[tuple[IntArray, FloatArray]] = ()
) -> Absorption:
    """Prepare the projection off fixed effects, given as (n,) level codes 0, 1, ..., and off slopes of levels.

    Which dummies are redundant is the same under all positive weights, and is found once by a pivoted Cholesky
    factor; projections then need one factor of a small Gram matrix each, of which most entries are zero before.
    """
    ordered = sorted(codes, key=lambda c: -int(c.max()))
    first = _dummies(ordered[0]) if ordered else sparse.csr_array((rows, 0))
    blocks = [_dummies(c) for c in ordered[1:]] + [_dummies(c, standardized(v)) for c, v in slopes]
    others = sparse.hstack(blocks or [sparse.csr_array((rows, 0))]).tocsr()
    if others.shape[1] == 0:
        return Absorption(first, others)
    gram = _gram(first, others, np.ones(rows))
    _, pivots, rank, _ = linalg.lapack.dpstrf(gram, tol=DEPENDENT * float(gram.diagonal().max()))
    return Absorption(first, others[:, np.sort(pivots[:rank] - 1)].tocsr())


def residuals_of(absorption: Absorption, weights: FloatArray, x: FloatArray) -> FloatArray:
    """Return the (n, k) residuals of columns on the effects under (n,) positive weights."""
    centered = _centered(absorption.first, weights, x)
    if absorption.others.shape[1] == 0:
        return centered
    gram = _gram(absorption.first, absorption.others, weights)
    scale = np.sqrt(np.maximum(gram.diagonal(), np.finfo(float).tiny))
    moments = absorption.others.T @ (weights[:, None] * centered) / scale[:, None]
    slopes = _solve(gram / np.outer(scale, scale), moments) / scale[:, None]
    return np.asarray(centered - _centered(absorption.first, weights, absorption.others @ slopes))


def _dummies(codes: IntArray, values: FloatArray | None = None) -> sparse.csr_array:
    n = len(codes)
    return sparse.csr_array((np.ones(n) if values is None else values, (np.arange(n), codes)))


def _gram(first: sparse.csr_array, others: sparse.csr_array, weights: FloatArray) -> FloatArray:
    weighted = others.multiply(weights[:, None]).tocsr()
    total = (others.T @ weighted).toarray()
    if first.shape[1] == 0:
        return np.asarray(total)
    within = (first.T @ weighted).tocsr()
    mass = np.maximum(first.T @ weights, np.finfo(float).tiny)
    return np.asarray(total - (within.T @ within.multiply(1 / mass[:, None]).tocsr()).toarray())


def _centered(first: sparse.csr_array, weights: FloatArray, x: FloatArray) -> FloatArray:
    if first.shape[1] == 0:
        return x
    mass = np.maximum(first.T @ weights, np.finfo(float).tiny)
    return np.asarray(x - first @ ((first.T @ (weights[:, None] * x)) / mass[:, None]))


def _solve(gram: FloatArray, moments: FloatArray) -> FloatArray:
    """Solve by Cholesky, and by least squares where weights are so uneven that it breaks down."""
    try:
        return np.asarray(linalg.cho_solve(linalg.cho_factor(gram, lower=True), moments))
    except linalg.LinAlgError:
        return np.asarray(np.linalg.lstsq(gram, moments, rcond=None)[0])
