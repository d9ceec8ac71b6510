"""One number per unit: the change from the base periods to the treated ones, now and at earlier placebo dates."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

ROUNDING = 1e-13


def mean_changes(y: FloatArray, base: BoolArray, post: BoolArray) -> FloatArray:
    """Return the (N,) differences between the means of (N, T) outcomes over treated and over base periods.

    What is left of outcomes that do not change is rounding, and is returned as zero.
    """
    change = y[:, post].mean(axis=1) - y[:, base].mean(axis=1)
    scale = float(np.abs(y[:, base | post]).max())
    return np.where(np.abs(change) <= ROUNDING * scale, 0.0, change)


def placebo_changes(y: FloatArray, clean: BoolArray, post: BoolArray, base: BoolArray | None) -> FloatArray:
    """Return the (N, S) changes of the same contrast, moved back to each date at which it lies before treatment.

    Parameters
    ----------
    y
        (N, T) outcomes; the T columns are consecutive periods, NaN where nothing was observed.
    clean
        (T,) periods before treatment that may be used.
    post
        (T,) treated periods of the actual contrast.
    base
        (T,) declared base periods, which move with the date; None for all clean periods before it.
    """
    treated = np.flatnonzero(post)
    columns = []
    for back in range(1, len(post)):
        moved = treated - back
        if moved[0] < 1 or not clean[moved].all():
            continue
        before = np.flatnonzero(clean[: moved[0]]) if base is None else np.flatnonzero(base) - back
        if len(before) == 0 or before[0] < 0 or not clean[before].all():
            continue
        columns.append(y[:, moved].mean(axis=1) - y[:, before].mean(axis=1))
    return np.stack(columns, axis=1) if columns else np.empty((len(y), 0))


def idiosyncratic_variance(changes: FloatArray) -> FloatArray:
    """Return the (N,) mean squares of (N, S) placebo changes around their mean over units at each date."""
    return np.asarray(np.mean((changes - changes.mean(axis=0)) ** 2, axis=1))
