"""Fixed effects with lags of the outcome, corrected for the bias of Nickell (1981)."""

from __future__ import annotations

import re
from types import MappingProxyType

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from yrdecon.core.estimate import Estimate
from yrdecon.core.labels import codes_of
from yrdecon.core.panel import Panel
from yrdecon.errors import DesignError, EstimationError
from yrdecon.estimators.panels.columns import INTERCEPT
from yrdecon.estimators.panels.data import Regression, draw_regression
from yrdecon.estimators.panels.formula import parse_formula
from yrdecon.estimators.panels.models import fixed
from yrdecon.kernels.dynamic_bias import WithinPanel, correct_within
from yrdecon.kernels.ols import dependent_columns
from yrdecon.kernels.panel_models import group_means

FloatArray = NDArray[np.float64]


def bias_corrected_lsdv(panel: Panel, formula: str) -> Estimate:
    """Estimate a dynamic panel with fixed effects, and remove the bias that demeaning a lagged outcome brings.

    Parameters
    ----------
    formula
        ``"y ~ L(y, 1) + x | city + year"``: lags of the outcome, strictly exogenous regressors, and effects of the unit
        and, if wanted, of the period.

    Returns
    -------
    Coefficients in the order of the formula; those of the period are not shown. Errors are those of the moments,
    clustered by unit with the factor N/(N-1), and N-1 degrees of freedom. Influence is that of units.

    Raises
    ------
    DesignError
        If the formula has no lag of the outcome, other effects, or instruments.
    EstimationError
        If columns are collinear, or the moments have no solution, as happens with few periods near a unit root.

    Notes
    -----
    Adjusts the moments and not the estimate, so that no first consistent estimator and no bootstrap is needed, as with
    the corrections of Kiviet (1995) and Bruno (2005), lags may be several, and the errors are analytic. It takes errors
    that are independent over time with a constant variance in each unit, which may differ between units; the start of
    the outcome is free. A regressor that reacts to past outcomes is biased: use `half_panel_jackknife` or
    `dynamic_panel`. Units of any length and gaps in them are taken as they are.

    References
    ----------
    Breitung, Kripfganz and Hayakawa (2022), Bias-corrected method of moments estimators for dynamic panel data models,
    Econometrics and Statistics; Bun and Carree (2005), Journal of Business and Economic Statistics.

    Examples
    --------
    >>> generator = np.random.default_rng(1)
    >>> rows = [(u, t, float(generator.normal())) for u in range(30) for t in range(8)]
    >>> panel = Panel.from_frame(pd.DataFrame(rows, columns=["u", "t", "y"]), unit="u", time="t")
    >>> bias_corrected_lsdv(panel, "y ~ L(y, 1) | u + t").cells["term"].tolist()
    ['L(y, 1)']
    """
    data = fixed(draw_regression(panel, parse_formula(formula), None, ()))
    _fail_if_effects_do_not_fit(data)
    orders = _orders(data)
    terms = [*orders, *(str(c) for c in data.regressors if c not in orders and c != INTERCEPT)]
    within = _within(data, orders, terms)
    fit = correct_within(within)
    if not fit.is_solved:
        raise EstimationError(
            f"the corrected moments of {list(orders)} have no solution in this sample, as happens near a unit root; "
            "take half_panel_jackknife, dynamic_panel(transform='system'), or changes of the outcome"
        )
    written = [terms.index(str(c)) for c in data.regressors if c != INTERCEPT]
    influence = fit.influence[:, written]
    n = len(influence)
    first = data.units.groupby("unit", sort=False)["time"].agg(["min", "max"]).reset_index()
    return Estimate(
        coef=fit.coef[written],
        vcov=n / (n - 1) * influence.T @ influence,
        cells=pd.DataFrame({"term": [terms[j] for j in written]}),
        units=first.set_axis(["unit", "time", "last_time"], axis=1),
        method="bias_corrected_lsdv",
        outcome=data.outcome_name,
        n_obs=len(data.outcome),
        influence=influence,
        frames=MappingProxyType({"effects": pd.DataFrame({"effect": data.effects})}),
        cluster="unit",
        dof=float(n - 1),
        small_sample=f"N/(N-1), N={n}",
        notes=data.notes,
    )


def _fail_if_effects_do_not_fit(data: Regression) -> None:
    if "unit" not in data.effects or not set(data.effects) <= {"unit", "time"}:
        raise DesignError(f"the effects must be those of the unit, with or without the period; they are {data.effects}")
    if data.is_instrumented:
        raise DesignError("instruments cannot stand in this formula; take dynamic_panel for endogenous regressors")


def _orders(data: Regression) -> dict[str, int]:
    """Return the lags of the outcome among the regressors."""
    lag = re.compile(rf"L\({re.escape(data.outcome_name)}, (-?\d+)\)")
    found = {str(c): int(m[1]) for c in data.regressors if (m := lag.fullmatch(str(c)))}
    if not found or min(found.values()) < 1:
        raise DesignError(
            f"the regressors {data.regressors.columns.tolist()} must hold lags of the outcome, such as "
            f"'L({data.outcome_name}, 1)', and none of its leads; without lags take panel_regression"
        )
    return found


def _within(data: Regression, orders: dict[str, int], terms: list[str]) -> WithinPanel:
    unit = codes_of(data.units["unit"])
    columns = data.regressors[terms].to_numpy(dtype=float)
    if "time" in data.effects:
        columns = np.column_stack([columns, pd.get_dummies(data.units["time"], dtype=float).to_numpy()[:, 1:]])
    values = np.column_stack([data.outcome, columns])
    demeaned = values - group_means(values, unit)[unit]
    scale = np.sqrt((columns**2).sum(axis=0))
    lost = dependent_columns(demeaned[:, :0:-1], scale[::-1], np.ones(len(unit)))
    names = [*terms, *["period effects"] * (columns.shape[1] - len(terms))][::-1]
    if lost:
        raise EstimationError(
            f"{sorted({names[j] for j in lost})} are constant within units or collinear with the columns after them; "
            "leave them out"
        )
    p = len(orders)
    return WithinPanel(
        outcome=demeaned[:, 0],
        lags=demeaned[:, 1 : p + 1],
        orders=np.array(list(orders.values()), dtype=np.int64),
        others=demeaned[:, p + 1 :],
        unit=unit,
        time=data.units["time"].to_numpy(dtype=np.int64),
    )
