"""Panels without any effect: how shocks persist, how far they reach, and who shares them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.settings import EXCLUDED, TREATED_FROM, Setting
from yrdecon.kernels.separable import Process as Persistence
from yrdecon.kernels.separable import space_decay, time_covariance

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

FACTOR_RHO = 0.6
CONTRAST_SD = 0.031
REFERENCE_BASE = 2020


@dataclass(frozen=True)
class Process:
    """Outcomes are the sum of shocks of a city, of its province, of a gradient over the map and of a common factor.

    Attributes
    ----------
    persistence, rho
        Whether the level or its yearly growth is a first-order autoregression, and its coefficient.
    theta
        Range in kilometers: shocks of two cities correlate by ``exp(-distance / theta)``.
    province
        Standard deviation of shocks shared within the province, relative to the city's own.
    gradient
        Variance that a linear trend along a random direction of the map adds to the contrast, relative to the city's
        own shocks.
    factor
        Standard deviation of a common factor with random loadings, relative to the city's own shocks.
    tails
        Degrees of freedom of t-distributed innovations, infinite for normal ones.
    uneven
        Whether the variance of a city is ``.1 + 1 / population``, normalized.
    treated_sd
        Standard deviation of the treated cities, relative to what it would be.
    """

    persistence: Persistence = "levels"
    rho: float = 0.6
    theta: float = 0.0
    province: float = 0.0
    gradient: float = 0.0
    factor: float = 0.0
    tails: float = np.inf
    uneven: bool = False
    treated_sd: float = 1.0

    def __str__(self) -> str:
        parts = [f"{self.persistence} {self.rho:g}", f"{self.theta:g} km"]
        parts += [f"{name} {value:g}" for name in ("province", "gradient", "factor") if (value := getattr(self, name))]
        parts += [f"t{self.tails:g}"] if np.isfinite(self.tails) else []
        parts += ["variance by size"] if self.uneven else []
        return ", ".join([*parts, *([f"treated sd x {self.treated_sd:g}"] if self.treated_sd != 1 else [])])


def simulate(
    process: Process,
    setting: Setting,
    draws: int,
    generator: np.random.Generator,
    scaled_by: BoolArray | None = None,
) -> FloatArray:
    """Draw (S, N, T) outcomes.

    Every process is scaled so that the expected variance of the change from 2020 to 2022-23, over all cities or those
    of `scaled_by`, is that of the real panel before treatment; unit and time effects are left out, because every
    method removes them.
    """
    n, t = len(setting.cohort), len(setting.periods)
    rows = np.ones(n, dtype=bool) if scaled_by is None else scaled_by
    space = np.linalg.cholesky(space_decay(setting.distance, process.theta)) * city_deviation(process, setting)[:, None]
    time = _root(_own_time(process, setting))
    y = space @ _innovations(process, (draws, n, t), generator) @ time.T
    if process.province:
        shared = generator.standard_normal((draws, setting.province.max() + 1, t)) @ time.T
        y += process.province * shared[:, setting.province]
    if process.factor:
        path = generator.standard_normal((draws, 1, t)) @ _factor_root(setting).T
        y += process.factor * generator.standard_normal((draws, n, 1)) * path
    if process.gradient:
        slopes = generator.standard_normal((draws, 1, 2)) @ _place(setting, rows).T
        size = np.sqrt(process.gradient * _spread(_own_kernel(process, setting)[np.ix_(rows, rows)]))
        y += size * slopes.transpose(0, 2, 1) * _line(setting)
    return np.asarray(y * CONTRAST_SD / np.sqrt(_spread(contrast_kernel(process, setting, rows)[np.ix_(rows, rows)])))


def contrast_kernel(process: Process, setting: Setting, rows: BoolArray) -> FloatArray:
    """Return the (N, N) covariance of changes from 2020 to 2022-23, before scaling."""
    own, place = _own_kernel(process, setting), _place(setting, rows)
    same = (setting.province[:, None] == setting.province).astype(float)
    window = _window(setting)
    province = process.province**2 * (window @ _own_time(process, setting) @ window) * same
    factor = process.factor**2 * ((window @ _factor_root(setting)) ** 2).sum() * np.eye(len(same))
    gradient = process.gradient * _spread(own[np.ix_(rows, rows)]) * place @ place.T
    return np.asarray(own + province + factor + gradient)


def city_deviation(process: Process, setting: Setting) -> FloatArray:
    """Return (N,) standard deviations, relative to each other."""
    inverse = 1 / setting.population
    by_size = np.sqrt(0.1 + inverse / inverse.mean()) if process.uneven else np.ones(len(inverse))
    return np.where(setting.treated, process.treated_sd * by_size, by_size)


def _innovations(process: Process, shape: tuple[int, ...], generator: np.random.Generator) -> FloatArray:
    if np.isinf(process.tails):
        return generator.standard_normal(shape)
    return np.asarray(generator.standard_t(process.tails, shape) / np.sqrt(process.tails / (process.tails - 2)))


def _root(covariance: FloatArray) -> FloatArray:
    """Return a Cholesky factor of a covariance whose first row may be zero, the start of a random walk."""
    first = int(covariance[0, 0] == 0)
    root = np.zeros_like(covariance)
    root[first:, first:] = np.linalg.cholesky(covariance[first:, first:])
    return root


def _factor_root(setting: Setting) -> FloatArray:
    return _root(time_covariance(setting.periods.astype(float), FACTOR_RHO, "levels"))


def _own_time(process: Process, setting: Setting) -> FloatArray:
    return time_covariance(setting.periods.astype(float), process.rho, process.persistence)


def _own_kernel(process: Process, setting: Setting) -> FloatArray:
    """Return the (N, N) covariance of what a city's own shocks add to the contrast."""
    own, window = city_deviation(process, setting), _window(setting)
    time = float(window @ _own_time(process, setting) @ window)
    return np.asarray(time * space_decay(setting.distance, process.theta) * np.outer(own, own))


def _window(setting: Setting) -> FloatArray:
    """Return the (T,) weights of the change from 2020 to the mean of 2022 and 2023."""
    after = (setting.periods >= TREATED_FROM) & ~np.isin(setting.periods, EXCLUDED)
    return np.asarray(after / after.sum() - (setting.periods == REFERENCE_BASE))


def _spread(kernel: FloatArray) -> float:
    """Return the expected variance over the units of a vector with this covariance."""
    n = len(kernel)
    return float((np.trace(kernel) - kernel.mean() * n) / (n - 1))


def _place(setting: Setting, rows: BoolArray) -> FloatArray:
    """Return (N, 2) coordinates scaled so that a standard normal direction has variance one over some units."""
    seats = setting.seats[rows]
    return np.asarray((setting.seats - seats.mean(axis=0)) / seats.std(axis=0, ddof=1) / np.sqrt(2))


def _line(setting: Setting) -> FloatArray:
    """Return a (T,) linear trend that changes by one over the contrast."""
    return np.asarray(setting.periods / (_window(setting) @ setting.periods))
