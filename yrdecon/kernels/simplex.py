"""Least squares with weights on the simplex: Frank-Wolfe as synthdid runs it, and the exact solution."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

MAX_ITERATIONS = 10_000
BEFORE_SPARSIFYING = 100


def simplex_frank_wolfe(a: FloatArray, b: FloatArray, ridge: FloatArray, min_decrease: FloatArray) -> FloatArray:
    """Solve a batch of simplex least-squares problems by Frank-Wolfe with early stopping.

    Minimizes ``|a x - b|^2 / n + ridge |x|^2`` over ``x >= 0, sum(x) = 1`` after removing column means
    (an unpenalized intercept), in two passes with small weights set to zero in between.

    Parameters
    ----------
    a
        (B, n, p) regressors.
    b
        (B, n) targets.
    ridge
        (B,) penalties, the square of zeta in the paper.
    min_decrease
        (B,) An iteration that lowers the objective by no more than its square is the last one.

    Returns
    -------
    (B, p) weights, the algorithm of Arkhangelsky, Athey, Hirshberg, Imbens and Wager (2021), section 2 and its R code.
    """
    a = a - a.mean(axis=1, keepdims=True)
    b = b - b.mean(axis=1, keepdims=True)
    x = np.full((len(a), a.shape[2]), 1 / a.shape[2])
    x = _iterate(a, b, x, ridge, min_decrease, BEFORE_SPARSIFYING)
    x = np.where(x <= x.max(axis=1, keepdims=True) / 4, 0.0, x)
    return _iterate(a, b, x / x.sum(axis=1, keepdims=True), ridge, min_decrease, MAX_ITERATIONS)


def simplex_exact(a: FloatArray, b: FloatArray, ridge: FloatArray) -> FloatArray:
    """Solve the problems of `simplex_frank_wolfe` exactly, by a primal active-set method (Wolfe 1976)."""
    n = a.shape[1]
    a = a - a.mean(axis=1, keepdims=True)
    b = b - b.mean(axis=1, keepdims=True)
    gram = np.einsum("bni,bnj->bij", a, a) + n * ridge[:, None, None] * np.eye(a.shape[2])
    target = np.einsum("bni,bn->bi", a, b)
    return np.stack([_active_set(g, t) for g, t in zip(gram, target, strict=True)])


def _iterate(
    a: FloatArray, b: FloatArray, x: FloatArray, ridge: FloatArray, min_decrease: FloatArray, limit: int
) -> FloatArray:
    """Run Frank-Wolfe on all problems at once and drop each from the batch when it has stopped."""
    n, result, active = a.shape[1], x.copy(), np.arange(len(a))
    error = np.matmul(a, x[:, :, None])[:, :, 0] - b
    previous = np.full(len(a), np.inf)
    for step in range(1, limit + 1):
        rows = np.arange(len(active))
        half_gradient = np.matmul(error[:, None, :], a)[:, 0, :] + (n * ridge)[:, None] * x
        vertex = half_gradient.argmin(axis=1)
        direction = -x
        direction[rows, vertex] += 1
        change = a[rows, :, vertex] - (error + b)
        curvature = (change**2).sum(axis=1) + n * ridge * (direction**2).sum(axis=1)
        slope = -(half_gradient * direction).sum(axis=1)
        length = np.clip(np.divide(slope, curvature, out=np.zeros_like(slope), where=curvature > 0), 0, 1)
        x = x + length[:, None] * direction
        error = error + length[:, None] * change
        value = ridge * (x**2).sum(axis=1) + (error**2).sum(axis=1) / n
        going = (previous - value > min_decrease**2) | (step < 2)
        previous = value
        if not going.all() or step == limit:
            result[active] = x
            a, b, x, ridge, min_decrease = a[going], b[going], x[going], ridge[going], min_decrease[going]
            error, previous, active = error[going], previous[going], active[going]
            if len(active) == 0:
                break
    return result


def _active_set(gram: FloatArray, target: FloatArray) -> FloatArray:
    p = len(target)
    start = int(np.argmin(np.diag(gram) / 2 - target))
    x = np.zeros(p)
    x[start] = 1.0
    free = np.zeros(p, dtype=bool)
    free[start] = True
    for _ in range(50 * p):
        candidate = _on_face(gram, target, free)
        if (candidate[free] > 0).all():
            x = candidate
            gradient = gram @ x - target
            level = float(gradient[free].mean())
            entering = int(np.argmin(np.where(free, np.inf, gradient)))
            if free.all() or gradient[entering] >= level - 1e-12 * max(1.0, abs(level)) * np.abs(gram).max():
                return x
            free[entering] = True
        else:
            shrinking = free & (candidate <= 0)
            ratio = np.where(shrinking, x / np.where(shrinking, x - candidate, 1.0), np.inf)
            x = np.clip(x + min(1.0, float(ratio.min())) * (candidate - x), 0, None)
            free &= ~(shrinking & (ratio <= ratio.min()))
            x[~free] = 0.0
    return x


def _on_face(gram: FloatArray, target: FloatArray, free: NDArray[np.bool_]) -> FloatArray:
    k = int(free.sum())
    system = np.zeros((k + 1, k + 1))
    system[:k, :k] = gram[np.ix_(free, free)]
    system[:k, k] = system[k, :k] = 1.0
    x = np.zeros(len(target))
    x[free] = np.linalg.lstsq(system, np.append(target[free], 1.0), rcond=None)[0][:k]
    return x
