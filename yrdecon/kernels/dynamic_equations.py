"""Equations of a dynamic panel that are free of unit effects, and their instruments."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
IntArray = NDArray[np.int64]
Transform = Literal["difference", "deviations", "system"]


@dataclass(frozen=True, slots=True, eq=False)
class LaggedInstruments:
    """Levels (N, T) whose lags from `first` to `last` are instruments, missing where a unit has no row."""

    values: FloatArray
    first: int
    last: int


@dataclass(frozen=True, slots=True, eq=False)
class DynamicModel:
    """Levels (N, T) of the outcome and (N, T, k) of the regressors, missing where a unit has no row.

    ``own`` are the regressors whose changes, or deviations, are their own instruments. ``effects`` tells whether every
    period has an effect, ``collapse`` whether instruments of a lag share one column over periods (Roodman 2009).
    """

    outcome: FloatArray
    regressors: FloatArray
    lagged: tuple[LaggedInstruments, ...]
    own: tuple[int, ...]
    effects: bool
    collapse: bool


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Outcome (N, R) and regressors (N, R, k) of equations, zero where ``there`` (N, R) is false.

    ``periods`` (R,) are the periods of the equations; a deviation from later periods stands in the period after its
    own, so that the same lags are instruments as of the change.
    """

    outcome: FloatArray
    regressors: FloatArray
    there: BoolArray
    periods: IntArray


@dataclass(frozen=True, slots=True, eq=False)
class Equations:
    """Rows with their (N, R, l) instruments.

    ``independent`` (R, R) is the covariance of the rows' errors where errors in levels are independent with variance
    one, ``of_levels`` (l,) marks the lagged changes that are instruments in levels, ``changes`` are the same units in
    first differences, for tests of serial correlation.
    """

    rows: Rows
    instruments: FloatArray
    independent: FloatArray
    of_levels: BoolArray
    changes: Rows


def dynamic_equations(model: DynamicModel, transform: Transform) -> Equations:
    """Transform a model into changes, deviations from the mean of later periods, or changes and levels.

    Notes
    -----
    Regressors are followed by the intercept (``"system"`` only) and the effects of the periods after the first.
    """
    k = model.regressors.shape[2]
    there = np.isfinite(model.outcome) & np.isfinite(model.regressors).all(axis=2)
    levels = np.concatenate([model.outcome[:, :, None], model.regressors], axis=2)
    levels = np.where(there[:, :, None], levels, 0.0)
    levels = np.concatenate([levels, _constants(model, there, transform)], axis=2)
    changes = _rows(*_changes(levels, there))
    if transform == "system":
        return _with_levels(model, changes, _rows(levels, there))
    rows = changes if transform == "difference" else _rows(*_deviations(levels, there))
    columns = _used(np.concatenate([_instruments(model, rows), rows.regressors[:, :, k:]], axis=2), rows.there)
    gap = rows.periods[:, None] - rows.periods
    independent = 2.0 * (gap == 0) - (np.abs(gap) == 1) if transform == "difference" else (gap == 0).astype(float)
    return Equations(rows, columns, independent, np.zeros(columns.shape[2], dtype=bool), changes)


def _constants(model: DynamicModel, there: BoolArray, transform: Transform) -> FloatArray:
    """Return (N, T, c) columns of the intercept and of period effects, as they stand in levels."""
    n, length = there.shape
    several = there.sum(axis=1) > 1
    periods = {
        "difference": np.flatnonzero((there[:, 1:] & there[:, :-1]).any(axis=0)) + 1,
        "deviations": np.flatnonzero(there[several].any(axis=0))[1:],
        "system": np.flatnonzero(there.any(axis=0))[1:],
    }[transform]
    table = np.eye(length)[:, periods] if model.effects else np.empty((length, 0))
    if transform == "system":
        table = np.column_stack([np.ones(length), table])
    return np.broadcast_to(table, (n, *table.shape))


def _changes(levels: FloatArray, there: BoolArray) -> tuple[FloatArray, BoolArray]:
    both = np.zeros_like(there)
    both[:, 1:] = there[:, 1:] & there[:, :-1]
    change = np.zeros_like(levels)
    change[:, 1:] = levels[:, 1:] - levels[:, :-1]
    return change, both


def _deviations(levels: FloatArray, there: BoolArray) -> tuple[FloatArray, BoolArray]:
    """Subtract the mean of later rows, scaled to equal variances (Arellano and Bover 1995)."""
    out, kept = np.zeros_like(levels), np.zeros_like(there)
    later, count = np.zeros((levels.shape[0], levels.shape[2])), np.zeros(levels.shape[0])
    for t in range(levels.shape[1] - 1, -1, -1):
        if t + 1 < levels.shape[1]:
            kept[:, t + 1] = there[:, t] & (count > 0)
            ahead = np.maximum(count, 1.0)[:, None]
            out[:, t + 1] = np.sqrt(ahead / (ahead + 1.0)) * (levels[:, t] - later / ahead)
        later = later + np.where(there[:, [t]], levels[:, t], 0.0)
        count = count + there[:, t]
    return out, kept


def _rows(values: FloatArray, there: BoolArray) -> Rows:
    """Keep the periods that some unit has."""
    periods = np.flatnonzero(there.any(axis=0)).astype(np.int64)
    kept = np.where(there[:, :, None], values, 0.0)[:, periods]
    return Rows(kept[:, :, 0], kept[:, :, 1:], there[:, periods], periods)


def _instruments(model: DynamicModel, rows: Rows) -> FloatArray:
    """Return (N, R, l) lagged levels, and the transformed regressors that are their own instruments."""
    columns = [_by_lag(p.values, range(p.first, p.last + 1), rows.periods, model.collapse) for p in model.lagged]
    return np.concatenate([*columns, rows.regressors[:, :, list(model.own)]], axis=2)


def _with_levels(model: DynamicModel, changes: Rows, levels: Rows) -> Equations:
    """Stack changes and levels; lagged changes, the intercept and period effects are instruments in levels."""
    of_changes = _used(_instruments(model, changes), changes.there)
    lagged = [
        _by_lag(_change(p.values), range(max(p.first - 1, 1), max(p.first - 1, 1) + 1), levels.periods, model.collapse)
        for p in model.lagged
    ]
    moved = _used(np.concatenate(lagged, axis=2), levels.there)
    constants = levels.regressors[:, :, model.regressors.shape[2] :]
    n, of_change, of_level = len(moved), of_changes.shape[2], moved.shape[2] + constants.shape[2]
    stacked = np.zeros((n, len(changes.periods) + len(levels.periods), of_change + of_level))
    stacked[:, : len(changes.periods), :of_change] = of_changes
    stacked[:, len(changes.periods) :, of_change:] = np.concatenate([moved, constants], axis=2)
    onto = (changes.periods[:, None] == levels.periods) * 1.0 - (changes.periods[:, None] - 1 == levels.periods)
    root = np.vstack([onto, np.eye(len(levels.periods))])
    rows = Rows(
        np.concatenate([changes.outcome, levels.outcome], axis=1),
        np.concatenate([changes.regressors, levels.regressors], axis=1),
        np.concatenate([changes.there, levels.there], axis=1),
        np.concatenate([changes.periods, levels.periods]),
    )
    place = np.arange(of_change + of_level) - of_change
    return Equations(rows, stacked, root @ root.T, (place >= 0) & (place < moved.shape[2]), changes)


def _change(values: FloatArray) -> FloatArray:
    change = np.full_like(values, np.nan)
    change[:, 1:] = values[:, 1:] - values[:, :-1]
    return change


def _by_lag(values: FloatArray, lags: range, periods: IntArray, collapse: bool) -> FloatArray:
    """Return (N, R, l) columns, one per lag or one per period and lag, zero where missing."""
    columns = [np.zeros((len(values), len(periods), 0))]
    for lag in (k for k in lags if k < values.shape[1]):
        before = np.where(periods >= lag, np.nan_to_num(values[:, np.maximum(periods - lag, 0)]), 0.0)
        columns.append(before[:, :, None] if collapse else before[:, :, None] * np.eye(len(periods)))
    return np.concatenate(columns, axis=2)


def _used(columns: FloatArray, there: BoolArray) -> FloatArray:
    """Keep the columns that are not zero in all equations."""
    filled = np.where(there[:, :, None], columns, 0.0)
    return np.asarray(filled[:, :, np.abs(filled).sum(axis=(0, 1)) > 0])
