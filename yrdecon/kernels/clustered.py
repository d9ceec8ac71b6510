"""A least-squares fit in orthonormal coordinates, cluster by cluster: covariances CR0, CR2 and CV3."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import linalg

from yrdecon.kernels.within import FixedEffects, project_out

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

RANK_TOLERANCE = 1e-10
ALONE = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class ClusteredFit:
    """A regression after the effects that lie within clusters are projected out.

    Attributes
    ----------
    basis
        (n, m) orthonormal basis of the regressors and the other absorbed columns, rows times root weights.
    residuals
        (n,) residuals times root weights.
    contrasts
        (k, m) map from the coordinates of the outcome in the basis to the coefficients.
    codes
        (n,) clusters 0, 1, ..., G-1.
    """

    basis: FloatArray
    residuals: FloatArray
    contrasts: FloatArray
    codes: IntArray


@dataclass(frozen=True, slots=True, eq=False)
class AdjustedScores:
    """Cluster scores with residuals divided by a power of their variance under independent errors.

    Attributes
    ----------
    scores
        (G, k) contribution of each cluster to each coefficient.
    dof
        (k,) Satterthwaite degrees of freedom of the sum of squared scores under independent errors, infinite for a
        coefficient that is normalized.
    identified
        (k,) whether each coefficient stays identified without any one of the clusters; without it the adjustment is
        undefined.
    """

    scores: FloatArray
    dof: FloatArray
    identified: BoolArray


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """A cluster: its rows, and the thin singular value decomposition of its part of the basis.

    ``left`` is (r, q), ``values`` (q,), ``right`` (q, m); ``alone`` marks directions of the column space that no
    other cluster contains.
    """

    rows: IntArray
    left: FloatArray
    values: FloatArray
    right: FloatArray
    alone: BoolArray

    def change(self, exponent: float) -> FloatArray:
        """Return (q,) what a power of the inverse of ``I - H_gg`` adds to the identity, its null space set to zero."""
        rest = np.where(self.alone, 1.0, 1 - self.values**2)
        return np.where(self.alone, -1.0, rest**-exponent - 1)


def reduce_fit(
    x: FloatArray,
    residuals: FloatArray,
    transform: FloatArray,
    absorbed: FloatArray,
    nested: FixedEffects | None,
    weights: FloatArray,
    codes: IntArray,
) -> ClusteredFit:
    """Choose the basis.

    Parameters
    ----------
    x
        (n, p) regressors, residualized on everything absorbed.
    transform
        (k, p) map from the p coefficients to those of interest.
    absorbed
        (n, a) absorbed columns that do not lie within clusters: dummies of periods, covariates.
    nested
        Effects that lie within clusters.
    """
    root = np.sqrt(weights)[:, None]
    q_x, r = np.linalg.qr(root * x)
    q_a = _independent(root * absorbed, root * (absorbed if nested is None else project_out(nested, absorbed)))
    basis = np.concatenate([q_x, q_a], axis=1)
    contrasts = np.zeros((len(transform), basis.shape[1]))
    contrasts[:, : x.shape[1]] = linalg.solve_triangular(r, transform.T, trans="T").T
    return ClusteredFit(basis, root[:, 0] * residuals, contrasts, codes)


def blocks(basis: FloatArray, codes: IntArray) -> Iterator[Block]:
    """Go through the clusters of (n, m) rows in the order of their codes."""
    order = np.argsort(codes, kind="stable")
    for rows in np.split(order, np.flatnonzero(np.diff(codes[order])) + 1):
        left, values, right = np.linalg.svd(basis[rows], full_matrices=False)
        yield Block(rows.astype(np.int64), left, values, right, values**2 > 1 - ALONE)


def adjusted_scores(fit: ClusteredFit, exponent: float) -> AdjustedScores:
    """Adjust residuals by ``(I - H_gg)`` to the power of minus `exponent`.

    0 gives CR0, 1/2 CR2 (Bell and McCaffrey 2002; with absorbed effects Pustejovsky and Tipton 2018), and 1 the
    cluster jackknife: the scores are then the changes of the coefficients when a cluster is left out (MacKinnon,
    Nielsen and Webb 2023). The hat matrix is that of the whole regression with all absorbed effects. Degrees of
    freedom are those of Bell and McCaffrey (2002), as Imbens and Kolesar (2016) use them, for errors that are
    independent with variances inverse to the weights.
    """
    k, m = fit.contrasts.shape
    scores, squared, cross = [], np.zeros(k), np.zeros(k)
    trace, overlap = np.zeros(k), np.zeros((k, m, m))
    identified = np.ones(k, dtype=bool)
    size = np.linalg.norm(fit.contrasts, axis=1)
    for block in blocks(fit.basis, fit.codes):
        pull = np.abs(block.right[block.alone] @ fit.contrasts.T).max(axis=0, initial=0.0)
        identified &= pull <= np.sqrt(ALONE) * np.maximum(size, np.finfo(float).tiny)
        plain = fit.basis[block.rows] @ fit.contrasts.T
        adjusted = plain + block.left @ (block.change(exponent)[:, None] * (block.left.T @ plain))
        scores.append(fit.residuals[block.rows] @ adjusted)
        norm = (adjusted**2).sum(axis=0)
        shadow = adjusted.T @ fit.basis[block.rows]
        trace += norm - (shadow**2).sum(axis=1)
        squared += norm**2
        cross += norm * (shadow**2).sum(axis=1)
        overlap += shadow[:, :, None] * shadow[:, None, :]
    spread = squared - 2 * cross + (overlap**2).sum(axis=(1, 2))
    dof = np.divide(trace**2, spread, out=np.full(k, np.inf), where=spread > 0)
    return AdjustedScores(np.asarray(scores), dof, identified)


def leverage(fit: ClusteredFit) -> FloatArray:
    """Return (n,) diagonal elements of the hat matrix, without the effects that lie within clusters."""
    return np.asarray((fit.basis**2).sum(axis=1))


def partial_leverage(fit: ClusteredFit) -> FloatArray:
    """Return (n, k) shares of the rows in the squared regressor of each coefficient, net of all others; zero if none.

    They are the leverage of the regression of the outcome on that one regressor.
    """
    squares = (fit.basis @ fit.contrasts.T) ** 2
    total = squares.sum(axis=0)
    return np.asarray(np.divide(squares, total, out=np.zeros_like(squares), where=total > 0))


def heteroskedastic_covariance(fit: ClusteredFit, exponent: float | FloatArray) -> FloatArray:
    """Return (k, k) with squared residuals divided by one less the leverage to a power, of one row each or of all.

    0 gives HC0, 1 HC2 and 2 HC3 (MacKinnon and White 1985); rows of leverage one, whose residual is zero, count zero.
    """
    plain = fit.basis @ fit.contrasts.T
    rest = 1 - leverage(fit)
    free = rest > ALONE
    scale = np.where(free, np.where(free, rest, 1.0) ** -np.asarray(exponent), 0.0)
    return np.asarray(plain.T @ (plain * (scale * fit.residuals**2)[:, None]))


def _independent(raw: FloatArray, within: FloatArray) -> FloatArray:
    """Return an orthonormal basis of (n, a) columns, whose zero is judged by their size before projection."""
    norm = np.linalg.norm(raw, axis=0)
    scaled = within / np.where(norm > 0, norm, 1.0)
    if scaled.shape[1] == 0:
        return scaled
    q, r, _ = linalg.qr(scaled, mode="economic", pivoting=True)
    return np.asarray(q[:, np.abs(np.diag(r)) > RANK_TOLERANCE])
