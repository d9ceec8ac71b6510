"""Whether fixed effects are needed at all."""

from __future__ import annotations

from scipy import stats

from yrdecon.core.hypothesis import HypothesisTest
from yrdecon.core.panel import Panel
from yrdecon.errors import DesignError
from yrdecon.estimators.panel_regression import panel_regression
from yrdecon.estimators.panels.formula import parse_formula, with_effects


def fixed_effects_test(panel: Panel, formula: str) -> HypothesisTest:
    """Test by the F statistic whether the effects of a formula are all equal.

    Parameters
    ----------
    formula
        As for `panel_regression`, with effects and without instruments.

    Raises
    ------
    DesignError
        If the formula has no effects, or has slopes.

    Notes
    -----
    Errors are taken as independent with one variance; where they are correlated within units the test rejects too
    often.

    References
    ----------
    Baltagi (2021), Econometric Analysis of Panel Data, chapter 4.

    Examples
    --------
    >>> import pandas as pd
    >>> rows = [(u, t, float(i * t % 5), float(i * t * t % 7)) for i, u in enumerate("abcdef", 1) for t in range(1, 7)]
    >>> panel = Panel.from_frame(pd.DataFrame(rows, columns=["u", "t", "y", "x"]), unit="u", time="t")
    >>> fixed_effects_test(panel, "y ~ x | u").name
    'F(5, 29) test of effects'
    """
    parsed = parse_formula(formula)
    if not parsed.effects or any("[" in e for e in parsed.effects):
        raise DesignError(f"the formula {formula!r} must have effects without slopes, such as 'y ~ x | city + year'")
    fixed = panel_regression(panel, with_effects(parsed, parsed.effects), vcov="iid")
    kept = panel.frame.set_index([panel.unit, panel.time]).index.isin(
        list(fixed.units[["unit", "time"]].itertuples(index=False, name=None))
    )
    same = Panel(panel.frame[kept].reset_index(drop=True), panel.unit, panel.time)
    pooled = panel_regression(same, with_effects(parsed, ()), model="pooled", vcov="iid")
    within, total = (float((e.linear.residuals**2).sum()) for e in (fixed, pooled) if e.linear is not None)
    free, more = float(fixed.dof), float(pooled.dof)
    statistic = (total - within) / (more - free) / (within / free)
    return HypothesisTest(
        name=f"F({more - free:g}, {free:g}) test of effects",
        statistic=statistic,
        p_value=float(stats.f.sf(statistic, more - free, free)),
        null=f"there are no effects of {' and '.join(parsed.effects)}",
        notes=("errors are taken as independent with one variance",),
    )
