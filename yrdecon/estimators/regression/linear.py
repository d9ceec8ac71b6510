"""Least squares with absorbed effects on a sample, as an estimate."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from yrdecon.core.design import Design, parse_effect
from yrdecon.core.estimate import Estimate, LinearFit
from yrdecon.core.labels import codes_of, levels_of, row_labels
from yrdecon.core.panel import Panel
from yrdecon.core.sample import Sample
from yrdecon.errors import EstimationError
from yrdecon.estimators.regression.absorbed import Residualize, remover, with_covariates, without_nested
from yrdecon.estimators.regression.small_sample import SmallSample, cluster_factor
from yrdecon.kernels.ols import dependent_columns, least_squares
from yrdecon.kernels.sandwich import cluster_covariance

FloatArray = NDArray[np.float64]

ROUNDING = 1e-13


def fit_linear(panel: Panel, sample: Sample, design: Design, regressors: pd.DataFrame, ssc: SmallSample) -> Estimate:
    """Regress the outcome on labelled regressors, the design's covariates and its fixed effects.

    Parameters
    ----------
    sample
        Exactly the rows to use.
    regressors
        n rows; one column per coefficient, labelled by a tuple that `label_cells` can spread, or by a term.

    Returns
    -------
    An estimate with one cell per column, clustered by the design's cluster.

    Raises
    ------
    EstimationError
        If a regressor is collinear with the others or with the fixed effects.
    """
    units = row_labels(panel, sample, design)
    effects = (*independent_effects(units, design), *varying_slopes(design))
    weights = sample.weights
    residualize = residualizer(units, sample, design)
    x_raw = regressors.to_numpy(dtype=float)
    x, y = residualize(x_raw), without_rounding(residualize(sample.outcome[:, None])[:, 0], sample.outcome)
    dependent = dependent_columns(x, np.sqrt((weights[:, None] * x_raw**2).sum(axis=0)), weights)
    if dependent:
        names = [str(regressors.columns[j]) for j in dependent]
        raise EstimationError(
            f"the coefficients of {names} are not identified: they are collinear with the fixed effects or the others; "
            "drop an effect, add untreated units, or choose another base period"
        )
    fit = least_squares(y, x, weights)
    residuals = without_rounding(fit.residuals, sample.outcome)
    influence = (weights * residuals)[:, None] * x @ fit.bread
    cluster = design.cluster or "unit"
    k = x.shape[1] + sample.covariates.shape[1]
    rule = cluster_factor(units, cluster, effects, k, ssc)
    return Estimate(
        coef=fit.coef,
        vcov=rule.factor * cluster_covariance(influence, codes_of(units[cluster])),
        cells=pd.DataFrame({"term": regressors.columns.astype(str)}),
        units=units,
        method="",
        outcome=design.outcome,
        n_obs=len(y),
        influence=influence,
        linear=LinearFit(
            outcome=y,
            regressors=x,
            transform=np.eye(x.shape[1]),
            weights=weights,
            residuals=residuals,
            effects=effects,
            covariates=sample.covariates,
            slopes=sample.frame[[parse_effect(e).slope for e in varying_slopes(design)]].to_numpy(dtype=float),
        ),
        cluster=cluster,
        dof=rule.dof,
        small_sample=rule.words,
        notes=sample.notes,
    )


def without_rounding(rest: FloatArray, outcome: FloatArray) -> FloatArray:
    """Return zeros where nothing of the outcome is left but rounding, as for a constant one."""
    return rest if np.abs(rest).max() > ROUNDING * np.abs(outcome).max() else np.zeros_like(rest)


def varying_slopes(design: Design) -> list[str]:
    """Return the effects of the design that are slopes."""
    return [effect for effect in design.effects if parse_effect(effect).slope]


def independent_effects(units: pd.DataFrame, design: Design) -> tuple[str, ...]:
    """Return the absorbed effects without those that a finer one contains, such as year beside province^year."""
    return without_nested(units, ("unit", "time", *map(levels_of, design.effects)))


def residualizer(units: pd.DataFrame, sample: Sample, design: Design) -> Residualize:
    """Return a function that removes fixed effects, varying slopes and covariates from (n, k) columns."""
    effects = (*independent_effects(units, design), *varying_slopes(design))
    slopes = sample.frame[[parse_effect(e).slope for e in varying_slopes(design)]].to_numpy(dtype=float)
    remove = remover(units, effects, slopes, sample.weights)
    return with_covariates(remove, sample.covariates, design.covariates, sample.weights)
