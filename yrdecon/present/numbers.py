"""Numbers as a reader sees them."""

from __future__ import annotations

import numpy as np


def fixed(value: float, decimals: int) -> str:
    """Write with fixed decimals, never a negative zero."""
    text = f"{value:.{decimals}f}"
    return text.lstrip("-") if float(text) == 0 else text


def p_text(value: float) -> str:
    """Write a p-value: three decimals, or below .001 as such."""
    return "<0.001" if value < 0.001 else f"{value:.3f}"


def bracketed(low: float, high: float, decimals: int) -> str:
    """Write an interval; an end that the test cannot bound is infinite, one that was not computed a dash."""
    if np.isnan(low) or np.isnan(high):
        return "—"
    ends = [fixed(v, decimals) if np.isfinite(v) else ("−∞" if v < 0 else "+∞") for v in (low, high)]
    return f"[{ends[0]}, {ends[1]}]"


def thousands(value: int) -> str:
    """Write a count with separators."""
    return f"{value:,}"
