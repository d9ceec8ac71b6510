from itertools import combinations

import numpy as np
import pytest
from scipy import stats

from yrdecon.kernels.dyads import dyadic_covariance, node_jackknife_covariance, without_negative_eigenvalues


def codes(*pairs):
    first, second = np.array(pairs).T
    return first, second


def by_hand(influence, first, second):
    total = np.zeros((influence.shape[1],) * 2)
    for r in range(len(influence)):
        for s in range(len(influence)):
            if {first[r], second[r]} & {first[s], second[s]}:
                total += np.outer(influence[r], influence[s])
    return total


@pytest.mark.parametrize("seed", range(3))
def test_the_dyadic_covariance_is_the_sum_over_all_rows_with_a_node_in_common(seed):
    generator = np.random.default_rng(seed)
    first, second = generator.integers(0, 7, (2, 60))
    influence = generator.normal(size=(60, 2))
    assert (first == second).any()
    assert len({tuple(sorted(p)) for p in zip(first, second, strict=True)}) < 60
    expected = by_hand(influence, first, second)
    assert np.allclose(dyadic_covariance(influence, first, second), expected, rtol=1e-12)
    assert np.allclose(dyadic_covariance(influence, second, first), expected, rtol=1e-12)
    names = generator.permutation(7)
    assert np.allclose(dyadic_covariance(influence, names[first], names[second]), expected, rtol=1e-12)


def test_without_shared_nodes_the_dyadic_covariance_is_the_heteroskedastic_one():
    influence = np.random.default_rng(1).normal(size=(4, 2))
    found = dyadic_covariance(influence, *codes((0, 1), (2, 3), (4, 5), (6, 7)))
    assert np.allclose(found, influence.T @ influence, rtol=1e-14)


def test_three_pairs_of_three_nodes_give_the_square_of_the_sum():
    found = dyadic_covariance(np.array([[1.0], [2.0], [-1.0]]), *codes((0, 1), (0, 2), (1, 2)))
    assert found[0, 0] == 4


def test_where_all_pairs_meet_in_one_node_nothing_is_left():
    influence = np.random.default_rng(2).normal(size=(6, 1))
    found = dyadic_covariance(influence - influence.mean(), *codes(*[(0, m) for m in range(1, 7)]))
    assert found[0, 0] == 0


def test_negative_eigenvalues_go_and_the_rest_stays():
    values = np.array([2.0, 0.5, -1.0])
    vectors = np.linalg.qr(np.random.default_rng(3).normal(size=(3, 3)))[0]
    clipped = without_negative_eigenvalues((vectors * values) @ vectors.T)
    assert np.allclose(np.linalg.eigvalsh(clipped), [0, 0.5, 2], atol=1e-12)
    positive = (vectors * np.abs(values)) @ vectors.T
    assert without_negative_eigenvalues(positive) is positive


def test_coefficients_without_a_variance_do_not_take_part_in_clipping():
    covariance = np.array([[1.0, 2.0, 0.0, np.nan], [2.0, 1.0, 0.0, np.nan], [0.0] * 4, [np.nan] * 4])
    covariance[2, 3] = np.nan
    clipped = without_negative_eigenvalues(covariance)
    assert np.allclose(clipped[:2, :2], 1.5)
    assert (clipped[2, :3] == 0).all()
    assert np.isnan(clipped[3]).all()


def test_the_jackknife_of_a_mean_of_node_effects_is_the_variance_of_a_mean():
    effect = np.random.default_rng(4).normal(size=9)
    pairs = list(combinations(range(9), 2))
    without = [np.mean([effect[a] + effect[b] for a, b in pairs if m not in (a, b)]) for m in range(9)]
    variance = node_jackknife_covariance(np.array(without)[:, None])[0, 0]
    # twice the mean of nine effects; n - 2 in place of n - 1 is the correction of the jackknife over nodes
    assert variance == pytest.approx(4 * effect.var(ddof=1) / 9 * 7 / 8, rel=1e-12)


def test_under_node_shocks_the_jackknife_holds_its_size_and_the_sandwiches_do_not():
    nodes, draws = 41, 1000
    first, second = codes(*combinations(range(nodes), 2))
    treated = (first < 8) | (second < 8)

    def contrast(kept):
        one, zero = kept & treated, kept & ~treated
        return one / one.sum() - zero / zero.sum()

    weights = np.array([contrast(first >= 0), *(contrast((first != m) & (second != m)) for m in range(nodes))])
    generator = np.random.default_rng(5)
    shocks = generator.normal(size=(nodes, draws))
    y = shocks[first] + shocks[second] + generator.normal(size=(len(first), draws))
    estimates = weights @ y
    residuals = y - np.where(treated[:, None], y[treated].mean(axis=0), y[~treated].mean(axis=0))
    influence = weights[0][:, None] * residuals
    variances = {
        "jackknife": np.diag(node_jackknife_covariance(estimates[1:])),
        "dyadic": nodes / (nodes - 1) * np.diag(dyadic_covariance(influence, first, second)),
        "independent": (influence**2).sum(axis=0),
    }
    critical = stats.t.ppf(0.975, nodes - 1)
    size = {name: np.mean(np.abs(estimates[0]) > critical * np.sqrt(v)) for name, v in variances.items()}
    # Monte Carlo error .7 percentage points; the bands are those of the design: 3-7, 8-13, and more than a third
    assert 0.03 <= size["jackknife"] <= 0.07
    assert 0.08 <= size["dyadic"] <= 0.13
    assert size["independent"] > 0.35
