"""Inference from a model of how shocks persist over time and spread over space, fitted before treatment."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from types import MappingProxyType

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from yrdecon.core.design import Design
from yrdecon.core.hypothesis import HypothesisTest
from yrdecon.core.panel import Panel
from yrdecon.core.sample import Sample, draw_sample
from yrdecon.errors import DesignError
from yrdecon.kernels.separable import (
    Grid,
    SeparableProfile,
    contrast_variance,
    profile_separable,
    space_decay,
    time_covariance,
)
from yrdecon.places.distances import unit_coordinates, unit_distances

FloatArray = NDArray[np.float64]

LEVELS = Grid(
    "levels",
    np.array([0, 0.2, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 0.995]),
    np.array([0, 50, 100, 150, 225, 375, 650, 1000, 1500.0]),
)
GROWTH = Grid("growth", np.array([0, 0.2, 0.3, 0.4, 0.5, 0.55, 0.6, 0.65, 0.7, 0.8, 0.9]), LEVELS.theta)
FEWEST_PERIODS, FEWEST_UNITS = 4, 6
INDEPENDENT = "independent"


@dataclass(frozen=True, eq=False)
class SpatialModel:
    """The fitted grid as a table, and what the variance of a contrast needs."""

    table: pd.DataFrame
    names: tuple[str, ...]
    estimate: float


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
    model = _fit(panel, design)
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
    explains what units share. The notes name the range from which on p exceeds .05.

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
    model = _fit(panel, design)
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
        frames=MappingProxyType({"profile": table.assign(likely=likely), "by_theta": by_theta}),
        notes=(
            f"{process} first-order autoregression; largest p at rho {worst['rho']:g}, "
            f"range {worst['theta_km']:g} km, kernels {worst['kernels']}",
            _crossing(by_theta),
            *(() if "group" in model.names else ("no group varies, so shocks shared within one are left out",)),
        ),
    )


def _crossing(by_theta: pd.DataFrame) -> str:
    crossing = by_theta.loc[by_theta["p_value"] > 0.05, "theta_km"]
    if len(crossing) == 0:
        return "with decay alone p stays below .05 at every range on the grid"
    if crossing.min() == 0:
        return "p exceeds .05 even without spatial correlation"
    return f"with decay alone p exceeds .05 from a range of {crossing.min():g} km on"


def _fit(panel: Panel, design: Design) -> SpatialModel:
    sample = draw_sample(panel, design)
    before, over_units, over_time = _windows(sample, design)
    y = np.full((len(sample.units), len(sample.periods)), np.nan)
    y[sample.unit, sample.time] = sample.outcome
    used = before | (over_time != 0)
    if np.isnan(y[:, used]).any():
        raise DesignError("the spatial model needs a balanced panel; leave incomplete units out of the pool")
    estimate = float(over_units @ y[:, used] @ over_time[used])
    distance = unit_distances(panel, sample)
    kernels = _kernels_beside_decay(panel, sample)
    time = sample.periods.astype(float)
    tables = []
    for grid, names in product((LEVELS, GROWTH), _subsets(tuple(kernels))):
        others = np.stack([kernels[name] for name in names])
        profile = profile_separable(y[:, before], time[before], distance, others, grid)
        errors = np.empty_like(profile.log_likelihood)
        for (i, rho), (j, theta) in product(enumerate(grid.rho), enumerate(grid.theta)):
            every = np.concatenate([space_decay(distance, float(theta))[None], others])
            covariance = time_covariance(time, float(rho), grid.process)
            variance = contrast_variance(over_units, over_time, every, profile.components[i, j], covariance)
            errors[i, j] = np.sqrt(variance)
        tables.append(_tabulate(profile, names).assign(std_error=errors.ravel()))
    table = pd.concat(tables, ignore_index=True).fillna(0.0)
    table["p_value"] = 2 * stats.norm.sf(abs(estimate) / table["std_error"])
    return SpatialModel(table, ("decay", *kernels), estimate)


def _subsets(names: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    """Return all kernels, and the independent one alone, so that the decay has to carry what units share."""
    return names, (INDEPENDENT,)


def _tabulate(profile: SeparableProfile, names: tuple[str, ...]) -> pd.DataFrame:
    grid = profile.grid
    rho, theta = np.meshgrid(grid.rho, grid.theta, indexing="ij")
    table = pd.DataFrame({"process": grid.process, "rho": rho.ravel(), "theta_km": theta.ravel()})
    table["kernels"] = " + ".join(("decay", *names))
    table[["decay", *names]] = profile.components.reshape(len(table), -1)
    # a decay of range zero is one more independent shock
    none = table["theta_km"] == 0
    table.loc[none, INDEPENDENT] += table.loc[none, "decay"]
    table.loc[none, "decay"] = 0.0
    return table.assign(log_likelihood=profile.log_likelihood.ravel())


def _windows(sample: Sample, design: Design) -> tuple[NDArray[np.bool_], FloatArray, FloatArray]:
    """Return which periods lie before treatment, and the weights of the contrast over units and over periods."""
    dates = np.unique(sample.cohort[np.isfinite(sample.cohort) & (sample.cohort <= sample.periods[-1])])
    if len(dates) > 1 or design.covariates or design.weights or design.effects:
        raise DesignError(
            "the spatial model tests one adoption date without covariates, weights or effects; "
            "take one cohort at a time, or use permutation_test"
        )
    usable = ~np.isin(sample.periods, design.exclude_periods)
    before = usable & (sample.periods < dates[0] - design.anticipation)
    after = usable & (sample.periods >= dates[0])
    if before.sum() < FEWEST_PERIODS or len(sample.units) < FEWEST_UNITS:
        raise DesignError(
            f"{int(before.sum())} periods before treatment and {len(sample.units)} units are too few to fit "
            f"persistence and range; {FEWEST_PERIODS} periods and {FEWEST_UNITS} units are the least"
        )
    base = before if design.base_periods is None else before & np.isin(sample.periods, design.base_periods)
    treated = sample.cohort == dates[0]
    over_units = treated / treated.sum() - ~treated / (~treated).sum()
    return before, np.asarray(over_units), np.asarray(after / after.sum() - base / base.sum())


def _kernels_beside_decay(panel: Panel, sample: Sample) -> dict[str, FloatArray]:
    """Return (N, N) kernels of shocks shared within the group, along a gradient, and by nobody."""
    seats = unit_coordinates(panel, sample)
    spread = np.where(seats.std(axis=0) > 0, seats.std(axis=0), 1.0)
    place = (seats - seats.mean(axis=0)) / spread
    kernels = {"gradient": place @ place.T / 2, INDEPENDENT: np.eye(len(seats))}
    if panel.group is None:
        return kernels
    group = sample.frame.groupby(panel.unit, sort=False)[panel.group].first().reindex(sample.units).to_numpy()
    shared = {"group": (group[:, None] == group).astype(float)} if len(set(group)) > 1 else {}
    return shared | kernels
