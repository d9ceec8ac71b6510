"""The rows, arrays and cohorts that a panel offers to a design, checked once for every estimator."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from yrdecon.core.adoption import first_treated
from yrdecon.core.cohorts import cohorts_by_unit
from yrdecon.core.contrast import contrast_rows
from yrdecon.core.design import Design, parse_effect
from yrdecon.core.names import MOST_NAMED, some_of
from yrdecon.core.numbers import fail_if_not_finite, fail_if_not_numbers
from yrdecon.core.panel import Panel, boolean_column
from yrdecon.errors import DesignError

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Sample:
    """The numeric view of a panel under a design; rows are those with complete data in the pool.

    Attributes
    ----------
    frame
        The n rows that take part, sorted by unit, then time.
    outcome
        (n,) outcome.
    covariates
        (n, k) covariates.
    weights
        (n,) regression weights, all one if the design names none.
    unit, time
        (n,) positions in `units` and `periods`.
    units, periods
        The N units and T periods.
    cohort
        (N,) first treated period of each unit, infinite if never treated or treated after the last period.
    contrast
        (n,) whether the row forms the contrast: neither an excluded period nor, where base periods are declared,
        another period before treatment.
    notes
        Sentences about rows that were left out.
    """

    frame: pd.DataFrame
    outcome: FloatArray
    covariates: FloatArray
    weights: FloatArray
    unit: IntArray
    time: IntArray
    units: pd.Index[Any]
    periods: IntArray
    cohort: FloatArray
    contrast: NDArray[np.bool_]
    notes: tuple[str, ...]

    @property
    def first_treated_period(self) -> int:
        """The earliest period in which a unit that was observed before becomes treated."""
        return int(first_treated(self.cohort, self.periods))

    @property
    def is_balanced(self) -> bool:
        """Whether every unit is there in every period."""
        return len(self.outcome) == len(self.units) * len(self.periods)


def draw_sample(panel: Panel, design: Design, *, untreated: Literal["needed", "optional"] = "needed") -> Sample:
    """Take from a panel what a design asks for.

    Rows with a missing outcome, covariate or weight, and rows of weight zero, are left out and counted in the notes,
    which also count the periods in which units have no row.

    Parameters
    ----------
    untreated
        Whether some units must be untreated at some time; comparisons among the treated do without.

    Raises
    ------
    DesignError
        If a column is missing or not numeric, the cohort changes within a unit, a treated unit lies outside the
        pool, nobody becomes treated or everybody is, or base or excluded periods do not fit the panel.

    Examples
    --------
    >>> table = pd.DataFrame({"u": ["a", "a", "b", "b"], "t": [1, 2, 1, 2], "y": [0.0, 1.0, 0.0, 3.0],
    ...                       "cohort": [2.0, 2.0, np.inf, np.inf]})
    >>> draw_sample(Panel.from_frame(table, unit="u", time="t"), Design(outcome="y")).cohort.tolist()
    [2.0, inf]
    """
    _fail_if_columns_are_missing(panel, design)
    cohort = cohorts_by_unit(panel, design.cohort)
    frame = _rows_in_pool(panel, design, cohort)
    numeric = [design.outcome, *design.covariates, *([design.weights] if design.weights else [])]
    slopes = [s for s in (parse_effect(effect).slope for effect in design.effects) if s]
    fail_if_not_numbers(frame, [*numeric, *slopes])
    fail_if_not_finite(frame, [*numeric, *slopes])
    keys = [*numeric, *([design.cluster] if design.cluster else []), *_effect_columns(design)]
    there = frame[np.asarray(frame[keys].notna().all(axis=1))]
    complete = _with_weight(there, design)
    notes = (*_notes_on_missing(frame, there, panel, keys), *_notes_on_weights(there, complete, panel, design))
    units = pd.Index(complete[panel.unit].unique(), name=panel.unit)
    periods = np.sort(complete[panel.time].unique()).astype(np.int64)
    kept = cohort.reindex(units).to_numpy(dtype=float)
    _fail_if_no_row_is_complete(complete, design)
    late = np.isfinite(kept) & (kept > periods[-1] + design.anticipation)
    kept = np.where(late, np.inf, kept)
    lost = "".join(f" ({note})" for note in notes)
    _fail_if_nobody_becomes_treated(kept, periods, design, lost)
    if untreated == "needed":
        _fail_if_nobody_is_untreated(kept, periods, design, lost)
    unit = units.get_indexer(pd.Index(complete[panel.unit])).astype(np.int64)
    time, first = complete[panel.time].to_numpy(), first_treated(kept, periods)
    _fail_if_no_treated_row_is_left(time, kept[unit], first, design)
    return Sample(
        frame=complete,
        outcome=complete[design.outcome].to_numpy(dtype=float),
        covariates=complete[list(design.covariates)].to_numpy(dtype=float).reshape(len(complete), -1),
        weights=complete[design.weights].to_numpy(dtype=float) if design.weights else np.ones(len(complete)),
        unit=unit,
        time=np.searchsorted(periods, time).astype(np.int64),
        units=units,
        periods=periods,
        cohort=kept,
        contrast=contrast_rows(time, kept[unit], design, periods, first),
        notes=(*notes, *_note_on_absent(frame, units, periods, panel), *_note_on_late(units[late].tolist(), periods)),
    )


def _effect_columns(design: Design) -> list[str]:
    parsed = [parse_effect(effect) for effect in design.effects]
    return [c for effect in parsed for c in (*effect.columns, *([effect.slope] if effect.slope else []))]


def _fail_if_columns_are_missing(panel: Panel, design: Design) -> None:
    wanted = [design.outcome, *design.covariates, *_effect_columns(design)]
    wanted += [c for c in (design.cluster, design.pool, design.weights) if c]
    missing = [c for c in wanted if c not in panel.frame.columns]
    if missing:
        raise DesignError(f"the panel has no column {missing}; its columns are {panel.frame.columns.tolist()[:60]}")


def _rows_in_pool(panel: Panel, design: Design, cohort: pd.Series[Any]) -> pd.DataFrame:
    if design.pool is None:
        return panel.frame
    inside = boolean_column(panel, design.pool)
    frame = panel.frame[inside].reset_index(drop=True)
    treated = cohort.index[np.isfinite(cohort.to_numpy(dtype=float))]
    outside = treated.difference(pd.Index(frame[panel.unit].unique()))
    if len(outside):
        raise DesignError(
            f"treated units {outside.tolist()[:10]} lie outside the pool {design.pool!r}; "
            "choose a pool that includes them, or set their cohort to infinity"
        )
    return frame


def _notes_on_missing(frame: pd.DataFrame, complete: pd.DataFrame, panel: Panel, keys: list[str]) -> tuple[str, ...]:
    lost = len(frame) - len(complete)
    if not lost:
        return ()
    gaps = frame[frame[keys].isna().any(axis=1)]
    shown = ", ".join(f"{u} {t}" for u, t in gaps[[panel.unit, panel.time]].head(5).itertuples(index=False))
    columns = [k for k in keys if frame[k].isna().any()]
    more = " and others" if lost > 5 else ""
    return (f"{lost} of {len(frame)} rows left out for missing values of {columns}: {shown}{more}",)


def _note_on_absent(frame: pd.DataFrame, units: pd.Index[Any], periods: IntArray, panel: Panel) -> tuple[str, ...]:
    """Count and name periods in which units have no row at all, unless no unit is seen twice."""
    unit, time = units.get_indexer(pd.Index(frame[panel.unit])), np.searchsorted(periods, frame[panel.time])
    inside = (unit >= 0) & frame[panel.time].isin(periods).to_numpy()
    absent = np.ones((len(units), len(periods)), dtype=bool)
    absent[unit[inside], time[inside]] = False
    if not absent.any() or inside.sum() == len(units):
        return ()
    shown = some_of(f"{units[i]} {periods[t]}" for i, t in np.argwhere(absent)[: MOST_NAMED + 1])
    return (f"{int(absent.sum())} of {absent.size} unit-periods have no row; the panel is not balanced: {shown}",)


def _note_on_late(names: list[Any], periods: IntArray) -> tuple[str, ...]:
    if not names:
        return ()
    return (f"{len(names)} units are treated after {periods[-1]} and count as never treated: {some_of(names)}",)


def _with_weight(frame: pd.DataFrame, design: Design) -> pd.DataFrame:
    """Keep the rows of positive weight."""
    if design.weights is None:
        return frame.reset_index(drop=True)
    weights = frame[design.weights].to_numpy(dtype=float)
    if (weights < 0).any() or (len(weights) and not (weights > 0).any()):
        raise DesignError(f"weights {design.weights!r} must be non-negative and not all zero")
    return frame[weights > 0].reset_index(drop=True)


def _notes_on_weights(there: pd.DataFrame, kept: pd.DataFrame, panel: Panel, design: Design) -> tuple[str, ...]:
    lost = len(there) - len(kept)
    if not lost:
        return ()
    gone = there[np.asarray(there[design.weights] == 0)]
    shown = some_of(f"{u} {t}" for u, t in gone[[panel.unit, panel.time]].itertuples(index=False))
    return (f"{lost} of {len(there)} rows left out because their weight {design.weights!r} is zero: {shown}",)


def _where(design: Design) -> str:
    return f"pool {design.pool!r}" if design.pool else "panel"


def _fail_if_no_row_is_complete(complete: pd.DataFrame, design: Design) -> None:
    if complete.empty:
        where = _where(design)
        raise DesignError(f"no row of the {where} has {design.outcome!r} and everything else that the design names")


def _fail_if_no_treated_row_is_left(time: IntArray, own: FloatArray, first: float, design: Design) -> None:
    if not ((time >= own) & (own >= first)).any():
        raise DesignError(
            f"no row of a treated unit from {int(first)} on, when treatment starts, has {design.outcome!r} and "
            f"everything else that the design names in the {_where(design)}; nothing tells an effect"
        )


def _fail_if_nobody_becomes_treated(cohort: FloatArray, periods: IntArray, design: Design, lost: str) -> None:
    where = _where(design)
    finite = np.isfinite(cohort)
    if not finite.any():
        raise DesignError(f"no unit of the {where} is treated; check the cohort column {design.cohort!r}{lost}")
    if not np.isfinite(first_treated(cohort, periods)):
        starts = sorted({int(c) for c in cohort[finite]})
        raise DesignError(
            f"no unit of the {where} becomes treated between {periods[0]} and {periods[-1]}: "
            f"there is no before and after; its first treated periods are {starts}{lost}"
        )


def _fail_if_nobody_is_untreated(cohort: FloatArray, periods: IntArray, design: Design, lost: str) -> None:
    where, finite = _where(design), np.isfinite(cohort)
    if finite.all() and len(set(cohort)) == 1:
        raise DesignError(
            f"every unit of the {where} is treated in {int(cohort[0])}; choose a pool with untreated units{lost}"
        )
    if finite.all() and design.comparison == "never":
        raise DesignError(
            f"every unit of the {where} is treated by {periods[-1]}; "
            f"choose a pool with untreated units or comparison='not_yet'{lost}"
        )


def restrict(sample: Sample, rows: NDArray[np.bool_] | IntArray) -> Sample:
    """Take rows of a sample, by a mask or by positions that may repeat; units and periods without rows leave it."""
    frame = sample.frame.iloc[np.flatnonzero(rows) if rows.dtype == bool else rows].reset_index(drop=True)
    unit_codes, unit = np.unique(sample.unit[rows], return_inverse=True)
    time_codes, time = np.unique(sample.time[rows], return_inverse=True)
    return Sample(
        frame=frame,
        outcome=sample.outcome[rows],
        covariates=sample.covariates[rows],
        weights=sample.weights[rows],
        unit=unit.astype(np.int64),
        time=time.astype(np.int64),
        units=sample.units[unit_codes],
        periods=sample.periods[time_codes],
        cohort=sample.cohort[unit_codes],
        contrast=sample.contrast[rows],
        notes=sample.notes,
    )
