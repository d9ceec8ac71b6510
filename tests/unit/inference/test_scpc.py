import numpy as np
import pytest
from conftest import make_toy

import yrdecon as yd
from yrdecon.kernels.spatial_components import choose_components
from yrdecon.places.coordinates import distance_matrix

DESIGN = yd.Design("y")


def test_the_estimate_is_the_difference_in_differences(twinned):
    design = yd.twinning_design()
    test = yd.scpc(twinned, design)
    assert test.estimate == pytest.approx(yd.twfe(twinned, design).coef[0], abs=1e-12)
    models = test.frames["models"]
    assert models["model"].tolist() == ["scores", "signed", "shocks"]
    assert test.p_value == models["p_value"].max()
    line = test.frames["by_correlation"].iloc[0]
    assert test.statistic == pytest.approx(abs(test.estimate) / line["std_error"], rel=1e-12)
    half = models["critical_value"].max() * line["std_error"]
    assert (test.conf_low, test.conf_high) == pytest.approx((test.estimate - half, test.estimate + half))


def test_the_usual_strengths_of_correlation_are_shown_beside_the_one_asked_for(toy):
    test = yd.scpc(toy, DESIGN, average_correlation=0.4)
    table = test.frames["by_correlation"]
    assert table["average_correlation"].tolist() == [0.03, 0.1, 0.2, 0.4]
    assert table["range_km"].is_monotonic_increasing
    assert test.p_value == table["p_value"].iloc[-1]
    assert f"0.4 between pairs of units, a range of {table['range_km'].iloc[-1]:.0f} km" in test.notes[1]
    usual = yd.scpc(toy, DESIGN).frames["by_correlation"]
    assert np.allclose(usual, table.iloc[:3], rtol=1e-12)


@pytest.mark.parametrize("level", [0.8, 0.95])
def test_the_interval_holds_exactly_the_effects_that_are_not_rejected(toy, level):
    test = yd.scpc(toy, DESIGN, level=level)
    own = toy.frame["time"] >= toy.frame["cohort"]
    for end in (test.conf_low, test.conf_high):
        again = yd.scpc(toy.assign(y=toy.frame["y"] - end * own), DESIGN)
        assert again.p_value == pytest.approx(1 - level, abs=1e-7)


def test_the_p_value_does_not_change_with_scale_level_unit_or_time_effects(toy):
    frame = toy.frame
    codes = frame["unit"].astype("category").cat.codes
    one = yd.scpc(toy, DESIGN)
    two = yd.scpc(toy.assign(y=5 - 3 * frame["y"] + codes + np.sin(frame["time"])), DESIGN)
    assert two.p_value == pytest.approx(one.p_value, rel=1e-8)
    assert two.estimate == pytest.approx(-3 * one.estimate, rel=1e-10)
    renamed = frame.assign(unit=frame["unit"].map(lambda u: f"v{99 - int(u[1:])}"))
    other = yd.Panel.from_frame(renamed, unit="unit", time="time", location=("lon", "lat"))
    assert yd.scpc(other, DESIGN).p_value == pytest.approx(one.p_value, rel=1e-8)


def test_the_size_is_at_most_nominal_at_the_strongest_correlation_and_grows_beyond(twinned):
    design = yd.twinning_design()
    test = yd.scpc(twinned, design)
    critical = test.frames["models"]["critical_value"].max()
    pool = twinned.where(design.pool).frame.drop_duplicates("city_code")
    distance = distance_matrix(*pool[list(twinned.location)].to_numpy(dtype=float).T)
    treated = np.isfinite(pool["cohort"].to_numpy(dtype=float))
    n, n_treated = len(treated), treated.sum()
    weights = choose_components(distance, 0.03, 0.05).weights
    direction = np.where(treated, n / n_treated, -n / (n - n_treated))
    longest = test.frames["by_correlation"]["range_km"].iloc[0]
    generator = np.random.default_rng(0)

    def size(covariance):
        shocks = np.linalg.cholesky(covariance) @ generator.normal(size=(n, 4000))
        one, other = shocks[treated].mean(axis=0), shocks[~treated].mean(axis=0)
        residual = shocks - np.where(treated[:, None], one, other)
        sums = weights.T @ (one - other + direction[:, None] * residual)
        return np.mean(np.abs(sums[0]) > critical * np.sqrt(np.mean(sums[1:] ** 2, axis=0)))

    # Monte Carlo error .35 percentage points at 5%
    assert size(np.eye(n)) <= 0.06
    for share in (1.0, 0.5):
        assert size(np.exp(-distance / (share * longest))) <= 0.06
    signs = np.sign(direction)
    assert 0.04 <= size(signs[:, None] * np.exp(-distance / longest) * signs) <= 0.06
    beyond = size(np.exp(-distance / 650))
    assert beyond > 0.15
    assert beyond < float(test.notes[2].split("up to ")[1].split("%")[0]) / 100


def test_one_treated_unit_can_be_tested_and_a_larger_effect_has_a_smaller_p_value():
    p_values = [yd.scpc(make_toy(n_treated=1, effect=effect), DESIGN).p_value for effect in (2.0, 10.0, 50.0)]
    assert 1 > p_values[0] > p_values[1] > p_values[2] > 0


def test_units_that_are_treated_throughout_are_left_out_and_named(toy):
    always = toy.assign(cohort=toy.frame["cohort"].mask(toy.frame["unit"] == "u09", 1.0))
    test = yd.scpc(always, DESIGN)
    without = yd.scpc(toy.assign(pool=toy.frame["unit"] != "u09"), yd.Design("y", pool="pool"))
    assert test.p_value == pytest.approx(without.p_value, rel=1e-10)
    assert any("u09" in note for note in test.notes)


def test_base_and_excluded_periods_and_anticipation_form_the_contrast(toy):
    design = yd.Design("y", base_periods=(3, 4), exclude_periods=(7,), anticipation=1)
    assert yd.scpc(toy, design).estimate == pytest.approx(yd.twfe(toy, design).coef[0], abs=1e-12)


def test_units_at_one_place_limit_how_weak_correlation_can_be(toy):
    frame = toy.frame
    moved = toy.assign(
        lon=frame["lon"].where(frame["unit"] > "u03", 110.0), lat=frame["lat"].where(frame["unit"] > "u03", 30.0)
    )
    with pytest.raises(yd.DesignError, match=r"0\.091 of all pairs of units share one place"):
        yd.scpc(moved, DESIGN)
    test = yd.scpc(moved, DESIGN, average_correlation=0.2)
    assert 0 < test.p_value < 1
    assert test.frames["by_correlation"]["average_correlation"].tolist() == [0.1, 0.2]


@pytest.mark.parametrize(
    ("design", "options", "words"),
    [
        (DESIGN, {"average_correlation": 0.0}, "average_correlation=0.0"),
        (DESIGN, {"average_correlation": 1.5}, "average_correlation=1.5"),
        (DESIGN, {"level": 95}, "level=95"),
        (yd.Design("y", covariates=("x",)), {}, r"\['covariates'\]"),
        (yd.Design("y", weights="w"), {}, r"\['weights'\]"),
        (yd.Design("y", effects=("group^time",)), {}, r"\['effects'\]"),
        (yd.Design("y", cluster="group"), {}, r"\['cluster'\]"),
    ],
)
def test_what_the_test_cannot_take_is_refused_in_words(toy, design, options, words):
    with pytest.raises(yd.DesignError, match=words):
        yd.scpc(toy, design, **options)


def test_panels_that_do_not_fit_are_refused_in_words(toy):
    frame = toy.frame
    two_dates = toy.assign(cohort=frame["cohort"].mask(frame["unit"] == "u01", 7.0))
    with pytest.raises(yd.DesignError, match="one adoption date"):
        yd.scpc(two_dates, DESIGN)
    with pytest.raises(yd.DesignError, match="every unit in every period"):
        yd.scpc(toy.assign(y=frame["y"].where(frame.index != 3)), DESIGN)
    with pytest.raises(yd.DesignError, match="coordinates"):
        yd.scpc(yd.Panel.from_frame(frame, unit="unit", time="time"), DESIGN)
    with pytest.raises(yd.DesignError, match="5 units are too few"):
        yd.scpc(make_toy(n_units=5, n_treated=2), DESIGN)
    with pytest.raises(yd.DesignError, match="do not vary"):
        yd.scpc(toy.assign(y=1.0), DESIGN)
