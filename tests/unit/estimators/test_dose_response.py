import numpy as np
import pandas as pd
import pytest
from conftest import make_toy

import yrdecon as yd

DESIGN = yd.Design(outcome="y")
ESTIMANDS = ("binary", "high_low", "treated_slope", "twfe_slope")


def dosed(per_unit=0.5, seed=0, **options):
    """A toy whose treated units have doses 1, 2, ... and gain `per_unit` for each."""
    toy = make_toy(n_treated=6, effect=0.0, seed=seed, **options)
    number = toy.frame["unit"].str[1:].astype(int)
    dose = np.where(number < 6, number + 1.0, 0.0)
    return toy.assign(dose=dose, y=toy.frame["y"] + per_unit * dose * (toy.frame["time"] >= 6))


def changes(panel):
    """Return doses and post-minus-pre changes of units."""
    wide = panel.frame.pivot_table(index="unit", columns="time", values="y")
    return panel.frame.groupby("unit")["dose"].first(), wide.loc[:, 6:].mean(axis=1) - wide.loc[:, :5].mean(axis=1)


def test_any_dose_is_the_two_way_regression():
    toy = dosed()
    any_dose, plain = yd.dose_response(toy, DESIGN, estimand="binary"), yd.twfe(toy, DESIGN)
    assert any_dose.coef[0] == plain.coef[0]
    assert any_dose.vcov[0, 0] == plain.vcov[0, 0]


def test_low_and_high_doses_are_each_compared_with_the_untreated():
    dose, change = changes(dosed())
    for cut, low in ((None, dose <= 3.5), (2.0, dose <= 2)):
        estimate = yd.dose_response(dosed(), DESIGN, cut=cut)
        none = dose == 0
        expected = [change[low & ~none].mean(), change[~low].mean()] - change[none].mean()
        assert np.allclose(estimate.coef, expected, atol=1e-12)
    assert estimate.frames["doses"]["part"].tolist() == ["low", "low", "high", "high", "high", "high"]


def test_the_slope_among_the_treated_averages_to_the_slope_of_their_changes():
    toy = dosed()
    dose, change = changes(toy)
    design = yd.Design(outcome="y", base_periods=(1, 2, 3, 4, 5))
    dynamic = yd.dose_response(toy, design, estimand="treated_slope")
    slope = np.polyfit(dose[dose > 0], change[dose > 0], 1)[0]
    assert yd.average(dynamic, 0, 2).coef[0] == pytest.approx(slope, abs=1e-12)
    assert dynamic.n_units == dynamic.n_treated == 6


def test_untreated_units_have_no_say_in_the_slope_among_the_treated():
    toy = dosed()
    moved = toy.assign(y=toy.frame["y"] + 5 * (toy.frame["dose"] == 0) * toy.frame["time"])
    alone = yd.Panel.from_frame(toy.frame[toy.frame["dose"] > 0], unit="unit", time="time")
    estimates = [yd.dose_response(p, DESIGN, estimand="treated_slope") for p in (toy, moved, alone)]
    assert np.allclose(estimates[0].coef, estimates[1].coef, atol=1e-10)
    assert np.allclose(estimates[0].coef, estimates[2].coef, atol=1e-10)


def test_the_slope_among_the_treated_compares_within_cohorts():
    toy = dosed()
    number = toy.frame["unit"].str[1:].astype(int)
    toy = toy.assign(cohort=toy.frame["cohort"].mask(number.between(3, 5), 5.0))
    moved = toy.assign(y=toy.frame["y"] + np.cos(toy.frame["time"]) * (toy.frame["cohort"] == 5))
    plain, shocked = (yd.dose_response(p, DESIGN, estimand="treated_slope") for p in (toy, moved))
    assert np.allclose(plain.coef, shocked.coef, atol=1e-10)


def test_a_known_slope_is_recovered_among_the_treated():
    found = [
        yd.average(yd.dose_response(dosed(seed=seed), DESIGN, estimand="treated_slope"), 0, 9).coef[0]
        for seed in range(40)
    ]
    assert abs(np.mean(found) - 0.5) < 3 * np.std(found, ddof=1) / np.sqrt(40)


def test_the_weights_of_the_two_way_slope_turn_unit_effects_into_the_slope():
    # without noise the slope is the weighted sum of the units' effects, here the square of the dose
    toy = dosed()
    own = toy.frame["dose"] ** 2 * (toy.frame["time"] >= 6)
    estimate = yd.dose_response(toy.assign(y=own), DESIGN, estimand="twfe_slope")
    doses = estimate.frames["doses"]
    assert estimate.coef[0] == pytest.approx((doses["weight"] * doses["dose"] ** 2).sum(), abs=1e-12)
    assert (doses["weight"] * doses["dose"]).sum() == pytest.approx(1, abs=1e-12)
    # doses below the mean of all units, 21 / 12, pull the slope down
    assert (doses["weight"] < 0).tolist() == (doses["dose"] < 21 / 12).tolist()
    assert any("1 of 6 treated units have negative weight" in note for note in estimate.notes)


def test_a_period_left_out_of_the_contrast_and_units_that_leave_with_it_change_nothing():
    toy = dosed()
    late = toy.frame[(toy.frame["unit"] != "u11") | (toy.frame["time"] == 2)]
    design = yd.Design(outcome="y", base_periods=(4, 5))
    left = yd.dose_response(yd.Panel.from_frame(late, unit="unit", time="time"), design)
    gone = yd.dose_response(
        yd.Panel.from_frame(toy.frame[toy.frame["unit"] != "u11"], unit="unit", time="time"), design
    )
    assert np.allclose(left.coef, gone.coef, atol=1e-12)


@pytest.mark.parametrize("estimand", ESTIMANDS)
def test_the_estimand_is_worded_under_tables_in_both_languages(estimand):
    models = {"(1)": yd.dose_response(dosed(), DESIGN, estimand=estimand)}
    english = yd.regression_table(models).to_markdown()
    chinese = yd.regression_table(models, lang="zh").to_markdown()
    assert "The estimand is" in english
    assert "估计对象为" in chinese
    assert "estimand" not in chinese
    assert "强度双重差分" in chinese
    assert "_dose" not in english + chinese


def test_effects_by_event_time_have_rows_of_their_own_in_a_table():
    dynamic = yd.dose_response(dosed(), DESIGN, estimand="treated_slope")
    text = yd.regression_table({"(1)": dynamic}).to_markdown()
    assert text.count("Slope in the dose among the treated, event time") == 8


@pytest.mark.parametrize(
    ("change", "options", "words"),
    [
        ({}, {"dose": "aid"}, r"no column 'aid' with the dose"),
        ({"dose": "text"}, {}, "must hold numbers"),
        ({"dose": "hole"}, {}, r"treated units \['u01'\] have no positive 'dose'"),
        ({"dose": "zero"}, {}, r"treated units \['u01'\] have no positive 'dose'"),
        ({"dose": "changing"}, {}, r"changes within \['u01'\]"),
        ({"dose": "stray"}, {}, r"units \['u07'\] are never treated but have a 'dose'"),
        ({}, {"cut": 9.0}, "doses run from 1 to 6"),
        ({}, {"cut": 2.0, "estimand": "binary"}, "leave it out"),
        ({}, {"estimand": "acrt"}, "choose one of"),
        ({"dose": "same"}, {"estimand": "treated_slope"}, "no slope among them"),
        ({"dose": "same"}, {}, "estimand='binary'"),
    ],
)
def test_a_dose_that_does_not_fit_is_named_with_the_way_out(change, options, words):
    toy = dosed()
    frame = toy.frame
    second, late = frame["unit"] == "u01", frame["time"] == 8
    doses = {
        "text": "much",
        "hole": frame["dose"].mask(second & late),
        "zero": frame["dose"].mask(second & late, 0.0),
        "changing": frame["dose"].mask(second & late, 9.0),
        "stray": frame["dose"].mask(frame["unit"] == "u07", 1.0),
        "same": np.minimum(frame["dose"], 1.0),
    }
    panel = toy.assign(dose=doses[change["dose"]]) if change else toy
    with pytest.raises(yd.DesignError, match=words):
        yd.dose_response(panel, DESIGN, **options)


def test_units_treated_throughout_are_left_out_and_named_and_staggering_is_told():
    toy = dosed()
    frame = toy.frame
    panel = toy.assign(cohort=frame["cohort"].mask(frame["unit"] == "u05", 1.0).mask(frame["unit"] == "u04", 7.0))
    estimate = yd.dose_response(panel, DESIGN)
    kept = yd.Panel.from_frame(panel.frame[frame["unit"] != "u05"], unit="unit", time="time")
    assert np.allclose(estimate.coef, yd.dose_response(kept, DESIGN).coef, atol=1e-12)
    assert any("because they are treated throughout: ['u05']" in note for note in estimate.notes)
    assert any("staggered" in note for note in estimate.notes)
    assert not any("staggered" in note for note in yd.dose_response(toy, DESIGN).notes)
    assert isinstance(estimate.frames["doses"], pd.DataFrame)
