"""Simultaneous bands from the coefficients of placebo assignments."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

ROUNDING = 1e-12


@dataclass(frozen=True, slots=True, eq=False)
class PlaceboBand:
    """Result of `placebo_band_of`.

    Attributes
    ----------
    spread
        (k,) standard deviations of the placebo coefficients.
    critical
        The quantile of the largest standardized placebo coefficient by which the spread is multiplied.
    largest
        (B,) largest standardized coefficient of every placebo assignment.
    """

    spread: FloatArray
    critical: float
    largest: FloatArray


def placebo_band_of(placebos: FloatArray, level: float) -> PlaceboBand:
    """Standardize (B, k) placebo coefficients and find how large the largest one is with the given probability.

    Coefficients that are zero in every assignment are normalizations and do not enter the maximum.
    """
    spread = placebos.std(axis=0, ddof=1)
    varies = spread > ROUNDING * max(float(np.abs(placebos).max()), float(np.finfo(float).tiny))
    spread = np.where(varies, spread, 0.0)
    largest = standardized_maximum(placebos, spread)
    position = int(np.ceil(level * len(placebos) * (1 - ROUNDING))) - 1
    return PlaceboBand(spread, float(np.sort(largest)[position]), largest)


def standardized_maximum(coefficients: FloatArray, spread: FloatArray) -> FloatArray:
    """Return the (B,) maxima over coefficients of their size relative to their spread."""
    used = spread > 0
    return np.asarray((np.abs(coefficients[:, used]) / spread[used]).max(axis=1, initial=0.0))
