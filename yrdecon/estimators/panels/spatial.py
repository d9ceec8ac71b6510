"""The arrays of spatial panels: units by periods, in the order of the weights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from yrdecon.core.names import MOST_NAMED, some_of
from yrdecon.core.panel import Panel
from yrdecon.errors import DesignError, EstimationError
from yrdecon.estimators.panels.columns import INTERCEPT
from yrdecon.estimators.panels.data import Regression, draw_regression
from yrdecon.estimators.panels.formula import parse_formula
from yrdecon.kernels.ols import COLLINEAR, dependent_columns
from yrdecon.kernels.spatial_likelihood import SpatialData, parameter_bounds, project_effects, project_weights
from yrdecon.places.spatial_weights import SpatialWeights

FloatArray = NDArray[np.float64]
LAGGED = "W({})"
EXPLAINED = 1e-12


@dataclass(frozen=True, eq=False)
class SpatialArrays:
    """A balanced panel as arrays.

    Attributes
    ----------
    data
        The rows and columns of the formula; rows by unit, then time.
    outcome, regressors
        (N, T) and (N, T, k), effects projected out: a period and a unit less where there are unit and time effects.
    terms
        Names of the k regressors.
    weights
        (n, n) weights between the projected units.
    notes
        Sentences on what was left out.
    """

    data: Regression
    outcome: FloatArray
    regressors: FloatArray
    terms: tuple[str, ...]
    weights: FloatArray
    notes: tuple[str, ...]


def draw_arrays(panel: Panel, formula: str, weights: SpatialWeights, *, with_lags: bool = False) -> SpatialArrays:
    """Take what a formula asks for as arrays, with spatial lags of the regressors if they are wanted.

    Raises
    ------
    DesignError
        If the formula has instruments, or effects beyond unit and time, the panel is not balanced, or the weights do
        not fit it.
    EstimationError
        If no regressor is identified.
    """
    data = draw_regression(panel, parse_formula(formula), None, ())
    if data.is_instrumented:
        raise DesignError("a spatial panel takes no instruments; drop the last part of the formula")
    others = [e for e in data.effects if e not in ("unit", "time")]
    if others:
        raise DesignError(f"a spatial panel takes unit and time effects; drop {others}, or write dummies as regressors")
    units, periods = fail_if_not_balanced(data.units["unit"], data.units["time"])
    matrix = fitting_weights(weights, units, has_time_effects="time" in data.effects)
    shape = len(units), len(periods)
    regressors = data.regressors.drop(columns=INTERCEPT, errors="ignore") if data.effects else data.regressors
    x = regressors.to_numpy(dtype=float).reshape(*shape, -1)
    terms = [str(c) for c in regressors.columns]
    if with_lags:
        slopes = [j for j, term in enumerate(terms) if term != INTERCEPT]
        x = np.concatenate([x, np.einsum("mn,ntk->mtk", matrix, x[:, :, slopes])], axis=2)
        terms += [LAGGED.format(terms[j]) for j in slopes]
    has_unit, has_time = "unit" in data.effects, "time" in data.effects
    projected = project_effects(x, has_unit, has_time)
    kept = identified_columns(x, projected)
    if not kept:
        raise EstimationError(f"none of {terms} is identified beside the fixed effects {list(data.effects)}")
    outcome = project_effects(data.outcome.reshape(shape), has_unit, has_time)
    fail_if_nothing_is_left(outcome, projected[:, :, kept], float(np.abs(data.outcome).max()))
    inner = project_weights(matrix) if has_time else matrix
    fail_if_weights_are_alike(inner)
    lost = [term for j, term in enumerate(terms) if j not in kept]
    note = f"columns {lost} left out because effects or the columns before them explain them"
    return SpatialArrays(
        data=data,
        outcome=outcome,
        regressors=projected[:, :, kept],
        terms=tuple(terms[j] for j in kept),
        weights=inner,
        notes=(*data.notes, *((note,) if lost else ())),
    )


def likelihood_data(arrays: SpatialArrays, weights: FloatArray, *, is_transformed: bool) -> SpatialData:
    """Return what the likelihood takes: of transformed data (Lee and Yu 2010), or of all units and periods.

    Parameters
    ----------
    weights
        (N, N) weights of all units.
    """
    n, t = len(weights), arrays.data.units["time"].nunique()
    n_projected, t_projected = arrays.outcome.shape
    return SpatialData(
        outcome=arrays.outcome,
        regressors=arrays.regressors,
        weights=arrays.weights,
        determinant=arrays.weights if is_transformed else weights,
        periods=t_projected if is_transformed else t,
        observations=n_projected * t_projected if is_transformed else n * t,
        bounds=parameter_bounds(weights),
    )


def fitting_weights(weights: SpatialWeights, units: Sequence[Any], *, has_time_effects: bool) -> FloatArray:
    """Return the (N, N) weights in the order of the units.

    Raises
    ------
    DesignError
        If they are no weights, are of other units, leave units without a neighbor, or are not row-standardized beside
        time effects.
    """
    if not isinstance(weights, SpatialWeights):
        raise DesignError(f"weights must be made by spatial_weights; they are a {type(weights).__name__}")
    missing = [u for u in units if u not in set(weights.ids)]
    beyond = [u for u in weights.ids if u not in set(units)]
    if missing or beyond:
        said = ((missing, "have no weights"), (beyond, "have no rows"))
        lacking = ", ".join(f"{some_of(lost)} {words}" for lost, words in said if lost)
        raise DesignError(
            f"the weights are of other units than the rows: {lacking}; make the weights from the panel that is "
            "estimated, rows with missing values left out"
        )
    if weights.islands:
        raise DesignError(
            f"units {some_of(weights.islands)} have no neighbor under these weights ({weights.kind}); add their "
            "neighbors (a ferry or bridge may count), take kind='nearest', or leave them out"
        )
    if has_time_effects and not weights.is_row_standardized:
        raise DesignError(
            "time effects need row-standardized weights, under which the lag of a period's effect is the effect; "
            "make them with row_standardized=True"
        )
    order = pd.Index(weights.ids).get_indexer(pd.Index(list(units)))
    return np.asarray(weights.matrix[np.ix_(order, order)])


def fail_if_not_balanced(unit: pd.Series[Any], time: pd.Series[Any]) -> tuple[list[Any], list[Any]]:
    """Return units and periods in their order, and refuse rows that are not all of their combinations."""
    units, periods = unit.unique().tolist(), sorted(time.unique().tolist())
    there = pd.MultiIndex.from_arrays([unit, time])
    absent = pd.MultiIndex.from_product([units, periods]).difference(there, sort=False)
    if len(absent):
        named = some_of(f"{u} {t}" for u, t in absent[: MOST_NAMED + 1])
        raise DesignError(
            f"spatial lags need every unit in every period; {len(absent)} of {len(units) * len(periods)} have no "
            f"complete row: {named}; leave out periods or units, or fill the gaps first"
        )
    return units, periods


def identified_columns(raw: FloatArray, projected: FloatArray) -> list[int]:
    """Return the columns of (N, T, k) that neither effects nor the columns before explain, once projected."""
    k = raw.shape[2]
    flat = projected.reshape(-1, k)
    scale = np.sqrt((raw.reshape(-1, k) ** 2).sum(axis=0))
    lost = dependent_columns(flat, scale, np.ones(len(flat)))
    small = np.linalg.norm(flat, axis=0) <= COLLINEAR * np.maximum(scale, np.finfo(float).tiny)
    return [j for j in range(k) if j not in lost and not small[j]]


def fail_if_nothing_is_left(outcome: FloatArray, regressors: FloatArray, scale: float) -> None:
    """Refuse a projected outcome that regressors and effects explain but for rounding.

    Raises
    ------
    EstimationError
        If nothing is left of the outcome, whose size before the projection is `scale`.
    """
    x, y = regressors.reshape(outcome.size, -1), outcome.ravel()
    rest = y - x @ np.linalg.lstsq(x, y, rcond=None)[0]
    if np.abs(rest).max() <= EXPLAINED * scale:
        raise EstimationError(
            "regressors and fixed effects explain the outcome without error, so that nothing tells how units depend on "
            "their neighbors; check the outcome"
        )


def fail_if_weights_are_alike(weights: FloatArray) -> None:
    """Refuse (n, n) projected weights that are a multiple of the identity.

    Raises
    ------
    EstimationError
        If all units weigh the same to one another, so that a lag is a multiple of the outcome.
    """
    scale = float(np.diag(weights).mean())
    if np.abs(weights - scale * np.eye(len(weights))).max() <= EXPLAINED:
        raise EstimationError(
            "all units weigh the same to one another, and beside fixed effects such a spatial lag tells nothing; take "
            "weights that differ, such as kind='nearest' with a small k"
        )
