import numpy as np
import pytest
from scipy import integrate, stats

from yrdecon.kernels.spatial_components import (
    choose_components,
    critical_value,
    rejection_probabilities,
    weighted_covariances,
    weights_on_errors,
)


def scattered(n, seed=0):
    places = np.random.default_rng(seed).uniform(0, 300, (n, 2))
    return np.hypot(*(places[:, None] - places).transpose(2, 0, 1))


def by_imhof(covariance, critical):
    """Find the probability by inverting the characteristic function (Imhof 1961), with no use of the signs."""
    q = len(covariance) - 1
    mixing = np.linalg.eigvals(covariance @ np.diag([1.0] + [-(critical**2) / q] * q)).real

    def integrand(u):
        angle = np.arctan(mixing * u).sum() / 2
        return np.sin(angle) / (u * np.prod((1 + (mixing * u) ** 2) ** 0.25))

    value = integrate.quad(integrand, 0, np.inf, limit=4000, epsabs=1e-11)[0]
    return 0.5 + value / np.pi


@pytest.mark.parametrize("q", [1, 2, 5, 30])
def test_independent_noise_gives_the_t_distribution(q):
    identity = np.eye(q + 1)[None]
    for value in (0.3, 1.0, 2.5):
        assert rejection_probabilities(identity, value)[0] == pytest.approx(2 * stats.t.sf(value, q), rel=1e-10)
    assert critical_value(identity, 0.05) == pytest.approx(stats.t.ppf(0.975, q), rel=1e-10)


@pytest.mark.parametrize("seed", range(4))
def test_correlated_noise_gives_the_probability_of_imhof(seed):
    generator = np.random.default_rng(seed)
    root = generator.normal(size=(5, 5))
    covariance = root @ root.T
    for value in (0.5, 2.0):
        found = rejection_probabilities(covariance[None], value)[0]
        assert found == pytest.approx(by_imhof(covariance, value), abs=1e-6)


def test_the_critical_value_is_the_largest_of_all_covariances():
    generator = np.random.default_rng(5)
    roots = generator.normal(size=(6, 4, 4))
    covariances = roots @ np.swapaxes(roots, 1, 2)
    found = critical_value(covariances, 0.1)
    assert found == pytest.approx(max(critical_value(c[None], 0.1) for c in covariances), rel=1e-9)
    assert rejection_probabilities(covariances, found).max() == pytest.approx(0.1, abs=1e-9)


def test_noise_that_does_not_move_measures_nothing():
    assert critical_value(np.diag([1.0, 0.0])[None], 0.05) == np.inf
    assert rejection_probabilities(np.diag([0.0, 1.0])[None], 1.0)[0] == 0


@pytest.mark.parametrize("correlation", [0.03, 0.1, 0.3])
def test_the_components_are_the_leading_ones_and_their_number_gives_the_shortest_interval(correlation):
    distance = scattered(14)
    chosen = choose_components(distance, correlation, 0.05)
    pairs = distance[np.triu_indices(14, 1)]
    assert np.exp(-pairs / chosen.ranges[0]).mean() == pytest.approx(correlation, rel=1e-9)
    assert np.exp(-pairs / chosen.ranges[-2]).mean() <= 1e-5
    assert chosen.ranges[-1] == 0
    demean = np.eye(14) - 1 / 14
    left = np.linalg.svd(demean @ np.exp(-distance / chosen.ranges[0]) @ demean)[0]
    q = chosen.weights.shape[1] - 1
    assert np.allclose(np.abs(left[:, :q].T @ chosen.weights[:, 1:]), np.eye(q), atol=1e-8)
    generator = np.random.default_rng(6)
    lengths = []
    for size in range(1, 14):
        weights = np.column_stack([np.full(14, 14**-0.5), left[:, :size]])
        noise = np.sqrt(np.mean(generator.normal(size=(200_000, size)) ** 2, axis=1)).mean()
        lengths.append(noise * critical_value(weighted_covariances(weights, distance, chosen.ranges), 0.05))
    assert lengths[q - 1] <= min(lengths) * 1.005


def test_no_range_between_those_of_the_grid_is_rejected_noticeably_more_often():
    distance = scattered(25, seed=1)
    chosen = choose_components(distance, 0.05, 0.05)
    critical = critical_value(weighted_covariances(chosen.weights, distance, chosen.ranges), 0.05)
    between = np.geomspace(chosen.ranges[-2], chosen.ranges[0], 300)
    probabilities = rejection_probabilities(weighted_covariances(chosen.weights, distance, between), critical)
    assert probabilities.max() <= 0.0501


def test_many_places_get_more_candidates_where_correlation_is_weak():
    chosen = choose_components(scattered(30, seed=2), 0.003, 0.05)
    assert chosen.weights.shape[1] - 1 > 20


def test_weights_on_errors_are_those_of_the_regression():
    generator = np.random.default_rng(7)
    x = np.column_stack([np.ones(20), generator.normal(size=(20, 2))])
    weights = np.column_stack([np.full(20, 20**-0.5), np.linalg.qr(x[:, :1], mode="complete")[0][:, 1:6]])
    direction = 20 * np.linalg.inv(x.T @ x)[1] @ x.T
    errors = generator.normal(size=20)
    coefficient, *_ = np.linalg.lstsq(x, errors, rcond=None)
    residual = errors - x @ coefficient
    sums = weights.T @ (coefficient[1] + direction * residual)
    assert np.allclose(weights_on_errors(weights, direction, x).T @ errors, sums, atol=1e-12)


def test_all_components_and_no_correlation_give_the_usual_t_tests():
    generator = np.random.default_rng(8)
    distance = scattered(16, seed=3)
    basis = np.linalg.qr(np.column_stack([np.ones(16), generator.normal(size=(16, 15))]))[0]
    weights = np.column_stack([np.full(16, 0.25), basis[:, 1:]])
    y = generator.normal(size=16)
    sums = weights.T @ y
    one = stats.ttest_1samp(y, 0)
    covariances = weighted_covariances(weights, distance, np.zeros(1))
    statistic = sums[0] / np.sqrt(np.mean(sums[1:] ** 2))
    assert statistic == pytest.approx(one.statistic, rel=1e-12)
    assert rejection_probabilities(covariances, abs(statistic))[0] == pytest.approx(one.pvalue, rel=1e-9)
    treated = np.arange(16) < 8
    direction = np.where(treated, 2.0, -2.0)
    residual = y - np.where(treated, y[:8].mean(), y[8:].mean())
    sums = weights.T @ (y[:8].mean() - y[8:].mean() + direction * residual)
    given = weights_on_errors(weights, direction, np.column_stack([treated, ~treated]).astype(float))
    covariances = weighted_covariances(given, distance, np.zeros(1))
    statistic = sums[0] / np.sqrt(np.mean(sums[1:] ** 2))
    two = stats.ttest_ind(y[:8], y[8:])
    assert rejection_probabilities(covariances, abs(statistic))[0] == pytest.approx(two.pvalue, rel=1e-9)
