"""Processes of untreated outcomes that resemble a panel before treatment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from yrdecon.core.design import Design
from yrdecon.core.panel import Panel
from yrdecon.core.sample import Sample, draw_sample
from yrdecon.inference.spatial_fit import INDEPENDENT, SpatialModel, fit_persistence, fit_spatial_model
from yrdecon.kernels.separable import draw_separable, space_decay, time_covariance

FloatArray = NDArray[np.float64]

ALONE = f"decay + {INDEPENDENT}"


@dataclass(frozen=True, eq=False)
class Process:
    """A Gaussian process of shocks around fixed means.

    Attributes
    ----------
    name
        In words.
    over_time, rho, theta_km
        Whether levels or growth follow the autoregression, its coefficient, and the range of the decay, NaN without.
    mean
        (N, T) unit and period means of the panel.
    across_units, across_periods
        (N, N) and (T, T) covariances.
    """

    name: str
    over_time: str
    rho: float
    theta_km: float
    mean: FloatArray
    across_units: FloatArray
    across_periods: FloatArray

    def simulate(self, draws: int, generator: np.random.Generator) -> FloatArray:
        """Return (draws, N, T) outcomes."""
        one = np.ones(1)
        return self.mean + draw_separable(self.across_units[None], one, self.across_periods, draws, generator)


def fitted_processes(panel: Panel, design: Design, ranges: Sequence[float] = ()) -> list[Process]:
    """Return processes with the persistence and variance of the panel before treatment.

    - fitted: the likeliest of all (see `spatial_range`);
    - fitted, decay alone: the likeliest without shocks shared by groups or along a gradient;
    - decay over so many kilometers, for each of `ranges`: all shocks spread with distance;
    - smooth gradient: half of the variance lies along a random direction of the map;
    - independent: no shock is shared.

    Without a location the last one is all there is.

    Raises
    ------
    DesignError
        If the panel is not balanced, too short to fit, or the design has several adoption dates, covariates, weights or
        effects.
    """
    sample = draw_sample(panel, design)
    located = panel.location is not None
    model = fit_spatial_model(panel, design) if located else fit_persistence(panel, design)
    table = model.table
    best = table.loc[table["log_likelihood"].idxmax()]
    mean, n = _means(sample), len(sample.units)
    variance = float(np.trace(_covariance(model, best))) / n
    time, identity = sample.periods.astype(float), np.eye(n)

    def process(name: str, row: pd.Series, theta: float, across_units: FloatArray) -> Process:
        rho, kind = float(row["rho"]), row["process"]
        return Process(name, kind, rho, theta, mean, across_units, time_covariance(time, rho, kind))

    independent = process(INDEPENDENT, best, np.nan, variance * identity)
    if not located:
        return [independent]
    found = [process("fitted", best, float(best["theta_km"]), _covariance(model, best))]
    alone = table[table["kernels"] == ALONE]
    likeliest = alone.loc[alone["log_likelihood"].idxmax()]
    if likeliest.name != best.name:
        theta = float(likeliest["theta_km"])
        found.append(process("fitted, decay alone", likeliest, theta, _covariance(model, likeliest)))
    for theta in map(float, ranges):
        found.append(process(f"decay over {theta:g} km", best, theta, variance * space_decay(model.distance, theta)))
    gradient = model.kernels["gradient"]
    smooth = gradient * n / np.trace(gradient)
    return [*found, process("smooth gradient", best, np.nan, variance * (smooth + identity) / 2), independent]


def _covariance(model: SpatialModel, row: pd.Series) -> FloatArray:
    parts = [float(row[name]) * model.kernels[name] for name in model.names[1:]]
    return np.asarray(float(row["decay"]) * space_decay(model.distance, float(row["theta_km"])) + sum(parts))


def _means(sample: Sample) -> FloatArray:
    """Return unit means before treatment plus period means of the comparison units, which carry no effect."""
    y = np.full((len(sample.units), len(sample.periods)), np.nan)
    y[sample.unit, sample.time] = sample.outcome
    before = sample.periods < sample.first_treated_period
    comparison = np.isinf(sample.cohort)
    unit = np.nanmean(y[:, before], axis=1, keepdims=True)
    return np.asarray(unit + np.nanmean((y - unit)[comparison], axis=0))
