"""Which rows form the contrast that a design asks for."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from yrdecon.core.design import Design
from yrdecon.errors import DesignError

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


def contrast_rows(
    time: NDArray[Any], own: FloatArray, design: Design, periods: IntArray, first: float
) -> NDArray[np.bool_]:
    """Return the (n,) rows that are neither excluded nor, where base periods are declared, others before treatment.

    Parameters
    ----------
    time, own
        (n,) period of each row and first treated period of its unit.
    periods
        (T,) periods of the sample.
    first
        The earliest period in which a unit that was observed before becomes treated.

    Raises
    ------
    DesignError
        If base or excluded periods do not fit the panel, or leave nothing before or after treatment.
    """
    _fail_if_periods_do_not_fit(design, periods, first)
    rows = ~np.isin(time, design.exclude_periods)
    if design.base_periods is not None:
        rows &= np.isin(time, design.base_periods) | (time >= first)
    if design.anticipation:
        rows &= ~((time >= own - design.anticipation) & (time < own))
    _fail_if_contrast_is_empty(time[rows], first, design)
    return np.asarray(rows, dtype=bool)


def _fail_if_periods_do_not_fit(design: Design, periods: IntArray, first: float) -> None:
    base = design.base_periods or ()
    absent = sorted(set(base) - set(periods.tolist()))
    if absent:
        raise DesignError(f"base periods {absent} are not in the sample, which covers {periods[0]}-{periods[-1]}")
    late = [p for p in base if p >= first - design.anticipation]
    if late:
        raise DesignError(f"base periods {late} are not before treatment, which starts in {int(first)}")


def _fail_if_contrast_is_empty(time: IntArray, first: float, design: Design) -> None:
    if not (time < first).any():
        raise DesignError(
            f"no period before treatment in {int(first)} is left; exclude fewer periods than {design.exclude_periods}"
        )
    if not (time >= first).any():
        raise DesignError(
            f"no treated period from {int(first)} on is left; exclude fewer periods than {design.exclude_periods}"
        )
