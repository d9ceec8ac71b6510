"""The rows and arrays of a panel regression."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas.api.types import is_numeric_dtype

from yrdecon.core.design import parse_effect
from yrdecon.core.labels import levels_of
from yrdecon.core.names import some_of
from yrdecon.core.numbers import fail_if_not_finite, fail_if_not_numbers
from yrdecon.core.panel import Panel
from yrdecon.errors import DesignError
from yrdecon.estimators.panels.columns import INTERCEPT, evaluate
from yrdecon.estimators.panels.formula import PanelFormula, fail_if_names_are_unknown, formula_error, names_in

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Regression:
    """What a panel regression is run on; rows are those with complete data, sorted by unit, then time.

    Attributes
    ----------
    outcome_name
        The left side of the formula.
    outcome
        (n,) outcome.
    regressors, endogenous, instruments
        Columns by term, n rows; ``regressors`` are the exogenous ones.
    weights
        (n,) weights.
    units
        n rows of labels: unit, time, the panel's group, clusters and levels of the effects.
    effects
        Names of absorbed effects, columns of `units`, and slopes such as ``unit[year]``.
    slopes
        (n, s) variables of the slopes among `effects`, in their order.
    covariates
        (n, c) columns that are projected out and not reported.
    dummies
        Effects whose dummies are among the covariates.
    offset
        (n,) what is added to the log of a mean, zero without an offset.
    notes
        Sentences about rows and columns that were left out.
    """

    outcome_name: str
    outcome: FloatArray
    regressors: pd.DataFrame
    endogenous: pd.DataFrame
    instruments: pd.DataFrame
    weights: FloatArray
    units: pd.DataFrame
    effects: tuple[str, ...]
    slopes: FloatArray
    covariates: FloatArray
    offset: FloatArray
    dummies: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def is_instrumented(self) -> bool:
        """Whether some regressors are endogenous."""
        return bool(self.endogenous.shape[1])


def draw_regression(
    panel: Panel, formula: PanelFormula, weights: str | None, labels: Iterable[str], offset: str | None = None
) -> Regression:
    """Take from a panel what a formula asks for.

    Parameters
    ----------
    weights
        Column of non-negative weights.
    labels
        Further columns that label the rows, such as clusters.
    offset
        One column, or a function of some.

    Raises
    ------
    DesignError
        If a column is missing, is not numeric, or no row is complete.
    """
    fail_if_names_are_unknown(formula, panel.frame.columns)
    columns = [formula.outcome, formula.regressors, formula.endogenous, formula.instruments]
    outcome, exogenous, endogenous, instruments = (_columns(panel, part) for part in columns)
    endogenous, instruments = (t.drop(columns=INTERCEPT, errors="ignore") for t in (endogenous, instruments))
    outcome = outcome.drop(columns=INTERCEPT, errors="ignore")
    texts = [n for n, _, f in names_in(formula.outcome) if not f and not is_numeric_dtype(panel.frame[n])]
    if texts:
        raise formula_error(formula.text, formula.text.index(texts[0]), f"the outcome {texts[0]!r} must hold numbers")
    if outcome.shape[1] != 1:
        raise formula_error(formula.text, 0, f"the left side must be one column; it is {outcome.columns.tolist()}")
    if outcome.columns[0] in {*exogenous, *endogenous, *instruments}:
        raise formula_error(formula.text, 0, f"the outcome {outcome.columns[0]!r} is on both sides")
    twice = [str(c) for c in endogenous if c in exogenous]
    if twice:
        where = formula.text.rindex(formula.endogenous)
        raise formula_error(formula.text, where, f"{twice} are endogenous and exogenous; name them once")
    known = _offset(panel, offset)
    names = {"unit": panel.unit, "time": panel.time}
    effects = tuple(dict.fromkeys(_own_name(e, panel) for e in _with_levels(formula.effects)))
    slopes = [s for s in (parse_effect(e).slope for e in effects) if s]
    row_labels = [levels_of(e) for e in effects] + [_own_name(label, panel) for label in labels]
    wanted = dict.fromkeys([*names, *([panel.group] if panel.group else []), *row_labels])
    units = pd.DataFrame({name: _labels(panel, name) for name in wanted})
    values = pd.concat([outcome, exogenous, endogenous, instruments, panel.frame[slopes], known], axis=1)
    values = values.loc[:, ~values.columns.duplicated()]
    weight = _weights(panel, weights)
    _fail_if_not_usable(values)
    kept, notes = _complete(panel, values, units[list(dict.fromkeys(row_labels))], weight, weights)
    return Regression(
        outcome_name=str(outcome.columns[0]),
        outcome=outcome.to_numpy(dtype=float)[kept, 0],
        regressors=exogenous[kept].reset_index(drop=True),
        endogenous=endogenous[kept].reset_index(drop=True),
        instruments=instruments[kept].reset_index(drop=True),
        weights=weight[kept],
        units=units[kept].reset_index(drop=True),
        effects=effects,
        slopes=panel.frame[slopes].to_numpy(dtype=float)[kept].reshape(int(kept.sum()), -1),
        covariates=np.empty((int(kept.sum()), 0)),
        offset=known.to_numpy(dtype=float)[kept].sum(axis=1),
        notes=notes,
    )


def take(data: Regression, rows: NDArray[Any]) -> Regression:
    """Take rows of a regression, by a mask or by positions."""
    positions = np.flatnonzero(rows) if rows.dtype == bool else rows
    return replace(
        data,
        outcome=data.outcome[positions],
        regressors=data.regressors.iloc[positions].reset_index(drop=True),
        endogenous=data.endogenous.iloc[positions].reset_index(drop=True),
        instruments=data.instruments.iloc[positions].reset_index(drop=True),
        weights=data.weights[positions],
        units=data.units.iloc[positions].reset_index(drop=True),
        slopes=data.slopes[positions],
        covariates=data.covariates[positions],
        offset=data.offset[positions],
    )


def _columns(panel: Panel, part: str) -> pd.DataFrame:
    return evaluate(panel, part) if part else pd.DataFrame(index=panel.frame.index)


def _offset(panel: Panel, offset: str | None) -> pd.DataFrame:
    """Return the column of an offset, none without one."""
    if offset is None:
        return pd.DataFrame(index=panel.frame.index)
    if not isinstance(offset, str) or not offset.strip():
        raise DesignError(f"offset={offset!r} must be a column or a function of one, such as 'log(population)'")
    fail_if_names_are_unknown(PanelFormula(offset, "", offset), panel.frame.columns)
    column = evaluate(panel, offset).drop(columns=INTERCEPT, errors="ignore")
    if column.shape[1] != 1:
        raise formula_error(offset, 0, f"an offset must be one column; it is {column.columns.tolist()}")
    return column


def _with_levels(effects: Iterable[str]) -> list[str]:
    """Put the levels of a slope before it."""
    return [e for effect in effects for e in (levels_of(effect), effect)]


def _own_name(effect: str, panel: Panel) -> str:
    """Call the keys of the panel unit and time, as estimates do."""
    levels = levels_of(effect)
    name = {panel.unit: "unit", panel.time: "time"}.get(levels, levels)
    return name + effect[len(levels) :]


def _labels(panel: Panel, name: str) -> pd.Series[Any]:
    column = {"unit": panel.unit, "time": panel.time}.get(name, name)
    parts = list(parse_effect(column).columns)
    missing = [p for p in parts if p not in panel.frame.columns]
    if missing:
        raise DesignError(f"the panel has no column {missing}; its columns are {panel.frame.columns.tolist()[:60]}")
    if len(parts) == 1:
        return panel.frame[column]
    joined = panel.frame[parts].astype(str).agg("^".join, axis=1)
    return joined.where(panel.frame[parts].notna().all(axis=1))


def _weights(panel: Panel, weights: str | None) -> FloatArray:
    if weights is None:
        return np.ones(len(panel.frame))
    if weights not in panel.frame.columns:
        raise DesignError(f"the panel has no column {weights!r}; its columns are {panel.frame.columns.tolist()[:60]}")
    fail_if_not_numbers(panel.frame, [weights])
    fail_if_not_finite(panel.frame, [weights])
    values: FloatArray = panel.frame[weights].to_numpy(dtype=float, na_value=np.nan)
    if (values < 0).any() or not (values > 0).any():
        raise DesignError(f"weights {weights!r} must be non-negative and not all zero")
    return values


def _fail_if_not_usable(values: pd.DataFrame) -> None:
    fail_if_not_numbers(values, [str(c) for c in values.columns])
    fail_if_not_finite(values, [str(c) for c in values.columns])


def _complete(
    panel: Panel, values: pd.DataFrame, labels: pd.DataFrame, weight: FloatArray, weights: str | None
) -> tuple[NDArray[np.bool_], tuple[str, ...]]:
    table = pd.concat([values, labels.drop(columns=values.columns, errors="ignore")], axis=1)
    if weights is not None:
        table = table.assign(**{weights: weight})
    there = np.asarray(table.notna().all(axis=1))
    kept, notes = there & (np.nan_to_num(weight) > 0), []
    if not kept.any():
        raise DesignError(f"no row of the panel has all of {table.columns.tolist()}")
    if not there.all():
        named = (re.sub(r"^[^:]+::[^:]+:|::.*$", "", str(c)) for c in table.columns if table[c].isna().any())
        columns = list(dict.fromkeys(named))
        total, lost = len(there), int((~there).sum())
        notes.append(f"{lost} of {total} rows left out for missing values of {columns}: {_some_rows(panel, ~there)}")
    if (there & ~kept).any():
        lost, total = int((there & ~kept).sum()), int(there.sum())
        which = _some_rows(panel, there & ~kept)
        notes.append(f"{lost} of {total} rows left out because their weight {weights!r} is zero: {which}")
    return kept, tuple(notes)


def _some_rows(panel: Panel, rows: NDArray[np.bool_]) -> str:
    return some_of(f"{u} {t}" for u, t in panel.frame.loc[rows, [panel.unit, panel.time]].itertuples(index=False))
