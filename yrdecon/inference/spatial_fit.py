"""The separable model of shocks over time and space, fitted to the periods before treatment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from types import MappingProxyType

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from yrdecon.core.design import Design
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

RANGES = np.array([0, 50, 100, 150, 225, 375, 650, 1000, 1500.0])
NO_RANGE = np.zeros(1)
LEVELS = np.array([0, 0.2, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 0.995])
GROWTH = np.array([0, 0.2, 0.3, 0.4, 0.5, 0.55, 0.6, 0.65, 0.7, 0.8, 0.9])
FEWEST_PERIODS, FEWEST_UNITS = 4, 6
INDEPENDENT = "independent"


@dataclass(frozen=True, eq=False)
class SpatialModel:
    """The fitted grid as a table, and what a covariance needs.

    Attributes
    ----------
    table
        One row per process, rho, theta_km and choice of kernels, with the variance of each kernel, log_likelihood, and
        std_error and p_value of the estimate.
    names
        The kernels: decay with distance first, independent shocks last.
    estimate
        The difference in differences.
    kernels
        (N, N) spatial covariances beside the decay, by name.
    distance
        (N, N) kilometers.
    """

    table: pd.DataFrame
    names: tuple[str, ...]
    estimate: float
    kernels: Mapping[str, FloatArray]
    distance: FloatArray


def fit_spatial_model(panel: Panel, design: Design) -> SpatialModel:
    """Evaluate the restricted likelihood of the periods before treatment on a grid of processes, rho and theta.

    The independent kernel comes alone beside the decay too, so that the decay has to carry what units share.

    Raises
    ------
    DesignError
        If coordinates are missing, the panel is not balanced, has too few periods or units, or the design has several
        adoption dates, covariates, weights or effects.
    """
    sample = draw_sample(panel, design)
    _fail_if_contrast_is_not_simple(sample, design)
    distance = unit_distances(panel, sample)
    return _evaluate(sample, design, distance, _kernels_beside_decay(panel, sample), RANGES)


def fit_persistence(panel: Panel, design: Design) -> SpatialModel:
    """Evaluate the likelihood of persistence alone, shocks independent across units, for panels without places.

    Raises
    ------
    DesignError
        As `fit_spatial_model`, coordinates aside.
    """
    sample = draw_sample(panel, design)
    _fail_if_contrast_is_not_simple(sample, design)
    n = len(sample.units)
    return _evaluate(sample, design, np.zeros((n, n)), {INDEPENDENT: np.eye(n)}, NO_RANGE)


def _evaluate(
    sample: Sample, design: Design, distance: FloatArray, kernels: dict[str, FloatArray], ranges: FloatArray
) -> SpatialModel:
    before, over_units, over_time = _windows(sample, design)
    y = np.full((len(sample.units), len(sample.periods)), np.nan)
    y[sample.unit, sample.time] = sample.outcome
    used = before | (over_time != 0)
    if np.isnan(y[:, used]).any():
        raise DesignError("the spatial model needs a balanced panel; leave incomplete units out of the pool")
    estimate = float(over_units @ y[:, used] @ over_time[used])
    time = sample.periods.astype(float)
    tables = []
    grids = (Grid("levels", LEVELS, ranges), Grid("growth", GROWTH, ranges))
    for grid, names in product(grids, _subsets(tuple(kernels))):
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
    return SpatialModel(table, ("decay", *kernels), estimate, MappingProxyType(kernels), distance)


def _subsets(names: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    """Return all kernels, and the independent one alone, so that the decay has to carry what units share."""
    return tuple(dict.fromkeys((names, (INDEPENDENT,))))


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
    dates = _dates(sample)
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


def _dates(sample: Sample) -> FloatArray:
    return np.unique(sample.cohort[np.isfinite(sample.cohort) & (sample.cohort <= sample.periods[-1])])


def _fail_if_contrast_is_not_simple(sample: Sample, design: Design) -> None:
    if len(_dates(sample)) > 1 or design.covariates or design.weights or design.effects:
        raise DesignError(
            "the spatial model takes one adoption date without covariates, weights or effects; "
            "take one cohort at a time, or use permutation_test"
        )


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
