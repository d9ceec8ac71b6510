"""Weights of predictors such that the synthetic control which matches them follows the outcome best."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from yrdecon.kernels.simplex import simplex_quadratic

FloatArray = NDArray[np.float64]

SMALLEST = np.log(1e-8)
TIE_PATH, TIE_RIDGE = 1e-6, 1e-9
STEP, LAST_STEP, MOVES = 2.0, 1e-3, 400
GAIN = 1e-10


@dataclass(frozen=True, slots=True, eq=False)
class PredictorMatch:
    """(k,) weights of the predictors, (J,) weights of the donors, and the mean squared gap of the outcome."""

    importance: FloatArray
    weights: FloatArray
    loss: float


@dataclass(frozen=True, slots=True, eq=False)
class PredictorProblem:
    """Donors less the treated: (J, k) predictors over their standard deviation, and (J, n) outcomes to be followed."""

    predictors: FloatArray
    path: FloatArray


def match_predictors(problem: PredictorProblem, importance: FloatArray | None) -> PredictorMatch:
    """Match predictors, weighted as given or so that the outcome before treatment is followed best.

    Parameters
    ----------
    importance
        (k,) weights of the predictors, or None to search for them.

    Notes
    -----
    Abadie, Diamond and Hainmueller (2010), section 2.3. The outer problem is not convex. It is searched from equal
    weights, weights by regression, and each predictor in turn, by steps along one logarithmic weight at a time; the
    search ends at a local minimum. Where several weightings of donors match the predictors equally well, the one that
    follows the outcome best is taken, which makes the two levels one well-defined problem (Malo, Eskelinen, Zhou and
    Kuosmanen 2023).
    """
    if importance is not None:
        best = importance / importance.sum()
    else:
        best = _normalized(_search(problem, _starts(problem))[None, :])[0]
    weights = _donor_weights(problem, best[None, :], None)
    return PredictorMatch(best, weights[0], float(_losses(problem, weights)[0]))


def _starts(problem: PredictorProblem) -> FloatArray:
    j, k = problem.predictors.shape
    x = np.column_stack([np.ones(j + 1), np.vstack([np.zeros(k), problem.predictors])])
    path = np.vstack([np.zeros(problem.path.shape[1]), problem.path])
    slopes = (np.linalg.lstsq(x, path, rcond=None)[0][1:] ** 2).sum(axis=1)
    by_regression = np.log(np.maximum(slopes / max(float(slopes.max()), np.finfo(float).tiny), 1e-8))
    one_by_one = np.where(np.eye(k) > 0, 0.0, SMALLEST / 4)
    return np.vstack([np.zeros(k), by_regression, one_by_one])


def _search(problem: PredictorProblem, logs: FloatArray) -> FloatArray:
    """Return the (k,) best logarithmic weights found from (S, k) starts, all starts moved together."""
    k = logs.shape[1]
    directions = np.vstack([np.eye(k), -np.eye(k)])
    weights = _donor_weights(problem, _normalized(logs), None)
    loss, step = _losses(problem, weights), np.full(len(logs), STEP)
    for _ in range(MOVES):
        going = np.flatnonzero(step > LAST_STEP)
        if len(going) == 0:
            break
        tried = logs[going][:, None, :] + step[going][:, None, None] * directions
        start = np.repeat(weights[going], len(directions), axis=0)
        found = _donor_weights(problem, _normalized(tried.reshape(-1, k)), start)
        losses = _losses(problem, found).reshape(len(going), -1)
        best = losses.argmin(axis=1)
        better = losses.min(axis=1) < loss[going] * (1 - GAIN)
        moved, choice = going[better], best[better]
        logs[moved] = tried[better, choice]
        loss[moved] = losses[better, choice]
        weights[moved] = found.reshape(len(going), len(directions), -1)[better, choice]
        step[going[~better]] /= 2
    return np.asarray(logs[loss.argmin()])


def _normalized(logs: FloatArray) -> FloatArray:
    importance = np.exp(np.maximum(logs - logs.max(axis=1, keepdims=True), SMALLEST))
    return np.asarray(importance / importance.sum(axis=1, keepdims=True))


def _donor_weights(problem: PredictorProblem, importance: FloatArray, start: FloatArray | None) -> FloatArray:
    """Return (B, J) weights of the donors at (B, k) weights of the predictors."""
    x, j = problem.predictors, len(problem.predictors)
    gram = np.matmul(x * importance[:, None, :], x.T)
    size = np.einsum("bii->b", gram) / j
    path = problem.path @ problem.path.T
    path_size = float(np.trace(path)) / j
    scaled = gram / np.where(size > 0, size, 1.0)[:, None, None]
    tie = TIE_PATH * path / (path_size if path_size > 0 else 1.0) + TIE_RIDGE * np.eye(j)
    return simplex_quadratic(scaled + tie, np.zeros((len(gram), j)), start)


def _losses(problem: PredictorProblem, weights: FloatArray) -> FloatArray:
    return np.asarray(((weights @ problem.path) ** 2).mean(axis=1))
