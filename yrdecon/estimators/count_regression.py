"""Regressions of counts and flows with fixed effects: Poisson pseudo-maximum likelihood, and negative binomial."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import gammaln, xlogy

from yrdecon.core.covariance import Errors, cluster_columns, with_covariance
from yrdecon.core.estimate import Estimate
from yrdecon.core.options import fail_if_unknown
from yrdecon.core.panel import Panel
from yrdecon.errors import EstimationError
from yrdecon.estimators.panels.counts import fail_if_no_counts, identified_columns
from yrdecon.estimators.panels.data import Regression, draw_regression
from yrdecon.estimators.panels.formula import parse_formula
from yrdecon.estimators.panels.least_squares import (
    Residuals,
    clustered_estimate,
    linear_fit,
)
from yrdecon.estimators.panels.separation import absorption_of, without_separated
from yrdecon.kernels.absorption import Absorption
from yrdecon.kernels.count_models import (
    CountsWithin,
    counts_deviance,
    counts_within,
    negative_binomial_likelihood,
    negative_binomial_within,
)

FloatArray = NDArray[np.float64]
Family = Literal["poisson", "negative_binomial"]


def count_regression(
    panel: Panel,
    formula: str,
    *,
    family: Family = "poisson",
    vcov: Errors = "cluster",
    weights: str | None = None,
    offset: str | None = None,
) -> Estimate:
    """Regress a count, a flow or any non-negative outcome by a formula, ``"outcome ~ regressors | effects"``.

    Parameters
    ----------
    formula
        As in `panel_regression`, without instruments; ``"flow ~ twin | origin^year + destination^year + pair"`` is
        the gravity equation with effects of both places in every year, where a unit of the panel is a pair.
    family
        ``"poisson"``, or ``"negative_binomial"`` with variance mean + dispersion x mean^2, by maximum likelihood.
    vcov
        A name such as ``"cluster"`` (by unit), ``"cluster(province)"``, ``"HC1"`` or ``"dyadic(origin, destination)"``,
        see `with_errors`, or a function from estimates to estimates. ``"iid"`` takes one variance of outcomes over
        their means, estimated, and not one.
    weights
        Column of non-negative weights.
    offset
        What is added to the log of the mean with a coefficient of one, such as ``"log(population)"``.

    Returns
    -------
    An estimate without cohorts: coefficients are changes of the log of the mean. Frame ``"fit"`` holds the log
    likelihood of counts, the deviance, the pseudo R2 of McFadden, the dispersion and the numbers of rows and zeros.

    Raises
    ------
    DesignError
        If an outcome is negative, or the formula cannot be read or has instruments.
    EstimationError
        If no coefficient is identified, naming those that only zeros told apart, or the iteration does not settle.

    Notes
    -----
    Only the mean must be right: outcomes need be neither whole numbers nor of the variance of Poisson, and logs of zero
    are not needed (Santos Silva and Tenreyro 2006). Zeros that effects or regressors set apart have no finite
    estimate; they are left out and told, as in ppmlhdfe. With effects of both places in every year and of pairs errors
    are somewhat too small where periods are few (Weidner and Zylkin 2021): use `node_jackknife` for pairs of places.
    The negative binomial has no such robustness: its variance must be right too, and every effect is a parameter beside
    the dispersion. With few periods slopes are little biased by that, and the dispersion is too small (Allison and
    Waterman 2002); the notes of the estimate say so. Take it as a second look.

    References
    ----------
    Santos Silva and Tenreyro (2006), Review of Economics and Statistics; Correia, Guimaraes and Zylkin (2020), Stata
    Journal; Correia, Guimaraes and Zylkin (2019), arXiv 1903.01633; Weidner and Zylkin (2021), Journal of International
    Economics; Allison and Waterman (2002), Sociological Methodology.

    Examples
    --------
    >>> rows = [(u, t, (i * t) % 5 + t, float(i * t * t % 7)) for i, u in enumerate("abcdef") for t in range(1, 7)]
    >>> panel = Panel.from_frame(pd.DataFrame(rows, columns=["u", "t", "y", "x"]), unit="u", time="t")
    >>> count_regression(panel, "y ~ x + L(x, 1) | u + t").cells["term"].tolist()
    ['x', 'L(x, 1)']
    """
    fail_if_unknown("family", family, Family)
    drawn = draw_regression(panel, parse_formula(formula), weights, cluster_columns(vcov), offset)
    fail_if_no_counts(drawn)
    data = without_separated(drawn)
    absorption = absorption_of(data)
    found = _identified(drawn, data, absorption)
    arrays = absorption, data.outcome, found.regressors.to_numpy(dtype=float), data.weights, data.offset
    if family == "poisson":
        return with_covariance(_estimate(data, found, counts_within(*arrays), "poisson_regression"), panel, vcov)
    result = negative_binomial_within(*arrays)
    data = replace(data, notes=(*data.notes, *_notes_on_dispersion(data, result.dispersion)))
    name = "negative_binomial_regression"
    return with_covariance(_estimate(data, found, result.fit, name, result.dispersion), panel, vcov)


def _notes_on_dispersion(data: Regression, dispersion: float) -> tuple[str, ...]:
    if dispersion == 0:
        return ("variances do not exceed means: the dispersion is zero, and the estimate that of Poisson",)
    words = f"dispersion {dispersion:.4g}"
    if not data.effects:
        return (words,)
    return (f"{words}, too small where effects are many and periods few; the Poisson estimate does not depend on it",)


def _identified(drawn: Regression, data: Regression, absorption: Absorption) -> Residuals:
    """Leave out columns that are not identified, and tell of those that only left-out zeros identified."""
    found = identified_columns(data, absorption)
    lost = set(data.regressors.columns) - set(found.regressors.columns)
    if len(drawn.outcome) == len(data.outcome) or not lost:
        return found
    before = identified_columns(drawn, absorption_of(drawn)).regressors.columns
    apart = [str(c) for c in before if c in lost]
    if not apart:
        return found
    note = f"columns {apart} have no finite coefficient: they are told apart by left-out zeros only"
    return replace(found, notes=(*found.notes, note))


def _estimate(data: Regression, found: Residuals, fit: CountsWithin, method: str, dispersion: float = 0.0) -> Estimate:
    if not fit.converged:
        raise EstimationError(f"the {method} does not settle; scale the regressors, or use fewer effects")
    frame = _fit(data, fit.mean, dispersion)
    data = replace(data, weights=fit.inverse_variance)
    found = replace(found, outcome=fit.working)
    linear = linear_fit(data, found, fit.regressors, data.outcome / fit.mean - 1, np.eye(len(fit.coef)))
    estimate = clustered_estimate(data, found, fit.coef, replace(linear, is_reweighted=True), method)
    return replace(estimate, frames=MappingProxyType({"fit": frame}))


def _fit(data: Regression, mean: FloatArray, dispersion: float) -> pd.DataFrame:
    y, weights = data.outcome, data.weights
    likelihood = _likelihood(y, mean, weights, dispersion)
    null = _likelihood(y, np.full(len(y), np.average(y, weights=weights)), weights, 0.0)
    values = {
        "log_likelihood": likelihood,
        "deviance": counts_deviance(y, mean, weights, dispersion),
        "pseudo_r_squared": 1 - likelihood / null,
        "dispersion": dispersion,
        "rows": len(y),
        "zeros": int((y == 0).sum()),
    }
    return pd.DataFrame({name: [value] for name, value in values.items()})


def _likelihood(y: FloatArray, mean: FloatArray, weights: FloatArray, dispersion: float) -> float:
    if dispersion:
        return negative_binomial_likelihood(y, mean, weights, dispersion)
    return float(weights @ (xlogy(y, mean) - mean - gammaln(y + 1)))
