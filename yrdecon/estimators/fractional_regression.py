"""Regressions of shares between zero and one, by the quasi-likelihood of the logit."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from yrdecon.core.covariance import Errors, cluster_columns, with_covariance
from yrdecon.core.design import parse_effect
from yrdecon.core.estimate import Estimate
from yrdecon.core.names import some_of
from yrdecon.core.options import fail_if_unknown
from yrdecon.core.panel import Panel
from yrdecon.errors import DesignError, EstimationError
from yrdecon.estimators.panels.columns import INTERCEPT
from yrdecon.estimators.panels.data import Regression, draw_regression
from yrdecon.estimators.panels.formula import parse_formula
from yrdecon.estimators.panels.least_squares import Residuals, clustered_estimate, identified, linear_fit
from yrdecon.estimators.panels.models import with_dummies, with_unit_means
from yrdecon.kernels.logit import average_partial_effects, fit_logit

FloatArray = NDArray[np.float64]
Report = Literal["partial_effects", "coefficients"]
MEAN, DUMMY = "mean of ", "dummy "


def fractional_regression(
    panel: Panel,
    formula: str,
    *,
    report: Report = "partial_effects",
    vcov: Errors = "cluster",
    weights: str | None = None,
) -> Estimate:
    """Regress a share between zero and one, ends included, by a formula, ``"share ~ regressors | effects"``.

    Parameters
    ----------
    formula
        As in `panel_regression`, without instruments. Effects of the unit are replaced by the unit's means of all
        regressors (Mundlak), because logits with a dummy of every unit are inconsistent in few periods; other effects
        are dummies, and their means where the panel is unbalanced (Wooldridge 2019).
    report
        ``"partial_effects"`` are changes of the mean share: derivatives averaged over all rows, and of dummies the
        difference between one and zero. ``"coefficients"`` are those of the logit.
    vcov
        A name such as ``"cluster"`` (by unit) or ``"cluster(province)"``, see `with_errors`, or a function from
        estimates to estimates.
    weights
        Column of non-negative weights.

    Returns
    -------
    An estimate without cohorts, with errors of partial effects by the delta method given the regressors. Frame
    ``"coefficients"`` holds the logit coefficients, the means of units among them.

    Raises
    ------
    DesignError
        If a share lies outside zero and one, or the formula cannot be read, has instruments or slopes.
    EstimationError
        If regressors set shares of zero or one apart, so that a coefficient has no finite estimate.

    Notes
    -----
    Only the mean must be right, and the errors are robust to any variance (Papke and Wooldridge 1996). With unit means
    the assumption is that unit effects depend on the regressors through these means alone, as with correlated random
    effects; strict exogeneity is needed too.

    References
    ----------
    Papke and Wooldridge (1996), Journal of Applied Econometrics; Papke and Wooldridge (2008), Journal of Econometrics;
    Mundlak (1978), Econometrica; Wooldridge (2019), Journal of Econometrics.

    Examples
    --------
    >>> rows = [(u, t, (i * t + 2) % 7 / 6, float(i * t * t % 5)) for i, u in enumerate("abcdef") for t in range(1, 7)]
    >>> panel = Panel.from_frame(pd.DataFrame(rows, columns=["u", "t", "share", "x"]), unit="u", time="t")
    >>> fractional_regression(panel, "share ~ x | u + t").cells["term"].tolist()
    ['x']
    """
    fail_if_unknown("report", report, Report)
    data = draw_regression(panel, parse_formula(formula), weights, cluster_columns(vcov))
    _fail_if_no_shares(data)
    data = with_unit_means(data) if "unit" in data.effects else with_dummies(data)
    found = _design(data)
    x = found.regressors.to_numpy(dtype=float)
    fit = fit_logit(data.outcome, x, data.weights)
    if not fit.converged:
        raise EstimationError(
            f"the fractional logit has no finite estimate: some of {_shown(found, report)} set shares of zero or one "
            "apart from all others; drop them or the rows, or use fewer effects"
        )
    estimate = _estimate(data, found, fit.probability, report)
    return with_covariance(estimate, panel, vcov)


def _fail_if_no_shares(data: Regression) -> None:
    if data.is_instrumented:
        raise DesignError("a fractional regression takes no instruments; drop the part 'endogenous ~ instruments'")
    slopes = [e for e in data.effects if parse_effect(e).slope]
    if slopes:
        raise DesignError(f"a fractional regression takes no slopes {slopes}; take panel_regression")
    outside = (data.outcome < 0) | (data.outcome > 1)
    if outside.any():
        rows = data.units.loc[outside, ["unit", "time"]].itertuples(index=False)
        raise DesignError(
            f"the share {data.outcome_name!r} lies outside 0 and 1 in {int(outside.sum())} rows, "
            f"{some_of(f'{u} {t}' for u, t in rows)}; divide percentages by 100, or take panel_regression"
        )
    if data.outcome.min() == data.outcome.max():
        raise EstimationError(f"the share {data.outcome_name!r} is the same in every row; nothing can be estimated")


def _design(data: Regression) -> Residuals:
    """Return the identified columns: regressors, means of units, and dummies."""
    names = [f"{DUMMY}{j}" for j in range(data.covariates.shape[1])]
    columns = pd.concat([data.regressors, pd.DataFrame(data.covariates, columns=names)], axis=1)
    if INTERCEPT not in columns:
        columns.insert(0, INTERCEPT, 1.0)
    found = identified(data, columns, (), lambda x: x)
    return replace(found, notes=tuple(note for note in found.notes if DUMMY not in note))


def _shown(found: Residuals, report: Report) -> list[str]:
    names = [str(c) for c in found.regressors if not str(c).startswith(DUMMY)]
    return [n for n in names if report == "coefficients" or not (n == INTERCEPT or n.startswith(MEAN))]


def _estimate(data: Regression, found: Residuals, probability: FloatArray, report: Report) -> Estimate:
    x, names = found.regressors.to_numpy(dtype=float), list(found.regressors)
    variance = probability * (1 - probability)
    coef = np.asarray(np.linalg.lstsq(x, np.log(probability / (1 - probability)), rcond=None)[0])
    shown = [names.index(n) for n in _shown(found, report)]
    values, transform = coef, np.eye(len(coef))
    if report == "partial_effects":
        values, transform = average_partial_effects(coef, x, data.weights)
    inner = replace(data, weights=data.weights * variance, covariates=np.empty((len(x), 0)))
    linear = linear_fit(inner, found, x, (data.outcome - probability) / variance, transform[shown])
    kept = replace(found, regressors=found.regressors.iloc[:, shown])
    estimate = clustered_estimate(inner, kept, values[shown], replace(linear, is_reweighted=True), "fractional_logit")
    words = "unit effects through the units' means of the regressors (Mundlak)"
    table = pd.DataFrame({"term": names, "coefficient": coef})
    return replace(
        estimate,
        frames=MappingProxyType({"coefficients": table[~table["term"].str.startswith(DUMMY)].reset_index(drop=True)}),
        notes=(
            *estimate.notes,
            *((words,) if "unit" in data.effects else ()),
            *(("average partial effects on the share",) if report == "partial_effects" else ()),
        ),
    )
