"""Fractional logits against statsmodels, and what is refused."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

import yrdecon as yd


def shares(seed=1, units=20, periods=6):
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame([(u, t) for u in range(units) for t in range(periods)], columns=["u", "t"])
    n, level = len(frame), rng.normal(size=units)
    frame["x"] = rng.normal(size=n) + level[frame["u"]]
    frame["d"] = (rng.uniform(size=n) < 0.4).astype(float)
    frame["w"] = rng.integers(1, 4, n).astype(float)
    index = 0.5 * frame["x"] - 0.6 * frame["d"] + level[frame["u"]] + 0.1 * frame["t"]
    frame["y"] = rng.binomial(8, 1 / (1 + np.exp(-index))) / 8
    return frame


def panel_of(frame):
    return yd.Panel.from_frame(frame, unit="u", time="t")


def plain(estimate):
    return yd.cluster_robust(estimate, "unit", ssc="none")


def design(frame):
    means = frame.groupby("u")[["x", "d"]].transform("mean")
    periods = pd.get_dummies(frame["t"], drop_first=True, dtype=float)
    return np.column_stack([np.ones(len(frame)), frame[["x", "d"]], means, periods])


@pytest.mark.parametrize("weights", [None, "w"])
def test_coefficients_and_errors_equal_those_of_statsmodels_with_means_and_dummies(weights):
    frame = shares()
    ours = yd.fractional_regression(
        panel_of(frame), "y ~ x + d | u + t", report="coefficients", vcov=plain, weights=weights
    )
    model = sm.GLM(
        frame["y"], design(frame), sm.families.Binomial(), var_weights=None if weights is None else frame["w"]
    )
    theirs = model.fit(cov_type="cluster", cov_kwds={"groups": frame["u"], "use_correction": False}, tol=1e-13)
    assert ours.cells["term"].tolist() == ["Intercept", "x", "d", "mean of x", "mean of d"]
    assert np.allclose(ours.coef, theirs.params[:5], rtol=1e-8)
    assert np.allclose(ours.std_error, theirs.bse[:5], rtol=1e-7)
    assert (frame["y"].isin([0.0, 1.0])).any()


def test_average_partial_effects_and_their_errors_equal_those_of_statsmodels():
    frame = shares()
    ours = yd.fractional_regression(panel_of(frame), "y ~ x + d | u + t", vcov=plain)
    fit = sm.Logit(frame["y"], design(frame)).fit(
        disp=0, cov_type="cluster", cov_kwds={"groups": frame["u"], "use_correction": False}, tol=1e-13
    )
    effects = fit.get_margeff(at="overall", dummy=True)
    assert ours.cells["term"].tolist() == ["x", "d"]
    assert np.allclose(ours.coef, effects.margeff[:2], rtol=1e-7)
    assert np.allclose(ours.std_error, effects.margeff_se[:2], rtol=1e-6)


def test_errors_by_another_column_and_the_usual_factor_carry_over_to_partial_effects():
    frame = shares().assign(region=lambda f: f["u"] % 5)
    effects = yd.fractional_regression(panel_of(frame), "y ~ x | t", vcov="cluster(region)")
    coefficients = yd.fractional_regression(panel_of(frame), "y ~ x | t", vcov="cluster(region)", report="coefficients")
    assert effects.n_clusters == 5
    assert effects.small_sample == coefficients.small_sample
    assert effects.small_sample.startswith("fixest")


def test_reversing_the_share_reverses_the_effect():
    frame = shares()
    one = yd.fractional_regression(panel_of(frame), "y ~ x + d | u + t")
    other = yd.fractional_regression(panel_of(frame.assign(y=1 - frame["y"])), "y ~ x + d | u + t")
    assert np.allclose(one.coef, -other.coef, rtol=1e-8)
    assert np.allclose(one.std_error, other.std_error, rtol=1e-8)


def test_unit_means_remove_the_bias_of_effects_that_go_with_the_regressor():
    true, found = 0.5, []
    for seed in range(3):
        frame = shares(seed, units=400)
        by_unit = yd.fractional_regression(panel_of(frame), "y ~ x + d | u + t", report="coefficients")
        pooled = yd.fractional_regression(panel_of(frame), "y ~ x + d | t", report="coefficients")
        found.append((by_unit.coef[1], pooled.coef[1]))
    close, far = np.mean(found, axis=0)
    assert abs(close - true) < 0.12
    assert far - true > 0.2


@pytest.mark.parametrize(
    ("change", "formula", "words"),
    [
        ({"y": 40.0}, "y ~ x | u + t", "'y' lies outside 0 and 1 in 120 rows.*divide percentages by 100"),
        ({"y": 0.5}, "y ~ x | u + t", "the same in every row"),
        ({}, "y ~ x | u | d ~ w", "takes no instruments"),
        ({}, "y ~ x | u + u[t]", "takes no slopes"),
    ],
)
def test_what_is_no_share_is_refused_in_words(change, formula, words):
    with pytest.raises(yd.YrdeconError, match=words):
        yd.fractional_regression(panel_of(shares().assign(**change)), formula)


def test_a_regressor_that_sets_zeros_apart_is_refused_and_named():
    frame = shares()
    frame["y"] = np.where(frame["d"] == 1, 0.0, np.clip(frame["y"], 0.1, 0.9))
    with pytest.raises(yd.EstimationError, match=r"\['x', 'd'\] set shares of zero or one apart"):
        yd.fractional_regression(panel_of(frame), "y ~ x + d | t")


def test_notes_and_table_tell_the_method_in_both_languages():
    estimate = yd.fractional_regression(panel_of(shares()), "y ~ x + d | u + t")
    english, chinese = (yd.regression_table({"(1)": estimate}, lang=lang).to_markdown() for lang in ("en", "zh"))
    assert "Fractional logit" in english
    assert "Average partial effects on the share" in english
    assert "分数Logit" in chinese
    assert "平均偏效应" in chinese
    assert "Mundlak方法" in chinese
