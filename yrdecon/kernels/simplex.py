"""Least squares with weights on the simplex: Frank-Wolfe as synthdid runs it, and the exact solution."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

MAX_ITERATIONS = 10_000
BEFORE_SPARSIFYING = 100
ROUND = 100
LARGEST = 2**24


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
    size = max(1, LARGEST // a.shape[2] ** 2)
    parts = [slice(first, first + size) for first in range(0, len(a), size)]
    return np.concatenate([_frank_wolfe(a[rows], b[rows], ridge[rows], min_decrease[rows]) for rows in parts])


def simplex_exact(a: FloatArray, b: FloatArray, ridge: FloatArray) -> FloatArray:
    """Solve the problems of `simplex_frank_wolfe` exactly, by a primal active-set method (Wolfe 1976)."""
    n = a.shape[1]
    a = a - a.mean(axis=1, keepdims=True)
    b = b - b.mean(axis=1, keepdims=True)
    gram = np.einsum("bni,bnj->bij", a, a) + n * ridge[:, None, None] * np.eye(a.shape[2])
    target = np.einsum("bni,bn->bi", a, b)
    return np.stack([_active_set(g, t) for g, t in zip(gram, target, strict=True)])


def _frank_wolfe(a: FloatArray, b: FloatArray, ridge: FloatArray, min_decrease: FloatArray) -> FloatArray:
    n, p = a.shape[1:]
    # weights that sum to one make the target a part of every column: |a x - b| = |(a - b) x|
    gap = (a - a.mean(axis=1, keepdims=True)) - (b - b.mean(axis=1, keepdims=True))[:, :, None]
    form = np.matmul(gap.transpose(0, 2, 1), gap) + (n * ridge)[:, None, None] * np.eye(p)
    least = n * min_decrease**2
    x = _descend(form, np.full((len(a), p), 1 / p), least, BEFORE_SPARSIFYING)
    x = np.where(x <= x.max(axis=1, keepdims=True) / 4, 0.0, x)
    return _descend(form, x / x.sum(axis=1, keepdims=True), least, MAX_ITERATIONS)


def _descend(form: FloatArray, x: FloatArray, least: FloatArray, limit: int) -> FloatArray:
    """Lower ``x' form x`` in all problems at once, each until a step after its first lowers it by no more than `least`.

    Problems that have stopped take steps of length zero until the end of a round and are dropped then.
    """
    result, active = x.copy(), np.arange(len(x))
    for taken in range(0, limit, ROUND):
        x, going = _round(form, x, least, taken, min(ROUND, limit - taken))
        result[active] = x
        if not going.any():
            break
        if not going.all():
            form, x, least, active = form[going], x[going], least[going], active[going]
    return result


def _round(
    form: FloatArray, x: FloatArray, least: FloatArray, taken: int, steps: int
) -> tuple[FloatArray, NDArray[np.bool_]]:
    """Take more Frank-Wolfe steps after those already taken; return the weights and which problems have not stopped."""
    batch, p = x.shape
    start = np.arange(batch) * p
    columns, diagonal = form.reshape(batch * p, p), np.diagonal(form, axis1=1, axis2=2).ravel()
    gradient = np.matmul(form, x[:, :, None])[:, :, 0]
    value = (x * gradient).sum(axis=1)
    going = np.ones(batch, dtype=bool)
    vertices, lengths = np.empty((steps, batch), dtype=np.int64), np.zeros((steps, batch))
    toward = np.empty_like(gradient)
    for step in range(steps):
        vertex = start + gradient.argmin(axis=1)
        lowest = gradient.ravel().take(vertex)
        slope = value - lowest
        curvature = slope + diagonal.take(vertex) - lowest
        length = np.divide(slope, curvature, out=np.zeros(batch), where=curvature > 0).clip(0, 1) * going
        decrease = length * (2 * slope - length * curvature)
        columns.take(vertex, axis=0, out=toward, mode="clip")
        toward -= gradient
        toward *= length[:, None]
        gradient += toward
        value -= decrease
        vertices[step], lengths[step] = vertex, length
        going &= (decrease > least) | (taken + step == 0)
        if not going.any():
            break
    return _moved(x, vertices[: step + 1], lengths[: step + 1]), going


def _moved(x: FloatArray, vertices: NDArray[np.int64], lengths: FloatArray) -> FloatArray:
    """Return ``x`` after steps of (steps, B) lengths toward vertices, numbered through all problems."""
    left = np.cumprod((1 - lengths)[::-1], axis=0)[::-1]
    shares = lengths * np.concatenate([left[1:], np.ones((1, lengths.shape[1]))])
    moved = np.bincount(vertices.ravel(), shares.ravel(), minlength=x.size).reshape(x.shape)
    return np.asarray(x * left[:1].T + moved)


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
