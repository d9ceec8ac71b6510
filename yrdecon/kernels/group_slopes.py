"""Least-squares slopes of many ways to divide units into two groups, from the moments of each unit."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
IntArray = NDArray[np.int64]

TOLERANCE = 1e-9


def group_slopes(y: FloatArray, x: FloatArray, dummies: FloatArray, unit: IntArray, members: BoolArray) -> FloatArray:
    """Return the (B, k) slopes of the regression within each group of units.

    Parameters
    ----------
    y
        (n,) outcome.
    x
        (n, k) regressors.
    dummies
        (n, d) columns that are projected out; they may be collinear.
    unit
        (n,) numbers of units.
    members
        (B, N) units of each group. Slopes that a group does not identify are NaN.
    """
    z = np.column_stack([x, y, dummies])
    moments = np.zeros((members.shape[1], z.shape[1], z.shape[1]))
    np.add.at(moments, unit, z[:, :, None] * z[:, None, :])
    total = np.tensordot(members.astype(float), moments, axes=1)
    k = x.shape[1] + 1
    cross = total[:, :k, k:]
    projected = cross @ np.linalg.pinv(total[:, k:, k:], rcond=TOLERANCE, hermitian=True)
    within = total[:, :k, :k] - projected @ np.swapaxes(cross, 1, 2)
    own, scale = within[:, :-1, :-1], np.sqrt(np.diagonal(total[:, : k - 1, : k - 1], axis1=1, axis2=2))
    scale = np.where(scale > 0, scale, 1.0)
    identified = np.linalg.eigvalsh(own / scale[:, :, None] / scale[:, None, :])[:, 0] > TOLERANCE
    slopes = np.full((len(members), k - 1), np.nan)
    slopes[identified] = np.linalg.solve(own[identified], within[identified, :-1, -1:])[:, :, 0]
    return slopes
