"""Inference from a model of how shocks persist over time and spread over space, fitted before treatment."""

from __future__ import annotations

from types import MappingProxyType

import numpy as np
import pandas as pd
from scipy import stats

from yrdecon.core.design import Design
from yrdecon.core.hypothesis import HypothesisTest
from yrdecon.core.panel import Panel
from yrdecon.core.sample import draw_sample
from yrdecon.inference.spatial_fit import INDEPENDENT, fit_spatial_model


def spatial_range(panel: Panel, design: Design, *, level: float = 0.9) -> pd.DataFrame:
    """Estimate persistence and range of shocks from the periods before treatment.

    Two processes compete: a first-order autoregression of the level around its unit effect, and one of yearly growth.
    Across units the covariance is the sum of an exponential decay with distance, shocks shared within the panel's
    group, a gradient over the map, and independent shocks.

    Parameters
    ----------
    level
        Confidence level of the profile-likelihood intervals.

    Returns
    -------
    One row per parameter: ``rho`` of the likelier process, ``theta_km``, and the shares of the variance at the best
    fit; columns parameter, process, estimate, conf_low, conf_high, identified. A parameter is not identified if its
    interval reaches both ends of the grid, and on the boundary if it reaches one; shares have no interval.

    Raises
    ------
    DesignError
        If coordinates are missing, the panel is not balanced before treatment, or has too few periods or units.

    References
    ----------
    Patterson and Thompson (1971), Biometrika, for restricted likelihood.

    Examples
    --------
    >>> from yrdecon.study.twinning import load_twinning, twinning_design
    >>> table = spatial_range(load_twinning(), twinning_design())
    >>> table.loc[table["parameter"] == "rho", ["process", "estimate"]].values.tolist()
    [['growth', 0.6]]
    """
    model = fit_spatial_model(panel, design)
    table = model.table
    best = table.loc[table["log_likelihood"].idxmax()]
    inside = table[table["process"] == best["process"]]
    reach = stats.chi2.ppf(level, 1) / 2
    rows = []
    for parameter in ("rho", "theta_km"):
        profile = inside.groupby(parameter)["log_likelihood"].max()
        kept = profile.index[profile >= profile.max() - reach]
        identified = not (kept.min() == profile.index[0] and kept.max() == profile.index[-1])
        rows.append((parameter, best["process"], best[parameter], kept.min(), kept.max(), identified))
    total = best[list(model.names)].sum()
    rows += [(f"share_{n}", best["process"], best[n] / total, np.nan, np.nan, True) for n in model.names]
    columns = ["parameter", "process", "estimate", "conf_low", "conf_high", "identified"]
    return pd.DataFrame(rows, columns=columns)


def spatial_model_test(panel: Panel, design: Design, *, level: float = 0.9) -> HypothesisTest:
    """Test the difference in differences against a fitted model of shocks over time and space.

    Parameters
    ----------
    level
        Confidence level of the set of persistences and ranges over which the p-value is the largest.

    Returns
    -------
    A two-sided normal test of no average effect. Frame ``"profile"`` holds log-likelihood, standard error and p-value
    at every process, rho and theta; ``"by_theta"`` the p-value at each theta, rho at its best, where distance alone
    explains what units share; ``"sample"`` counts treated and other units. The notes name the range from which on p
    exceeds .05.

    Raises
    ------
    DesignError
        As `spatial_range`, or if there are several adoption dates.

    Notes
    -----
    The model is fitted on untreated periods alone, so the test is as good as the model: it keeps its size under
    separable shocks with exponential decay, shared provinces and a gradient whose persistence is that of the rest, and
    loses it under a trend along a gradient. It never outranks a permutation test.

    Examples
    --------
    >>> from yrdecon.study.twinning import load_twinning, twinning_design
    >>> 0.05 < spatial_model_test(load_twinning(), twinning_design()).p_value < 0.9
    True
    """
    model = fit_spatial_model(panel, design)
    table = model.table
    likely = table["log_likelihood"] >= table["log_likelihood"].max() - stats.chi2.ppf(level, 2) / 2
    worst = table[likely].sort_values("p_value").iloc[-1]
    process = table.loc[table["log_likelihood"].idxmax(), "process"]
    same = table[(table["process"] == process) & (table["kernels"] == f"decay + {INDEPENDENT}")]
    by_theta = same.loc[same.groupby("theta_km")["log_likelihood"].idxmax()]
    by_theta = by_theta[["theta_km", "rho", "std_error", "p_value", "log_likelihood"]].reset_index(drop=True)
    normal = stats.norm.ppf(0.975) * worst["std_error"]
    return HypothesisTest(
        name="spatial model, largest p over likely persistences and ranges",
        statistic=abs(model.estimate) / worst["std_error"],
        p_value=float(worst["p_value"]),
        null="the average effect is zero",
        estimate=model.estimate,
        conf_low=model.estimate - normal,
        conf_high=model.estimate + normal,
        frames=MappingProxyType(
            {"profile": table.assign(likely=likely), "by_theta": by_theta, "sample": _counts(panel, design)}
        ),
        notes=(
            f"{process} first-order autoregression; largest p at rho {worst['rho']:g}, "
            f"range {worst['theta_km']:g} km, kernels {worst['kernels']}",
            _crossing(by_theta),
            *(() if "group" in model.names else ("no group varies, so shocks shared within one are left out",)),
        ),
    )


def _counts(panel: Panel, design: Design) -> pd.DataFrame:
    treated = np.isfinite(draw_sample(panel, design).cohort)
    return pd.DataFrame({"n_treated": [int(treated.sum())], "n_comparison": [int((~treated).sum())]})


def _crossing(by_theta: pd.DataFrame) -> str:
    crossing = by_theta.loc[by_theta["p_value"] > 0.05, "theta_km"]
    if len(crossing) == 0:
        return "with decay alone p stays below .05 at every range on the grid"
    if crossing.min() == 0:
        return "p exceeds .05 even without spatial correlation"
    return f"with decay alone p exceeds .05 from a range of {crossing.min():g} km on"
