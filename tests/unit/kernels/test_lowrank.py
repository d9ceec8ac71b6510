import numpy as np
import pytest

from yrdecon.kernels.factor_search import search_factors
from yrdecon.kernels.fixed_point import fixed_point
from yrdecon.kernels.lowrank import Shrinkage, complete, largest_penalty, prepare_completion


def staggered(seed=0, n=30, t=12, factors=2, noise=0.3):
    generator = np.random.default_rng(seed)
    y = generator.normal(size=(n, factors)) @ generator.normal(size=(factors, t))
    y += 5 * generator.normal(size=(n, 1)) + generator.normal(size=t) + noise * generator.normal(size=(n, t))
    start = np.where(np.arange(n) < 6, 7, np.where(np.arange(n) < 12, 9, 99))
    return y, np.arange(t) < start[:, None], generator.normal(size=(n, t, 2))


def test_a_slow_map_is_taken_to_its_fixed_point_in_few_steps():
    rates = np.linspace(0.5, 0.999, 6)
    target = np.arange(6.0)

    def step(state):
        after = target + rates * (state - target)
        return after, float(((after - target) ** 2).sum())

    end = fixed_point(step, np.zeros(6), 1e-12, 100)
    assert end.settled
    assert end.steps < 20
    assert np.abs(end.state - target).max() < 1e-8


def test_an_extrapolation_that_raises_the_loss_is_not_taken():
    losses = []

    def step(state):
        after = state - 0.05 * np.array([4 * state[0] ** 3, 2 * np.sin(3 * state[1])])
        loss = float(after[0] ** 4 - 2 / 3 * np.cos(3 * after[1]) + 2 / 3)
        losses.append(loss)
        return after, loss

    end = fixed_point(step, np.array([1.0, 0.9]), 1e-9, 5_000)
    assert end.settled
    assert np.abs(end.state[1]) < 1e-6
    assert losses[-1] <= min(losses) + 1e-12


@pytest.mark.parametrize("with_covariates", [False, True])
def test_least_squares_with_factors_is_stationary(with_covariates):
    y, observed, x = staggered()
    x = x if with_covariates else x[:, :, :0]
    fit = complete(prepare_completion(y, observed, x), Shrinkage(2, 0.0))
    gap = np.where(observed, fit.gap, 0.0)
    u, _, v = np.linalg.svd(fit.low_rank)
    orthogonal = [gap.sum(axis=0), gap.sum(axis=1), gap @ v[:2].T, gap.T @ u[:, :2], np.einsum("it,itp->p", gap, x)]
    assert fit.settled
    assert max(np.abs(part).max(initial=0.0) for part in orthogonal) < 1e-7 * np.abs(gap).max()
    assert fit.loss == pytest.approx((gap**2).sum() / 2, rel=1e-12)


@pytest.mark.parametrize("share", [0.5, 0.05, 0.005])
def test_matrix_completion_meets_the_conditions_of_the_convex_optimum(share):
    y, observed, x = staggered()
    problem = prepare_completion(y, observed, x)
    penalty = share * largest_penalty(problem)
    fit = complete(problem, Shrinkage(y.shape[1], penalty))
    gap = np.where(observed, fit.gap, 0.0)
    norm = np.linalg.svd(fit.low_rank, compute_uv=False).sum()
    assert fit.settled
    assert np.linalg.norm(gap, 2) == pytest.approx(penalty, rel=1e-7)
    assert (gap * fit.low_rank).sum() == pytest.approx(penalty * norm, rel=1e-7)
    assert np.abs(np.einsum("it,itp->p", gap, x)).max() < 1e-8
    assert fit.loss == pytest.approx((gap**2).sum() / 2 + penalty * norm, rel=1e-9)


def test_the_largest_penalty_is_where_the_low_rank_part_begins():
    y, observed, x = staggered()
    problem = prepare_completion(y, observed, x)
    border = largest_penalty(problem)
    assert np.abs(complete(problem, Shrinkage(12, border * 1.0001)).low_rank).max() == 0
    assert np.abs(complete(problem, Shrinkage(12, border * 0.999)).low_rank).max() > 0


def test_the_optimum_of_a_penalty_does_not_depend_on_the_start():
    y, observed, x = staggered()
    problem = prepare_completion(y, observed, x)
    cold = complete(problem, Shrinkage(12, 1.0))
    warm = complete(problem, Shrinkage(12, 1.0), complete(problem, Shrinkage(12, 4.0)).state)
    assert np.abs(cold.gap - warm.gap).max() < 1e-7


@pytest.mark.parametrize("with_covariates", [False, True])
def test_the_search_for_factors_ends_where_the_accelerated_steps_end(with_covariates):
    y, observed, x = staggered()
    x = x if with_covariates else x[:, :, :0]
    problem = prepare_completion(y, observed, x)
    fit = complete(problem, Shrinkage(2, 0.0))
    start = np.linalg.svd(np.where(observed, problem.residual, 0.0))[2][:2].T
    found = search_factors(problem.residual, observed, problem.regressors, start, 1e-11)
    assert found is not None
    assert found.loss == pytest.approx(fit.loss, rel=1e-12)
    assert np.abs(problem.residual - found.fitted - fit.gap).max() < 1e-7


def test_a_search_without_identified_loadings_is_given_up():
    y, observed, x = staggered()
    observed[0] = False
    observed[0, 0] = True
    start = np.random.default_rng(0).normal(size=(12, 2))
    assert search_factors(y, observed, x[:, :, :0], start, 1e-11) is None
