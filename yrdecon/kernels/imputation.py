"""Imputed effects and their influence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import linalg, sparse

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
IntArray = NDArray[np.int64]

RANK_TOLERANCE = 1e-10
NULL_TOLERANCE = 1e-6
ROUNDING = 1e-13


@dataclass(frozen=True, slots=True, eq=False)
class UntreatedFit:
    """A fit of effects and covariates on untreated rows.

    Attributes
    ----------
    z
        (n, p) dummies of the effects, and the covariates.
    inverse
        (p, p) generalized inverse of their cross-product on the rows of the fit.
    weights
        (n,) weights in the fit, zero for treated rows.
    gap
        (n,) what outcomes exceed the fit by.
    imputable
        (n,) whether the fit determines what is predicted for the row.
    identified
        Whether it determines the slope of every covariate.
    rounding
        What rounding may leave of a residual.
    """

    z: sparse.csr_array
    inverse: FloatArray
    weights: FloatArray
    gap: FloatArray
    imputable: BoolArray
    identified: bool
    rounding: float


@dataclass(frozen=True, slots=True, eq=False)
class Imputed:
    """(k,) mean effects of the cells and the (n, k) influence of every row on them."""

    effect: FloatArray
    influence: FloatArray


def fit_untreated(
    y: FloatArray, codes: Sequence[IntArray], x: FloatArray, weights: FloatArray, treated: BoolArray
) -> UntreatedFit:
    """Fit effects and covariates on untreated rows.

    Parameters
    ----------
    codes
        For each fixed effect (n,) level codes.
    x
        (n, p) covariates.
    treated
        (n,) rows that the fit leaves out.

    Notes
    -----
    A row can be imputed if its regressors lie in the row space of those that are fitted: they then have no part in the
    null space. A level without an untreated row has, and so have a unit and a period that no chain of untreated rows
    links.
    """
    z = _regressors(codes, x)
    fit = (~treated).astype(float) * weights
    gram = (z.T @ z.multiply(fit[:, None])).toarray()
    values, vectors = linalg.eigh(gram)
    kept = values > RANK_TOLERANCE * values[-1]
    null = vectors[:, ~kept]
    inverse = (vectors[:, kept] / values[kept]) @ vectors[:, kept].T
    size = np.sqrt(np.asarray(z.multiply(z).sum(axis=1)).ravel())
    imputable = np.abs(z @ null).max(axis=1, initial=0.0) < NULL_TOLERANCE * size
    identified = x.shape[1] == 0 or float(np.abs(null[-x.shape[1] :]).max(initial=0.0)) < NULL_TOLERANCE
    gap = y - z @ (inverse @ (z.T @ (fit * y)))
    return UntreatedFit(z, inverse, fit, gap, np.asarray(imputable), identified, ROUNDING * float(np.abs(y).max()))


def impute(fit: UntreatedFit, weights: FloatArray, treated: BoolArray, member: BoolArray) -> Imputed:
    """Average the gaps between treated rows and a fit on untreated rows.

    Parameters
    ----------
    weights
        (n,) weights.
    treated
        (n,) rows that the fit leaves out.
    member
        (n, k) treated rows of each cell, all of which can be imputed.

    Notes
    -----
    A cell's effect is linear in the outcomes with weights ``v``: the row's share in the cell if treated, and
    ``-z (Z0' W Z0)^- Z1' share`` if untreated. Its influence is ``v`` times the residual, which for a treated row is
    taken around the mean of its own cell.
    """
    share = member * weights[:, None]
    share = share / share.sum(axis=0)
    effect = share.T @ fit.gap
    v = share - fit.weights[:, None] * (fit.z @ (fit.inverse @ (fit.z.T @ share)))
    residual = fit.gap - member.astype(float) @ effect
    residual[treated & ~member.any(axis=1)] = 0.0
    if np.abs(residual).max() <= fit.rounding:
        residual[:] = 0.0
    return Imputed(effect, v * residual[:, None])


def gaps_to_untreated_fit(y: FloatArray, weights: FloatArray, fit: BoolArray) -> FloatArray:
    """Return what outcomes exceed unit and period effects by that are fitted on chosen cells, for many choices.

    Parameters
    ----------
    y
        (N, T) outcomes; only chosen cells and those of interest need be finite.
    weights
        (N,) weights of the units.
    fit
        (B, N, T) cells on which the effects are fitted.

    Returns
    -------
    (B, N, T) gaps; NaN where the unit or the period has no chosen cell, and everywhere if chosen cells fall apart.
    """
    mask = fit * weights[:, None]
    own, at = mask.sum(axis=2), mask.sum(axis=1)
    safe = np.where(own > 0, own, 1.0)
    filled = np.where(fit, y, 0.0)
    unit_mean = (mask * filled).sum(axis=2) / safe
    gram = -np.matmul((mask / safe[:, :, None]).transpose(0, 2, 1), mask)
    diagonal = np.arange(y.shape[1])
    gram[:, diagonal, diagonal] += at
    # period effects are identified up to their sum, which is fixed over used periods; unused ones are set to zero
    used = at > 0
    gram += used[:, :, None] * used[:, None, :] * at.max()
    gram[:, diagonal, diagonal] += np.where(used, 0.0, 1.0)
    apart = np.zeros(len(fit), dtype=bool)
    if np.isnan(y).any():
        # a second zero eigenvalue tells that chosen cells fall apart into parts that nothing compares
        apart = np.linalg.eigvalsh(gram)[:, 0] <= RANK_TOLERANCE * at.max(axis=1)
        gram[apart] = np.eye(y.shape[1])
    target = (mask * (filled - unit_mean[:, :, None])).sum(axis=1)
    time_effect = np.linalg.solve(gram, target[:, :, None])[:, :, 0]
    unit_effect = unit_mean - (mask * time_effect[:, None, :]).sum(axis=2) / safe
    known = (own > 0)[:, :, None] & used[:, None, :] & ~apart[:, None, None]
    return np.where(known, y - unit_effect[:, :, None] - time_effect[:, None, :], np.nan)


def slopes_on_cells(y: FloatArray, x: FloatArray, fit: BoolArray) -> FloatArray:
    """Return the slopes of two-way regressions on chosen cells, for many choices.

    Parameters
    ----------
    y, x
        (N, T) outcomes and (N, T, k) covariates.
    fit
        (B, N, T) cells on which the regressions are run.

    Returns
    -------
    (B, k) slopes; NaN where the covariates are collinear with the effects or with each other.
    """
    ones = np.ones(len(y))
    columns = [gaps_to_untreated_fit(v, ones, fit) for v in (*np.moveaxis(x, 2, 0), y)]
    within = np.stack([np.where(fit, v, 0.0).reshape(len(fit), -1) for v in columns], axis=2)
    product = np.matmul(within.transpose(0, 2, 1), within)
    norm = np.sqrt(np.diagonal(product, axis1=1, axis2=2)[:, :-1])
    varies = (norm > RANK_TOLERANCE * np.sqrt((fit[..., None] * x**2).sum(axis=(1, 2)))).all(axis=1)
    norm = np.where(norm > 0, norm, 1.0)
    correlation = product[:, :-1, :-1] / (norm[:, :, None] * norm[:, None, :])
    known = varies & (np.linalg.eigvalsh(correlation)[:, 0] > RANK_TOLERANCE)
    slopes = np.full(norm.shape, np.nan)
    target = product[known, :-1, -1:] / norm[known][:, :, None]
    slopes[known] = np.linalg.solve(correlation[known], target)[:, :, 0] / norm[known]
    return slopes


def _regressors(codes: Sequence[IntArray], x: FloatArray) -> sparse.csr_array:
    n = len(x)
    dummies = [sparse.csr_array((np.ones(n), (np.arange(n), c)), shape=(n, int(c.max()) + 1)) for c in codes]
    return sparse.hstack([*dummies, sparse.csr_array(x)]).tocsr()
