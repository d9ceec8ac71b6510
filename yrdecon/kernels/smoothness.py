"""Fixed-length intervals when second differences of a violation of parallel trends are bounded."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, stats

FloatArray = NDArray[np.float64]

FLAT = 1e-12


@dataclass(frozen=True, slots=True, eq=False)
class FixedLength:
    """Center and half length of the shortest interval, and the (P,) weights on the coefficients before treatment."""

    center: float
    half_length: float
    weights: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class _Problem:
    vcov: FloatArray
    loadings: FloatArray
    target: FloatArray
    bound: float
    level: float

    def spread(self, w: FloatArray) -> float:
        every = np.concatenate([w, self.target])
        return float(np.sqrt(max(every @ self.vcov @ every, FLAT**2)))

    def bends(self, w: FloatArray) -> float:
        return float(np.abs(np.concatenate([w, self.target]) @ self.loadings).sum())

    def half_length(self, w: FloatArray, bends: float) -> float:
        sd = self.spread(w)
        return sd * folded_quantile(self.bound * bends / sd, self.level)

    def gradient(self, w: FloatArray, bends: float, k: int) -> FloatArray:
        sd = self.spread(w)
        shift = self.bound * bends / sd
        critical = folded_quantile(shift, self.level)
        near, far = stats.norm.pdf(critical - shift), stats.norm.pdf(critical + shift)
        slope = (near - far) / (near + far)
        by_w = (self.vcov @ np.concatenate([w, self.target]))[: len(w)] / sd * (critical - slope * shift)
        return np.append(by_w, np.full(k, slope * self.bound))


def fixed_length_interval(
    coef: FloatArray, vcov: FloatArray, n_pre: int, target: FloatArray, bound: float, level: float
) -> FixedLength:
    """Return the shortest fixed-length interval over affine estimators.

    Parameters
    ----------
    coef, vcov
        (P + Q,) coefficients of consecutive periods without the reference between them, and their covariance.
    n_pre
        P, the number before the reference.
    target
        (Q,) weights of the effect of interest on the coefficients after the reference.
    bound
        Largest absolute second difference of the violation.
    level
        Coverage.

    Notes
    -----
    The estimator adds w'coef_pre to the target. It must be unbiased for a linear trend, so that its worst bias is the
    bound times the sum of absolute loadings on second differences. Half the length is sd cv(bias / sd), cv the quantile
    of a folded normal; this is convex in w (Rambachan and Roth 2023, section 3.2; Armstrong and Kolesar 2018).
    """
    pre, post = slice(None, n_pre), slice(n_pre, None)
    time = np.concatenate([np.arange(-n_pre, 0), np.arange(1, len(coef) - n_pre + 1)]).astype(float)
    loadings = _second_difference_loadings(time)
    trend = -target @ time[post]

    start = _least_variance(vcov, n_pre, target, time, trend)
    problem = _Problem(vcov, loadings, target, bound, level)
    w = start if bound == 0 or n_pre == 1 else _shortest(start, problem, time[pre])
    half = problem.half_length(w, problem.bends(w))
    return FixedLength(float(target @ coef[post] + w @ coef[pre]), half, w)


def folded_quantile(shift: float, level: float) -> float:
    """Return the quantile of the absolute value of a normal variable with mean `shift` and variance one."""
    return float(np.sqrt(stats.ncx2.ppf(level, 1, shift**2))) if shift < 30 else shift + float(stats.norm.ppf(level))


def _second_difference_loadings(time: FloatArray) -> FloatArray:
    """Return the (T, T - 1) effect of the second difference centered at each interior period on each period."""
    first, last = int(time.min()), int(time.max())
    centers = np.arange(first + 1, last)
    ahead = np.where(centers >= 1, np.maximum(time[:, None] - centers, 0), 0.0)
    behind = np.where(centers <= 0, np.maximum(centers - time[:, None], 0), 0.0)
    return np.asarray(ahead + behind)


def _least_variance(vcov: FloatArray, n_pre: int, target: FloatArray, time: FloatArray, trend: float) -> FloatArray:
    system = np.zeros((n_pre + 1, n_pre + 1))
    system[:n_pre, :n_pre] = vcov[:n_pre, :n_pre]
    system[n_pre, :n_pre] = system[:n_pre, n_pre] = time[:n_pre]
    right = np.append(-vcov[:n_pre, n_pre:] @ target, trend)
    return np.asarray(np.linalg.lstsq(system, right, rcond=None)[0][:n_pre])


def _shortest(start: FloatArray, problem: _Problem, time: FloatArray) -> FloatArray:
    """Minimize the half length with absolute values as upper bounds, from the least variance and the least bias."""
    n, k = len(start), problem.loadings.shape[1]
    own, fixed = problem.loadings[:n].T, problem.target @ problem.loadings[n:]
    signs = np.block([[-own, np.eye(k)], [own, np.eye(k)]])
    offset = np.concatenate([-fixed, fixed])
    unbiased = np.append(time, np.zeros(k))
    trend = float(time @ start)
    least_bias = optimize.linprog(
        np.append(np.zeros(n), np.ones(k)), -signs, offset, unbiased[None, :], [trend], [(None, None)] * (n + k)
    ).x[:n]
    constraints = [
        {"type": "ineq", "fun": lambda x: signs @ x + offset, "jac": lambda _: signs},
        {"type": "eq", "fun": lambda x: unbiased @ x - trend, "jac": lambda _: unbiased},
    ]
    scale = problem.spread(start)
    found = []
    for first in (start, least_bias, (start + least_bias) / 2):
        solution = optimize.minimize(
            lambda x: problem.half_length(x[:n], x[n:].sum()) / scale,
            np.append(first, np.abs(own @ first + fixed)),
            jac=lambda x: problem.gradient(x[:n], x[n:].sum(), k) / scale,
            constraints=constraints,
            method="SLSQP",
            options={"maxiter": 500, "ftol": 1e-13},
        ).x[:n]
        # rounding may leave the line on which the estimator is unbiased
        found.append(solution + time * (trend - time @ solution) / (time @ time))
    lengths = [problem.half_length(w, problem.bends(w)) for w in found]
    return np.asarray(found[int(np.argmin(lengths))])
