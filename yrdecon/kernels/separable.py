"""Gaussian panels whose covariance is a correlation over time times a covariance over space."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import linalg, optimize

FloatArray = NDArray[np.float64]
Process = Literal["levels", "growth"]

ITERATIONS, CONVERGED, SHORTEST_STEP = 50, 1e-9, 1e-4
RIDGE = 1e-10


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """Autocorrelations (R,) of which process, and ranges (H,) in kilometers."""

    process: Process
    rho: FloatArray
    theta: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class SeparableProfile:
    """Restricted likelihood over a grid.

    Attributes
    ----------
    grid
        The grid.
    log_likelihood
        (R, H) restricted log-likelihood, the variance components at their best.
    components
        (R, H, K) variances of the K spatial kernels: exponential decay, then the others in their order.
    """

    grid: Grid
    log_likelihood: FloatArray
    components: FloatArray


def profile_separable(
    y: FloatArray, time: FloatArray, distance: FloatArray, others: FloatArray, grid: Grid
) -> SeparableProfile:
    """Profile the restricted likelihood of a panel without treatment, unit and time effects removed.

    Parameters
    ----------
    y
        (N, T) outcomes, unit effects and time effects of any size included.
    time
        (T,) periods, which need not be consecutive.
    distance
        (N, N) kilometers.
    others
        (K - 1, N, N) spatial kernels beside the exponential decay, such as shared province and independence.
    grid
        Where the likelihood is evaluated.

    Notes
    -----
    Cov(y_it, y_js) = R_ts [v_1 exp(-d_ij / theta) + sum_k v_k K_k,ij], R as `time_covariance` says. With orthonormal
    bases of the complements of the unit and of the time effects the likelihood is that of a matrix normal of full rank.
    The variances are found by Fisher scoring under non-negativity (Patterson and Thompson 1971).
    """
    across, along = _contrasts(len(y)), _contrasts(len(time))
    reduced = across.T @ y @ along
    n, t = reduced.shape
    fixed = np.stack([across.T @ k @ across for k in others])
    decays = [across.T @ space_decay(distance, float(theta)) @ across for theta in grid.theta]
    likelihood = np.empty((len(grid.rho), len(grid.theta)))
    components = np.empty((*likelihood.shape, len(others) + 1))
    for i, rho in enumerate(grid.rho):
        factor = linalg.cholesky(along.T @ time_covariance(time, float(rho), grid.process) @ along, lower=True)
        white = linalg.solve_triangular(factor, reduced.T, lower=True)
        moment = white.T @ white / t
        log_time = 2 * np.log(np.diag(factor)).sum()
        start = np.full(len(others) + 1, np.trace(moment) / n / (len(others) + 1))
        for j, decay in enumerate(decays):
            start, value = _variances(np.concatenate([decay[None], fixed]), moment, start)
            likelihood[i, j] = -0.5 * (t * value + n * log_time)
            components[i, j] = start
            start = np.maximum(start, 1e-3 * start.max())
    return SeparableProfile(grid, likelihood, components)


def time_covariance(time: FloatArray, rho: float, process: Process) -> FloatArray:
    """Return the (T, T) covariance over periods, up to scale.

    With ``"levels"`` the outcome is a first-order autoregression around its unit effect; with ``"growth"`` its yearly
    change is, so that its level wanders off. Periods need not be consecutive.
    """
    if process == "levels":
        return np.asarray(rho ** np.abs(time[:, None] - time))
    years = np.arange(time[0] + 1, time[-1] + 1)
    summed = (years <= time[:, None]).astype(float)
    return np.asarray(summed @ (rho ** np.abs(years[:, None] - years)) @ summed.T)


def space_decay(distance: FloatArray, theta: float) -> FloatArray:
    """Return exp(-d / theta), the identity for a range of zero."""
    return np.asarray(np.exp(-distance / theta) if theta > 0 else np.eye(len(distance)))


def contrast_variance(
    unit_weights: FloatArray,
    time_weights: FloatArray,
    kernels: FloatArray,
    components: FloatArray,
    over_time: FloatArray,
) -> float:
    """Return the variance of a sum with weights over units (N,) and periods (T,), of spatial kernels (K, N, N)."""
    over_units = np.einsum("i,kij,j->k", unit_weights, kernels, unit_weights) @ components
    return float(over_units * (time_weights @ over_time @ time_weights))


def draw_separable(
    kernels: FloatArray, components: FloatArray, over_time: FloatArray, draws: int, generator: np.random.Generator
) -> FloatArray:
    """Return (draws, N, T) Gaussian panels with the covariance of (K, N, N) kernels, and of (T, T) periods."""
    space, time = _root(np.tensordot(components, kernels, axes=1)), _root(over_time)
    shocks = generator.standard_normal((draws, len(space), len(time)))
    return np.asarray(space @ shocks @ time.T)


def _root(covariance: FloatArray) -> FloatArray:
    """Return a square root of a covariance that may be singular."""
    values, vectors = np.linalg.eigh(covariance)
    return np.asarray(vectors * np.sqrt(np.maximum(values, 0.0)))


def _contrasts(n: int) -> FloatArray:
    """Return an orthonormal basis (n, n - 1) of the vectors that sum to zero."""
    return np.asarray(linalg.null_space(np.ones((1, n))))


def _variances(kernels: FloatArray, moment: FloatArray, start: FloatArray) -> tuple[FloatArray, float]:
    """Minimize log|V| + tr(V^-1 S) over non-negative variances of V = sum_k v_k K_k; return them and the minimum."""
    v, value, length = start, _objective(kernels, moment, start), 1.0
    for _ in range(ITERATIONS):
        inverse = np.linalg.inv(np.tensordot(v, kernels, axes=1))
        sandwiched = inverse @ kernels
        information = np.einsum("kij,lji->kl", sandwiched, sandwiched)
        target = np.einsum("kij,ji->k", sandwiched, inverse @ moment)
        step = _non_negative_solution(information, target) - v
        while length > SHORTEST_STEP:
            candidate = v + length * step
            reached = _objective(kernels, moment, candidate)
            if reached <= value:
                break
            length /= 2
        if length <= SHORTEST_STEP or value - reached < CONVERGED:
            break
        v, value, length = candidate, reached, min(1.0, 2 * length)
    return v, value


def _objective(kernels: FloatArray, moment: FloatArray, v: FloatArray) -> float:
    total = np.tensordot(v, kernels, axes=1)
    sign, log_determinant = np.linalg.slogdet(total)
    return float(log_determinant + np.linalg.solve(total, moment).trace()) if sign > 0 else np.inf


def _non_negative_solution(information: FloatArray, target: FloatArray) -> FloatArray:
    """Solve the scoring equations under v >= 0, in the metric of the information."""
    scale = np.sqrt(np.diag(information))
    ridge = RIDGE * np.eye(len(scale))
    root = np.linalg.cholesky(information / scale[:, None] / scale + ridge)
    return np.asarray(optimize.nnls(root.T, linalg.solve_triangular(root, target / scale, lower=True))[0] / scale)
