import numpy as np
import pytest
from conftest import make_toy

import yrdecon as yd

DESIGN = yd.Design(outcome="y")


def test_leaving_out_equals_estimating_without(toy):
    table = yd.leave_one_out(yd.twfe, toy, DESIGN).set_index("left_out")
    without = yd.Panel.from_frame(toy.frame[toy.frame["unit"] != "u01"], unit="unit", time="time")
    assert table.loc["u01", "estimate"] == pytest.approx(yd.twfe(without, DESIGN).coef[0], abs=1e-12)
    assert list(table.index) == ["", "u00", "u01", "u02"]
    assert table.loc["u01", "change"] == pytest.approx(table.loc["u01", "estimate"] - table.loc["", "estimate"])


def test_an_omission_that_leaves_nothing_is_told_in_words():
    table = yd.leave_one_out(yd.twfe, make_toy(n_treated=1), DESIGN)
    assert np.isnan(table["estimate"][1])
    assert "no unit of the panel is treated" in table["note"][1]


@pytest.mark.parametrize(("over", "rows"), [("treated", 4), ("comparison", 10), ("unit", 13), ("time", 9)])
def test_each_kind_of_omission_has_its_rows(toy, over, rows):
    table = yd.leave_one_out(yd.twfe, toy, DESIGN, over=over)
    assert len(table) == rows
    assert table.loc[0, ["n_treated", "n_comparison"]].tolist() == [3, 9]
    left = table.loc[1:, ["n_treated", "n_comparison"]].sum(axis=1)
    assert (left == (12 if over == "time" else 11)).all()


def test_the_detectable_effect_grows_with_the_noise(toy):
    small = yd.minimum_detectable_effect(yd.twfe, toy, DESIGN, seed=0)
    large = yd.minimum_detectable_effect(yd.twfe, toy.assign(y=3 * toy.frame["y"]), DESIGN, seed=0)
    assert np.allclose(large["minimum_detectable_effect"], 3 * small["minimum_detectable_effect"])
    assert small["mechanism"].tolist() == ["independent", "spatial"]
    factor = small["minimum_detectable_effect"] / small["std_error"]
    assert np.allclose(factor, 2.8015852)


def test_the_detectable_effect_reads_no_period_after_treatment(toy):
    moved = toy.assign(y=toy.frame["y"] + 100 * (toy.frame["time"] >= 6) * toy.frame["lon"])
    one = yd.minimum_detectable_effect(yd.twfe, toy, DESIGN, seed=0)
    two = yd.minimum_detectable_effect(yd.twfe, moved, DESIGN, seed=0)
    assert np.allclose(one["std_error"], two["std_error"])


def test_a_panel_too_short_to_move_the_design_is_refused(toy):
    with pytest.raises(yd.DesignError, match="start the panel earlier"):
        yd.minimum_detectable_effect(yd.twfe, toy.between(5, 8), DESIGN, seed=0)


@pytest.mark.parametrize(
    "name", ["callaway_santanna", "event_study", "imputation", "sun_abraham", "synthetic_did_path"]
)
def test_leaving_one_out_of_many_coefficients_tells_of_their_summary_after_treatment(toy, name):
    function = yd.ESTIMATORS[name].function

    def after(panel):
        estimate = function(panel, DESIGN)
        return (yd.aggregate(estimate, None) if "cohort" in estimate.cells else yd.average(estimate, 0, 99)).coef[0]

    table = yd.leave_one_out(function, toy, DESIGN).set_index("left_out")["estimate"]
    assert table[""] == pytest.approx(after(toy), abs=1e-12)
    without = toy.assign(kept=toy.frame["unit"] != "u01").where("kept")
    assert table["u01"] == pytest.approx(after(without), abs=1e-12)


def test_leaving_one_out_of_coefficients_without_event_times_is_refused(toy):
    panel = toy.assign(dose=np.where(np.isfinite(toy.frame["cohort"]), 1.0 + (toy.frame["unit"] == "u01"), 0.0))
    with pytest.raises(yd.DesignError, match="give a function of panel and design that returns one"):
        yd.leave_one_out(yd.dose_response, panel, DESIGN)
