"""Numbers as a reader sees them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

DASH = "—"
MOST_DECIMALS = 6


def fixed(value: float, decimals: int) -> str:
    """Write with fixed decimals, never a negative zero."""
    text = f"{value:.{decimals}f}"
    return text.lstrip("-") if float(text) == 0 else text


def needed_decimals(values: Sequence[float], least: int) -> int:
    """Return the decimals at which the smallest value, zeros aside, keeps a digit of 5 or more in sight.

    Examples
    --------
    >>> needed_decimals([0.020], 3), needed_decimals([0.0041, 0.020], 3)
    (3, 4)
    """
    sizes = [abs(v) for v in values if np.isfinite(v) and v != 0]
    decimals = least
    while sizes and decimals < MOST_DECIMALS and min(sizes) < 5 * 10.0**-decimals:
        decimals += 1
    return decimals


def p_text(value: float) -> str:
    """Write a p-value: three decimals, four below .001, and below .0001 as such.

    Examples
    --------
    >>> [p_text(p) for p in (0.04, 1 / 12870, 1e-7)]
    ['0.040', '0.0001', '<0.0001']
    """
    if value < 0.00005:
        return "<0.0001"
    return f"{value:.4f}" if value < 0.001 else f"{value:.3f}"


def bracketed(low: float, high: float, decimals: int) -> str:
    """Write an interval; an end that the test cannot bound is infinite, one that was not computed a dash."""
    if np.isnan(low) or np.isnan(high):
        return DASH
    ends = [fixed(v, decimals) if np.isfinite(v) else ("−∞" if v < 0 else "+∞") for v in (low, high)]
    return f"[{ends[0]}, {ends[1]}]"


def thousands(value: int) -> str:
    """Write a count with separators."""
    return f"{value:,}"


def spans(periods: Sequence[int]) -> str:
    """Write periods as runs, a dash for none.

    Examples
    --------
    >>> spans((2018, 2019, 2020, 2022, 2023, 2025))
    '2018–2020, 2022–2023, 2025'
    """
    if not periods:
        return DASH
    ordered = np.unique(np.asarray(periods, dtype=int))
    runs = np.split(ordered, np.flatnonzero(np.diff(ordered) > 1) + 1)
    return ", ".join(f"{run[0]}–{run[-1]}" if len(run) > 1 else f"{run[0]}" for run in runs)
