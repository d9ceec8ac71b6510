"""Threshold regressions against a loop over all thresholds, known thresholds, and panels without any."""

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

import yrdecon as yd

FORMULA = "y ~ x + z | u + t"


def panel_data(seed=1, units=20, periods=8, jumps=(), noise=0.3):
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame([(u, t) for u in range(units) for t in range(periods)], columns=["u", "t"])
    n = len(frame)
    frame["x"], frame["z"], frame["q"] = rng.normal(size=n), rng.normal(size=n), rng.uniform(size=n)
    slope = 1.0 + sum(size * (frame["q"] > at) for at, size in jumps)
    level = rng.normal(size=units)[frame["u"]] + 0.2 * frame["t"]
    return frame.assign(y=level + slope * frame["x"] + 0.5 * frame["z"] + noise * rng.normal(size=n))


def panel_of(frame):
    return yd.Panel.from_frame(frame, unit="u", time="t")


def run(frame, number=1, draws=19, **options):
    return yd.threshold_regression(panel_of(frame), FORMULA, "x", "q", number=number, seed=1, draws=draws, **options)


def by_loop(frame, fixed=(), trim=0.05):
    """Return the threshold of least squares beside others, and its sum of squares, by regressions with dummies."""
    blocks = [
        frame[["z"]],
        pd.get_dummies(frame["u"], dtype=float),
        pd.get_dummies(frame["t"], drop_first=True, dtype=float),
    ]
    q, x, best = frame["q"].to_numpy(), frame["x"].to_numpy(), (np.inf, np.nan)
    shares = [np.mean(q <= f) for f in fixed]
    for value in np.unique(q):
        edges = [0, *shares, 1]
        if min(abs(np.mean(q <= value) - e) for e in edges) < trim - 1e-12:
            continue
        cuts = [-np.inf, *sorted([value, *fixed]), np.inf]
        regimes = [x * ((q > low) & (q <= high)) for low, high in pairwise(cuts)]
        columns = np.column_stack([*regimes, *blocks])
        residual = frame["y"] - columns @ np.linalg.lstsq(columns, frame["y"], rcond=None)[0]
        best = min(best, (float(residual @ residual), float(value)))
    return best


def test_one_threshold_and_its_f_equal_a_loop_with_dummies():
    frame = panel_data(jumps=[(0.5, 0.4)])
    estimate = run(frame)
    least, value = by_loop(frame)
    row = estimate.frames["thresholds"].iloc[0]
    assert row["estimate"] == value
    without = yd.panel_regression(panel_of(frame), FORMULA).linear.residuals
    assert row["f"] == pytest.approx((without @ without - least) / (least / (160 - 20)), rel=1e-9)
    curve = estimate.frames["likelihood_ratio"]
    assert curve["likelihood_ratio"].min() == pytest.approx(0.0, abs=1e-8)
    inside = curve.loc[curve["likelihood_ratio"] <= 7.3523, "threshold"]
    assert (row["conf_low"], row["conf_high"]) == (inside.min(), inside.max())


def test_two_thresholds_are_found_in_turn_and_the_first_once_more():
    frame = panel_data(jumps=[(0.3, 1.0), (0.7, -2.0)])
    table = run(frame, number=2).frames["thresholds"]
    _, first = by_loop(frame)
    _, second = by_loop(frame, [first])
    _, refined = by_loop(frame, [second])
    assert table["estimate"].tolist() == [refined, second]
    assert np.allclose(sorted(table["estimate"]), [0.3, 0.7], atol=0.05)


def test_slopes_are_those_of_the_regression_with_the_regimes_as_columns():
    frame = panel_data(jumps=[(0.5, 1.0)])
    estimate = run(frame)
    at = estimate.frames["thresholds"]["estimate"][0]
    low = frame["q"] <= at
    split = frame.assign(low=frame["x"] * low, high=frame["x"] * ~low)
    plain = yd.panel_regression(panel_of(split), "y ~ low + high + z | u + t")
    assert np.allclose(estimate.coef, plain.coef, rtol=1e-10)
    assert np.allclose(estimate.std_error, plain.std_error, rtol=1e-9)
    assert estimate.cells["term"].tolist() == [f"x (q <= {at:.4g})", f"x (q > {at:.4g})", "z"]


def test_without_noise_or_threshold_both_regimes_have_the_slope_of_the_within_regression():
    frame = panel_data(noise=1e-6)
    estimate = run(frame)
    plain = yd.panel_regression(panel_of(frame), FORMULA)
    assert np.allclose(estimate.coef, [plain.coef[0], plain.coef[0], plain.coef[1]], atol=1e-5)


def test_a_threshold_that_is_there_is_seen_and_one_that_is_not_is_rarely():
    assert run(panel_data(jumps=[(0.5, 1.0)]), draws=99).frames["thresholds"]["p_value"][0] == 0.01
    values = [run(panel_data(seed), draws=39).frames["thresholds"]["p_value"][0] for seed in range(40)]
    assert np.mean(np.array(values) <= 0.1) < 0.25
    assert 0.3 < np.mean(values) < 0.7


def test_a_second_threshold_is_not_seen_where_there_is_one():
    table = run(panel_data(jumps=[(0.5, 1.0)]), number=2, draws=99).frames["thresholds"]
    assert table["p_value"][0] == 0.01
    assert table["p_value"][1] > 0.05
    assert (table["critical_10"] <= table["critical_5"]).all()


def test_the_same_seed_gives_the_same_p_value():
    frame = panel_data()
    assert run(frame).frames["thresholds"].equals(run(frame).frames["thresholds"])


@pytest.mark.parametrize(
    ("change", "options", "words"),
    [
        ({}, {"number": 4}, "number=4 must be 1, 2 or 3"),
        ({}, {"trim": 0.6}, "trim=0.6 must be a share"),
        ({}, {"number": 3, "trim": 0.4}, "do not fit with a share of 0.4"),
        ({"q": 1.0}, {}, "takes 1 values"),
        ({"q": "a"}, {}, "must hold numbers"),
    ],
)
def test_what_has_no_threshold_is_refused_in_words(change, options, words):
    with pytest.raises(yd.YrdeconError, match=words):
        run(panel_data().assign(**change), **options)


def test_an_unbalanced_panel_is_refused_with_the_units_that_lack_periods():
    frame = panel_data()
    with pytest.raises(yd.DesignError, match=r"balanced panel: 1 of 20 units have fewer than 8 periods, \[3\]"):
        run(frame[~((frame["u"] == 3) & (frame["t"] == 2))])
    with pytest.raises(yd.DesignError, match="term='w' is no regressor"):
        yd.threshold_regression(panel_of(frame), FORMULA, "w", "q", seed=1)


def test_thresholds_are_told_under_tables_in_both_languages():
    estimate = run(panel_data(jumps=[(0.5, 1.0)]))
    english, chinese = (yd.regression_table({"(1)": estimate}, lang=lang).to_markdown() for lang in ("en", "zh"))
    assert "Threshold 1 of q: 0.5" in english
    assert "面板门槛回归" in chinese
    assert "第1个门槛值" in chinese
