from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from conftest import make_toy

import yrdecon as yd
from yrdecon.inference.reduction import fit_by_cluster
from yrdecon.kernels.wild import LOW_RANK, all_signs, random_webb, wild_draws, wild_scores


def dense(panel):
    frame = panel.frame
    dummies = [(frame[n].to_numpy()[:, None] == np.unique(frame[n])).astype(float) for n in ("unit", "time")]
    return np.column_stack([(frame["time"] >= frame["cohort"]).to_numpy(float), *dummies])


@pytest.mark.parametrize("in_pairs", [False, True])
@pytest.mark.parametrize(("n_units", "is_long"), [(10, False), (60, True)])
def test_both_orders_of_multiplication_equal_the_regression_of_the_sample(n_units, is_long, in_pairs):
    panel = make_toy(n_units=n_units, n_periods=2, first=2, n_treated=n_units // 3)
    estimate = yd.twfe(panel, yd.Design("y"))
    flipped = pd.factorize(panel.frame["unit"])[0]
    codes = flipped // 2 if in_pairs else flipped
    fit = replace(fit_by_cluster(estimate, flipped), codes=codes)
    assert (codes.max() + 1 > LOW_RANK * fit.basis.shape[1]) == is_long
    scores = wild_scores(fit, flipped, null_imposed=True, jackknife_scores=False, jackknife_errors=False)
    multipliers = random_webb(5, n_units, np.random.default_rng(0))
    distance = 0.3
    found = wild_draws(scores, multipliers).statistics(distance)
    x, y = dense(panel), panel.frame["y"].to_numpy()
    y = y - (estimate.coef[0] - distance) * x[:, 0]
    residuals = y - x[:, 1:] @ (np.linalg.pinv(x[:, 1:]) @ y)
    inverse = np.linalg.pinv(x)
    for statistic, multiplier in zip(found, multipliers, strict=True):
        sample = multiplier[flipped] * residuals
        rest = sample - x @ (inverse @ sample)
        error = np.sqrt((np.bincount(codes, inverse[0] * rest) ** 2).sum())
        assert statistic == pytest.approx(inverse[0] @ sample / error, rel=1e-9)


def test_many_draws_are_worked_off_in_chunks(monkeypatch):
    estimate = yd.twfe(make_toy(n_units=10, n_treated=4), yd.Design("y"))
    flipped = pd.factorize(estimate.units["unit"])[0]
    fit = fit_by_cluster(estimate, flipped)
    scores = wild_scores(fit, flipped, null_imposed=True, jackknife_scores=True, jackknife_errors=True)
    whole = wild_draws(scores, all_signs(10))
    monkeypatch.setattr("yrdecon.kernels.wild.CHUNK", 70)
    parts = wild_draws(scores, all_signs(10))
    assert np.allclose(whole.deviation, parts.deviation, rtol=1e-12)
    assert np.allclose(whole.square, parts.square, rtol=1e-12, atol=1e-15)


def test_all_sign_vectors_are_there_once_the_actual_one_first():
    signs = all_signs(6)
    assert (signs[0] == 1).all()
    assert len({tuple(row) for row in signs.tolist()}) == 64
    assert set(np.unique(signs)) == {-1, 1}


def test_webb_multipliers_have_six_values_mean_zero_and_variance_one():
    drawn = random_webb(20_000, 3, np.random.default_rng(1))
    assert np.unique(drawn**2).round(12).tolist() == [0.5, 1.0, 1.5]
    assert len(np.unique(drawn)) == 6
    assert abs(drawn.mean()) < 0.02
    assert drawn.var() == pytest.approx(1, abs=0.02)
