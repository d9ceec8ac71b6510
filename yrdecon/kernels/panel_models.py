"""Means of units, quasi-demeaning, and the variance components of random effects."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

RANK_TOLERANCE = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class VarianceComponents:
    """Variances of the unit effects and of the rest, and (N,) shares of its mean that are taken from each unit."""

    unit: float
    idiosyncratic: float
    theta: FloatArray


def group_means(x: FloatArray, codes: IntArray) -> FloatArray:
    """Return (N, k) means of (n, k) columns within groups 0, ..., N-1."""
    sums = np.zeros((int(codes.max()) + 1, x.shape[1]))
    np.add.at(sums, codes, x)
    return np.asarray(sums / np.bincount(codes)[:, None])


def quasi_demeaned(x: FloatArray, codes: IntArray, theta: FloatArray) -> FloatArray:
    """Return (n, k) columns less a share, (n,) of rows, of the means of their groups."""
    return np.asarray(x - theta[:, None] * group_means(x, codes)[codes])


def swamy_arora(y: FloatArray, x: FloatArray, codes: IntArray) -> VarianceComponents | None:
    """Estimate the variances of unit effects and of the rest from regressions within and between units.

    Parameters
    ----------
    y, x
        (n,) outcome and (n, k) regressors, a constant among them where there is one.
    codes
        (n,) units 0, ..., N-1.

    Returns
    -------
    None if there are not more units than coefficients between them, or no degrees of freedom within.

    Notes
    -----
    The within variance is e'e / (n - N - K) with the K coefficients that vary within units. With units of different
    length the between regression weights each mean by its number of periods, and its sum of squares has the
    expectation (n - tr) u + (N - K_b) e (Swamy and Arora 1972; Baltagi and Chang 1994).
    """
    counts = np.bincount(codes).astype(float)
    n, groups = len(y), len(counts)
    y_mean, x_mean = group_means(y[:, None], codes)[:, 0], group_means(x, codes)
    inner_x, inner_y = x - x_mean[codes], y - y_mean[codes]
    coef, rank = _solve(inner_x, inner_y, np.linalg.norm(x, axis=0))
    free = n - groups - rank
    root = np.sqrt(counts)[:, None]
    outer, outer_rank = _solve(root * x_mean, root[:, 0] * y_mean, np.linalg.norm(root * x_mean, axis=0))
    if free <= 0 or groups <= outer_rank:
        return None
    rest = float(((inner_y - inner_x @ coef) ** 2).sum()) / free
    squares = float((counts * (y_mean - x_mean @ outer) ** 2).sum())
    gram = (x_mean * counts[:, None]).T @ x_mean
    trace = float(
        np.trace(np.linalg.pinv(gram, rcond=RANK_TOLERANCE**2) @ ((x_mean * counts[:, None] ** 2).T @ x_mean))
    )
    unit = max((squares - (groups - outer_rank) * rest) / (n - trace), 0.0)
    return VarianceComponents(unit, rest, 1 - np.sqrt(rest / (rest + counts * unit)))


def _solve(x: FloatArray, y: FloatArray, scale: FloatArray) -> tuple[FloatArray, int]:
    """Return coefficients of least norm and the rank; a column that is zero up to rounding counts zero."""
    size = np.linalg.norm(x, axis=0)
    used = size > RANK_TOLERANCE * np.maximum(scale, np.finfo(float).tiny)
    coef = np.zeros(x.shape[1])
    solved, _, rank, _ = np.linalg.lstsq(x[:, used] / size[used], y, rcond=RANK_TOLERANCE)
    coef[used] = solved / size[used]
    return coef, int(rank)
