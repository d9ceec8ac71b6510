import numpy as np
import pytest
from scipy import linalg, stats

from yrdecon.kernels.separable import Grid, contrast_variance, profile_separable, space_decay, time_covariance

RNG = np.random.default_rng(5)
N, T = 14, 9
PLACES = RNG.uniform(0, 600, (N, 2))
DISTANCE = np.linalg.norm(PLACES[:, None] - PLACES, axis=2)
TIME = np.arange(2010.0, 2010 + T)
OTHERS = np.stack([(np.arange(N)[:, None] % 3 == np.arange(N) % 3).astype(float), np.eye(N)])


def draw(rho, process, components, generator):
    space = np.tensordot(components, np.concatenate([space_decay(DISTANCE, 200.0)[None], OTHERS]), axes=1)
    over_time = time_covariance(TIME, rho, process) + 1e-12 * np.eye(T)
    shocks = np.linalg.cholesky(space) @ generator.normal(size=(N, T)) @ np.linalg.cholesky(over_time).T
    return shocks + generator.normal(size=(N, 1)) * 5 + generator.normal(size=(1, T)) * 5


@pytest.mark.parametrize("process", ["levels", "growth"])
def test_the_likelihood_is_that_of_all_contrasts_between_units_and_between_periods(process):
    y = draw(0.5, process, [1.0, 0.3, 0.5], RNG)
    profile = profile_separable(y, TIME, DISTANCE, OTHERS, Grid(process, np.array([0.4, 0.7]), np.array([0.0, 150.0])))
    units, periods = linalg.null_space(np.ones((1, N))), linalg.null_space(np.ones((1, T)))
    both = np.kron(periods, units)
    for i, rho in enumerate((0.4, 0.7)):
        for j, theta in enumerate((0.0, 150.0)):
            kernels = np.concatenate([space_decay(DISTANCE, theta)[None], OTHERS])
            space = np.tensordot(profile.components[i, j], kernels, axes=1)
            covariance = both.T @ np.kron(time_covariance(TIME, rho, process), space) @ both
            value = stats.multivariate_normal.logpdf(both.T @ y.T.ravel(), cov=covariance)
            constant = 0.5 * (N - 1) * (T - 1) * np.log(2 * np.pi)
            assert profile.log_likelihood[i, j] == pytest.approx(value + constant, abs=1e-6)


def test_the_variances_are_at_the_maximum_under_non_negativity():
    y = draw(0.5, "levels", [1.0, 0.0, 0.5], RNG)
    grid = Grid("levels", np.array([0.5]), np.array([200.0]))
    profile = profile_separable(y, TIME, DISTANCE, OTHERS, grid)
    best = profile.components[0, 0]
    units, periods = linalg.null_space(np.ones((1, N))), linalg.null_space(np.ones((1, T)))
    reduced = units.T @ y @ periods
    time_part = periods.T @ time_covariance(TIME, 0.5, "levels") @ periods

    def value(v):
        kernels = np.concatenate([space_decay(DISTANCE, 200.0)[None], OTHERS])
        space = units.T @ np.tensordot(v, kernels, axes=1) @ units
        fit = np.trace(np.linalg.solve(space, reduced) @ np.linalg.solve(time_part, reduced.T))
        return -0.5 * ((T - 1) * np.linalg.slogdet(space)[1] + (N - 1) * np.linalg.slogdet(time_part)[1] + fit)

    assert value(best) == pytest.approx(profile.log_likelihood[0, 0], abs=1e-8)
    assert (best >= 0).all()
    for step in RNG.normal(size=(200, 3)) * 0.05:
        assert value(np.maximum(best + step, 0)) <= value(best) + 1e-7


def test_unit_and_time_effects_do_not_count():
    grid = Grid("growth", np.array([0.3]), np.array([100.0]))
    y = draw(0.3, "growth", [1.0, 0.2, 0.2], RNG)
    moved = y + RNG.normal(size=(N, 1)) * 9 + RNG.normal(size=(1, T)) * 9
    one, two = (profile_separable(v, TIME, DISTANCE, OTHERS, grid) for v in (y, moved))
    assert one.log_likelihood == pytest.approx(two.log_likelihood, abs=1e-5)


def test_the_variance_of_a_contrast_is_that_of_simulated_panels():
    generator = np.random.default_rng(1)
    treated = (np.arange(N) < 4).astype(float)
    over_units = treated / 4 - (1 - treated) / (N - 4)
    over_time = np.where(TIME >= 2017, 1 / 2, 0) - (TIME == 2015)
    components = np.array([1.0, 0.3, 0.5])
    effects = [over_units @ draw(0.6, "growth", components, generator) @ over_time for _ in range(4000)]
    kernels = np.concatenate([space_decay(DISTANCE, 200.0)[None], OTHERS])
    covariance = time_covariance(TIME, 0.6, "growth")
    expected = contrast_variance(over_units, over_time, kernels, components, covariance)
    assert np.var(effects) == pytest.approx(expected, rel=0.08)


def test_persistence_and_range_are_found_again_in_a_large_panel():
    generator = np.random.default_rng(3)
    grid = Grid("levels", np.array([0.2, 0.4, 0.6, 0.8]), np.array([0.0, 50.0, 200.0, 800.0]))
    found = []
    for _ in range(12):
        profile = profile_separable(draw(0.6, "levels", [1.0, 0.0, 0.05], generator), TIME, DISTANCE, OTHERS, grid)
        found.append(np.unravel_index(profile.log_likelihood.argmax(), (4, 4)))
    rho, theta = np.array(found).T
    assert np.median(grid.rho[rho]) == pytest.approx(0.6, abs=0.21)
    assert np.median(grid.theta[theta]) == 200.0
