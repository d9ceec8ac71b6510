"""Whether the errors of a panel regression are correlated over time."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from yrdecon.core.estimate import Estimate
from yrdecon.core.hypothesis import HypothesisTest
from yrdecon.core.labels import codes_of
from yrdecon.core.options import fail_if_unknown
from yrdecon.core.panel import Panel
from yrdecon.errors import DesignError
from yrdecon.estimators.panel_regression import panel_regression
from yrdecon.inference.cluster import cluster_robust
from yrdecon.inference.reduction import linear_fit

FloatArray = NDArray[np.float64]
Uncorrelated = Literal["levels", "changes"]


def wooldridge_serial(estimate: Estimate, *, uncorrelated: Uncorrelated = "levels") -> HypothesisTest:
    """Test residuals for first-order correlation by a regression on their lag, with errors clustered by unit.

    Parameters
    ----------
    estimate
        Of `panel_regression`, with model ``"fixed"`` and unit effects, or ``"first_difference"``.
    uncorrelated
        Which errors have no correlation under the null. If those in levels have none, residuals of fixed effects have
        the coefficient -1/(T-1) on their lag, and those of first differences -1/2 (the test of Drukker 2003). If
        changes of the errors have none, as for a random walk, those of first differences have 0.

    Returns
    -------
    An F test with one and G-1 degrees of freedom, without a small-sample factor.

    Raises
    ------
    DesignError
        If the estimate is no such regression, or fixed effects have units of different length: take `born_breitung`.

    References
    ----------
    Wooldridge (2010), Econometric Analysis of Cross Section and Panel Data, sections 10.5.4 and 10.6.3; Drukker (2003),
    Stata Journal.

    Examples
    --------
    >>> rows = [(u, t, float(i * t % 5), float(i * t * t % 7)) for i, u in enumerate("abcdef", 1) for t in range(1, 7)]
    >>> panel = Panel.from_frame(pd.DataFrame(rows, columns=["u", "t", "y", "x"]), unit="u", time="t")
    >>> wooldridge_serial(panel_regression(panel, "y ~ x | u")).name
    'Wooldridge test of serial correlation, F(1, 5)'
    """
    fail_if_unknown("uncorrelated", uncorrelated, Uncorrelated)
    expected = _expected(estimate, uncorrelated)
    residuals = _residual_panel(estimate)
    fit = panel_regression(residuals, "e ~ L(e, 1)", model="pooled")
    slope = cluster_robust(fit, "unit", ssc="none")
    statistic = float(((slope.coef[1] - expected) / slope.std_error[1]) ** 2)
    groups = slope.n_units
    return HypothesisTest(
        name=f"Wooldridge test of serial correlation, F(1, {groups - 1})",
        statistic=statistic,
        p_value=float(stats.f.sf(statistic, 1, groups - 1)),
        null=f"the errors in {uncorrelated} are not serially correlated",
        estimate=float(slope.coef[1]),
        notes=(f"under the null the coefficient of the lagged residual is {expected:.4g}",),
    )


def born_breitung(estimate: Estimate) -> HypothesisTest:
    """Test errors for first-order correlation by their means of the future and of the past.

    The residual less the mean of this and all later periods is regressed on the previous one less the mean of it and
    all earlier periods. Both are free of the unit effect, and have no error in common: the test holds for any number of
    periods, also for units of different length, and for variances that differ.

    Parameters
    ----------
    estimate
        Of `panel_regression`, in levels.

    Returns
    -------
    The test that the authors call HR; normal, with errors clustered by unit.

    Raises
    ------
    DesignError
        If the estimate has no residuals in levels, or fewer than four consecutive periods.

    References
    ----------
    Born and Breitung (2016), Econometric Reviews.

    Examples
    --------
    >>> rows = [(u, t, float(i * t % 5), float(i * t * t % 7)) for i, u in enumerate("abcdef", 1) for t in range(1, 7)]
    >>> panel = Panel.from_frame(pd.DataFrame(rows, columns=["u", "t", "y", "x"]), unit="u", time="t")
    >>> 0 < born_breitung(panel_regression(panel, "y ~ x | u")).p_value < 1
    True
    """
    if estimate.method.startswith("first_difference") or "last_time" in estimate.units:
        raise DesignError(f"{estimate.method} has no residuals in levels; take model='fixed' or 'pooled'")
    frame = _residual_panel(estimate).frame
    run = (frame["unit"] != frame["unit"].shift()) | (frame["time"].diff() != 1)
    groups = frame.groupby(run.cumsum())["e"]
    past = (frame["e"] - groups.transform(lambda e: e.expanding().mean())).groupby(run.cumsum()).shift()
    future = frame["e"] - groups.transform(lambda e: e[::-1].expanding().mean()[::-1])
    number = groups.cumcount()
    kept = ((number >= 2) & (number < groups.transform("size") - 1)).to_numpy()
    if not kept.any():
        raise DesignError("the test of Born and Breitung needs four consecutive periods of some units")
    x, y = past.to_numpy()[kept], future.to_numpy()[kept]
    codes = codes_of(frame["unit"].to_numpy()[kept])
    slope = float(x @ y / (x @ x))
    scores = np.bincount(codes, x * (y - slope * x))
    statistic = slope * float(x @ x) / float(np.sqrt((scores**2).sum()))
    return HypothesisTest(
        name="Born-Breitung HR test of serial correlation",
        statistic=statistic,
        p_value=float(2 * stats.norm.sf(abs(statistic))),
        null="the errors in levels are not serially correlated",
        estimate=slope,
    )


def _expected(estimate: Estimate, uncorrelated: Uncorrelated) -> float:
    """Return the coefficient on the lagged residual under the null."""
    if estimate.method.startswith("first_difference"):
        return -0.5 if uncorrelated == "levels" else 0.0
    effects = linear_fit(estimate).effects
    if not estimate.method.startswith("fixed_effects") or "unit" not in effects or uncorrelated == "changes":
        raise DesignError(
            "the test is for model='fixed' with unit effects and errors in levels, or for model='first_difference'"
        )
    lengths = estimate.units["unit"].value_counts()
    if lengths.nunique() > 1:
        raise DesignError("units differ in length, so that their residuals differ in correlation; take born_breitung")
    return -1.0 / (int(lengths.iloc[0]) - 1)


def _residual_panel(estimate: Estimate) -> Panel:
    rows = estimate.units[["unit", "time"]].assign(e=linear_fit(estimate).residuals)
    return Panel.from_frame(pd.DataFrame(rows), unit="unit", time="time")
