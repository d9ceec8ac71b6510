"""Least squares on the rows and columns of a panel regression."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from yrdecon.core.design import parse_effect
from yrdecon.core.estimate import FEW_TREATED, Estimate, LinearFit
from yrdecon.core.labels import codes_of
from yrdecon.errors import EstimationError
from yrdecon.estimators.panels.columns import INTERCEPT
from yrdecon.estimators.panels.data import Regression
from yrdecon.estimators.regression.absorbed import Residualize, remover, with_covariates, without_nested
from yrdecon.estimators.regression.linear import without_rounding
from yrdecon.estimators.regression.small_sample import cluster_factor
from yrdecon.kernels.ols import COLLINEAR, dependent_columns, least_squares
from yrdecon.kernels.sandwich import cluster_covariance

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Residuals:
    """Columns after the effects are removed.

    Attributes
    ----------
    outcome
        (n,) outcome.
    regressors
        Columns by term, those that are not identified left out.
    effects
        Absorbed effects, those that a finer one contains left out.
    remove
        The function that removed the effects.
    notes
        Which columns are left out, and why.
    """

    outcome: FloatArray
    regressors: pd.DataFrame
    effects: tuple[str, ...]
    remove: Residualize
    notes: tuple[str, ...]


def fit_regression(data: Regression, method: str) -> Estimate:
    """Regress the outcome on the exogenous columns, clustered by unit with the factor of fixest.

    Raises
    ------
    EstimationError
        If no coefficient is identified.
    """
    found = residualize(data, data.regressors)
    x = found.regressors.to_numpy(dtype=float)
    fit = least_squares(found.outcome, x, data.weights)
    residuals = without_rounding(fit.residuals, data.outcome)
    linear = linear_fit(data, found, x, residuals, np.eye(x.shape[1]))
    return clustered_estimate(data, found, fit.coef, linear, method)


def residualize(data: Regression, regressors: pd.DataFrame) -> Residuals:
    """Remove the effects from outcome and regressors, and leave out columns that are not identified.

    A column that the effects explain, or the columns before it, is left out with a note and not refused, as fixest and
    reghdfe do: one formula then serves every model of a table, and what is absent from a column of the table is told
    below it.

    Raises
    ------
    EstimationError
        If no column is left.
    """
    effects = finest_effects(data)
    remove = remover(data.units, effects, data.slopes, data.weights)
    return identified(data, regressors, effects, with_covariates(remove, data.covariates, [], data.weights))


def finest_effects(data: Regression) -> tuple[str, ...]:
    """Return the effects less those that a finer one contains, slopes last."""
    fixed = without_nested(data.units, [e for e in data.effects if not parse_effect(e).slope])
    return (*fixed, *(e for e in data.effects if parse_effect(e).slope))


def identified(data: Regression, regressors: pd.DataFrame, effects: tuple[str, ...], remove: Residualize) -> Residuals:
    """Do what `residualize` does, with a given function that removes the effects."""
    if effects:
        regressors = regressors.drop(columns=INTERCEPT, errors="ignore")
    if regressors.shape[1] == 0:
        raise EstimationError("the formula names no regressor beside the intercept, which the effects absorb")
    raw = regressors.to_numpy(dtype=float)
    x, y = remove(raw), without_rounding(remove(data.outcome[:, None])[:, 0], data.outcome)
    scale = np.sqrt((data.weights[:, None] * raw**2).sum(axis=0))
    lost = dependent_columns(x, scale, data.weights)
    size = np.sqrt((data.weights[:, None] * x**2).sum(axis=0))
    absorbed = [j for j in lost if size[j] <= COLLINEAR * max(float(scale[j]), np.finfo(float).tiny)]
    kept = [j for j in range(x.shape[1]) if j not in lost]
    names = [str(c) for c in regressors.columns]
    if not kept:
        raise EstimationError(
            f"none of {names} is identified: the fixed effects {list(effects)} explain them; drop an effect, or take "
            "regressors that vary within it"
        )
    notes = _notes_on_lost([names[j] for j in absorbed], [names[j] for j in lost if j not in absorbed])
    return Residuals(y, pd.DataFrame(x[:, kept], columns=[names[j] for j in kept]), effects, remove, notes)


def linear_fit(
    data: Regression, found: Residuals, x: FloatArray, residuals: FloatArray, transform: FloatArray
) -> LinearFit:
    """Return the regression in the form that covariances need."""
    return LinearFit(
        outcome=found.outcome,
        regressors=x,
        transform=transform,
        weights=data.weights,
        residuals=residuals,
        effects=found.effects,
        covariates=data.covariates,
        slopes=data.slopes,
        is_instrumented=data.is_instrumented,
        dummies=data.dummies,
    )


def clustered_estimate(
    data: Regression, found: Residuals, coef: FloatArray, linear: LinearFit, method: str
) -> Estimate:
    """Return the estimate with the influence of every row, clustered by unit."""
    gram = linear.regressors.T @ (linear.weights[:, None] * linear.regressors)
    pull = np.linalg.solve(gram, linear.transform.T)
    influence = (linear.weights * linear.residuals)[:, None] * (linear.regressors @ pull)
    k = linear.regressors.shape[1] + linear.n_covariates
    rule = cluster_factor(data.units, "unit", linear.effects, k, "fixest")
    few = few_clusters(data, [str(c) for c in found.regressors.columns])
    return Estimate(
        coef=coef,
        vcov=rule.factor * cluster_covariance(influence, codes_of(data.units["unit"])),
        cells=pd.DataFrame({"term": found.regressors.columns.astype(str), "few": list(few.values())}),
        units=data.units,
        method=method,
        outcome=data.outcome_name,
        n_obs=len(data.outcome),
        influence=influence,
        linear=linear,
        cluster="unit",
        dof=rule.dof,
        small_sample=rule.words,
        notes=(*data.notes, *found.notes, *notes_on_few(few)),
    )


def few_clusters(data: Regression, terms: list[str]) -> dict[str, bool]:
    """Tell of every term whether it is a dummy that is one, or zero, in fewer than ten units only."""
    columns = pd.concat([data.regressors, data.endogenous], axis=1)
    return {t: t in columns and t != INTERCEPT and _least_units(columns[t], data.units) < FEW_TREATED for t in terms}


def _least_units(column: pd.Series, units: pd.DataFrame) -> float:
    if not column.isin([0.0, 1.0]).all() or column.nunique() < 2:
        return np.inf
    return float(min(units.loc[(column == v).to_numpy(), "unit"].nunique() for v in (0.0, 1.0)))


def notes_on_few(few: dict[str, bool]) -> tuple[str, ...]:
    """Name the dummies that set apart few units."""
    named = [term for term, is_few in few.items() if is_few]
    if not named:
        return ()
    return (
        f"dummies {named} set apart fewer than {FEW_TREATED} units: their errors are too small, infer by permutation",
    )


def _notes_on_lost(absorbed: list[str], collinear: list[str]) -> tuple[str, ...]:
    notes = [f"columns {absorbed} left out because the fixed effects explain them"] if absorbed else []
    if collinear:
        notes.append(f"columns {collinear} left out because they are collinear with the columns before them")
    return tuple(notes)
