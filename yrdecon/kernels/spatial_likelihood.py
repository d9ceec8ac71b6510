"""Maximum likelihood of regressions with a spatial lag of the outcome, of the errors, or of both."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import helmert
from scipy.optimize import brentq, root

FloatArray = NDArray[np.float64]
ComplexArray = NDArray[np.complex128]
Two = tuple[float, float]

GRID, COARSE, STARTS, EDGE = 60, 24, 5, 1e-6


@dataclass(frozen=True, slots=True, eq=False)
class SpatialData:
    """What a likelihood is made of, after fixed effects are projected out.

    Attributes
    ----------
    outcome
        (n, t) outcome.
    regressors
        (n, t, k) regressors.
    weights
        (n, n) weights between the rows of `outcome`.
    determinant
        (m, m) weights whose log-determinant enters, and whose traces the information takes.
    periods
        How often it enters.
    observations
        The number by which the sum of squares is divided.
    bounds
        Interval of both parameters.
    """

    outcome: FloatArray
    regressors: FloatArray
    weights: FloatArray
    determinant: FloatArray
    periods: int
    observations: int
    bounds: Two


@dataclass(frozen=True, slots=True, eq=False)
class SpatialFit:
    """The maximum of a likelihood.

    Attributes
    ----------
    slopes
        (k,) slopes.
    lag, error
        Spatial parameters of the outcome and of the error, zero for one that is left out.
    variance
        Variance of the independent errors.
    covariance
        (k + 2, k + 2) inverse of the expected information, slopes first, NaN for a parameter that is left out.
    log_likelihood
        Value at the maximum.
    """

    slopes: FloatArray
    lag: float
    error: float
    variance: float
    covariance: FloatArray
    log_likelihood: float


def project_effects(columns: FloatArray, unit: bool, time: bool) -> FloatArray:
    """Return (n, t, ...) columns in orthonormal coordinates of what is left beside unit and time effects.

    One period is lost to unit effects and one unit to time effects (Lee and Yu 2010).
    """
    if unit:
        columns = np.einsum("st,nt...->ns...", helmert(columns.shape[1]), columns)
    if time:
        columns = np.einsum("mn,nt...->mt...", helmert(columns.shape[0]), columns)
    return np.asarray(columns)


def project_weights(weights: FloatArray) -> FloatArray:
    """Return (n - 1, n - 1) row-standardized weights in the coordinates that time effects leave."""
    basis = helmert(len(weights))
    return np.asarray(basis @ weights @ basis.T)


def parameter_bounds(weights: FloatArray) -> Two:
    """Return the interval around zero within which I - r W keeps the sign of its determinant."""
    real = np.linalg.eigvals(weights).real
    return float(1 / real.min()), float(1 / real.max())


def fit_spatial(data: SpatialData, has_lag: bool, has_error: bool) -> SpatialFit:
    """Maximize the likelihood of (I - lag W) y = X b + u, (I - error W) u = e, with e independent normal."""
    columns = _columns(data)
    width = data.bounds[1] - data.bounds[0]
    ends = data.bounds[0] + EDGE * width, data.bounds[1] - EDGE * width
    if has_lag and has_error:
        lag, error = _highest_of_two(columns, ends)
    else:
        moving = np.array([has_lag, has_error], dtype=float)
        lag, error = (_highest(columns if has_error else _without_regressors(columns), moving, ends) * moving).tolist()
    rest = _rest(columns, (lag, error))
    variance = float(rest.errors @ rest.errors) / data.observations
    information = _information(data, rest.slopes, (lag, error), variance)
    k = len(rest.slopes)
    used = np.array([True] * k + [has_lag, has_error, True])
    covariance = np.full((k + 2, k + 2), np.nan)
    covariance[np.ix_(used[:-1], used[:-1])] = np.linalg.inv(information[np.ix_(used, used)])[:-1, :-1]
    return SpatialFit(rest.slopes, lag, error, variance, covariance, _value(columns, (lag, error)))


@dataclass(frozen=True, slots=True, eq=False)
class _Columns:
    """Long columns, their spatial lags, and the eigenvalues of the determinant."""

    y: FloatArray
    wy: FloatArray
    wwy: FloatArray
    x: FloatArray
    wx: FloatArray
    eigenvalues: ComplexArray
    periods: int
    observations: int


@dataclass(frozen=True, slots=True, eq=False)
class _Rest:
    """Slopes and errors at some parameters, and the spatial lag of the unfiltered errors."""

    slopes: FloatArray
    errors: FloatArray
    lagged: FloatArray


def _columns(data: SpatialData) -> _Columns:
    k = data.regressors.shape[2]
    wy = data.weights @ data.outcome
    return _Columns(
        y=data.outcome.ravel(),
        wy=wy.ravel(),
        wwy=(data.weights @ wy).ravel(),
        x=data.regressors.reshape(-1, k),
        wx=np.einsum("mn,ntk->mtk", data.weights, data.regressors).reshape(-1, k),
        eigenvalues=np.linalg.eigvals(data.determinant).astype(np.complex128),
        periods=data.periods,
        observations=data.observations,
    )


def _rest(columns: _Columns, at: Two) -> _Rest:
    lag, error = at
    lagged = columns.wy - lag * columns.wwy
    y, x = columns.y - lag * columns.wy - error * lagged, columns.x - error * columns.wx
    slopes = np.asarray(np.linalg.lstsq(x, y, rcond=None)[0], dtype=float) if x.shape[1] else np.empty(0)
    return _Rest(slopes, y - x @ slopes, lagged - columns.wx @ slopes)


def _without_regressors(columns: _Columns) -> _Columns:
    """Take regressors out of the other columns once, which gives the same errors where only the lag moves."""
    long = np.column_stack([columns.y, columns.wy, columns.wwy])
    rest = long - columns.x @ np.linalg.lstsq(columns.x, long, rcond=None)[0]
    y, wy, wwy = np.ascontiguousarray(rest.T)
    nothing = np.empty((len(y), 0))
    return replace(columns, y=y, wy=wy, wwy=wwy, x=nothing, wx=nothing)


def _value(columns: _Columns, at: Two) -> float:
    """Return the log-likelihood with slopes and variance concentrated out."""
    logs = sum(float(np.log(np.abs(1 - r * columns.eigenvalues)).sum()) for r in at)
    errors = _rest(columns, at).errors
    variance = float(errors @ errors) / columns.observations
    return float(columns.periods * logs - columns.observations / 2 * (np.log(2 * np.pi * variance) + 1))


def _gradient(columns: _Columns, at: Two) -> FloatArray:
    rest = _rest(columns, at)
    pull = np.array([rest.errors @ (columns.wy - at[1] * columns.wwy), rest.errors @ rest.lagged])
    traces = np.array([(columns.eigenvalues / (1 - r * columns.eigenvalues)).real.sum() for r in at])
    return np.asarray(columns.observations * pull / (rest.errors @ rest.errors) - columns.periods * traces)


def _highest(columns: _Columns, moving: FloatArray, ends: Two) -> float:
    """Return the best point of a grid of the one parameter that moves, made exact by the zero of the slope."""

    def slope(r: float) -> float:
        return float(moving @ _gradient(columns, _two(r * moving)))

    grid = np.linspace(*ends, GRID)
    best = int(np.argmax([_value(columns, _two(r * moving)) for r in grid]))
    left, right = grid[max(best - 1, 0)], grid[min(best + 1, GRID - 1)]
    if slope(left) > 0 > slope(right):
        return float(brentq(slope, left, right, xtol=1e-14, rtol=1e-14))
    return float(grid[best])


def _highest_of_two(columns: _Columns, ends: Two) -> Two:
    """Return the highest of the zeros of the gradient that the best points of a coarse grid lead to."""
    grid = np.linspace(*ends, COARSE)
    starts = [(a, b) for a in grid for b in grid]
    best = np.argsort([-_value(columns, at) for at in starts], kind="stable")[:STARTS]
    found = [root(lambda at: _gradient(columns, _two(at)), starts[i], tol=1e-12).x for i in best]
    inside = [_two(np.clip(point, *ends)) for point in found]
    candidates: list[Two] = [*inside, starts[int(best[0])]]
    return candidates[int(np.argmax([_value(columns, at) for at in candidates]))]


def _two(values: FloatArray) -> Two:
    return float(values[0]), float(values[1])


def _information(data: SpatialData, slopes: FloatArray, at: Two, variance: float) -> FloatArray:
    """Return the expected information of slopes, both parameters and variance; all polynomials of W commute."""
    lag, error = at
    k, w, d = len(slopes), data.weights, data.determinant
    filtered = np.eye(len(w)) - error * w
    x = np.einsum("mn,ntk->mtk", filtered, data.regressors).reshape(-1, k)
    pull = (filtered @ w @ np.linalg.solve(np.eye(len(w)) - lag * w, data.regressors @ slopes)).ravel()
    g, h = (np.asarray(np.linalg.solve(np.eye(len(d)) - r * d, d), dtype=float) for r in at)
    matrix = np.zeros((k + 3, k + 3))
    matrix[:k, :k] = x.T @ x / variance
    matrix[:k, k] = x.T @ pull / variance
    matrix[k, k] = data.periods * _sum_of_products(g, g) + pull @ pull / variance
    matrix[k + 1, k + 1] = data.periods * _sum_of_products(h, h)
    matrix[k, k + 1] = data.periods * _sum_of_products(h, g)
    matrix[k : k + 2, k + 2] = data.periods * np.array([np.trace(g), np.trace(h)]) / variance
    matrix[k + 2, k + 2] = data.observations / (2 * variance**2)
    return np.asarray(np.triu(matrix) + np.triu(matrix, 1).T)


def _sum_of_products(a: FloatArray, b: FloatArray) -> float:
    """Return tr(ab + a'b)."""
    return float((a * b.T).sum() + (a * b).sum())
