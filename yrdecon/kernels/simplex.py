"""Least squares with weights on the simplex: Frank-Wolfe as synthdid runs it, and the exact solution."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

MAX_ITERATIONS = 10_000
BEFORE_SPARSIFYING = 100
ROUND = 100
LARGEST = 2**24
TOGETHER = 2_000
SLACK = 4e-15


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
    """Solve the problems of `simplex_frank_wolfe` exactly."""
    n, p = a.shape[1:]
    parts = []
    for rows in _chunks(len(a)):
        gap = _gaps(a[rows], b[rows])
        gram = np.matmul(gap.transpose(0, 2, 1), gap) + n * ridge[rows, None, None] * np.eye(p)
        parts.append(simplex_quadratic(gram, np.zeros((len(gap), p))))
    return np.concatenate(parts) if parts else np.zeros((0, p))


def simplex_quadratic(gram: FloatArray, target: FloatArray, start: FloatArray | None = None) -> FloatArray:
    """Minimize ``x' gram x / 2 - target' x`` over ``x >= 0, sum(x) = 1`` for a batch of problems, to rounding error.

    Parameters
    ----------
    gram
        (B, p, p) positive semidefinite matrices.
    target
        (B, p) linear terms.
    start
        (B, p) weights on the simplex to start from, such as the solution of a problem close by.

    Returns
    -------
    (B, p) weights. Where several minimize, one of them.

    Notes
    -----
    The primal active-set method of Wolfe (1976) for all problems together: solve on the face of the free weights,
    step to the boundary where a weight would turn negative, and otherwise free the weight of steepest descent. A
    weight that is freed and would turn negative at once is rounding error, and that problem is solved.
    """
    parts = [
        _active_set(gram[rows], target[rows], None if start is None else start[rows]) for rows in _chunks(len(gram))
    ]
    return np.concatenate(parts) if parts else np.zeros(target.shape)


def _chunks(size: int) -> list[slice]:
    return [slice(first, first + TOGETHER) for first in range(0, size, TOGETHER)]


def _frank_wolfe(a: FloatArray, b: FloatArray, ridge: FloatArray, min_decrease: FloatArray) -> FloatArray:
    n, p = a.shape[1:]
    gap = _gaps(a, b)
    form = np.matmul(gap.transpose(0, 2, 1), gap) + (n * ridge)[:, None, None] * np.eye(p)
    least = n * min_decrease**2
    x = _descend(form, np.full((len(a), p), 1 / p), least, BEFORE_SPARSIFYING)
    x = np.where(x <= x.max(axis=1, keepdims=True) / 4, 0.0, x)
    return _descend(form, x / x.sum(axis=1, keepdims=True), least, MAX_ITERATIONS)


def _gaps(a: FloatArray, b: FloatArray) -> FloatArray:
    """Return a less b around its mean: as weights sum to one, |a x - b| = |(a - b) x|, and common levels cancel."""
    gap = a - b[:, :, None]
    return np.asarray(gap - gap.mean(axis=1, keepdims=True))


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


def _active_set(gram: FloatArray, target: FloatArray, start: FloatArray | None) -> FloatArray:
    x = _best_vertex(gram, target) if start is None else start.copy()
    result, free, active = x.copy(), x > 0, np.arange(len(x))
    entered = np.full(len(x), -1)
    slack = SLACK * (np.abs(gram).max(axis=(1, 2)) + np.abs(target).max(axis=1))
    for _ in range(50 * target.shape[1]):
        rows = np.arange(len(active))
        candidate = _on_faces(gram, target, free)
        inside = np.asarray(np.where(free, candidate > 0, True).all(axis=1))
        spurious = (entered >= 0) & (candidate[rows, entered] <= 0)
        blocked, moved = _toward(candidate, x, free)
        x = np.where(inside[:, None], candidate, np.where(spurious[:, None], x, moved))
        free = free & ~blocked
        gradient = np.matmul(gram, x[:, :, None])[:, :, 0] - target
        level = (gradient * free).sum(axis=1) / free.sum(axis=1)
        steepest = np.where(free, np.inf, gradient).argmin(axis=1)
        entering = inside & ~free[rows, steepest] & (gradient[rows, steepest] < level - slack)
        entered = np.where(entering, steepest, -1)
        free[rows[entering], steepest[entering]] = True
        going = ~(spurious | (inside & ~entering))
        if not going.all():
            result[active] = x
            gram, target, x, free = gram[going], target[going], x[going], free[going]
            entered, slack, active = entered[going], slack[going], active[going]
            if len(active) == 0:
                break
    result[active] = x
    return result


def _best_vertex(gram: FloatArray, target: FloatArray) -> FloatArray:
    best = (np.diagonal(gram, axis1=1, axis2=2) / 2 - target).argmin(axis=1)
    return np.asarray(np.eye(target.shape[1])[best])


def _toward(candidate: FloatArray, x: FloatArray, free: NDArray[np.bool_]) -> tuple[NDArray[np.bool_], FloatArray]:
    """Return the (B, p) weights that reach zero first on the way to the candidate, and the point where they do."""
    shrinking = free & (candidate <= 0)
    ratio = np.where(shrinking, x / np.where(shrinking, x - candidate, 1.0), np.inf)
    length = np.minimum(ratio.min(axis=1, keepdims=True), 1.0)
    blocked = shrinking & (ratio <= length)
    moved = np.clip(x + length * (candidate - x), 0, None)
    return blocked, np.where(blocked, 0.0, moved)


def _on_faces(gram: FloatArray, target: FloatArray, free: NDArray[np.bool_]) -> FloatArray:
    """Return the (B, p) minimizers with the free weights summing to one and the others zero."""
    k = int(free.sum(axis=1).max())
    order = np.argsort(~free, axis=1, kind="stable")[:, :k]
    used = np.take_along_axis(free, order, axis=1)
    block = gram[np.arange(len(gram))[:, None, None], order[:, :, None], order[:, None, :]]
    system = np.zeros((len(gram), k + 1, k + 1))
    system[:, :k, :k] = np.where(used[:, :, None] & used[:, None, :], block, np.eye(k))
    system[:, :k, k] = system[:, k, :k] = used
    right = np.ones((len(gram), k + 1, 1))
    right[:, :k, 0] = np.where(used, np.take_along_axis(target, order, axis=1), 0.0)
    x = np.zeros(target.shape)
    np.put_along_axis(x, order, np.where(used, np.linalg.solve(system, right)[:, :k, 0], 0.0), axis=1)
    return x
