"""How alike two groups are in one variable."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

FloatArray = NDArray[np.float64]

ONE = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class Balance:
    """Means of both groups, ratio of their variances, and the p-value of Welch's t test of equal means."""

    mean_treated: float
    mean_comparison: float
    variance_ratio: float
    p_value: float


def balance_of(treated: FloatArray, comparison: FloatArray, weights: FloatArray) -> Balance:
    """Compare (n1,) with (n0,) values, the latter weighted; they count as (sum w)^2 / sum w^2 units.

    Variances of fewer than two units are NaN, and so is what rests on them.
    """
    share = weights / weights.sum()
    effective = 1 / (share**2).sum()
    mean1, mean0 = treated.mean(), share @ comparison
    with np.errstate(divide="ignore", invalid="ignore"):
        variance1 = np.float64(((treated - mean1) ** 2).sum()) / (len(treated) - 1)
        spread0 = np.float64(share @ (comparison - mean0) ** 2)
        variance0 = spread0 / (1 - 1 / effective) if effective > 1 + ONE else np.nan
        part1, part0 = variance1 / len(treated), variance0 / effective
        dof = (part1 + part0) ** 2 / (part1**2 / (len(treated) - 1) + part0**2 / (effective - 1))
        p_value = 2 * stats.t.sf(abs(mean1 - mean0) / np.sqrt(part1 + part0), dof)
        ratio = variance1 / variance0
    return Balance(float(mean1), float(mean0), float(ratio), float(p_value))
