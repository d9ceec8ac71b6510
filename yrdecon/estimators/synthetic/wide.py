"""A balanced sample as a matrix of units by periods, and the periods around an adoption date."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from yrdecon.core.design import Design
from yrdecon.core.sample import Sample
from yrdecon.errors import DesignError

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

MOST_NAMED = 5


@dataclass(frozen=True, slots=True, eq=False)
class Windows:
    """(T,) periods on which weights are fitted, that form the base, and that are treated."""

    fit: BoolArray
    base: BoolArray
    post: BoolArray


def wide_outcome(sample: Sample, method: str) -> FloatArray:
    """Return the (N, T) outcomes.

    Raises
    ------
    DesignError
        If a cell is missing; the first ones are named.
    """
    y = np.full((len(sample.units), len(sample.periods)), np.nan)
    y[sample.unit, sample.time] = sample.outcome
    if np.isnan(y).any():
        unit, time = np.nonzero(np.isnan(y))
        cells = zip(unit[:MOST_NAMED], time[:MOST_NAMED], strict=True)
        shown = ", ".join(f"{sample.units[i]} {sample.periods[t]}" for i, t in cells)
        raise DesignError(
            f"{method} needs a balanced panel; {len(unit)} cells are missing: {shown}; "
            "shorten the period with panel.between, or leave these units out of the pool"
        )
    return y


def windows_around(sample: Sample, design: Design, date: float) -> Windows:
    """Return the periods to fit, the base periods and the treated periods of a cohort, without excluded ones.

    Raises
    ------
    DesignError
        If fewer than two periods can be fitted, none of them is a base period, or no treated period is left.
    """
    usable = ~np.isin(sample.periods, design.exclude_periods)
    fit = usable & (sample.periods < date - design.anticipation)
    base = fit if design.base_periods is None else fit & np.isin(sample.periods, design.base_periods)
    post = usable & (sample.periods >= date)
    if fit.sum() < 2 or not base.any():
        raise DesignError(
            f"{int(fit.sum())} usable periods lie before {int(date)}; "
            "a fit needs two or more, one of them a base period; widen the panel or exclude fewer periods"
        )
    if not post.any():
        raise DesignError(
            f"no treated period of the units treated in {int(date)} is left; "
            f"exclude fewer periods than {design.exclude_periods}, or leave these units out of the pool"
        )
    return Windows(fit, base, post)


def adoption_dates(sample: Sample, cohorts: FloatArray) -> list[float]:
    """Return the dates at which units that were observed before become treated."""
    inside = np.isfinite(cohorts) & (cohorts > sample.periods[0]) & (cohorts <= sample.periods[-1])
    return [float(date) for date in np.unique(cohorts[inside])]


def same_sizes(cohorts: FloatArray) -> list[NDArray[np.int64]]:
    """Group the rows of (B, N) assignments that treat the same number of units at each date."""
    sizes = np.stack([(cohorts == date).sum(axis=1) for date in np.unique(cohorts)], axis=1)
    group = np.unique(sizes, axis=0, return_inverse=True)[1].ravel()
    return [np.flatnonzero(group == g) for g in range(int(group.max()) + 1)]
