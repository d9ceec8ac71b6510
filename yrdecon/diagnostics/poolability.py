"""Whether the slopes of all units are the same (Chow 1960)."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from yrdecon.core.hypothesis import HypothesisTest
from yrdecon.core.labels import codes_of
from yrdecon.core.options import fail_if_unknown
from yrdecon.core.panel import Panel
from yrdecon.errors import DesignError
from yrdecon.estimators.panel_regression import panel_regression
from yrdecon.estimators.panels.columns import INTERCEPT
from yrdecon.estimators.panels.data import draw_regression
from yrdecon.estimators.panels.formula import parse_formula, with_effects

FloatArray = NDArray[np.float64]
Intercepts = Literal["by_unit", "common"]

NULLS = {
    "by_unit": "all units have the same slopes, each its own intercept",
    "common": "all units have the same slopes and the same intercept",
}


def poolability(panel: Panel, formula: str, *, intercepts: Intercepts = "by_unit") -> HypothesisTest:
    """Test by the F statistic whether one regression serves all units.

    Parameters
    ----------
    formula
        As for `panel_regression`; effects and instruments are left out.
    intercepts
        Whether under the null units have intercepts of their own, or share one too.

    Raises
    ------
    DesignError
        If units have no more rows than regressors, which are then named.

    Notes
    -----
    Errors are taken as independent with one variance.

    References
    ----------
    Chow (1960), Econometrica; Baltagi (2021), Econometric Analysis of Panel Data, section 4.1.

    Examples
    --------
    >>> import pandas as pd
    >>> rows = [(u, t, float(i * t % 5), float(i * t * t % 7)) for i, u in enumerate("abcdef", 1) for t in range(1, 7)]
    >>> panel = Panel.from_frame(pd.DataFrame(rows, columns=["u", "t", "y", "x"]), unit="u", time="t")
    >>> poolability(panel, "y ~ x").name
    'F(5, 24) test of poolability'
    """
    fail_if_unknown("intercepts", intercepts, Intercepts)
    parsed = parse_formula(formula)
    data = draw_regression(panel, parse_formula(with_effects(parsed, ())), None, ())
    x = data.regressors.drop(columns=INTERCEPT, errors="ignore").to_numpy(dtype=float)
    x = np.column_stack([np.ones(len(x)), x])
    codes = codes_of(data.units["unit"])
    short = data.units["unit"].unique()[np.bincount(codes) <= x.shape[1]].tolist()
    if short:
        raise DesignError(f"units {short[:8]} have no more rows than the {x.shape[1]} coefficients; leave them out")
    own = [_squares(data.outcome[codes == g], x[codes == g]) for g in range(int(codes.max()) + 1)]
    apart, free = float(sum(s[0] for s in own)), float(sum(s[1] for s in own))
    by_unit = intercepts == "by_unit"
    text = with_effects(parsed, [panel.unit] if by_unit else [])
    together = panel_regression(panel, text, model="fixed" if by_unit else "pooled", vcov="iid")
    total = 0.0 if together.linear is None else float((together.linear.residuals**2).sum())
    more = float(together.dof) - free
    statistic = (total - apart) / more / (apart / free)
    return HypothesisTest(
        name=f"F({more:g}, {free:g}) test of poolability",
        statistic=statistic,
        p_value=float(stats.f.sf(statistic, more, free)),
        null=NULLS[intercepts],
        notes=("errors are taken as independent with one variance",),
    )


def _squares(y: FloatArray, x: FloatArray) -> tuple[float, float]:
    """Return the squared residuals of a unit's own regression and their degrees of freedom."""
    coef, _, rank, _ = np.linalg.lstsq(x, y, rcond=None)
    return float(((y - x @ coef) ** 2).sum()), float(len(y) - rank)
