import numpy as np
import pandas as pd
import pytest
from conftest import make_toy

import yrdecon as yd
from yrdecon.core.estimator import estimate_assignments
from yrdecon.core.sample import draw_sample
from yrdecon.diagnostics.one_effect import one_effect
from yrdecon.diagnostics.placebo_dates import move_back, placebo_shifts

DESIGN = yd.Design(outcome="y")
LONG = yd.Design(outcome="y", base_periods=(9,), exclude_periods=(10,))
FREE = yd.Assignment("free")
STAGGERED = yd.Design(outcome="y", cohort="start")


@pytest.fixture
def long():
    return make_toy(n_periods=12, first=11)


@pytest.fixture
def staggered():
    toy = make_toy(n_units=14, n_treated=4, n_periods=10)
    start = {"u00": 7.0, "u01": 7.0, "u02": 8.0, "u03": 8.0}
    return toy.assign(start=toy.frame["unit"].map(start).fillna(np.inf))


def test_a_design_moved_back_by_zero_is_itself(long):
    moved, design = move_back(long, LONG, 0)
    assert moved is long
    assert design is LONG


def test_a_moved_design_is_the_same_design_on_earlier_data(long):
    moved, design = move_back(long, LONG, 3)
    assert (design.base_periods, design.exclude_periods) == ((6,), (7,))
    wide = long.frame.pivot_table(index="unit", columns="time", values="y")
    change = wide[[8, 9]].mean(axis=1) - wide[6]
    treated = np.isfinite(long.frame.groupby("unit")["cohort"].first())
    expected = change[treated].mean() - change[~treated].mean()
    assert yd.twfe(moved, design).coef[0] == pytest.approx(expected, abs=1e-12)


def test_no_treated_row_and_no_excluded_period_enters_a_moved_design(long):
    for back in placebo_shifts(yd.twfe, long, LONG):
        moved, design = move_back(long, LONG, back)
        used = draw_sample(moved, design)
        assert used.periods[-1] < 10
        assert used.first_treated_period == 11 - back
    changed = long.assign(y=long.frame["y"] + 50 * long.frame["lat"] * (long.frame["time"] >= 10))
    tables = [yd.placebo_time(yd.twfe, p, LONG, FREE, seed=1, draws=99) for p in (long, changed)]
    pd.testing.assert_frame_equal(tables[0].iloc[1:], tables[1].iloc[1:])
    assert tables[0]["estimate"][0] != tables[1]["estimate"][0]


def test_an_excluded_period_stays_excluded_where_the_design_moves_over_it(long):
    design = yd.Design(outcome="y", exclude_periods=(5,))
    moved = move_back(long, design, 4)[1]
    assert moved.exclude_periods == (1, 5)


def test_a_design_cannot_move_beyond_its_base_periods(long):
    with pytest.raises(yd.DesignError, match="base periods \\[-1\\]"):
        move_back(long, LONG, 10)
    with pytest.raises(yd.DesignError, match="0 or more"):
        move_back(long, LONG, -1)


def test_placebo_time_holds_the_actual_design_and_every_date(long):
    table = yd.placebo_time(yd.twfe, long, LONG, FREE, seed=1, draws=99)
    assert table["periods_back"].tolist() == [0, 3, 4, 5, 6, 7, 8]
    assert table["date"].tolist() == [11, 8, 7, 6, 5, 4, 3]
    assert (table["n_treated_periods"] == 2).all()
    actual = yd.permutation_test(yd.twfe, long, LONG, FREE, seed=1, draws=99)
    first = table.iloc[0]
    assert (first["estimate"], first["rank"], first["p_value"]) == (actual.estimate, actual.rank, actual.p_value)
    pd.testing.assert_frame_equal(table, yd.placebo_time(yd.twfe, long, LONG, FREE, seed=1, draws=99))


def test_a_shorter_placebo_treatment_is_told(long):
    table = yd.placebo_time(yd.twfe, long, DESIGN, FREE, seed=1, draws=99, periods_back=[1])
    assert table["n_treated_periods"].tolist() == [2, 1]
    with pytest.raises(yd.DesignError, match="1 or more"):
        yd.placebo_time(yd.twfe, long, DESIGN, seed=1, periods_back=[0])


def test_a_p_value_is_left_out_where_only_a_rank_is_earned(toy):
    table = yd.placebo_time(yd.twfe, toy, DESIGN, yd.Assignment("contiguous"), seed=1, periods_back=[2])
    assert table["p_value"].isna().all()
    assert table["rank"].notna().all()


def test_a_panel_too_short_for_placebo_dates_is_refused_with_the_way_out(toy):
    short = toy.between(5, 8)
    with pytest.raises(yd.DesignError, match="periods_back"):
        yd.placebo_time(yd.twfe, short, DESIGN, seed=1)
    with pytest.raises(yd.DesignError, match="placebo_space"):
        yd.placebo_mixed(yd.twfe, short, DESIGN, seed=1)


@pytest.mark.parametrize("assignment", [None, FREE])
def test_placebo_space_is_the_permutation_test(toy, assignment):
    test = yd.placebo_space(yd.twfe, toy, DESIGN, assignment, seed=3, draws=99)
    same = yd.permutation_test(yd.twfe, toy, DESIGN, assignment, seed=3, draws=99)
    assert (test.p_value, test.estimate, test.conf_low, test.conf_high) == (
        same.p_value,
        same.estimate,
        same.conf_low,
        same.conf_high,
    )
    placebos = test.frames["placebos"]
    pd.testing.assert_frame_equal(placebos.drop(columns="n_shared"), same.frames["placebos"])
    shared = [len(set(m.split(";")) & {"u00", "u01", "u02"}) for m in placebos["members"]]
    assert placebos["n_shared"].tolist() == shared
    assert placebos["n_shared"][0] == 3


def test_the_mixed_placebo_pools_the_estimates_of_every_date(long):
    test = yd.placebo_mixed(yd.twfe, long, LONG, yd.Assignment("contiguous"), seed=1)
    placebos = test.frames["placebos"]
    shifts = placebo_shifts(yd.twfe, long, LONG)
    assert sorted(placebos["date"].unique()) == sorted(11 - b for b in (0, *shifts))
    moved, design = move_back(long, LONG, 4)
    own = yd.permutation_test(yd.twfe, moved, design, yd.Assignment("contiguous"), seed=1)
    at_date = placebos.loc[placebos["date"] == 7, "estimate"]
    np.testing.assert_allclose(at_date, own.frames["placebos"]["estimate"], atol=1e-12)
    assert test.estimate == pytest.approx(yd.twfe(long, LONG).coef[0], abs=1e-12)
    assert test.p_value == np.mean(placebos["estimate"].abs() >= abs(test.estimate) - 1e-12)
    assert placebos["actual"].tolist() == [True] + [False] * (len(placebos) - 1)


def test_the_mixed_placebo_draws_as_many_as_asked_and_the_same_for_a_seed(long):
    one, two, other = (yd.placebo_mixed(yd.twfe, long, LONG, FREE, seed=s, draws=200) for s in (1, 1, 2))
    assert np.array_equal(one.draws, two.draws)
    assert one.disjoint_sets is None
    # up to two million sets are enumerated: 220 at each of 7 dates
    assert len(one.draws) == 7 * 220 == one.n_assignments == len(other.draws)
    with pytest.raises(yd.DesignError, match="draws=0"):
        yd.placebo_mixed(yd.twfe, long, LONG, seed=1, draws=0)


def test_cohorts_get_random_dates_in_their_order(staggered):
    one, two, other = (yd.placebo_mixed(yd.twfe, staggered, STAGGERED, seed=s, draws=99) for s in (1, 1, 2))
    assert np.array_equal(one.draws, two.draws)
    assert not np.array_equal(one.draws, other.draws)
    placebos = one.frames["placebos"]
    assert len(placebos) == 100
    assert placebos["date"].between(2, 9).all()
    assert placebos["date"].nunique() > 4
    assert (placebos["members"].str.count(";") == 3).all()
    assert one.estimate == pytest.approx(yd.twfe(staggered, STAGGERED).coef[0], abs=1e-12)
    with pytest.raises(yd.DesignError, match="calendar years"):
        yd.placebo_mixed(yd.twfe, staggered, yd.Design("y", cohort="start", base_periods=(6,)), seed=1)


def test_an_unaffected_outcome_is_the_design_with_that_outcome(toy):
    table = yd.placebo_external(yd.twfe, toy, DESIGN, FREE, seed=1, draws=99, outcomes=["x"])
    direct = yd.permutation_test(yd.twfe, toy, yd.Design(outcome="x"), FREE, seed=1, draws=99)
    row = table.set_index("name").loc["x"]
    assert (row["estimate"], row["rank"], row["p_value"]) == (direct.estimate, direct.rank, direct.p_value)
    assert table["kind"].tolist() == ["actual", "outcome"]


def test_an_unaffected_group_takes_the_place_of_the_treated_who_leave(toy):
    marked = toy.assign(far=toy.frame["unit"].isin(["u10", "u11"]))
    table = yd.placebo_external(yd.twfe, marked, DESIGN, FREE, seed=1, draws=99, groups=["far"])
    rest = toy.frame[~toy.frame["unit"].isin(["u00", "u01", "u02"])]
    rest = rest.assign(cohort=np.where(rest["unit"].isin(["u10", "u11"]), 6.0, np.inf))
    direct = yd.twfe(yd.Panel.from_frame(rest, unit="unit", time="time"), DESIGN)
    assert table["estimate"][1] == pytest.approx(direct.coef[0], abs=1e-12)
    assert table["n_treated"].tolist() == [3, 2]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({}, "name outcomes or groups"),
        ({"outcomes": "x"}, "several names"),
        ({"outcomes": ["y"]}, "is the outcome of the design"),
        ({"groups": ["near"]}, "holds the treated units"),
        ({"groups": ["nobody"]}, "no unit in the pool"),
        ({"groups": ["absent"]}, "no column"),
    ],
)
def test_an_external_placebo_that_makes_no_sense_is_refused(toy, options, words):
    frame = toy.frame
    marked = toy.assign(near=frame["unit"].isin(["u00", "u05"]), nobody=False)
    with pytest.raises(yd.YrdeconError, match=words):
        yd.placebo_external(yd.twfe, marked, DESIGN, seed=1, **options)


def test_a_group_without_dates_is_refused_with_staggered_adoption(staggered):
    marked = staggered.assign(far=staggered.frame["unit"] == "u13")
    with pytest.raises(yd.DesignError, match="dates of its own"):
        yd.placebo_external(yd.twfe, marked, STAGGERED, seed=1, groups=["far"])


OTHER_DESIGNS = {"dose_response", "triple_difference"}
SLOW = {"interactive_fe", "matrix_completion", "spatial_did"}


@pytest.mark.parametrize("name", sorted(set(yd.ESTIMATORS) - OTHER_DESIGNS - SLOW))
def test_every_estimator_has_placebos_in_time_and_space(name, long):
    function = yd.ESTIMATORS[name].function
    blocks = yd.Assignment("contiguous")
    test = yd.placebo_space(function, long, DESIGN, blocks, seed=1)
    assert np.isfinite(test.draws).all()
    table = yd.placebo_time(function, long, DESIGN, blocks, seed=1, periods_back=[4])
    assert np.isfinite(table["estimate"]).all()
    assert table["estimate"][0] == pytest.approx(test.estimate, abs=1e-12)


@pytest.mark.parametrize("name", sorted(SLOW))
def test_a_slow_estimator_can_be_moved_back_and_summarized(name, long):
    function = yd.ESTIMATORS[name].function
    moved, design = move_back(long, DESIGN, 4)
    assert np.isfinite(one_effect(function, moved, design)(moved, design).coef).tolist() == [True]


def test_many_effects_are_summarized_in_one(toy):
    dynamic = yd.event_study(toy, DESIGN)
    assert one_effect(yd.event_study, toy, DESIGN)(toy, DESIGN).coef[0] == pytest.approx(
        yd.average(dynamic, 0, 2).coef[0], abs=1e-12
    )
    by_cohort = yd.callaway_santanna(toy, DESIGN)
    assert one_effect(yd.callaway_santanna, toy, DESIGN)(toy, DESIGN).coef[0] == pytest.approx(
        yd.aggregate(by_cohort, None).coef[0], abs=1e-12
    )
    assert one_effect(yd.twfe, toy, DESIGN) is yd.twfe
    sample = draw_sample(toy, DESIGN)
    single = one_effect(yd.event_study, toy, DESIGN)
    assert estimate_assignments(single, toy, DESIGN, sample.cohort[None, :]).shape == (1, 1)


def test_an_excluded_period_after_treatment_stays_out_of_the_summary(toy):
    design = yd.Design(outcome="y", exclude_periods=(7,))
    dynamic = yd.event_study(toy, design)
    used = dynamic.coef[np.isin(dynamic.cells["event_time"], [0, 2])].mean()
    assert one_effect(yd.event_study, toy, design)(toy, design).coef[0] == pytest.approx(used, abs=1e-12)
