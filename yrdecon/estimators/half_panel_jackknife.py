"""Fixed effects without the bias of few periods, by estimates in halves of the panel."""

from __future__ import annotations

from yrdecon.core.estimate import Estimate
from yrdecon.core.panel import Panel
from yrdecon.errors import DesignError
from yrdecon.estimators.panels.data import draw_regression
from yrdecon.estimators.panels.formula import parse_formula
from yrdecon.estimators.panels.half_panels import jackknife_halves
from yrdecon.estimators.panels.models import fixed


def half_panel_jackknife(panel: Panel, formula: str) -> Estimate:
    """Regress with fixed effects, and remove the bias of few periods by the estimates in two halves of the periods.

    Parameters
    ----------
    formula
        ``"y ~ L(y, 1) + x | city + year"``, as `panel_regression` reads it, without instruments. Regressors may react
        to past outcomes, which fixed effects alone do not allow for.

    Returns
    -------
    Twice the fixed-effects estimate less the mean of the estimates in both halves of every unit's rows. Errors are
    clustered by unit with fixest's factor; `cluster_robust` takes other clusters among the columns of `units`.

    Raises
    ------
    DesignError
        If the formula has no effects or has instruments.
    EstimationError
        If no unit has four rows, or a regressor does not vary in one of the halves.

    Notes
    -----
    The bias is of order one over the number of periods and thus twice as large in a half; what is left is of the order
    of its square. It asks that both halves obey one law: a break, or a strong trend of the regressors, is no bias that
    halves reveal. Units with fewer than four rows are left out and named.

    References
    ----------
    Dhaene and Jochmans (2015), Split-panel jackknife estimation of fixed-effect models, Review of Economic Studies;
    Chudik, Pesaran and Yang (2018), Half-panel jackknife fixed-effects estimation of linear panels with weakly
    exogenous regressors, Journal of Applied Econometrics.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> generator = np.random.default_rng(1)
    >>> rows = [(u, t, float(generator.normal())) for u in range(30) for t in range(9)]
    >>> panel = Panel.from_frame(pd.DataFrame(rows, columns=["u", "t", "y"]), unit="u", time="t")
    >>> half_panel_jackknife(panel, "y ~ L(y, 1) | u + t").cells["term"].tolist()
    ['L(y, 1)']
    """
    data = fixed(draw_regression(panel, parse_formula(formula), None, ()))
    if data.is_instrumented:
        raise DesignError("instruments cannot stand in this formula; take dynamic_panel for endogenous regressors")
    return jackknife_halves(data, "half_panel_jackknife")
