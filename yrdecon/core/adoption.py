"""The dates at which units become treated."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


def adoption_dates(cohorts: FloatArray, periods: NDArray[np.int64]) -> list[int]:
    """Return the dates after the first and up to the last period: those of units that were observed before.

    Examples
    --------
    >>> adoption_dates(np.array([2000.0, 2003.0, 2002.0, 2003.0, np.inf]), np.arange(2000, 2005))
    [2002, 2003]
    """
    return [int(date) for date in np.unique(cohorts) if periods[0] < date <= periods[-1]]


def first_treated(cohorts: FloatArray, periods: NDArray[np.int64]) -> float:
    """Return the earliest of the adoption dates, infinite without one."""
    return float(min(adoption_dates(cohorts, periods), default=np.inf))


def note_on_staggering(cohorts: FloatArray, periods: NDArray[np.int64]) -> tuple[str, ...]:
    """Warn of two-way regressions with several adoption dates."""
    if len(np.unique(cohorts[cohorts <= periods[-1]])) < 2:
        return ()
    return ("adoption is staggered: earlier adopters serve as comparisons, and weights can be negative",)
