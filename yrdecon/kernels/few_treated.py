"""Tests of one change per unit, with few treated units; random draws come in as arrays of positions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import optimize

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

FLOOR = 1e-3
CHUNK = 100_000


@dataclass(frozen=True, slots=True, eq=False)
class VarianceLine:
    """Variance of each unit as ``constant + slope q``, both not negative, and the (N,) fitted values with a floor."""

    constant: float
    slope: float
    fitted: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class TwoSample:
    """Standard error and degrees of freedom of a difference between two means."""

    std_error: float
    dof: float


def difference(change: FloatArray, treated: BoolArray) -> float:
    """Return the mean of (N,) changes of the treated less that of the others."""
    return float(change[treated].mean() - change[~treated].mean())


def ordered_draws(n: int, size: int) -> IntArray:
    """Return the (n ** size, size) positions of every ordered draw with replacement."""
    return np.stack(np.unravel_index(np.arange(n**size), (n,) * size), axis=1).astype(np.int64)


def conley_taber_draws(change: FloatArray, treated: BoolArray, picks: IntArray) -> FloatArray:
    """Return the (B,) means of (B, m) drawn changes of untreated units, around the mean of all of them.

    Conley and Taber (2011, Review of Economics and Statistics): the error of the treated mean is distributed as such
    a mean, the untreated mean being taken as known.
    """
    residuals = change[~treated] - change[~treated].mean()
    return np.asarray(residuals[picks].mean(axis=1))


def control_mean_factor(treated: BoolArray) -> float:
    """Return the root of ``1 + n1 / n0``, by which the error of the untreated mean widens the distribution."""
    return float(np.sqrt(1 + treated.sum() / (~treated).sum()))


def variance_line(squares: FloatArray, driver: FloatArray) -> VarianceLine:
    """Regress (N,) squared residuals on a constant and a non-negative driver, with non-negative coefficients.

    Fitted values below a thousandth of the mean square are raised to it.
    """
    scale = float(driver.max()) or 1.0
    size = float(squares.mean()) or 1.0
    x = np.column_stack([np.ones_like(driver), driver / scale])
    constant, slope = optimize.nnls(x, squares / size)[0] * size
    fitted = np.maximum(x @ [constant, slope], FLOOR * squares.mean())
    return VarianceLine(float(constant), float(slope / scale), fitted)


def ferman_pinto_draws(change: FloatArray, treated: BoolArray, driver: FloatArray, picks: IntArray) -> FloatArray:
    """Return the (B,) differences of means in samples of rescaled residuals drawn at (B, N) positions.

    Ferman and Pinto (2019, Review of Economics and Statistics): residuals under the null are divided by their fitted
    standard deviation, recentered, drawn for every unit, and multiplied by the fitted deviation of that unit.
    """
    residuals = change - change.mean()
    if not residuals.any():
        return np.zeros(len(picks))
    deviation = np.sqrt(variance_line(residuals**2, driver).fitted)
    standard = residuals / deviation
    standard = standard - standard.mean()
    weights = np.where(treated, 1 / treated.sum(), -1 / (~treated).sum()) * deviation
    parts = [standard[picks[start : start + CHUNK]] @ weights for start in range(0, len(picks), CHUNK)]
    return np.concatenate(parts)


def sign_vectors(n: int) -> FloatArray:
    """Return the (2 ** (n - 1), n) changes of sign that leave the first sign alone, no change first.

    A change of all signs leaves a two-sided statistic as it is, so that these stand for all ``2 ** n``.
    """
    bits = np.arange(2 ** (n - 1))[:, None] >> np.arange(n)[::-1] & 1
    return np.asarray(1.0 - 2.0 * bits)


def two_sample_error(change: FloatArray, treated: BoolArray) -> float:
    """Return the standard error of a difference of two means with unequal variances, which is CR2 (unit clusters)."""
    return float(np.sqrt(sum(_variance_of_mean(change[side]) for side in (treated, ~treated))))


def ibragimov_mueller(change: FloatArray, treated: BoolArray) -> TwoSample:
    """Take as many degrees of freedom as the smaller group has units, less one (Ibragimov and Müller 2016)."""
    smaller = min(int(treated.sum()), int((~treated).sum()))
    return TwoSample(two_sample_error(change, treated), smaller - 1)


def bell_mccaffrey(change: FloatArray, treated: BoolArray) -> TwoSample:
    """Take the degrees of freedom of Bell and McCaffrey (2002) under equal variances, in closed form."""
    n1, n0 = int(treated.sum()), int((~treated).sum())
    dof = (1 / n1 + 1 / n0) ** 2 / (1 / (n1**2 * (n1 - 1)) + 1 / (n0**2 * (n0 - 1)))
    return TwoSample(two_sample_error(change, treated), dof)


def jackknife(change: FloatArray, treated: BoolArray) -> TwoSample:
    """Leave out one unit at a time (CV3), with as many degrees of freedom as units, less one."""
    n = len(change)
    center = difference(change, treated)
    left_out = np.array([difference(np.delete(change, i), np.delete(treated, i)) for i in range(n)])
    return TwoSample(float(np.sqrt((n - 1) / n * ((left_out - center) ** 2).sum())), n - 1)


def effective_units(n_treated: int, n_others: int) -> float:
    """Return the effective number of clusters of a difference of two means, each unit a cluster.

    Carter, Schnepel and Steigerwald (2017, Review of Economics and Statistics), with independent rows.
    """
    total = 1 / n_treated + 1 / n_others
    return total**2 / (1 / n_treated**3 + 1 / n_others**3)


def _variance_of_mean(values: FloatArray) -> float:
    return float(values.var(ddof=1) / len(values))
