"""Whether pooled residuals have components of units or periods (Breusch and Pagan 1980)."""

from __future__ import annotations

from types import MappingProxyType
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from yrdecon.core.hypothesis import HypothesisTest
from yrdecon.core.labels import codes_of
from yrdecon.core.options import fail_if_unknown
from yrdecon.core.panel import Panel
from yrdecon.estimators.panel_regression import panel_regression
from yrdecon.estimators.panels.formula import parse_formula, with_effects

FloatArray = NDArray[np.float64]
Component = Literal["unit", "time", "both"]

NULLS = {
    "unit": "pooled residuals have no component of the units",
    "time": "pooled residuals have no component of the periods",
    "both": "pooled residuals have no component of the units or of the periods",
}


def breusch_pagan_lm(panel: Panel, formula: str, *, component: Component = "unit") -> HypothesisTest:
    """Test by the Lagrange multiplier whether pooled least squares leaves variance between units or periods.

    Parameters
    ----------
    formula
        As for `panel_regression`; effects and instruments are left out.
    component
        Whose variance is tested; ``"both"`` tests them jointly.

    Returns
    -------
    A chi-squared test; frame ``"one_sided"`` holds the one-sided statistics of Honda (1985) and, for both components,
    of King and Wu (1997), which are normal. Units may differ in length (Baltagi and Li 1990).

    References
    ----------
    Breusch and Pagan (1980), Review of Economic Studies.

    Examples
    --------
    >>> rows = [(u, t, float(i * t % 5), float(i * t * t % 7)) for i, u in enumerate("abcdef", 1) for t in range(1, 7)]
    >>> panel = Panel.from_frame(pd.DataFrame(rows, columns=["u", "t", "y", "x"]), unit="u", time="t")
    >>> breusch_pagan_lm(panel, "y ~ x").name
    'Breusch-Pagan LM test, chi2(1)'
    """
    fail_if_unknown("component", component, Component)
    pooled = panel_regression(panel, with_effects(parse_formula(formula), ()), model="pooled")
    residuals = np.empty(0) if pooled.linear is None else pooled.linear.residuals
    chosen = ("unit", "time") if component == "both" else (component,)
    parts = [_standardized(residuals, codes_of(pooled.units[c])) for c in chosen]
    statistic = float(sum(part[0] ** 2 for part in parts))
    return HypothesisTest(
        name=f"Breusch-Pagan LM test, chi2({len(parts)})",
        statistic=statistic,
        p_value=float(stats.chi2.sf(statistic, len(parts))),
        null=NULLS[component],
        frames=MappingProxyType({"one_sided": _one_sided(parts)}),
    )


def _standardized(residuals: FloatArray, codes: NDArray[np.int64]) -> FloatArray:
    """Return the normal statistic of one component, and the weight of King and Wu."""
    n, counts = len(residuals), np.bincount(codes)
    room = float((counts**2).sum() - n)
    excess = float((np.bincount(codes, residuals) ** 2).sum() / (residuals**2).sum()) - 1
    return np.array([n / np.sqrt(2 * room) * excess, np.sqrt(room)])


def _one_sided(parts: list[FloatArray]) -> pd.DataFrame:
    statistics, weights = np.array(parts).T
    rows = {"Honda": statistics.sum() / np.sqrt(len(parts))}
    if len(parts) > 1:
        rows["King-Wu"] = float(weights @ statistics / np.sqrt((weights**2).sum()))
    frame = pd.DataFrame({"test": list(rows), "statistic": list(rows.values())})
    return frame.assign(p_value=stats.norm.sf(frame["statistic"]))
