"""Weighted least squares on residualized columns."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

COLLINEAR = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class LeastSquares:
    """Coefficients (k,), residuals (n,) and bread (k, k), the inverse of X'WX."""

    coef: FloatArray
    residuals: FloatArray
    bread: FloatArray


def least_squares(y: FloatArray, x: FloatArray, weights: FloatArray) -> LeastSquares:
    """Regress (n,) `y` on (n, k) `x`, which must have full column rank."""
    root = np.sqrt(weights)[:, None]
    q, r = np.linalg.qr(root * x)
    inverse = np.linalg.inv(r)
    coef = inverse @ (q.T @ (root[:, 0] * y))
    return LeastSquares(coef, y - x @ coef, inverse @ inverse.T)


def dependent_columns(x: FloatArray, scale: FloatArray, weights: FloatArray) -> list[int]:
    """Return the columns of (n, k) `x` that the columns before them, or the absorbed effects, already explain.

    Parameters
    ----------
    scale
        (k,) weighted norms of the columns before fixed effects were removed, to tell zero from small.
    """
    root = np.sqrt(weights)[:, None]
    basis = np.empty((len(x), 0))
    dependent = []
    for j, column in enumerate((root * x).T):
        rest = column - basis @ (basis.T @ column)
        rest -= basis @ (basis.T @ rest)
        norm = float(np.linalg.norm(rest))
        if norm <= COLLINEAR * max(float(scale[j]), np.finfo(float).tiny):
            dependent.append(j)
        else:
            basis = np.column_stack([basis, rest / norm])
    return dependent
