"""First and last digits of printed figures."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from yrdecon.clean.suspects.findings import Finding, resolution_of, wide_of
from yrdecon.core.panel import Panel

ENOUGH_FIGURES = 500
WIDE = 0.6
NONCONFORMITY = 0.015
FIRST_DIGITS = np.log10(1 + 1 / np.arange(1, 10))
ENOUGH_OF_A_UNIT, LEAST_ROUND = 8, 0.75


def digits(panel: Panel, column: str) -> Iterator[Finding]:
    """List columns whose first digits are not Benford's, and units whose whole figures are rounded to tens.

    First digits are tested in columns of 500 figures or more that spread over orders of magnitude (standard deviation
    of the decimal log of 0.6 or more), where Benford's law has a reason; the mean absolute deviation of the nine shares
    is beyond 0.015 in columns that do not conform (Nigrini 2012, Benford's Law). Last digits are tested in columns of
    whole numbers: a unit is listed if three quarters of eight figures or more of a thousand and up end in zero, against
    one in ten by chance, while the column does not.
    """
    table = wide_of(panel, column)
    values = table.to_numpy()
    seen = values[np.isfinite(values) & (values > 0)]
    if len(seen) >= ENOUGH_FIGURES and float(np.std(np.log10(seen))) >= WIDE:
        deviation = benford_deviation(seen)
        if deviation > NONCONFORMITY:
            cause = "first digits far from Benford's law: rounded, capped or made up"
            yield Finding(None, None, column, "digits", np.nan, deviation, cause)
    if resolution_of(values) == 1.0:
        yield from _rounded(table, column)


def benford_deviation(values: NDArray[np.float64]) -> float:
    """Return the mean absolute deviation of the shares of first digits of positive values from Benford's law.

    Examples
    --------
    >>> round(benford_deviation(2.0 ** np.arange(500)), 3), round(benford_deviation(np.arange(1.0, 1000.0)), 3)
    (0.001, 0.06)
    """
    first = np.floor(values / 10.0 ** np.floor(np.log10(values))).astype(int)
    shares = np.bincount(np.clip(first, 1, 9), minlength=10)[1:] / len(values)
    return float(np.abs(shares - FIRST_DIGITS).mean())


def _rounded(table: pd.DataFrame, column: str) -> Iterator[Finding]:
    large = table.where(table >= 1000)
    round_share: pd.Series[Any] = (large % 10 == 0).where(large.notna()).astype(float).mean(axis=1)
    counted = round_share[large.notna().sum(axis=1) >= ENOUGH_OF_A_UNIT]
    if counted.empty or float(counted.median()) > 0.3:
        return
    for unit, share in counted[counted >= LEAST_ROUND].items():
        yield Finding(unit, None, column, "rounded", np.nan, float(share), "figures rounded to tens: estimates")
