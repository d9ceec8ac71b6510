from dataclasses import replace

import numpy as np
import pytest
from conftest import make_toy
from scipy import stats

import yrdecon as yd
from yrdecon.kernels.pretest import mean_after_passing, pass_probability
from yrdecon.kernels.relative_magnitudes import accepts, relative_magnitude_restrictions
from yrdecon.kernels.smoothness import fixed_length_interval, folded_quantile

RNG = np.random.default_rng(4)
ROOT = RNG.normal(size=(6, 6))
VCOV = 0.01 * (ROOT @ ROOT.T + np.eye(6))
COEF = np.array([0.05, -0.02, 0.03, 0.4, 0.5, 0.6])
TARGET = np.full(3, 1 / 3)


def test_without_curvature_the_interval_is_that_of_the_best_trend_correction():
    found = fixed_length_interval(COEF, VCOV, 3, TARGET, 0.0, 0.95)
    time = np.array([-3.0, -2, -1, 1, 2, 3])
    x = np.zeros((6, 4))
    x[:, 0], x[3:, 1:] = time, np.eye(3)
    inverse = np.linalg.inv(VCOV)
    bread = np.linalg.inv(x.T @ inverse @ x)
    effect = np.append(0, TARGET)
    assert found.center == pytest.approx(effect @ bread @ x.T @ inverse @ COEF, abs=1e-10)
    assert found.half_length == pytest.approx(1.959964 * np.sqrt(effect @ bread @ effect), rel=1e-6)


def half_length(w, bound, vcov=VCOV, target=TARGET):
    every = np.concatenate([w, target])
    sd = np.sqrt(every @ vcov @ every)
    worst = 0.0
    # the worst bias among violations whose second differences are +-bound; the slope after the reference is free
    for signs in np.ndindex(*(2,) * 5):
        second = np.concatenate([[0], bound * (2 * np.array(signs) - 1.0), [0]])
        path = np.zeros(7)
        for t in (5, 6):
            path[t] = 2 * path[t - 1] - path[t - 2] + second[t - 1]
        for t in (2, 1, 0):
            path[t] = 2 * path[t + 1] - path[t + 2] + second[t + 1]
        worst = max(worst, abs(every @ np.delete(path, 3)))
    return sd * folded_quantile(worst / sd, 0.95)


@pytest.mark.parametrize("bound", [0.02, 0.1, 0.5])
def test_no_other_unbiased_weights_give_a_shorter_interval(bound):
    found = fixed_length_interval(COEF, VCOV, 3, TARGET, bound, 0.95)
    time = np.array([-3.0, -2, -1])
    assert time @ found.weights == pytest.approx(-(TARGET @ [1.0, 2, 3]), abs=1e-10)
    assert half_length(found.weights, bound) == pytest.approx(found.half_length, rel=1e-6)
    directions = np.linalg.svd(time[None, :])[2][1:]
    for scale in (1e-3, 1e-2, 0.1):
        for step in RNG.normal(size=(60, 2)) @ directions * scale:
            assert half_length(found.weights + step, bound) >= found.half_length * (1 - 1e-6)


def test_bounds_widen_with_the_violation_and_the_breakdown_is_where_zero_enters():
    ratios = (0.0, 0.5, 1.0, 2.0, 4.0)
    table = yd.honest_bounds_from(COEF, VCOV, 3, max_ratio=ratios, smoothness=(0.0, 0.05, 0.1, 0.3))
    for _, rows in table[table["restriction"] != "original"].groupby("restriction"):
        assert (np.diff(rows["conf_high"] - rows["conf_low"]) > -1e-3).all()
        breakdown = rows["breakdown"].iloc[0]
        for _, row in rows.iterrows():
            assert (row["conf_low"] <= 0 <= row["conf_high"]) == (row["m"] >= breakdown)


def test_without_violation_the_hybrid_interval_is_close_to_the_usual_one():
    restrictions = list(relative_magnitude_restrictions(COEF, VCOV, 3, np.array([1.0, 0, 0]), 0.0, 0.95))
    center, sd = COEF[3:], np.sqrt(np.diag(VCOV)[3:])
    grid = np.linspace(center[0] - 6 * sd[0], center[0] + 6 * sd[0], 4001)
    kept = grid[np.any([accepts(r, grid, 0.95) for r in restrictions], axis=0)]
    usual = 2 * 1.96 * sd[0]
    # every post effect must then be constant in its violation, which can shorten, and the hybrid costs some power
    assert 0.5 * usual < kept.max() - kept.min() < 1.2 * usual


def test_the_hybrid_test_covers_a_true_effect_at_the_edge_of_the_restriction():
    coef = np.array([0.0, 0.2, 0.0, 0.2, 0.2, 0.2])  # a change of .2 before, and of .2 after, the effect being zero
    vcov = 0.0025 * (np.eye(6) + 0.5)
    draws = np.random.default_rng(0).multivariate_normal(coef, vcov, 150)
    covered = 0
    for draw in draws:
        restrictions = relative_magnitude_restrictions(draw, vcov, 3, TARGET, 1.0, 0.95)
        covered += any(bool(accepts(r, np.zeros(1), 0.95)[0]) for r in restrictions)
    assert covered / 150 > 0.92


def test_means_after_passing_are_those_of_simulated_samples_that_pass():
    mean = 0.1 * np.array([-3.0, -2, -1, 1, 2, 3])
    draws = np.random.default_rng(1).multivariate_normal(mean, VCOV, 400_000)
    half = stats.norm.ppf(0.975) * np.sqrt(np.diag(VCOV)[:3])
    passing = draws[(np.abs(draws[:, :3]) <= half).all(axis=1)]
    assert pass_probability(mean[:3], VCOV[:3, :3], 0.95) == pytest.approx(len(passing) / len(draws), abs=3e-3)
    assert mean_after_passing(mean, VCOV, 3, 0.95) == pytest.approx(passing.mean(axis=0), abs=3e-3)


def test_the_excluded_year_between_base_and_treatment_may_deviate_without_weight(twinned):
    estimate = yd.event_study(twinned, yd.twinning_design())
    table = yd.honest_bounds(estimate, max_ratio=0.5)
    effect = yd.average(estimate, 0, 1)
    original = table.iloc[0]
    assert (original["conf_low"] + original["conf_high"]) / 2 == pytest.approx(effect.coef[0], abs=1e-12)
    assert table.iloc[1]["conf_low"] < original["conf_low"]


def test_what_cannot_be_bounded_is_refused(toy):
    design = yd.Design("y")
    with pytest.raises(yd.DesignError, match="no event times"):
        yd.honest_bounds(yd.twfe(toy, design))
    with pytest.raises(yd.DesignError, match="several"):
        yd.honest_bounds(yd.event_study(toy, design, reference=(-2, -1)))
    estimate = yd.event_study(make_toy(n_units=30, n_treated=12), design)
    with pytest.raises(yd.DesignError, match="gaps"):
        yd.honest_bounds(replace(estimate, cells=estimate.cells.assign(event_time=2 * estimate.cells["event_time"])))
    for options, words in (
        ({"target": "last"}, "target='last'"),
        ({"max_ratio": -1.0}, "max_ratio"),
        ({"level": 95}, "level=95"),
    ):
        with pytest.raises(yd.DesignError, match=words):
            yd.honest_bounds(estimate, **options)
    with pytest.raises(yd.DesignError, match="covariance"):
        yd.honest_bounds_from(np.zeros(3), np.eye(2), 2)
    with pytest.raises(yd.DesignError, match="both need one"):
        yd.honest_bounds_from(np.zeros(3), np.eye(3), 3)
    with pytest.raises(yd.DesignError, match="power"):
        yd.pretrend_power(estimate, power=(0.01,))
