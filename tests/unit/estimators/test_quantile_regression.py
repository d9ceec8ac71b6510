"""Quantile regressions by moments against a loop with dummies, known slopes and simulated spread."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import yrdecon as yd


def panel_data(seed=1, units=30, periods=20, slope=0.4):
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame([(u, t) for u in range(units) for t in range(periods)], columns=["u", "t"])
    frame["x"], frame["z"] = rng.uniform(size=len(frame)), rng.normal(size=len(frame))
    level, size = rng.normal(size=units), rng.uniform(0.5, 1.0, units)
    error = rng.normal(size=len(frame))
    scale = size[frame["u"]] + slope * frame["x"]
    return frame.assign(y=level[frame["u"]] + frame["x"] + 0.5 * frame["z"] + scale * error)


def panel_of(frame):
    return yd.Panel.from_frame(frame, unit="u", time="t")


def by_hand(frame, level):
    dummies = pd.get_dummies(frame["u"], dtype=float).to_numpy()
    x = np.column_stack([frame[["x", "z"]], dummies])
    location = np.linalg.lstsq(x, frame["y"], rcond=None)[0]
    residual = (frame["y"] - x @ location).to_numpy()
    scale = np.linalg.lstsq(x, np.abs(residual), rcond=None)[0]
    ratio = np.sort(residual / (x @ scale))
    quantile = ratio[int(np.ceil(level * len(ratio))) - 1]
    return location[:2] + quantile * scale[:2]


@pytest.mark.parametrize("level", [0.1, 0.25, 0.5, 0.9])
def test_slopes_equal_three_steps_with_dummies(level):
    frame = panel_data()
    ours = yd.quantile_regression(panel_of(frame), "y ~ x + z | u", level)
    assert ours.cells["term"].tolist() == ["x", "z"]
    assert np.allclose(ours.coef, by_hand(frame, level), rtol=1e-9)


@pytest.mark.parametrize("level", [0.2, 0.8])
def test_known_slopes_are_found_with_many_periods(level):
    frame = panel_data(seed=3, units=40, periods=150)
    ours = yd.quantile_regression(panel_of(frame), "y ~ x + z | u", level)
    true = [1 + 0.4 * stats.norm.ppf(level), 0.5]
    assert (np.abs(ours.coef - true) < 3 * ours.std_error).all()
    assert ours.std_error[0] < 0.08


def test_errors_are_the_spread_of_estimates_over_panels():
    panels = [panel_of(panel_data(s, units=40, periods=25)) for s in range(60)]
    found = [yd.quantile_regression(panel, "y ~ x + z | u", 0.75) for panel in panels]
    spread = np.std([e.coef for e in found], axis=0)
    told = np.mean([e.std_error for e in found], axis=0)
    # the spread of sixty draws is known to a tenth
    assert np.allclose(told / spread, 1.0, atol=0.3)


def test_an_outcome_turned_around_has_the_slopes_of_the_opposite_quantile():
    frame = panel_data()
    high = yd.quantile_regression(panel_of(frame), "y ~ x + z | u + t", 0.9)
    low = yd.quantile_regression(panel_of(frame.assign(y=-frame["y"])), "y ~ x + z | u + t", 0.1)
    # the sample quantile of an even number of rows is not quite symmetric
    assert np.allclose(high.coef, -low.coef, atol=0.01)


def test_location_and_scale_are_told_and_the_mean_is_the_within_regression():
    panel = panel_of(panel_data())
    frame = yd.quantile_regression(panel, "y ~ x + z | u", 0.5).frames["location_scale"]
    assert np.allclose(frame["location"], yd.panel_regression(panel, "y ~ x + z | u").coef, rtol=1e-10)
    by_quantile = [yd.quantile_regression(panel, "y ~ x + z | u", q) for q in (0.3, 0.6)]
    moved = by_quantile[1].coef - by_quantile[0].coef
    assert moved[0] * frame["scale"][0] > 0


def test_errors_cluster_by_other_columns():
    frame = panel_data().assign(region=lambda f: f["u"] % 6)
    ours = yd.quantile_regression(panel_of(frame), "y ~ x | u", 0.5, vcov="cluster(region)")
    assert ours.n_clusters == 6


@pytest.mark.parametrize(
    ("formula", "level", "words"),
    [
        ("y ~ x | u", 1.0, "quantile=1.0 must lie between 0 and 1"),
        ("y ~ x | u", "half", "quantile='half' must lie"),
        ("y ~ x", 0.5, "needs effects"),
        ("y ~ x | u | z ~ t", 0.5, "takes no instruments"),
    ],
)
def test_what_is_no_quantile_regression_is_refused_in_words(formula, level, words):
    with pytest.raises(yd.DesignError, match=words):
        yd.quantile_regression(panel_of(panel_data()), formula, level)


def test_few_periods_and_the_method_are_told_in_both_languages():
    estimate = yd.quantile_regression(panel_of(panel_data(periods=5)), "y ~ x | u", 0.9)
    english, chinese = (yd.regression_table({"(1)": estimate}, lang=lang).to_markdown() for lang in ("en", "zh"))
    assert "Quantile regression" in english
    assert "5.0 periods per unit" in english
    assert "面板分位数回归" in chinese
    assert "平均每个个体仅5.0期" in chinese
