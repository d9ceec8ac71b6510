"""Paths of coefficients before treatment at many assignments: their slopes, and how far they stray."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

ROUNDING = 1e-12


def path_slopes(paths: FloatArray, time: FloatArray) -> FloatArray:
    """Return the (B,) least-squares slopes of (B, P) paths over (P,) times, normalized coefficients included."""
    centered = time - time.mean()
    return np.asarray(paths @ centered / (centered @ centered))


def path_spread(paths: FloatArray) -> FloatArray:
    """Return the (P,) standard deviations over all B assignments, zero for coefficients that are normalized."""
    spread = paths.std(axis=0)
    scale = max(float(np.abs(paths).max(initial=0.0)), float(np.finfo(float).tiny))
    return np.where(spread > ROUNDING * scale, spread, 0.0)


def largest_deviation(paths: FloatArray, spread: FloatArray) -> FloatArray:
    """Return the (B,) largest absolute coefficients, each relative to its spread; normalized ones do not enter."""
    used = spread > 0
    return np.asarray((np.abs(paths[:, used]) / spread[used]).max(axis=1, initial=0.0))
