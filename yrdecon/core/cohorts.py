"""The first treated period of each unit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from yrdecon.core.names import some_of
from yrdecon.core.numbers import fail_if_not_numbers
from yrdecon.core.panel import Panel
from yrdecon.errors import DesignError


def cohorts_by_unit(panel: Panel, column: str) -> pd.Series[Any]:
    """Return the first treated period of each unit, infinite if never treated.

    Raises
    ------
    DesignError
        If the column is missing or not numeric, changes within a unit, or holds what is no period: fractions, zero or
        less where periods are positive (a common code for never treated, which is missing or infinite here), or 0 and
        1 as an indicator of treatment does.
    """
    if column not in panel.frame.columns:
        raise DesignError(
            f"the panel has no column {column!r} with the first treated period; add it with assign_cohort"
        )
    fail_if_not_numbers(panel.frame, [column])
    values = panel.frame[column].astype(float).fillna(np.inf).groupby(panel.frame[panel.unit], sort=False)
    changing = values.nunique()
    if (changing > 1).any():
        raise DesignError(
            f"the cohort {column!r} is the first treated period and must be constant within a unit; it changes within "
            f"{some_of(changing.index[changing > 1])}; an indicator of being treated is no cohort"
        )
    cohort = values.first()
    _fail_if_not_periods(panel, column, cohort)
    return cohort


def _fail_if_not_periods(panel: Panel, column: str, cohort: pd.Series[Any]) -> None:
    first, finite = panel.periods[0], cohort[np.isfinite(cohort)]
    if first > 1 and set(finite) == {0.0, 1.0}:
        raise DesignError(
            f"the cohort {column!r} holds 0 and 1, as an indicator of treatment does; it must hold the first treated "
            f"period, from {first} on, and be missing or infinite for units never treated"
        )
    unlikely = cohort.index[(cohort <= 0) & (cohort < first) if first >= 0 else np.isneginf(cohort)]
    if len(unlikely):
        raise DesignError(
            f"the cohort {column!r} is {cohort[unlikely[0]]:g} for {len(unlikely)} units, which would be treated "
            f"before the first period {first}: {some_of(unlikely)}; if they are never treated make it infinite: "
            f"panel.assign({column}=panel.frame[{column!r}].where(panel.frame[{column!r}] > 0, float('inf'))); "
            f"if they are always treated set it to {first}"
        )
    broken = finite[finite != finite.round()]
    if len(broken):
        raise DesignError(
            f"the cohort {column!r} must hold whole periods; it is {broken.iloc[0]:g} for {broken.index[0]}; "
            "round it up to the first period that counts as treated"
        )
