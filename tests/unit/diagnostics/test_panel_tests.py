import numpy as np
import pandas as pd
import pytest

import yrdecon as yd


def simulated(seed=1, n_units=40, n_periods=8, rho=0.0, correlated=0.0, factor=0.0, spread=0.0, unit_sd=1.0):
    """Synthetic panel whose errors have the features that the tests look for."""
    generator = np.random.default_rng(seed)
    error = generator.normal(size=(n_units, n_periods + 30))
    for t in range(1, n_periods + 30):
        error[:, t] += rho * error[:, t - 1]
    error = error[:, 30:] * np.exp(spread * np.linspace(-1, 1, n_units))[:, None]
    error += factor * generator.normal(size=n_periods)
    effect = unit_sd * generator.normal(size=(n_units, 1))
    x = generator.normal(size=(n_units, n_periods)) + correlated * effect
    y = 1 + 0.5 * x + effect + error
    frame = pd.DataFrame(
        {
            "unit": np.repeat([f"u{i:02d}" for i in range(n_units)], n_periods),
            "time": np.tile(np.arange(n_periods), n_units),
            "y": y.ravel(),
            "x": x.ravel(),
            "z": generator.normal(size=n_units * n_periods),
        }
    )
    return yd.Panel.from_frame(frame, unit="unit", time="time")


def within(panel):
    return yd.panel_regression(panel, "y ~ x | unit")


TESTS = {
    "hausman": (lambda p: yd.hausman(p, "y ~ x"), {"correlated": 1.0}),
    "auxiliary": (lambda p: yd.hausman(p, "y ~ x | time", form="auxiliary"), {"correlated": 1.0}),
    "effects": (lambda p: yd.fixed_effects_test(p, "y ~ x | unit"), {"unit_sd": 1.0}),
    "lagrange": (lambda p: yd.breusch_pagan_lm(p, "y ~ x"), {"unit_sd": 1.0}),
    "within": (lambda p: yd.wooldridge_serial(within(p)), {"rho": 0.5}),
    "drukker": (
        lambda p: yd.wooldridge_serial(yd.panel_regression(p, "y ~ x", model="first_difference")),
        {"rho": 0.5},
    ),
    "born_breitung": (lambda p: yd.born_breitung(within(p)), {"rho": 0.7}),
    "pesaran": (lambda p: yd.pesaran_cd(within(p)), {"factor": 1.0}),
    "groupwise": (lambda p: yd.groupwise_heteroskedasticity(within(p)), {"spread": 1.0}),
}


@pytest.mark.parametrize("name", TESTS)
def test_a_test_rejects_what_it_is_for_and_seldom_a_true_null(name):
    test, alternative = TESTS[name]
    size = {"n_units": 10, "n_periods": 200} if name == "groupwise" else {"n_units": 150}
    quiet = {"unit_sd": 0.0} if name in ("effects", "lagrange") else {}
    rejected = [test(simulated(seed, **size, **quiet)).p_value < 0.05 for seed in range(25)]
    assert np.mean(rejected) <= 0.2
    assert np.mean([test(simulated(s, **size, **alternative)).p_value < 0.05 for s in range(5)]) == 1


@pytest.mark.parametrize("name", TESTS)
def test_a_test_states_its_null_in_words_of_both_languages(name):
    from yrdecon.present.sentences import heading, in_words

    test = TESTS[name][0](simulated())
    assert len(test.null.split()) > 4
    for text in (test.null, *test.notes):
        chinese = in_words(text, "zh").replace("form='auxiliary'", "").replace("unit", "")
        assert not any("a" <= c <= "z" for c in chinese)
    assert heading(test.name, "zh") != heading(test.name, "en")


def test_two_names_of_one_hypothesis_differ_by_what_residuals_are_expected_to_do():
    change = yd.panel_regression(simulated(), "y ~ x", model="first_difference")
    levels, changes = (yd.wooldridge_serial(change, uncorrelated=u) for u in ("levels", "changes"))
    assert levels.estimate == changes.estimate
    assert abs(levels.estimate + 0.5) < 0.1
    assert changes.p_value < 1e-6


def test_the_auxiliary_form_compares_within_and_between():
    panel = simulated(4, correlated=1.0)
    frame = yd.hausman(panel, "y ~ x", form="auxiliary").frames["coefficients"]
    assert np.isclose(frame["fixed"][0], within(panel).coef[0])
    between = yd.panel_regression(panel, "y ~ x", model="between").coef[1]
    assert np.isclose(frame["between"][0], between)


def test_a_formula_may_name_the_unit_effects_that_hausman_adds():
    panel = simulated()
    assert yd.hausman(panel, "y ~ x | unit").statistic == yd.hausman(panel, "y ~ x").statistic


def test_effects_are_tested_on_the_rows_that_tell_them():
    panel = simulated()
    frame = panel.frame
    cut = yd.Panel.from_frame(frame[(frame["unit"] != "u03") | (frame["time"] == 2)], unit="unit", time="time")
    without = yd.Panel.from_frame(frame[frame["unit"] != "u03"], unit="unit", time="time")
    one, two = (yd.fixed_effects_test(p, "y ~ x | unit") for p in (cut, without))
    assert (one.name, round(one.statistic, 10)) == (two.name, round(two.statistic, 10))
    with pytest.raises(yd.DesignError, match="must have effects"):
        yd.fixed_effects_test(panel, "y ~ x")


def test_serial_correlation_of_units_of_different_length_is_left_to_born_and_breitung():
    panel = simulated(rho=0.5)
    frame = panel.frame
    uneven = within(yd.Panel.from_frame(frame[(frame["unit"] > "u20") | (frame["time"] > 1)], unit="unit", time="time"))
    with pytest.raises(yd.DesignError, match="born_breitung"):
        yd.wooldridge_serial(uneven)
    assert yd.born_breitung(uneven).p_value < 0.05
    with pytest.raises(yd.DesignError, match="levels"):
        yd.born_breitung(yd.panel_regression(panel, "y ~ x", model="first_difference"))


def test_born_and_breitung_do_not_look_across_a_gap():
    panel = simulated(n_units=60, n_periods=6)
    frame = panel.frame
    split = yd.Panel.from_frame(frame[frame["time"] != 2], unit="unit", time="time")
    shifted = frame.assign(time=frame["time"] + (frame["time"] > 2) * 5)
    far = yd.Panel.from_frame(shifted[frame["time"] != 2], unit="unit", time="time")
    with pytest.raises(yd.DesignError, match="four consecutive"):
        yd.born_breitung(yd.panel_regression(split.between(0, 4), "y ~ x | unit"))
    estimates = [within(p) for p in (split, far)]
    if len(panel.periods) >= 7:
        assert yd.born_breitung(estimates[0]).statistic == yd.born_breitung(estimates[1]).statistic


def test_correlations_of_pairs_are_those_of_their_common_periods():
    panel = simulated(n_units=4)
    frame = panel.frame.drop(index=[0, 9, 10]).reset_index(drop=True)
    estimate = yd.panel_regression(yd.Panel.from_frame(frame, unit="unit", time="time"), "y ~ x", model="pooled")
    wide = estimate.units.assign(e=estimate.linear.residuals).pivot(index="time", columns="unit", values="e")
    expected = wide.corr(min_periods=3).to_numpy()[np.triu_indices(4, 1)]
    pairs = yd.pesaran_cd(estimate).frames["correlations"]
    assert np.allclose(pairs["correlation"], expected)
    assert pairs["periods"].min() == 5


def test_period_effects_are_said_to_weaken_the_test_of_cross_section_dependence():
    test = yd.pesaran_cd(yd.panel_regression(simulated(), "y ~ x | unit + time"))
    assert "period effects" in test.notes[0]


def test_variance_inflation_equals_statsmodels():
    from statsmodels.stats.outliers_influence import variance_inflation_factor

    panel = simulated(correlated=1.0).assign(w=lambda f: f["x"] + 0.5 * f["z"])
    table = yd.vif(yd.panel_regression(panel, "y ~ x + z + w + x:z", model="pooled"))
    frame = panel.frame.assign(xz=panel.frame["x"] * panel.frame["z"], one=1.0)[["one", "x", "z", "xz"]]
    simple = yd.vif(yd.panel_regression(panel, "y ~ x + z + x:z", model="pooled"))
    expected = [variance_inflation_factor(frame.to_numpy(), i) for i in (1, 2, 3)]
    assert np.allclose(simple["vif"], expected)
    assert np.allclose(simple["tolerance"], 1 / simple["vif"])
    assert table["term"].tolist() == ["x", "z", "x:z"]  # w is explained by x and z and left out


def test_poolability_names_units_with_too_few_rows():
    panel = simulated()
    frame = panel.frame
    short = yd.Panel.from_frame(frame[(frame["unit"] != "u05") | (frame["time"] < 2)], unit="unit", time="time")
    with pytest.raises(yd.DesignError, match=r"\['u05'\]"):
        yd.poolability(short, "y ~ x")


def walks(seed, factor=0.0, rho=1.0, n_units=20, n_periods=25):
    """Synthetic autoregressions, with a common factor of random loadings."""
    generator = np.random.default_rng(seed)
    y = generator.normal(size=(n_units, n_periods))
    common = factor * generator.normal(size=n_periods).cumsum()
    for t in range(1, n_periods):
        y[:, t] += rho * y[:, t - 1]
    y += common * generator.normal(1, 0.5, size=(n_units, 1))
    unit, time = np.meshgrid(np.arange(n_units), np.arange(n_periods), indexing="ij")
    frame = pd.DataFrame({"unit": unit.ravel(), "time": time.ravel(), "y": y.ravel()})
    return yd.Panel.from_frame(frame, unit="unit", time="time")


@pytest.mark.parametrize("method", ["llc", "ips", "fisher", "cips"])
def test_unit_root_tests_keep_random_walks_and_reject_stationary_series(method):
    walking = [yd.unit_root(walks(s), "y", method=method, seed=1).p_value < 0.05 for s in range(8)]
    still = [yd.unit_root(walks(s, rho=0.3), "y", method=method, seed=1).p_value < 0.05 for s in range(3)]
    assert np.mean(walking) <= 0.26
    assert np.mean(still) == 1


def test_a_common_factor_misleads_tests_of_independent_units_and_not_pesarans():
    panels = [walks(s, 3.0) for s in range(10)]
    plain = np.mean([yd.unit_root(p, "y", method="ips", lags=0).p_value < 0.05 for p in panels])
    augmented = np.mean([yd.unit_root(p, "y", method="cips", lags=0, seed=1).p_value < 0.05 for p in panels])
    assert plain > 0.2 >= augmented


def test_unit_root_statistics_do_not_change_with_location_and_scale():
    panel = walks(3)
    moved = panel.assign(y=5 - 2 * panel.frame["y"])
    for method in ("llc", "ips", "fisher", "cips"):
        one, two = (yd.unit_root(p, "y", method=method, seed=1).statistic for p in (panel, moved))
        assert np.isclose(one, two, rtol=1e-9)


def test_a_dickey_fuller_regression_equals_least_squares_with_a_trend_and_lags():
    from statsmodels.formula.api import ols

    panel = walks(2, n_units=3)
    test = yd.unit_root(panel, "y", deterministic="trend", lags=2)
    y = pd.Series(panel.frame["y"].to_numpy()[:25])
    table = pd.DataFrame(
        {"d": y.diff(), "l": y.shift(), "d1": y.diff().shift(1), "d2": y.diff().shift(2), "t": range(25)}
    )
    fit = ols("d ~ l + t + d1 + d2", table.dropna()).fit()
    assert np.isclose(test.frames["units"]["statistic"][0], fit.tvalues["l"])


def test_unit_root_tests_refuse_what_they_cannot_use():
    panel = walks(1, n_units=5)
    frame = panel.frame
    gap = yd.Panel.from_frame(frame[(frame["unit"] != 2) | (frame["time"] != 7)], unit="unit", time="time")
    short = yd.Panel.from_frame(frame[(frame["unit"] != 3) | (frame["time"] < 5)], unit="unit", time="time")
    uneven = yd.Panel.from_frame(frame[(frame["unit"] != 3) | (frame["time"] < 20)], unit="unit", time="time")
    for wrong, method, why in (
        (gap, "ips", r"gaps in units \[2\]"),
        (short, "ips", r"units \[3\] have fewer"),
        (uneven, "llc", r"balanced panel; units \[3\]"),
        (panel, "cips", "needs a seed"),
        (panel.assign(y=1.0), "ips", "never changes"),
    ):
        with pytest.raises(yd.DesignError, match=why):
            yd.unit_root(wrong, "y", method=method)
    with pytest.raises(yd.DesignError, match="more than 4"):
        yd.unit_root(panel, "y", lags=5)
    assert 0 <= yd.unit_root(uneven, "y").p_value <= 1
