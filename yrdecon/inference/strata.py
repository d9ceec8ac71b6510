"""Which units are exchanged with which."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from yrdecon.core.assignment import Assignment
from yrdecon.core.panel import Panel, boolean_column
from yrdecon.core.sample import Sample
from yrdecon.errors import DesignError

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Strata:
    """Codes (N,) of the strata of units, and in words how they restrict an assignment."""

    codes: IntArray
    words: str


def treated_dates(sample: Sample) -> FloatArray:
    """Return the first treated periods that occur, those of units treated throughout or only anticipating included."""
    return np.unique(sample.cohort[np.isfinite(sample.cohort)])


def declared_strata(panel: Panel, sample: Sample, assignment: Assignment) -> Strata:
    """Return the strata that an assignment names, one for all units if it names none.

    Raises
    ------
    DesignError
        If the column is missing, varies within units, or has no value in some.
    """
    if assignment.within:
        values = _by_unit(panel, sample, assignment.within)
        return Strata(_codes(values), f" within each {assignment.within}")
    if assignment.stratify:
        values = _by_unit(panel, sample, assignment.stratify)
        return Strata(_terciles(values.to_numpy(dtype=float)), f" within terciles of {assignment.stratify}")
    return Strata(np.zeros(len(sample.units), dtype=np.int64), "")


def pair_codes(panel: Panel, sample: Sample, assignment: Assignment) -> IntArray:
    """Return the (N,) position of each unit's pair among the levels that ``within`` names, -1 without a pair.

    Raises
    ------
    DesignError
        If the column is missing or varies within units.
    """
    values = _by_unit(panel, sample, str(assignment.within), optional=True)
    return _codes(values.mask(values.astype(str).str.strip() == ""))


def group_strata(panel: Panel, sample: Sample) -> Strata | None:
    """Return the panel's groups, None if it declares none or a unit belongs to none."""
    if panel.group is None or sample.frame[panel.group].isna().any():
        return None
    return Strata(_codes(_by_unit(panel, sample, panel.group)), f" within each {panel.group}")


def baseline_strata(sample: Sample) -> Strata:
    """Return terciles of the mean outcome over the base periods; units not observed then form one of their own."""
    base = sample.contrast & (sample.periods[sample.time] < sample.first_treated_period)
    count = np.bincount(sample.unit[base], minlength=len(sample.units))
    total = np.bincount(sample.unit[base], sample.outcome[base], minlength=len(sample.units))
    mean = np.divide(total, count, out=np.full(len(count), np.nan), where=count > 0)
    return Strata(_terciles(mean), " within terciles of the outcome in the base periods")


def excluded_units(panel: Panel, sample: Sample, assignment: Assignment) -> NDArray[np.bool_]:
    """Return which units are never placebo-treated.

    Raises
    ------
    DesignError
        If a treated unit is among them.
    """
    if assignment.exclude is None:
        return np.zeros(len(sample.units), dtype=bool)
    rows = replace(panel, frame=sample.frame)
    flags = pd.Series(boolean_column(rows, assignment.exclude)).groupby(sample.unit).any().to_numpy()
    clash = sample.units[flags & np.isfinite(sample.cohort)]
    if len(clash):
        raise DesignError(f"treated units {clash.tolist()[:8]} are excluded by {assignment.exclude!r}; keep them")
    return np.asarray(flags, dtype=bool)


def _codes(values: pd.Series[Any]) -> IntArray:
    return np.asarray(pd.factorize(values, sort=True)[0].astype(np.int64))


def _terciles(values: FloatArray) -> IntArray:
    cuts = np.nanquantile(values, [1 / 3, 2 / 3])
    return np.where(np.isnan(values), 3, np.searchsorted(cuts, values)).astype(np.int64)


def _by_unit(panel: Panel, sample: Sample, column: str, *, optional: bool = False) -> pd.Series[Any]:
    if column not in sample.frame.columns:
        raise DesignError(f"the assignment names the column {column!r}, which the panel does not have")
    values = sample.frame.groupby(panel.unit, sort=False)[column]
    levels = values.nunique(dropna=not optional)
    if (levels != 1).any():
        raise DesignError(
            f"column {column!r} must have one value in every unit; make one from the pre-treatment periods"
        )
    first: pd.Series[Any] = values.first().reindex(sample.units)
    return first
