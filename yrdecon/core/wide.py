"""A sample as a matrix of units by periods."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from yrdecon.core.sample import Sample
from yrdecon.errors import DesignError

FloatArray = NDArray[np.float64]

MOST_NAMED = 5


def wide_outcome(sample: Sample) -> FloatArray:
    """Return the (N, T) outcomes, NaN where there is no row."""
    y = np.full((len(sample.units), len(sample.periods)), np.nan)
    y[sample.unit, sample.time] = sample.outcome
    return y


def balanced_outcome(sample: Sample, method: str) -> FloatArray:
    """Return the (N, T) outcomes of a sample without gaps.

    Raises
    ------
    DesignError
        If a unit is missing in a period; the first ones are named.
    """
    if not sample.is_balanced:
        raise DesignError(
            f"{method} needs a balanced panel; {missing_cells(sample)}; "
            "shorten the period with panel.between, or leave these units out of the pool"
        )
    return sample.outcome.reshape(len(sample.units), len(sample.periods))


def missing_cells(sample: Sample) -> str:
    """Count the units and periods without a row in words, and name the first ones."""
    seen = np.zeros((len(sample.units), len(sample.periods)), dtype=bool)
    seen[sample.unit, sample.time] = True
    cells = np.argwhere(~seen)
    shown = ", ".join(f"{sample.units[i]} {sample.periods[t]}" for i, t in cells[:MOST_NAMED])
    more = " and others" if len(cells) > MOST_NAMED else ""
    return f"{len(cells)} of {seen.size} unit-periods are missing: {shown}{more}"
