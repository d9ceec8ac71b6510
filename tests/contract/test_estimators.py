"""What every registered estimator must satisfy; a new one is tested without a new line here."""

import re
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from conftest import make_toy

import yrdecon as yd

NAMES = sorted(yd.ESTIMATORS)
DESIGN = yd.Design(outcome="y")


def furnished(toy):
    """Add what some estimators need beyond cohorts: ineligible units, groups that do not adopt, doses."""
    number = toy.frame["unit"].str[1:].astype(int)
    half, last = (number.max() + 1) // 2, number == number.max()
    return toy.assign(
        group=np.select([number < half, last], ["west", "north"], "east"),
        eligible=(number % half < 3) | last,
        dose=np.where(number < 3, 1.0 + number, 0.0),
    )


@pytest.fixture(params=NAMES)
def estimator(request):
    return yd.ESTIMATORS[request.param].function


@pytest.fixture
def toy():
    return furnished(make_toy())


def close(a, b, tolerance=1e-9):
    return np.allclose(a, b, rtol=tolerance, atol=tolerance, equal_nan=True)


def test_the_result_is_consistent(estimator, toy):
    estimate = estimator(toy, DESIGN)
    k = len(estimate.coef)
    assert isinstance(estimate, yd.Estimate)
    assert estimate.vcov.shape == (k, k)
    assert len(estimate.cells) == k
    assert estimate.method == estimator.__name__
    assert (estimate.n_units, estimate.n_treated) == (12, 3)
    assert {"unit", "time", "cohort", "group"} <= set(estimate.units.columns)
    assert len(estimate.tidy()) == k


def test_influence_reproduces_the_covariance_under_the_named_rule(estimator, toy):
    estimate = estimator(toy, DESIGN)
    if estimate.influence is None:
        # matching brings its own covariance, which is no sum over units
        assert np.isnan(estimate.vcov).all() or estimate.small_sample.startswith("Abadie-Imbens")
        return
    again = yd.cluster_robust(estimate, estimate.cluster)
    assert close(again.vcov, estimate.vcov)
    assert len(estimate.influence) == len(estimate.units)


def test_an_affine_change_of_the_outcome_scales_the_effect(estimator, toy):
    moved = toy.assign(y=3 + 2 * toy.frame["y"])
    plain, changed = estimator(toy, DESIGN), estimator(moved, DESIGN)
    assert close(changed.coef, 2 * plain.coef, 1e-6)
    assert close(changed.std_error, 2 * plain.std_error, 1e-6)


def test_unit_and_time_effects_change_nothing(estimator, toy):
    frame = toy.frame
    codes = frame["unit"].astype("category").cat.codes
    # the authors of synthetic DiD scale its penalty by first differences, which contain the time effects
    time_effect = 0.0 if estimator in (yd.synthetic_did, yd.synthetic_did_path) else np.cos(frame["time"] * 2.0) * 4
    # under random timing levels tell something, and how much is chosen by their variance
    unit_effect = 0.0 if estimator is yd.staggered_rollout else np.sin(codes * 3.0) * 5
    moved = toy.assign(y=frame["y"] + unit_effect + time_effect)
    assert close(estimator(moved, DESIGN).coef, estimator(toy, DESIGN).coef, 1e-6)


def test_the_order_of_rows_and_the_names_of_units_do_not_matter(estimator, toy):
    frame = toy.frame.sample(frac=1, random_state=3)
    names = {u: f"z{99 - i}" for i, u in enumerate(sorted(frame["unit"].unique()))}
    frame = frame.assign(unit=frame["unit"].map(names))
    other = yd.Panel.from_frame(frame, unit="unit", time="time", location=("lon", "lat"), group="group")
    assert close(estimator(other, DESIGN).coef, estimator(toy, DESIGN).coef, 1e-6)


@pytest.mark.parametrize(
    "told",
    [
        "balanced|balance,",
        "treated throughout|from the first period on|before the first period",
        "excluded",
        "base",
        "anticipat",
        "weights",
        "cluster",
        "comparison|not yet treated",
        "examples\n",
        r"\d{4}\)",
    ],
)
def test_the_docstring_tells_what_becomes_of_every_part_of_a_design_and_of_gaps(estimator, told):
    assert re.search(told, estimator.__doc__.lower())


def test_the_panel_is_not_changed(estimator, toy):
    before = toy.frame.copy(deep=True)
    estimator(toy, DESIGN)
    pd.testing.assert_frame_equal(toy.frame, before)


def test_an_excluded_period_has_no_influence_on_the_contrast(estimator, toy):
    design = replace(DESIGN, exclude_periods=(5,), base_periods=(4,))
    frame = toy.frame
    moved = toy.assign(y=frame["y"] + 7.0 * (frame["time"] == 5) * (frame["cohort"] < 99))
    plain, changed = estimator(toy, design), estimator(moved, design)
    used = ~plain.cells.get("excluded", pd.Series(False, index=plain.cells.index)).to_numpy(dtype=bool)
    assert close(plain.coef[used], changed.coef[used], 1e-9)


def test_declared_base_periods_give_the_long_difference(toy):
    design = replace(DESIGN, base_periods=(4,), exclude_periods=(5,))
    wide = toy.frame.pivot_table(index="unit", columns="time", values="y")
    change = wide[[6, 7, 8]].mean(axis=1) - wide[4]
    treated = toy.frame.groupby("unit")["cohort"].first() < 99
    assert yd.twfe(toy, design).coef[0] == pytest.approx(change[treated].mean() - change[~treated].mean(), abs=1e-12)


def test_a_missing_outcome_is_told_or_refused_with_the_cell(estimator, toy):
    holed = toy.assign(y=toy.frame["y"].mask((toy.frame["unit"] == "u07") & (toy.frame["time"] == 3)))
    try:
        notes = " ".join(estimator(holed, DESIGN).notes)
    except yd.DesignError as error:
        notes = str(error)
    assert "u07 3" in notes


def test_a_row_that_is_not_there_is_told_or_refused_with_the_cell(estimator, toy):
    lacking = toy.assign(kept=(toy.frame["unit"] != "u07") | (toy.frame["time"] != 3)).where("kept")
    try:
        notes = " ".join(estimator(lacking, DESIGN).notes)
        assert "1 of 96 unit-periods have no row" in notes
    except yd.DesignError as error:
        notes = str(error)
    assert "u07 3" in notes


def test_units_treated_throughout_are_named_and_but_for_twfe_left_out(estimator, toy):
    frame = toy.frame
    always = toy.assign(cohort=frame["cohort"].mask(frame["unit"] == "u11", 1.0))
    without = toy.assign(kept=frame["unit"] != "u11").where("kept")
    estimate = estimator(always, DESIGN)
    assert any("u11" in note for note in estimate.notes)
    same = close(estimate.coef, estimator(without, DESIGN).coef, 1e-8)
    assert same == (estimator is not yd.twfe)


@pytest.mark.parametrize(
    ("change", "design", "words"),
    [
        ({}, {"outcome": "gdp"}, "no column ['gdp']"),
        ({}, {"cohort": "start"}, "no column 'start'"),
        ({"y": "text"}, {}, "must hold numbers"),
        ({"cohort": np.inf}, {}, "no unit of the panel is treated"),
        ({"cohort": 6.0}, {}, "every unit of the panel is treated in 6"),
        ({"cohort": 1.0}, {}, "no before and after"),
        ({}, {"base_periods": (99,)}, "base periods [99] are not in the sample"),
        ({}, {"base_periods": (7,)}, "not before treatment"),
        ({}, {"exclude_periods": (1, 2, 3, 4, 5)}, "no period before treatment"),
        ({}, {"exclude_periods": (6, 7, 8)}, "no treated period"),
        ({"pool": False}, {"pool": "pool"}, "lie outside the pool 'pool'"),
    ],
)
def test_a_design_that_does_not_fit_names_the_offender(estimator, toy, change, design, words):
    panel = toy.assign(**change) if change else toy
    with pytest.raises(yd.DesignError) as error:
        estimator(panel, yd.Design(**({"outcome": "y"} | design)))
    assert words in str(error.value)


def test_a_cohort_that_changes_within_a_unit_is_named(estimator, toy):
    frame = toy.frame
    panel = toy.assign(cohort=frame["cohort"].mask((frame["unit"] == "u01") & (frame["time"] == 2), 7.0))
    with pytest.raises(yd.DesignError, match="u01"):
        estimator(panel, DESIGN)


def test_saving_and_loading_gives_the_same_estimate_and_bytes(estimator, toy, tmp_path):
    estimate = estimator(toy, DESIGN)
    first = yd.save_estimate(estimate, tmp_path / "a.zip")
    loaded = yd.load_estimate(first)
    second = yd.save_estimate(loaded, tmp_path / "b.zip")
    assert first.read_bytes() == second.read_bytes()
    assert np.array_equal(loaded.coef, estimate.coef)
    assert np.array_equal(loaded.vcov, estimate.vcov, equal_nan=True)
    pd.testing.assert_frame_equal(loaded.cells, estimate.cells)
    assert loaded.notes == estimate.notes
    assert loaded.frames.keys() == estimate.frames.keys()


def overall(estimate):
    if "cohort" in estimate.cells:
        return yd.aggregate(estimate, None).coef[0]
    return (yd.average(estimate, 0, 99) if "event_time" in estimate.cells else estimate).coef[0]


@pytest.mark.parametrize("name", NAMES)
def test_a_known_effect_is_recovered(name):
    function = yd.ESTIMATORS[name].function
    found = []
    for seed in range(40):
        estimate = function(furnished(make_toy(n_units=20, effect=1.0, seed=seed)), DESIGN)
        found.append(overall(estimate))
    error = np.std(found, ddof=1) / np.sqrt(len(found))
    assert abs(np.mean(found) - 1.0) < 3 * error
    assert error < 0.3


def test_results_do_not_depend_on_the_hash_seed(tmp_path):
    script = (
        "import yrdecon as yd, sys\n"
        "panel, design = yd.load_twinning(), yd.twinning_design()\n"
        "yd.save_estimate(yd.twfe(panel, design), sys.argv[1])\n"
    )
    contents = []
    for seed in ("1", "2"):
        path = tmp_path / f"{seed}.zip"
        environment = {"PYTHONHASHSEED": seed, "PATH": ""}
        subprocess.run([sys.executable, "-c", script, str(path)], check=True, env=environment)
        contents.append(path.read_bytes())
    assert contents[0] == contents[1]


def test_units_treated_after_the_panel_ends_count_as_never_treated_and_are_named(estimator, toy):
    frame = toy.frame
    late = toy.assign(cohort=frame["cohort"].mask(frame["unit"].isin(["u10", "u11"]), 99.0))
    estimate = estimator(late, DESIGN)
    assert any("u10" in note and "never treated" in note for note in estimate.notes)
    assert close(estimate.coef, estimator(toy, DESIGN).coef, 1e-9)
    assert estimate.n_treated == 3
