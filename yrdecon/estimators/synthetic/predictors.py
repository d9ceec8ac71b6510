"""Predictors of a synthetic control: what they are, and their values by unit."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from yrdecon.core.panel import Panel
from yrdecon.core.sample import Sample
from yrdecon.errors import DesignError

FloatArray = NDArray[np.float64]
MOST_NAMED = 5


@dataclass(frozen=True)
class Predictor:
    """The mean of a column over some periods before treatment, which a synthetic control shall match.

    Attributes
    ----------
    column
        Any numeric column of the panel, the outcome included.
    first, last
        First and last period of the mean. Without `last` it is the one period `first`; without both, all periods
        that are fitted. Missing values within the window are left out of the mean.
    weight
        Importance of the predictor after division by its standard deviation; give it to all predictors or to none.
        None searches for the weights with which the outcome before treatment is followed best.

    Examples
    --------
    >>> Predictor("ln_real_gdp", 2015).label, Predictor("ln_real_gdp", 2010, 2014).label, Predictor("invest").label
    ('ln_real_gdp 2015', 'ln_real_gdp 2010-2014', 'invest')
    """

    column: str
    first: int | None = None
    last: int | None = None
    weight: float | None = None

    def __post_init__(self) -> None:
        """Refuse windows that end before they start and weights below zero."""
        if self.last is not None and (self.first is None or self.last < self.first):
            raise DesignError(
                f"the window of predictor {self.column!r} runs from {self.first} to {self.last}; "
                "give its first and its last period in order"
            )
        if self.weight is not None and not 0 <= self.weight < np.inf:
            raise DesignError(f"predictor {self.column!r} has weight {self.weight!r}; it must be 0 or more")

    @property
    def label(self) -> str:
        """The column with its window."""
        window = [str(p) for p in (self.first, self.last) if p is not None]
        return " ".join([self.column, "-".join(window)]) if window else self.column


@dataclass(frozen=True, eq=False)
class PredictorTable:
    """Values of the predictors.

    Attributes
    ----------
    labels
        k names.
    values
        (N, k) means.
    importance
        (k,) weights that were given, or None.
    notes
        Which means rest on some of their periods only.
    """

    labels: list[str]
    values: FloatArray
    importance: FloatArray | None
    notes: tuple[str, ...]


def predictor_table(
    panel: Panel, sample: Sample, predictors: tuple[Predictor, ...], fit: NDArray[np.int64]
) -> PredictorTable:
    """Average each predictor over its window.

    Parameters
    ----------
    fit
        The periods that may be used: before treatment, and not excluded.

    Raises
    ------
    DesignError
        If a column is missing or not numeric, a window holds no period that may be used or one in which treatment
        has begun, a unit has no value in a window, a predictor occurs twice, or only some have a weight.
    """
    labels = [p.label for p in predictors]
    _fail_if_predictors_contradict(predictors, labels)
    frame = panel.frame[panel.frame[panel.unit].isin(sample.units)]
    columns, notes = [], []
    for predictor in predictors:
        periods = _window(predictor, fit)
        wide = _wide(frame, panel, predictor.column).reindex(index=sample.units, columns=periods)
        columns.append(wide.mean(axis=1).to_numpy(dtype=float))
        _fail_if_a_unit_has_no_value(columns[-1], sample, predictor)
        missing = int(wide.isna().to_numpy().sum())
        if missing:
            notes.append(f"the means of {predictor.label!r} leave out {missing} of {wide.size} missing values")
    weights = [p.weight for p in predictors if p.weight is not None]
    given = np.array(weights, dtype=float) if weights else None
    return PredictorTable(labels, np.column_stack(columns), given, tuple(notes))


def _window(predictor: Predictor, fit: NDArray[np.int64]) -> NDArray[np.int64]:
    if predictor.first is None:
        return fit
    last = predictor.first if predictor.last is None else predictor.last
    if last > fit.max():
        raise DesignError(f"predictor {predictor.label!r} ends after {fit.max()}, the last period that is fitted")
    periods = fit[(fit >= predictor.first) & (fit <= last)]
    if len(periods) == 0:
        raise DesignError(
            f"predictor {predictor.label!r} has no period that is fitted; "
            f"those are {fit.min()}-{fit.max()} without excluded periods"
        )
    return np.asarray(periods)


def _wide(frame: pd.DataFrame, panel: Panel, column: str) -> pd.DataFrame:
    if column not in frame.columns:
        raise DesignError(f"the panel has no column {column!r} to be matched; its columns are {list(frame)[:60]}")
    if not pd.api.types.is_numeric_dtype(frame[column]):
        raise DesignError(f"predictor {column!r} must hold numbers; convert it with pandas.to_numeric")
    return frame.set_index([panel.unit, panel.time], drop=False)[column].unstack()


def _fail_if_predictors_contradict(predictors: tuple[Predictor, ...], labels: list[str]) -> None:
    twice = sorted({label for label in labels if labels.count(label) > 1})
    if twice:
        raise DesignError(f"predictors {twice} occur more than once; name each once")
    without = [p.label for p in predictors if p.weight is None]
    if without and len(without) < len(predictors):
        raise DesignError(f"predictors {without[:MOST_NAMED]} have no weight and others do; weight all or none")
    if not without and not any(p.weight for p in predictors):
        raise DesignError("all predictors have weight 0; give one of them a positive weight")


def _fail_if_a_unit_has_no_value(values: FloatArray, sample: Sample, predictor: Predictor) -> None:
    lacking = sample.units[~np.isfinite(values)].tolist()
    if lacking:
        raise DesignError(
            f"units {lacking[:MOST_NAMED]} have no usable value of predictor {predictor.label!r}; "
            "leave them out of the pool, or choose another window"
        )
