"""Complete a matrix of outcomes by unit effects, period effects, covariates and a part of low rank."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import linalg

from yrdecon.kernels.factor_search import search_factors
from yrdecon.kernels.fixed_point import fixed_point
from yrdecon.kernels.ols import dependent_columns

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

SETTLED = 1e-10
LIMIT = 20_000
PLAIN_STEPS = 100
MEMORY = 20
LIMIT_IN_VALIDATION = 2_000
EPS = float(np.finfo(float).eps)


@dataclass(frozen=True, slots=True)
class Shrinkage:
    """What is done to the singular values of the part of low rank: at most `rank` stay, each lowered by `penalty`.

    ``Shrinkage(r, 0.0)`` is least squares with r factors, ``Shrinkage(T, penalty)`` the nuclear norm.
    """

    rank: int
    penalty: float


@dataclass(frozen=True, slots=True, eq=False)
class Incomplete:
    """A completion problem after the additive fit.

    Attributes
    ----------
    observed
        (N, T) cells on which everything is fitted.
    residual
        (N, T) what outcomes exceed the additive fit with covariates by; zero where there is no outcome.
    regressors
        (N, T, p) covariates less their own additive fit.
    basis, triangle
        (n, p) orthonormal and (p, p) triangular factor of the regressors on observed cells.
    slopes
        (p,) coefficients of the covariates in the additive fit.
    rows_of_unit
        (N,) observed cells of each unit.
    period_inverse
        (T, T) generalized inverse of the normal equations of the period effects, given unit effects.
    rounding
        What rounding leaves in the residual.
    """

    observed: BoolArray
    residual: FloatArray
    regressors: FloatArray
    basis: FloatArray
    triangle: FloatArray
    slopes: FloatArray
    rows_of_unit: FloatArray
    period_inverse: FloatArray
    rounding: float


@dataclass(frozen=True, slots=True, eq=False)
class Completed:
    """A completed matrix.

    Attributes
    ----------
    gap
        (N, T) what outcomes exceed the completed matrix by.
    low_rank
        (N, T) part of low rank.
    slopes
        (p,) coefficients of the covariates.
    loss
        Half the sum of squared gaps of observed cells, and the penalty times the sum of singular values.
    state
        Where the iteration ended; another problem on the same cells may start from it.
    settled
        Whether it ended before its limit.
    """

    gap: FloatArray
    low_rank: FloatArray
    slopes: FloatArray
    loss: float
    state: FloatArray
    settled: bool


def prepare_completion(y: FloatArray, observed: BoolArray, x: FloatArray) -> Incomplete | None:
    """Fit unit effects, period effects and covariates on observed cells.

    Parameters
    ----------
    y
        (N, T) outcomes; NaN is allowed outside `observed`.
    observed
        (N, T) with at least one cell in every row and column.
    x
        (N, T, p) covariates, finite wherever the outcome is.

    Returns
    -------
    None if the covariates are collinear with the effects or with each other.
    """
    weight = observed.astype(np.float64)
    own, present = weight.sum(axis=1), np.isfinite(y)
    gram = np.diag(weight.sum(axis=0)) - (weight / own[:, None]).T @ weight
    inverse = linalg.pinvh(gram, rtol=1e-10)
    columns = [np.where(present, values, 0.0) for values in (y, *np.moveaxis(x, 2, 0))]
    centered = [np.where(present, z - _additive(z, observed, own, inverse), 0.0) for z in columns]
    regressors = np.stack(centered[1:], axis=2) if len(centered) > 1 else np.zeros((*y.shape, 0))
    inside = regressors[observed]
    scale = np.sqrt((x[observed] ** 2).sum(axis=0))
    if dependent_columns(inside, scale, np.ones(len(inside))):
        return None
    basis, triangle = np.linalg.qr(inside)
    slopes = linalg.solve_triangular(triangle, basis.T @ centered[0][observed])
    return Incomplete(
        observed=observed,
        residual=centered[0] - regressors @ slopes,
        regressors=regressors,
        basis=basis,
        triangle=triangle,
        slopes=slopes,
        rows_of_unit=own,
        period_inverse=inverse,
        rounding=8 * EPS * float(np.abs(columns[0][observed]).max()),
    )


def complete(
    problem: Incomplete, shrinkage: Shrinkage, start: FloatArray | None = None, limit: int = LIMIT
) -> Completed:
    """Minimize half the squared gaps on observed cells plus the penalty times the nuclear norm of the low-rank part.

    Parameters
    ----------
    start
        State of a problem on the same cells; None is the additive fit. With a penalty and full rank the problem is
        convex and the start does not matter; with a bounded rank it chooses among local minima.

    Notes
    -----
    One step fills the cells that are not observed with their last fit, takes the low-rank part from the singular
    values of the filled and centered matrix, and refits effects and covariates exactly on observed cells. The loss
    falls at every step (Xu 2017, EM; Mazumder, Hastie and Tibshirani 2010). With a penalty the steps are accelerated.
    With a bounded rank, where acceleration could leave the valley of the start, they are plain, and what has not
    settled after a hundred is taken to the minimum by `search_factors`.
    """
    hidden = ~problem.observed
    held = int(hidden.sum())

    def parts(state: FloatArray) -> tuple[FloatArray, FloatArray, float]:
        filled = problem.residual.copy()
        filled[hidden] = state[:held]
        filled[problem.observed] -= problem.basis @ state[held:]
        low, norm = _shrink(filled, shrinkage)
        return low, -_additive(low, problem.observed, problem.rows_of_unit, problem.period_inverse), norm

    def step(state: FloatArray) -> tuple[FloatArray, float]:
        low, additive, norm = parts(state)
        turn = -problem.basis.T @ low[problem.observed]
        gap = (problem.residual - low - additive)[problem.observed] - problem.basis @ turn
        return np.concatenate([(low + additive)[hidden], turn]), float(gap @ gap) / 2 + shrinkage.penalty * norm

    spread = float(np.sqrt(np.mean(problem.residual[problem.observed] ** 2)))
    begin = np.zeros(held + problem.basis.shape[1]) if start is None else start
    tolerance = SETTLED * spread + problem.rounding
    bounded = shrinkage.penalty == 0
    end = fixed_point(step, begin, tolerance, PLAIN_STEPS if bounded else limit, 1 if bounded else MEMORY)
    low, additive, _ = parts(end.state)
    if bounded and not end.settled:
        return _searched(problem, low, shrinkage.rank, tolerance, end.state)
    after, loss = step(end.state)
    turn = linalg.solve_triangular(problem.triangle, after[held:])
    gap = problem.residual - low - additive - problem.regressors @ turn
    return Completed(gap, low, problem.slopes + turn, loss, end.state, end.settled)


def _searched(problem: Incomplete, low: FloatArray, rank: int, tolerance: float, state: FloatArray) -> Completed:
    """Finish the search for factors that the steps have brought near a minimum."""
    factors = np.linalg.svd(low, full_matrices=False)[2][:rank].T
    fit = search_factors(problem.residual, problem.observed, problem.regressors, factors, tolerance)
    if fit is None:
        return Completed(problem.residual - low, low, problem.slopes, np.inf, state, False)
    low = _centered(fit.loadings[:, 1:] @ fit.factors.T)
    return Completed(problem.residual - fit.fitted, low, problem.slopes + fit.slopes, fit.loss, state, True)


def validation_errors(
    y: FloatArray,
    observed: BoolArray,
    x: FloatArray,
    folds: Sequence[tuple[BoolArray, BoolArray]],
    shrinkages: Sequence[Shrinkage],
) -> FloatArray:
    """Predict hidden cells by every shrinkage.

    Parameters
    ----------
    folds
        Pairs of (N, T) cells to hide, and of those to score.

    Returns
    -------
    (F, C) mean squared errors of the scored cells; infinite for a shrinkage that has not settled in this fold or one
    before it. Penalties start from the solution of the one before, numbers of factors from the additive fit.
    """
    errors = np.full((len(folds), len(shrinkages)), np.inf)
    for row, (hide, score) in enumerate(folds):
        problem = prepare_completion(y, observed & ~hide, x)
        state = None
        for column, shrinkage in enumerate(shrinkages):
            if problem is None or (row and not np.isfinite(errors[row - 1, column])):
                continue
            fit = complete(problem, shrinkage, state, LIMIT_IN_VALIDATION)
            state = fit.state if shrinkage.penalty > 0 else None
            errors[row, column] = np.mean(fit.gap[score] ** 2) if fit.settled else np.inf
    return errors


def largest_penalty(problem: Incomplete) -> float:
    """Return the smallest penalty of the nuclear norm at which the low-rank part is zero."""
    return float(np.linalg.norm(np.where(problem.observed, problem.residual, 0.0), 2))


def _additive(z: FloatArray, observed: BoolArray, own: FloatArray, inverse: FloatArray) -> FloatArray:
    """(N, T) least-squares unit and period effects of (N, T) values on observed cells."""
    inside = np.where(observed, z, 0.0)
    mean = inside.sum(axis=1) / own
    period = inverse @ (inside - observed * mean[:, None]).sum(axis=0)
    unit = mean - (observed @ period) / own
    return np.asarray(unit[:, None] + period)


def _shrink(filled: FloatArray, shrinkage: Shrinkage) -> tuple[FloatArray, float]:
    """Return the low-rank part of a filled matrix beside its unit and period means, and its nuclear norm."""
    centered = _centered(filled)
    squares, vectors = linalg.eigh(centered.T @ centered, check_finite=False)
    singular = np.sqrt(np.maximum(squares[::-1], 0.0))
    kept = np.maximum(singular - shrinkage.penalty, 0.0)
    kept[shrinkage.rank :] = 0.0
    count = int(np.count_nonzero(kept))
    v = vectors[:, ::-1][:, :count]
    low = (centered @ v * (kept[:count] / singular[:count])) @ v.T
    return np.asarray(low), float(kept.sum())


def _centered(z: FloatArray) -> FloatArray:
    return np.asarray(z - z.mean(axis=1, keepdims=True) - z.mean(axis=0) + z.mean())
