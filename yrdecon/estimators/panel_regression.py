"""Panel regressions by formula: pooled, fixed and random effects, between, differences, and with instruments."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from yrdecon.core.covariance import Errors, cluster_columns, with_covariance
from yrdecon.core.estimate import Estimate
from yrdecon.core.options import fail_if_unknown
from yrdecon.core.panel import Panel
from yrdecon.errors import DesignError
from yrdecon.estimators.panels.data import Regression, draw_regression
from yrdecon.estimators.panels.formula import parse_formula
from yrdecon.estimators.panels.instrumented import Instrumented, fit_instrumented
from yrdecon.estimators.panels.least_squares import fit_regression
from yrdecon.estimators.panels.models import (
    between,
    correlated_random,
    first_difference,
    fixed,
    pooled,
    random,
)

Model = Literal["fixed", "pooled", "random", "between", "first_difference", "correlated_random"]

MODELS: dict[str, Callable[[Regression], Regression]] = {
    "fixed": fixed,
    "pooled": pooled,
    "random": random,
    "between": between,
    "first_difference": first_difference,
    "correlated_random": correlated_random,
}
METHODS = {
    "fixed": "fixed_effects",
    "pooled": "pooled_ols",
    "random": "random_effects",
    "between": "between_effects",
    "first_difference": "first_difference",
    "correlated_random": "correlated_random_effects",
}


def panel_regression(
    panel: Panel,
    formula: str,
    iv: Instrumented = "2sls",
    *,
    model: Model = "fixed",
    vcov: Errors = "cluster",
    weights: str | None = None,
) -> Estimate:
    """Regress by a formula, ``"outcome ~ regressors | effects | endogenous ~ instruments"``.

    Parameters
    ----------
    formula
        Regressors are columns and what formulaic makes of them (``log(x)``, ``x:z``, ``C(x)``, ``poly(x, 2)``).
        ``D(x)`` is the change since the period before, ``L(x, 1)`` and ``L(x, 0:2)`` are lags by the calendar, missing
        where a period is. ``i(year, ref=2020)`` are dummies and ``i(year, x, ref=2020)`` their products with x. Effects
        are any number of columns, ``a^b`` for combinations, ``a[x]`` for levels of a with slopes on x. The last two
        parts may be left out.
    iv
        How instruments are used: two-stage least squares, limited-information maximum likelihood, or the two-step
        generalized method of moments with moments weighted for units.
    model
        ``"fixed"`` absorbs the effects and leaves out rows that are alone in a level. ``"pooled"`` has none.
        ``"first_difference"`` regresses changes on changes; unit effects drop out, others stay, and without effects the
        intercept is a common trend. ``"between"`` regresses means of units. ``"random"`` quasi-demeans by the variance
        components of Swamy and Arora (1972), for units of different length those of Baltagi and Chang (1994), with
        dummies of the effects. ``"correlated_random"`` adds means of units (Mundlak 1978), so that coefficients are
        those of fixed effects and constant regressors keep theirs.
    vcov
        A name such as ``"cluster"`` (by unit), ``"cluster(province, year)"``, ``"HC1"``, ``"driscoll_kraay(2)"``,
        ``"conley(150)"`` or ``"wild_bootstrap(1)"``, see `with_errors`, or a function from estimates to estimates.
    weights
        Column of non-negative weights.

    Returns
    -------
    An estimate without cohorts, with one cell per term, which every covariance, `wald`, `lincom` and `regression_table`
    take. With instruments, frames ``"first_stage"``, ``"instrument_tests"`` (first-stage F, Kleibergen-Paap, effective
    F of Montiel Olea and Pflueger with its critical value, Wu-Hausman, Hansen J) and ``"anderson_rubin"`` with the 95%
    set of the endogenous coefficient that holds however weak the instruments are.

    Raises
    ------
    DesignError
        If the formula cannot be read, pointing at the character, a column is missing, or the model does not take what
        the formula has.
    EstimationError
        If no coefficient is identified, or there are too few instruments.

    Notes
    -----
    Rows with missing values, singletons, and columns that effects or other columns explain are left out and told in
    the notes. A dummy that sets apart fewer than ten units gets no star in a table, whatever its p-value, as few
    treated units do: infer by permutation.

    References
    ----------
    Baltagi (2021), Econometric Analysis of Panel Data; Mundlak (1978), Econometrica; Montiel Olea and Pflueger (2013),
    Journal of Business and Economic Statistics; Kleibergen and Paap (2006), Journal of Econometrics; Anderson and Rubin
    (1949), Annals of Mathematical Statistics.

    Examples
    --------
    >>> import pandas as pd
    >>> rows = [(u, t, float(i * t % 5), float(i * t * t % 7)) for i, u in enumerate("abcdef") for t in range(1, 7)]
    >>> panel = Panel.from_frame(pd.DataFrame(rows, columns=["u", "t", "y", "x"]), unit="u", time="t")
    >>> panel_regression(panel, "y ~ x + L(x, 1) | u + t").cells["term"].tolist()
    ['x', 'L(x, 1)']
    >>> panel_regression(panel, "y ~ x", model="random").cells["term"].tolist()
    ['Intercept', 'x']
    """
    fail_if_unknown("model", model, Model)
    fail_if_unknown("iv", iv, Instrumented)
    data = MODELS[model](draw_regression(panel, parse_formula(formula), weights, cluster_columns(vcov)))
    if data.units["unit"].nunique() < 2:
        raise DesignError(f"a panel regression needs two units or more; the sample has {data.units['unit'].unique()}")
    if data.is_instrumented:
        return with_covariance(fit_instrumented(data, iv, METHODS[model]), panel, vcov)
    return with_covariance(fit_regression(data, METHODS[model]), panel, vcov)
