"""Regressions of Dickey and Fuller (1979) for many series, and tests for panels made of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

BANDWIDTH = 3.21
LEAST_COMMON = {False: (-6.19, 2.61), True: (-6.42, 1.70)}

# LLC (2002), table 2: lengths, and means and standard deviations with an intercept, and with a trend
LLC_LENGTHS = np.array([25, 30, 35, 40, 45, 50, 60, 70, 80, 90, 100, 250, 500.0])
LLC_MOMENTS = {
    False: (
        (-0.554, -0.546, -0.541, -0.537, -0.533, -0.531, -0.527, -0.524, -0.521, -0.520, -0.518, -0.509, -0.500),
        (0.919, 0.889, 0.867, 0.850, 0.837, 0.826, 0.810, 0.798, 0.789, 0.782, 0.776, 0.742, 0.707),
    ),
    True: (
        (-0.703, -0.674, -0.653, -0.637, -0.624, -0.614, -0.598, -0.587, -0.578, -0.571, -0.566, -0.533, -0.500),
        (1.003, 0.949, 0.906, 0.871, 0.842, 0.818, 0.780, 0.751, 0.728, 0.710, 0.695, 0.603, 0.500),
    ),
}
# IPS (2003), table 3: lengths, and for 0 to 4 lags means and variances with an intercept, and with a trend
IPS_LENGTHS = np.array([10, 15, 20, 25, 30, 40, 50, 60, 70, 100.0])
IPS_MOMENTS = {
    False: (
        (
            (-1.504, -1.514, -1.522, -1.520, -1.526, -1.523, -1.527, -1.519, -1.524, -1.532),
            (-1.488, -1.503, -1.516, -1.514, -1.519, -1.520, -1.524, -1.519, -1.522, -1.530),
            (-1.319, -1.387, -1.428, -1.443, -1.460, -1.476, -1.493, -1.490, -1.498, -1.514),
            (-1.306, -1.366, -1.413, -1.433, -1.453, -1.471, -1.489, -1.486, -1.495, -1.512),
            (-1.171, -1.260, -1.329, -1.363, -1.394, -1.428, -1.454, -1.458, -1.470, -1.495),
        ),
        (
            (1.069, 0.923, 0.851, 0.809, 0.789, 0.770, 0.760, 0.749, 0.736, 0.735),
            (1.255, 1.011, 0.915, 0.861, 0.831, 0.803, 0.781, 0.770, 0.753, 0.745),
            (1.421, 1.078, 0.969, 0.905, 0.865, 0.830, 0.798, 0.789, 0.766, 0.754),
            (1.759, 1.181, 1.037, 0.952, 0.907, 0.858, 0.819, 0.802, 0.782, 0.761),
            (2.080, 1.279, 1.097, 1.005, 0.946, 0.886, 0.842, 0.819, 0.801, 0.771),
        ),
    ),
    True: (
        (
            (-2.166, -2.167, -2.168, -2.167, -2.172, -2.173, -2.176, -2.174, -2.174, -2.177),
            (-2.173, -2.169, -2.172, -2.172, -2.173, -2.177, -2.180, -2.178, -2.176, -2.179),
            (-1.914, -1.999, -2.047, -2.074, -2.095, -2.120, -2.137, -2.143, -2.146, -2.158),
            (-1.922, -1.977, -2.032, -2.065, -2.091, -2.117, -2.137, -2.142, -2.146, -2.158),
            (-1.750, -1.823, -1.911, -1.968, -2.009, -2.057, -2.091, -2.103, -2.114, -2.135),
        ),
        (
            (1.132, 0.869, 0.763, 0.713, 0.690, 0.655, 0.633, 0.621, 0.610, 0.597),
            (1.453, 0.975, 0.845, 0.769, 0.734, 0.687, 0.654, 0.641, 0.627, 0.605),
            (1.627, 1.036, 0.882, 0.796, 0.756, 0.702, 0.661, 0.653, 0.634, 0.613),
            (2.482, 1.214, 0.983, 0.861, 0.808, 0.735, 0.688, 0.674, 0.650, 0.625),
            (3.947, 1.332, 1.052, 0.913, 0.845, 0.759, 0.705, 0.685, 0.662, 0.629),
        ),
    ),
}


@dataclass(frozen=True, slots=True, eq=False)
class DickeyFuller:
    """Regressions of the change on the level before: (N,) t statistics, and standard deviations of the residuals.

    ``change`` and ``level`` are (N, R) residuals of both on everything else.
    """

    statistic: FloatArray
    sigma: FloatArray
    change: FloatArray
    level: FloatArray


def dickey_fuller(
    series: FloatArray, lags: int, *, trend: bool, common: bool = False, free: bool = True
) -> DickeyFuller:
    """Regress the changes of (N, T) series on their level before, their lagged changes, an intercept and a trend.

    Parameters
    ----------
    free
        Whether variances divide by the degrees of freedom, or by the number of rows.
    common
        Whether the mean of the series before, its change and its lagged changes enter too (Pesaran 2007). Means are
        those over the N series, so that (B, N, T) series are B panels.
    """
    change, level = np.diff(series, axis=-1)[..., lags:], series[..., lags:-1]
    rows = change.shape[-1]
    columns = [np.ones_like(change)]
    if trend:
        columns.append(np.broadcast_to(np.arange(rows, dtype=float), change.shape))
    everything = [series]
    if common:
        mean = np.broadcast_to(series.mean(axis=-2, keepdims=True), series.shape)
        columns += [mean[..., lags:-1], np.diff(mean, axis=-1)[..., lags:]]
        everything.append(mean)
    for values in everything:
        columns += [np.diff(values, axis=-1)[..., lags - k : rows + lags - k] for k in range(1, lags + 1)]
    q = np.linalg.qr(np.stack(columns, axis=-1))[0]
    outer, inner = _rest(q, change), _rest(q, level)
    slope = (outer * inner).sum(axis=-1) / (inner**2).sum(axis=-1)
    divisor = rows - len(columns) - 1 if free else rows
    sigma = np.sqrt(((outer - slope[..., None] * inner) ** 2).sum(axis=-1) / divisor)
    return DickeyFuller(slope * np.sqrt((inner**2).sum(axis=-1)) / sigma, sigma, outer, inner)


def levin_lin_chu(series: FloatArray, lags: int, *, trend: bool, free: bool = True) -> float:
    """Return the adjusted t of Levin, Lin and Chu (2002) for (N, T) series, normal under the null.

    The long-run variance takes Bartlett weights over 3.21 T^(1/3) lags, as they suggest.
    """
    fit = dickey_fuller(series, lags, trend=trend, free=free)
    n, length = series.shape
    change, level = (fit.change / fit.sigma[:, None]).ravel(), (fit.level / fit.sigma[:, None]).ravel()
    slope = float(level @ change / (level @ level))
    rest = float(((change - slope * level) ** 2).sum())
    error = float(np.sqrt(rest / len(change) / (level @ level)))
    ratio = float((np.sqrt(_long_run_variance(series, trend=trend)) / fit.sigma).mean())
    used = length - lags - 1
    mean, deviation = (float(np.interp(length, LLC_LENGTHS, m)) for m in LLC_MOMENTS[trend])
    return float((slope / error - n * used * ratio / (rest / (n * used)) * error * mean) / deviation)


def average_moments(lengths: FloatArray, lags: int, *, trend: bool) -> FloatArray:
    """Return (N, 2) means and variances of t for series with so many rows, interpolated from IPS (2003)."""
    means, variances = (np.array(m)[lags] for m in IPS_MOMENTS[trend])
    return np.column_stack([np.interp(lengths, IPS_LENGTHS, means), np.interp(lengths, IPS_LENGTHS, variances)])


def cross_section_augmented(series: FloatArray, lags: int, *, trend: bool) -> FloatArray:
    """Return the (B,) averages of t of Pesaran (2007) for (B, N, T) series, each t bounded as he suggests."""
    low, high = LEAST_COMMON[trend]
    return np.asarray(np.clip(dickey_fuller(series, lags, trend=trend, common=True).statistic, low, high).mean(axis=-1))


def _rest(q: FloatArray, values: FloatArray) -> FloatArray:
    return np.asarray(values - np.einsum("...rc,...sc,...s->...r", q, q, values, optimize=True))


def _long_run_variance(series: FloatArray, *, trend: bool) -> FloatArray:
    change = np.diff(series, axis=1)
    time = np.arange(change.shape[1], dtype=float)
    columns = np.column_stack([np.ones_like(time), time]) if trend else np.ones((len(time), 1))
    rest = _rest(np.linalg.qr(columns)[0], change)
    width = round(BANDWIDTH * series.shape[1] ** (1 / 3))
    total = (rest**2).sum(axis=1)
    for k in range(1, min(width, rest.shape[1] - 1) + 1):
        total = total + 2 * (1 - k / (width + 1)) * (rest[:, k:] * rest[:, :-k]).sum(axis=1)
    return np.asarray(total / change.shape[1])
