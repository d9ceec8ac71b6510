import numpy as np
import pandas as pd
import pytest
from conftest import make_toy

import yrdecon as yd
from yrdecon.core.estimator import estimate_one_by_one
from yrdecon.core.sample import draw_sample
from yrdecon.diagnostics.one_effect import one_effect
from yrdecon.diagnostics.outcomes import effects_by_outcome, outcome_replacer
from yrdecon.diagnostics.placebo_p_values import permutation_p_values
from yrdecon.diagnostics.processes import fitted_processes
from yrdecon.kernels.calibration import rejection_rate
from yrdecon.kernels.separable import draw_separable, space_decay, time_covariance

DESIGN = yd.Design(outcome="y")
FREE = yd.Assignment("free")


def simulated(panel, design, draws, seed=0):
    sample = draw_sample(panel, design)
    shape = (draws, len(sample.units), len(sample.periods))
    return np.random.default_rng(seed).normal(size=shape).cumsum(axis=2)


@pytest.mark.parametrize(
    ("name", "assignment"),
    [
        ("twfe", yd.Assignment("contiguous")),
        ("twfe", FREE),
        ("twfe", yd.Assignment()),
        ("synthetic_did", yd.Assignment("contiguous")),
        ("synthetic_did", FREE),
        ("event_study", yd.Assignment("contiguous")),
    ],
)
@pytest.mark.parametrize("options", [{}, {"base_periods": (4,), "exclude_periods": (5,)}])
def test_the_batch_of_p_values_equals_the_permutation_test_at_each_outcome(name, assignment, options, toy):
    design = yd.Design(outcome="y", **options)
    single = one_effect(yd.ESTIMATORS[name].function, toy, design)
    outcomes = simulated(toy, design, 4)
    batch = permutation_p_values(
        single, toy, design, assignment, seed=1, draws=19, probes=outcomes[:2], expected=10_000
    )(outcomes)
    replaced = outcome_replacer(toy, design, draw_sample(toy, design))
    direct = [yd.permutation_test(single, replaced(y), design, assignment, seed=1, draws=19).p_value for y in outcomes]
    assert batch.tolist() == direct


def test_a_scattered_design_is_calibrated_with_its_clustered_errors():
    toy = make_toy(n_units=16, n_treated=4)
    apart = toy.assign(cohort=toy.frame["unit"].isin(["u00", "u05", "u10", "u15"]).map({True: 6.0, False: np.inf}))
    test = yd.permutation_test(yd.twfe, apart, DESIGN, seed=1, draws=19)
    assert any("clustered" in note for note in test.notes)
    outcomes = simulated(apart, DESIGN, 4)
    batch = permutation_p_values(
        yd.twfe, apart, DESIGN, yd.Assignment(), seed=1, draws=19, probes=outcomes[:2], expected=10_000
    )(outcomes)
    replaced = outcome_replacer(apart, DESIGN, draw_sample(apart, DESIGN))
    direct = [yd.permutation_test(yd.twfe, replaced(y), DESIGN, seed=1, draws=19).p_value for y in outcomes]
    assert batch.tolist() == direct


@pytest.mark.parametrize("expected", [1, 10_000])
@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("twfe", {}),
        ("twfe", {"base_periods": (4,), "exclude_periods": (5,)}),
        ("twfe", {"weights": "w", "covariates": ("x",), "effects": ("group^time",)}),
        ("twfe", {"anticipation": 1}),
        ("imputation", {}),
        ("synthetic_did", {}),
    ],
)
def test_effects_at_many_outcomes_equal_those_one_by_one(name, options, expected, toy):
    design = yd.Design(outcome="y", **options)
    holed = toy if name == "synthetic_did" else toy.assign(y=toy.frame["y"].where(toy.frame.index % 11 != 5))
    single = one_effect(yd.ESTIMATORS[name].function, holed, design)
    cohorts = np.stack([np.roll(np.where(np.arange(12) < 3, 6.0, np.inf), i) for i in range(4)])
    outcomes = simulated(holed, design, 3)
    found = effects_by_outcome(single, holed, design, cohorts, outcomes[:2], expected)(outcomes)
    replaced = outcome_replacer(holed, design, draw_sample(holed, design))
    own = [estimate_one_by_one(single, replaced(y), design, cohorts)[:, 0] for y in outcomes]
    np.testing.assert_allclose(found, own, atol=1e-9)


def test_a_replaced_outcome_touches_the_sample_alone(toy):
    pooled = toy.assign(pool=toy.frame["unit"] != "u11", y=toy.frame["y"].where(toy.frame.index != 3))
    design = yd.Design(outcome="y", pool="pool")
    sample = draw_sample(pooled, design)
    values = np.arange(11 * 8.0).reshape(11, 8)
    moved = outcome_replacer(pooled, design, sample)(values)
    again = draw_sample(moved, design)
    assert np.array_equal(again.outcome, values[sample.unit, sample.time])
    outside = pooled.frame["unit"] == "u11"
    assert moved.frame.loc[outside, "y"].equals(pooled.frame.loc[outside, "y"])
    assert moved.frame["y"].isna().sum() == 1


def test_simulated_panels_have_the_covariance_that_is_asked_for():
    distance = np.abs(np.subtract.outer(np.arange(3), np.arange(3))) * 100.0
    kernels = np.stack([space_decay(distance, 150.0), np.eye(3)])
    over_time = time_covariance(np.arange(4.0), 0.5, "growth")
    drawn = draw_separable(kernels, np.array([2.0, 1.0]), over_time, 40_000, np.random.default_rng(1))
    assert np.abs(drawn[:, :, 0]).max() < 1e-6
    across = np.einsum("sit,sjt->ij", drawn, drawn) / 40_000
    expected = (2 * kernels[0] + kernels[1]) * np.trace(over_time)
    # three Monte Carlo errors of a mean of 40,000 products
    np.testing.assert_allclose(across, expected, atol=0.03 * expected[0, 0])
    along = np.einsum("sit,siu->tu", drawn, drawn) / 40_000
    np.testing.assert_allclose(along, over_time * 9, atol=0.03 * 9 * over_time.max())


def test_a_rejection_rate_has_an_error_even_at_zero():
    assert rejection_rate(np.array([0.05, 0.06, 0.2, 0.01]), 0.05).share == 0.5
    none = rejection_rate(np.ones(100), 0.05)
    assert none.share == 0
    assert none.error == pytest.approx(np.sqrt(2 / 104 * 102 / 104 / 104))
    assert np.isnan(rejection_rate(np.array([]), 0.05).share)


def test_processes_carry_the_persistence_of_the_panel_and_no_effect(toy):
    moved = toy.assign(y=toy.frame["y"] + 100 * (toy.frame["time"] >= toy.frame["cohort"]))
    processes = {p.name: p for p in fitted_processes(toy, DESIGN, ranges=(150.0,))}
    assert {"fitted", "decay over 150 km", "smooth gradient", "independent"} <= set(processes)
    again = {p.name: p for p in fitted_processes(moved, DESIGN, ranges=(150.0,))}
    for name, process in processes.items():
        assert np.allclose(process.mean, again[name].mean)
        assert np.allclose(process.across_units, again[name].across_units)
    totals = [np.trace(processes[n].across_units) for n in ("decay over 150 km", "smooth gradient", "independent")]
    assert np.allclose(totals, np.trace(processes["fitted"].across_units))
    nowhere = yd.Panel.from_frame(toy.frame, unit="unit", time="time")
    assert [p.name for p in fitted_processes(nowhere, DESIGN)] == ["independent"]


def test_an_exact_test_has_its_nominal_size_and_a_seed_repeats_it(toy):
    nowhere = yd.Panel.from_frame(toy.frame, unit="unit", time="time")
    one, two = (yd.calibrate(nowhere, DESIGN, yd.twfe, {"free": FREE}, seed=1, draws=2_000) for _ in range(2))
    pd.testing.assert_frame_equal(one, two)
    row = one.set_index("process").loc["independent"]
    assert abs(row["size_05"] - 0.05) < 3 * row["error_05"]
    assert abs(row["size_10"] - 0.10) < 3 * row["error_10"]
    assert row["draws"] == 2_000
    assert row["smallest_p_value"] == 1 / 220


def test_shuffling_neighbors_freely_rejects_too_often_and_blocks_do_not(twinned):
    tests = {"blocks": yd.Assignment("contiguous"), "free": FREE}
    table = yd.calibrate(twinned, yd.twinning_design(), yd.twfe, tests, seed=1, draws=400, sampled=199, ranges=[375.0])
    size = table.set_index(["process", "test"])["size_05"]
    assert size["decay over 375 km", "free"] > 0.25
    assert size["decay over 375 km", "blocks"] <= 0.07
    assert table["process"].unique()[0] == "placebo dates"
    assert (table.loc[table["process"] == "placebo dates", "draws"] == 8).all()


def test_any_function_is_calibrated_and_dates_where_it_fails_do_not_count(toy):
    def needs_five(panel, design):
        if draw_sample(panel, design).first_treated_period < 5:
            raise yd.DesignError("too early")
        return yd.HypothesisTest("always", 1.0, 0.04, "nothing")

    nowhere = yd.Panel.from_frame(toy.frame, unit="unit", time="time")
    table = yd.calibrate(nowhere, DESIGN, yd.twfe, {"always": needs_five}, seed=1, draws=10)
    assert table["size_05"].tolist()[1:] == [1.0]
    assert table["draws"].tolist() == [0, 10]
    assert np.isnan(table["size_05"][0])


@pytest.mark.parametrize(
    ("tests", "options", "words"),
    [
        ({}, {}, "name the tests"),
        ({"x": "auto"}, {}, "neither an Assignment"),
        ({"free": FREE}, {"draws": 0}, "1 or more"),
        ({"free": FREE}, {"ranges": [-1.0]}, "0 or more"),
    ],
)
def test_a_calibration_that_makes_no_sense_is_refused(toy, tests, options, words):
    with pytest.raises(yd.DesignError, match=words):
        yd.calibrate(toy, DESIGN, yd.twfe, tests, seed=1, **options)


def test_a_panel_that_cannot_be_fitted_is_refused_in_words(toy):
    with pytest.raises(yd.DesignError, match="balanced"):
        yd.calibrate(toy.assign(y=toy.frame["y"].where(toy.frame.index != 3)), DESIGN, yd.twfe, {"f": FREE}, seed=1)
    with pytest.raises(yd.DesignError, match="too few"):
        yd.calibrate(toy.between(4, 8), DESIGN, yd.twfe, {"f": FREE}, seed=1)
    staggered = toy.assign(cohort=toy.frame["cohort"].mask(toy.frame["unit"] == "u00", 5.0))
    with pytest.raises(yd.DesignError, match="one adoption date"):
        yd.calibrate(staggered, DESIGN, yd.twfe, {"f": FREE}, seed=1)
