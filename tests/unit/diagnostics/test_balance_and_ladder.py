import numpy as np
import pandas as pd
import pytest
from conftest import make_toy

import yrdecon as yd
from yrdecon.places.distances import unit_distances

DESIGN = yd.Design(outcome="y")


def test_balance_compares_unit_means_before_treatment(toy):
    table = yd.balance(toy, DESIGN, ["x", "y"]).set_index("covariate")
    means = toy.frame[toy.frame["time"] < 6].groupby("unit")["x"].mean()
    one, other = means.iloc[:3], means.iloc[3:]
    row = table.loc["x"]
    assert row["mean_treated"] == pytest.approx(one.mean(), abs=1e-12)
    assert row["sd_comparison"] == pytest.approx(other.std(), abs=1e-12)
    spread = one.var() + other.var()
    assert row["standardized_difference"] == pytest.approx((one.mean() - other.mean()) / np.sqrt(spread / 2), abs=1e-12)
    assert row["normalized_difference"] == pytest.approx((one.mean() - other.mean()) / np.sqrt(spread), abs=1e-12)
    assert row["variance_ratio"] == pytest.approx(one.var() / other.var(), abs=1e-12)
    assert (row["n_treated"], row["n_comparison"]) == (3, 9)


def test_balance_reads_base_periods_alone_where_they_are_declared_and_no_excluded_one(toy):
    base = yd.balance(toy, yd.Design("y", base_periods=(4,)), ["y"])
    at_four = toy.frame[toy.frame["time"] == 4]
    assert base["mean_treated"][0] == pytest.approx(at_four[at_four["cohort"] < 99]["y"].mean(), abs=1e-12)
    changed = toy.assign(y=toy.frame["y"] + 9 * (toy.frame["time"] == 5) * (toy.frame["cohort"] < 99))
    design = yd.Design("y", exclude_periods=(5,))
    pd.testing.assert_frame_equal(yd.balance(toy, design, ["y"]), yd.balance(changed, design, ["y"]))
    ahead = yd.Design("y", anticipation=1)
    pd.testing.assert_frame_equal(yd.balance(toy, ahead, ["y"]), yd.balance(changed, ahead, ["y"]))


def test_equal_weights_change_nothing_and_doubled_units_count_double(toy):
    plain = yd.balance(toy, DESIGN, ["x"])
    even = yd.balance(toy.assign(w=2.0), yd.Design("y", weights="w"), ["x"])
    pd.testing.assert_frame_equal(plain, even)
    heavy = yd.balance(toy.assign(w=np.where(toy.frame["unit"] == "u00", 2.0, 1.0)), yd.Design("y", weights="w"), ["x"])
    means = toy.frame[toy.frame["time"] < 6].groupby("unit")["x"].mean()
    assert heavy["mean_treated"][0] == pytest.approx(np.average(means.iloc[:3], weights=[2, 1, 1]), abs=1e-12)


def test_missing_values_leave_the_unit_and_the_count_tells(toy):
    holed = toy.assign(x=toy.frame["x"].mask(toy.frame["unit"] == "u05"))
    assert yd.balance(holed, DESIGN, ["x"])["n_comparison"].tolist() == [8]
    single = yd.balance(make_toy(n_treated=1), DESIGN, ["x"])
    assert np.isnan(single["standardized_difference"][0])
    assert np.isfinite(single["mean_treated"][0])


def test_units_treated_throughout_take_no_part(toy):
    always = toy.assign(cohort=toy.frame["cohort"].mask(toy.frame["unit"] == "u11", 1.0))
    assert yd.balance(always, DESIGN, ["x"])["n_comparison"].tolist() == [8]


@pytest.mark.parametrize(
    ("covariates", "words"),
    [([], "name the covariates"), ("x", "several names"), (["gdp"], "no column"), (["group"], "must hold numbers")],
)
def test_covariates_that_cannot_be_compared_are_refused(toy, covariates, words):
    with pytest.raises(yd.DesignError, match=words):
        yd.balance(toy, DESIGN, covariates)


def test_infinite_or_absent_covariates_are_refused(toy):
    with pytest.raises(yd.DesignError, match="infinite"):
        yd.balance(toy.assign(x=np.inf), DESIGN, ["x"])
    lost = toy.assign(x=toy.frame["x"].mask(toy.frame["cohort"] < 99))
    with pytest.raises(yd.DesignError, match="no value before treatment"):
        yd.balance(lost, DESIGN, ["x"])


def test_a_rung_is_the_estimate_of_its_pool(toy):
    east = toy.assign(east=(toy.frame["lon"] > 115) | np.isfinite(toy.frame["cohort"]))
    table = yd.control_pool_ladder(east, DESIGN, {"all": None, "east": "east"}, yd.twfe, seed=1, draws=99)
    assert table["rung"].tolist() == ["all", "east", "other groups", "same group", "without neighbors"]
    for rung, pool in (("all", None), ("east", "east")):
        design = yd.Design("y", pool=pool)
        row = table.set_index("rung").loc[rung]
        assert row["estimate"] == pytest.approx(yd.twfe(east, design).coef[0], abs=1e-12)
        test = yd.permutation_test(yd.twfe, east, design, seed=1, draws=99)
        assert (row["rank"], row["n_compared"], row["conf_low"]) == (test.rank, len(test.draws), test.conf_low)
    again = yd.control_pool_ladder(east, DESIGN, {"all": None, "east": "east"}, yd.twfe, seed=1, draws=99)
    pd.testing.assert_frame_equal(table, again)


def test_the_rungs_that_follow_keep_the_right_units():
    toy = make_toy(n_units=16)
    frame = toy.frame
    halves = toy.assign(half=np.where(frame["unit"] < "u08", "west", "east"), pool=frame["unit"] != "u15")
    panel = yd.Panel.from_frame(halves.frame, unit="unit", time="time", location=("lon", "lat"), group="half")
    design = yd.Design("y", pool="pool")
    table = yd.control_pool_ladder(panel, design, {}, yd.twfe, seed=1, neighbor_km=300.0).set_index("rung")
    sample = yd.core.sample.draw_sample(panel, design)
    near = unit_distances(panel, sample)[:, :3].min(axis=1) <= 300
    kept = {
        "other groups": [u for u in sample.units if u >= "u08"],
        "same group": [u for u in sample.units if "u02" < u < "u08"],
        "without neighbors": [u for u, close in zip(sample.units, near, strict=True) if not close],
    }
    for rung, units in kept.items():
        part = frame[frame["unit"].isin([*units, "u00", "u01", "u02"])]
        direct = yd.twfe(yd.Panel.from_frame(part, unit="unit", time="time"), DESIGN)
        assert table.loc[rung, "estimate"] == pytest.approx(direct.coef[0], abs=1e-12)
        assert table.loc[rung, "n_comparison"] == len(units)


def test_a_rung_without_comparisons_says_so_and_a_wrong_pool_stops(toy):
    table = yd.control_pool_ladder(toy, DESIGN, {"all": None}, yd.twfe, seed=1, neighbor_km=5_000.0)
    row = table.set_index("rung").loc["without neighbors"]
    assert np.isnan(row["estimate"])
    assert "every unit of the rung is treated" in row["note"]
    nobody = toy.assign(empty=False)
    with pytest.raises(yd.DesignError, match="rung 'empty'"):
        yd.control_pool_ladder(nobody, DESIGN, {"empty": "empty"}, yd.twfe, seed=1)
    with pytest.raises(yd.DesignError, match="kilometers"):
        yd.control_pool_ladder(toy, DESIGN, {"all": None}, yd.twfe, seed=1, neighbor_km=0)


def test_a_panel_without_group_and_places_has_the_named_rungs_alone(toy):
    plain = yd.Panel.from_frame(toy.frame, unit="unit", time="time")
    table = yd.control_pool_ladder(plain, DESIGN, {"all": None}, yd.twfe, seed=1, draws=99)
    assert table["rung"].tolist() == ["all"]


def test_the_ladder_is_drawn_with_the_labels_of_the_caller(toy):
    table = yd.control_pool_ladder(toy, DESIGN, {"all": None}, yd.twfe, seed=1, neighbor_km=5_000.0)
    figure = yd.plot_ladder(table, labels={"same group": "Same province"})
    ticks = [t.get_text() for t in figure.drawing.axes[0].get_yticklabels()]
    assert ticks[2].startswith("Same province\n")
    assert ticks[3].endswith("no estimate")
    assert "Same province" in figure.alt
    with pytest.raises(yd.DesignError, match="lacks the columns"):
        yd.plot_ladder(table.drop(columns="rank"))
    with pytest.raises(yd.DesignError, match="nothing to draw"):
        yd.plot_ladder(table.assign(estimate=np.nan))
