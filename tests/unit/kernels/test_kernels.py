import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from yrdecon.kernels.blocks import most_disjoint, nearest_blocks
from yrdecon.kernels.resample import all_choices, count_choices, random_orders
from yrdecon.kernels.sandwich import is_nested
from yrdecon.kernels.simplex import simplex_exact, simplex_frank_wolfe, simplex_quadratic
from yrdecon.kernels.synthetic_did import Block, fit_unit_weights, synthetic_differences, weighted_gaps
from yrdecon.kernels.within import prepare_fixed_effects, project_out


@settings(max_examples=100, deadline=None)
@example(seed=1499, n=6, n_effects=2)
@given(seed=st.integers(0, 10_000), n=st.integers(6, 60), n_effects=st.integers(1, 3))
def test_projection_equals_least_squares_on_dummies(seed, n, n_effects):
    generator = np.random.default_rng(seed)
    codes = [generator.integers(0, generator.integers(2, 7), n) for _ in range(n_effects)]
    codes = [np.unique(c, return_inverse=True)[1] for c in codes]
    weights = generator.uniform(0.2, 3, n)
    x = generator.normal(size=(n, 2))
    dummies = np.concatenate([np.eye(c.max() + 1)[c] for c in codes], axis=1)
    root = np.sqrt(weights)[:, None]
    beta = np.linalg.lstsq(root * dummies, root * x, rcond=None)[0]
    effects = prepare_fixed_effects(codes, weights)
    assert np.allclose(project_out(effects, x), x - dummies @ beta, atol=1e-9)
    assert effects.rank == np.linalg.matrix_rank(dummies)


def problem(seed, n=12, p=9, ridge=0.05):
    generator = np.random.default_rng(seed)
    a, b = generator.normal(size=(1, n, p)), generator.normal(size=(1, n))
    return a, b, np.array([ridge])


def objective(x, a, b, ridge):
    a = a - a.mean(axis=1, keepdims=True)
    b = b - b.mean(axis=1, keepdims=True)
    return float(((a @ x[..., None])[..., 0] - b).__pow__(2).mean() + ridge[0] * (x**2).sum())


@pytest.mark.parametrize("seed", range(12))
def test_exact_weights_satisfy_the_optimality_conditions(seed):
    a, b, ridge = problem(seed)
    x = simplex_exact(a, b, ridge)[0]
    centered, target = a[0] - a[0].mean(axis=0), b[0] - b[0].mean()
    gradient = centered.T @ (centered @ x - target) / len(target) + ridge[0] * x
    assert x.min() >= 0
    assert x.sum() == pytest.approx(1, abs=1e-10)
    level = gradient[x > 1e-9]
    assert np.ptp(level) < 1e-9
    assert gradient.min() > level.mean() - 1e-9


@pytest.mark.parametrize("seed", range(6))
def test_early_stopping_is_never_better_than_the_optimum_and_close_to_it(seed):
    a, b, ridge = problem(seed)
    exact = objective(simplex_exact(a, b, ridge)[0], a, b, ridge)
    early = objective(simplex_frank_wolfe(a, b, ridge, np.array([1e-6]))[0], a, b, ridge)
    assert exact <= early + 1e-12
    assert early < exact + 1e-3


@pytest.mark.parametrize(("n", "p", "scale"), [(10, 40, 1.0), (10, 40, 0.1), (3, 60, 0.2), (50, 20, 1.0), (5, 1, 1.0)])
def test_the_active_set_finds_the_optimum_of_every_problem_even_where_many_weights_are_optimal(n, p, scale):
    generator = np.random.default_rng(n + p)
    a, b = generator.normal(size=(30, n, p)), scale * generator.normal(size=(30, n))
    gram, target = np.matmul(a.transpose(0, 2, 1), a), np.matmul(b[:, None, :], a)[:, 0]
    x = simplex_quadratic(gram, target)
    assert x.min() >= 0
    assert np.allclose(x.sum(axis=1), 1, atol=1e-12)
    gradient = np.matmul(gram, x[:, :, None])[:, :, 0] - target
    # the duality gap bounds how far the objective is above its minimum
    gap = (gradient * x).sum(axis=1) - gradient.min(axis=1)
    assert gap.max() < 1e-11
    again = simplex_quadratic(gram, target, x)
    assert np.allclose(again, x, atol=1e-9)


def test_no_problem_has_no_solution():
    assert simplex_quadratic(np.zeros((0, 3, 3)), np.zeros((0, 3))).shape == (0, 3)


def test_problems_solved_together_equal_problems_solved_alone():
    parts = [problem(seed) for seed in range(5)]
    a, b = np.concatenate([p[0] for p in parts]), np.concatenate([p[1] for p in parts])
    ridge, stop = np.full(5, 0.05), np.full(5, 1e-4)
    together = simplex_frank_wolfe(a, b, ridge, stop)
    alone = np.concatenate([simplex_frank_wolfe(*p, np.array([1e-4])) for p in parts])
    assert np.allclose(together, alone, atol=1e-12)


def compare(y, n_treated, first, solver="exact"):
    periods = np.arange(y.shape[1])
    treated = (np.arange(len(y)) < n_treated)[None, :]
    block = Block(treated, ~treated, periods < first, periods < first, periods >= first)
    return synthetic_differences(y, block, fit_unit_weights(y, block, solver), solver)


def test_a_treated_unit_inside_the_hull_of_its_controls_is_fitted_closely():
    generator = np.random.default_rng(0)
    controls = generator.normal(size=(5, 9)).cumsum(axis=1)
    mix = np.array([0.5, 0.3, 0.2, 0.0, 0.0])
    result = compare(np.vstack([mix @ controls + 4.0, controls]), 1, 7)
    # the ridge on the unit weights pulls them from the perfect mix, so the gap is small, not zero
    assert abs(result.effect[0]) < 0.5
    assert result.unit_weights[0, 1:].sum() == pytest.approx(1)


def test_uniform_weights_are_difference_in_differences():
    y = np.random.default_rng(1).normal(size=(7, 6))
    treated = np.arange(7) < 2
    gaps = weighted_gaps(y, treated[None], ~treated[None] / 5, np.array([[0.25] * 4 + [0.0] * 2]))
    change = y[:, 4:].mean(axis=1) - y[:, :4].mean(axis=1)
    assert gaps[0, 4:].mean() == pytest.approx(change[treated].mean() - change[~treated].mean(), abs=1e-12)


def test_one_base_period_carries_all_time_weight():
    result = compare(np.random.default_rng(1).normal(size=(6, 2)), 2, 1)
    assert result.time_weights.tolist() == [[1.0, 0.0]]


def test_outcomes_of_every_assignment_can_differ():
    y = np.random.default_rng(2).normal(size=(3, 9, 7)).cumsum(axis=2)
    treated = np.array(
        [[1, 1, 0, 0, 0, 0, 0, 0, 0], [0, 1, 0, 1, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0, 1, 0, 1]], dtype=bool
    )
    comparison = ~treated & (np.arange(9) != 2)
    periods = np.arange(7)
    windows = (periods < 5, periods < 4, periods >= 5)
    block = Block(treated, comparison, *windows)
    together = synthetic_differences(y, block, fit_unit_weights(y, block, "reference"), "reference")
    for i in range(3):
        single = Block(treated[[i]], comparison[[i]], *windows)
        alone = synthetic_differences(y[i], single, fit_unit_weights(y[i], single, "reference"), "reference")
        assert np.allclose(alone.gaps[0], together.gaps[i], atol=1e-12)
        assert not alone.unit_weights[0][~comparison[i]].any()


def test_large_batches_are_solved_in_parts(monkeypatch):
    parts = [problem(seed) for seed in range(5)]
    a, b = np.concatenate([p[0] for p in parts]), np.concatenate([p[1] for p in parts])
    whole = simplex_frank_wolfe(a, b, np.full(5, 0.05), np.full(5, 1e-4))
    monkeypatch.setattr("yrdecon.kernels.simplex.LARGEST", 2 * a.shape[2] ** 2)
    assert np.allclose(simplex_frank_wolfe(a, b, np.full(5, 0.05), np.full(5, 1e-4)), whole, atol=1e-13)


def test_early_stopping_follows_the_plain_iteration_step_by_step():
    a, b, ridge = problem(3)
    a, b = a[0] - a[0].mean(axis=0), b[0] - b[0].mean()
    n, p, stop = *a.shape, 1e-4
    x = np.full(p, 1 / p)
    for limit in (100, 10_000):
        previous = np.inf
        for step in range(limit):
            half_gradient = a.T @ (a @ x - b) + n * ridge[0] * x
            direction = np.eye(p)[half_gradient.argmin()] - x
            length = -half_gradient @ direction / (((a @ direction) ** 2).sum() + n * ridge[0] * direction @ direction)
            x = x + min(1.0, max(0.0, length)) * direction
            value = ridge[0] * x @ x + ((a @ x - b) ** 2).mean()
            if step > 0 and previous - value <= stop**2:
                break
            previous = value
        x = np.where(x <= x.max() / 4, 0.0, x) / x[x > x.max() / 4].sum() if limit == 100 else x
    assert np.allclose(simplex_frank_wolfe(a[None], b[None], ridge, np.array([stop]))[0], x, atol=1e-12)


def test_blocks_are_a_unit_with_its_nearest_and_every_set_once():
    x = np.array([0.0, 1.0, 2.1, 10.0, 11.0])
    blocks = nearest_blocks(np.abs(x[:, None] - x), 2)
    assert {tuple(np.flatnonzero(b)) for b in blocks} == {(0, 1), (1, 2), (3, 4)}
    assert most_disjoint(blocks) == 2


def test_units_at_the_same_place_are_their_own_center():
    blocks = nearest_blocks(np.zeros((3, 3)), 1)
    assert blocks.sum(axis=0).tolist() == [1, 1, 1]


@given(seed=st.integers(0, 1000))
@settings(max_examples=25, deadline=None)
def test_choices_within_groups_are_complete_and_keep_their_counts(seed):
    generator = np.random.default_rng(seed)
    groups = generator.integers(0, 3, 9)
    chosen = generator.random(9) < 0.4
    members = all_choices(groups, chosen)
    assert len(members) == count_choices(groups, chosen) == len(np.unique(members, axis=0))
    for group in np.unique(groups):
        assert (members[:, groups == group].sum(axis=1) == chosen[groups == group].sum()).all()


def test_random_orders_permute_within_groups_only():
    groups = np.array([0, 1, 0, 1, 1, 0])
    orders = random_orders(groups, 200, np.random.default_rng(0))
    assert (np.sort(orders, axis=1) == np.arange(6)).all()
    assert (groups[orders] == groups).all()
    assert len(np.unique(orders, axis=0)) > 20


def test_nesting():
    assert is_nested(np.array([0, 0, 1, 2]), np.array([5, 5, 5, 6]))
    assert not is_nested(np.array([0, 0, 1]), np.array([5, 6, 5]))
