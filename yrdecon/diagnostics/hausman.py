"""Whether random effects are correlated with the regressors (Hausman 1978)."""

from __future__ import annotations

from types import MappingProxyType
from typing import Literal

import numpy as np
import pandas as pd
from scipy import stats

from yrdecon.core.estimate import Estimate
from yrdecon.core.hypothesis import HypothesisTest
from yrdecon.core.options import fail_if_unknown
from yrdecon.core.panel import Panel
from yrdecon.estimators.linear_map import wald
from yrdecon.estimators.panel_regression import panel_regression
from yrdecon.estimators.panels.formula import PanelFormula, parse_formula, with_effects
from yrdecon.inference.reduction import linear_fit

Form = Literal["classic", "auxiliary"]

NULL = "the unit effects are uncorrelated with the regressors, so that random and fixed effects agree"


def hausman(panel: Panel, formula: str, *, form: Form = "classic") -> HypothesisTest:
    """Test whether fixed and random effects agree.

    Parameters
    ----------
    formula
        As for `panel_regression`, without instruments; unit effects are added, other effects enter both models.
    form
        ``"classic"`` compares the coefficients by the difference of their covariances, which holds only if errors are
        independent with one variance. ``"auxiliary"`` tests the means of the units in correlated random effects
        (Mundlak 1978) with errors clustered by unit, and holds in general.

    Returns
    -------
    A chi-squared test, or for ``"auxiliary"`` an F test; frame ``"coefficients"`` holds both sets of coefficients.

    Raises
    ------
    EstimationError
        If no regressor varies within units.

    Notes
    -----
    Where the difference of the covariances is not positive definite, as happens in small samples and with correlated
    errors, both are computed with the error variance of random effects, and it is; some programs report the absolute
    value of a negative statistic instead, which has no distribution.

    References
    ----------
    Hausman (1978), Econometrica; Mundlak (1978), Econometrica; Arellano (1993), Journal of Econometrics.

    Examples
    --------
    >>> rows = [(u, t, float(i * t % 5), float(i * t * t % 7)) for i, u in enumerate("abcdef", 1) for t in range(1, 7)]
    >>> panel = Panel.from_frame(pd.DataFrame(rows, columns=["u", "t", "y", "x"]), unit="u", time="t")
    >>> hausman(panel, "y ~ x", form="auxiliary").name
    'Hausman test by the means of the units, F(1, 5)'
    """
    fail_if_unknown("form", form, Form)
    parsed = parse_formula(formula)
    return _classic(panel, parsed) if form == "classic" else _auxiliary(panel, parsed)


def _classic(panel: Panel, formula: PanelFormula) -> HypothesisTest:
    fixed = panel_regression(panel, with_effects(formula, [panel.unit, *formula.effects]), vcov="iid")
    random = panel_regression(panel, with_effects(formula, formula.effects), model="random", vcov="iid")
    terms = [t for t in fixed.cells["term"] if t in set(random.cells["term"])]
    one, two = (pd.Index(e.cells["term"]).get_indexer(pd.Index(terms)) for e in (fixed, random))
    distance = fixed.coef[one] - random.coef[two]
    notes = ["errors are taken as independent with one variance; form='auxiliary' does without"]
    wide, narrow = fixed.vcov[np.ix_(one, one)], random.vcov[np.ix_(two, two)]
    if np.linalg.eigvalsh(wide - narrow)[0] <= 0:
        wide = wide * _error_variance(random) / _error_variance(fixed)
        notes.append("the covariances differ by no positive definite matrix, so both take the random effects' variance")
    statistic = float(distance @ np.linalg.solve(wide - narrow, distance))
    frame = pd.DataFrame({"term": terms, "fixed": fixed.coef[one], "random": random.coef[two]})
    return HypothesisTest(
        name=f"Hausman test, chi2({len(terms)})",
        statistic=statistic,
        p_value=float(stats.chi2.sf(statistic, len(terms))),
        null=NULL,
        frames=MappingProxyType({"coefficients": frame}),
        notes=tuple(notes),
    )


def _error_variance(estimate: Estimate) -> float:
    residuals = linear_fit(estimate).residuals
    return float(residuals @ residuals) / float(np.min(estimate.dof))


def _auxiliary(panel: Panel, formula: PanelFormula) -> HypothesisTest:
    estimate = panel_regression(panel, with_effects(formula, formula.effects), model="correlated_random")
    terms = estimate.cells["term"].tolist()
    means = [i for i, term in enumerate(terms) if term.startswith("mean of ")]
    test = wald(estimate, means, null=NULL)
    names = [terms[i].removeprefix("mean of ") for i in means]
    within = estimate.coef[[terms.index(n) for n in names]]
    frame = pd.DataFrame({"term": names, "fixed": within, "between": within + estimate.coef[means]})
    return HypothesisTest(
        name=test.name.replace("Wald", "Hausman test by the means of the units,"),
        statistic=test.statistic,
        p_value=test.p_value,
        null=NULL,
        frames=MappingProxyType({"coefficients": frame}),
        notes=("errors are clustered by unit",),
    )
