from itertools import combinations

import numpy as np
import pytest
from conftest import make_toy

import yrdecon as yd

DESIGN = yd.Design(outcome="y")
FREE = yd.Assignment("free")


def brute_force(panel):
    wide = panel.frame.pivot_table(index="unit", columns="time", values="y")
    change = (wide.loc[:, 6:].mean(axis=1) - wide.loc[:, :5].mean(axis=1)).to_numpy()
    treated = (panel.frame.groupby("unit")["cohort"].first() < 99).to_numpy()
    n = len(change)
    found = []
    for chosen in combinations(range(n), treated.sum()):
        inside = np.isin(np.arange(n), chosen)
        found.append(abs(change[inside].mean() - change[~inside].mean()))
    actual = abs(change[treated].mean() - change[~treated].mean())
    return np.mean(np.array(found) >= actual * (1 - 1e-12)), len(found)


@pytest.mark.parametrize("seed", range(4))
def test_enumeration_equals_brute_force(seed):
    panel = make_toy(n_units=8, effect=0.5, seed=seed)
    test = yd.permutation_test(yd.twfe, panel, DESIGN, FREE, seed=0)
    p_value, count = brute_force(panel)
    assert test.p_value == pytest.approx(p_value, abs=1e-15)
    assert test.n_assignments == len(test.draws) == count


def test_p_values_are_multiples_of_one_over_the_number_of_assignments(toy):
    test = yd.permutation_test(yd.twfe, toy, DESIGN, FREE, seed=0)
    assert test.p_value * 220 == pytest.approx(round(test.p_value * 220), abs=1e-9)
    assert test.p_value == test.rank / 220
    assert test.smallest_p_value == 1 / 220


def test_the_p_value_does_not_change_with_scale_level_unit_or_time_effects(toy):
    frame = toy.frame
    moved = toy.assign(y=5 - 3 * frame["y"] + frame["lon"] + np.sin(frame["time"]))
    one = yd.permutation_test(yd.twfe, toy, DESIGN, FREE, seed=0)
    two = yd.permutation_test(yd.twfe, moved, DESIGN, FREE, seed=0)
    assert one.p_value == two.p_value


def test_the_interval_holds_exactly_the_effects_that_are_not_rejected(toy):
    test = yd.permutation_test(yd.twfe, toy, DESIGN, FREE, seed=0)
    own = toy.frame["time"] >= toy.frame["cohort"]
    for end, outward in ((test.conf_low, -1), (test.conf_high, 1)):
        for step, rejected in ((1e-6, True), (-1e-6, False)):
            shifted = toy.assign(y=toy.frame["y"] - (end + outward * step) * own)
            again = yd.permutation_test(yd.twfe, shifted, DESIGN, FREE, seed=0)
            assert (again.p_value <= 0.05) == rejected


def test_an_interval_that_too_few_assignments_cannot_bound_is_infinite():
    test = yd.permutation_test(yd.twfe, make_toy(n_units=6, n_treated=1), DESIGN, FREE, seed=0)
    assert (test.conf_low, test.conf_high) == (-np.inf, np.inf)
    assert test.is_rank_only
    assert "\np-value" not in repr(test)
    assert "placebo rank" in repr(test)


def test_the_interval_of_a_nonlinear_estimator_is_found_by_search(toy):
    options = {"assignment": yd.Assignment("contiguous"), "seed": 0, "studentize": "none"}
    test = yd.permutation_test(yd.synthetic_did, toy, DESIGN, level=0.8, **options)
    own = toy.frame["time"] >= toy.frame["cohort"]
    inside = (test.conf_low + 0.05, test.conf_high - 0.05)
    outside = (test.conf_low - 0.05, test.conf_high + 0.05)
    for effects, rejected in ((inside, False), (outside, True)):
        for effect in effects:
            shifted = toy.assign(y=toy.frame["y"] - effect * own)
            again = yd.permutation_test(yd.synthetic_did, shifted, DESIGN, **options)
            assert (again.p_value < 0.2 + 1e-9) == rejected


def test_sampled_assignments_follow_the_seed_and_count_the_actual_one():
    panel = make_toy(n_units=40, n_treated=8)
    options = {"assignment": FREE, "draws": 199}
    one, two = (yd.permutation_test(yd.twfe, panel, DESIGN, seed=5, **options) for _ in range(2))
    other = yd.permutation_test(yd.twfe, panel, DESIGN, seed=6, **options)
    assert np.array_equal(one.draws, two.draws)
    assert not np.array_equal(one.draws, other.draws)
    assert len(one.draws) == 200
    assert one.smallest_p_value == 1 / 200
    assert one.n_assignments == 76_904_685


def test_within_keeps_the_number_treated_in_every_group(toy):
    test = yd.permutation_test(yd.twfe, toy, DESIGN, yd.Assignment("free", within="group"), seed=0)
    groups = toy.frame.groupby("unit")["group"].first()
    counts = {tuple(sorted(groups[m.split(";")])) for m in test.frames["placebos"]["members"]}
    assert counts == {("even", "even", "odd")}
    assert len(test.draws) == 15 * 6


def test_neighbors_are_recognized_and_compared_with_blocks(toy):
    test = yd.permutation_test(yd.twfe, toy, DESIGN, seed=0)
    assert test.name.endswith("contiguous assignments")
    assert "km apart" in test.notes[0]
    assert test.disjoint_sets <= 4
    assert test.is_rank_only


def test_scattered_treated_units_are_compared_with_any_set():
    panel = make_toy(n_units=20, n_treated=4)
    scattered = {"u00", "u06", "u12", "u19"}
    panel = panel.assign(cohort=np.where(panel.frame["unit"].isin(scattered), 6.0, np.inf))
    assert yd.permutation_test(yd.twfe, panel, DESIGN, seed=0).name.endswith("free assignments")


def test_without_coordinates_the_assumption_is_stated(toy):
    panel = yd.Panel.from_frame(toy.frame, unit="unit", time="time")
    test = yd.permutation_test(yd.twfe, panel, DESIGN, seed=0)
    assert "spatial correlation is assumed away" in test.notes[0]
    with pytest.raises(yd.DesignError, match="declare location"):
        yd.permutation_test(yd.twfe, panel, DESIGN, yd.Assignment("contiguous"), seed=0)


def test_free_permutation_of_neighbors_is_warned_of(toy):
    test = yd.permutation_test(yd.twfe, toy, DESIGN, FREE, seed=0)
    assert any("neighbors" in note for note in test.notes)


def test_missing_coordinates_are_named(toy):
    panel = toy.assign(lon=toy.frame["lon"].mask(toy.frame["unit"] == "u09"))
    with pytest.raises(yd.DesignError, match="u09"):
        yd.permutation_test(yd.twfe, panel, DESIGN, seed=0)


def test_staggered_adoption_shuffles_whole_cohorts(toy):
    start = {"u00": 4.0, "u01": 6.0, "u02": 6.0}
    panel = toy.assign(cohort=toy.frame["unit"].map(start).fillna(np.inf))
    test = yd.permutation_test(yd.twfe, panel, DESIGN, yd.Assignment("cohorts"), seed=0, draws=99)
    assert test.n_assignments == 12 * 55
    assert "adoption dates kept" in test.notes[0]


def test_one_treated_unit_is_compared_with_every_other():
    test = yd.permutation_test(yd.synthetic_did, make_toy(n_treated=1), DESIGN, seed=0)
    assert len(test.draws) == 12


def test_half_shrunk_statistics_use_the_spread_before_treatment(toy):
    design = yd.Design(outcome="y", base_periods=(5,))
    test = yd.permutation_test(yd.twfe, toy, design, yd.Assignment("contiguous"), seed=0)
    table = test.frames["placebos"]
    scale = np.sqrt((table["spread"] ** 2 + (table["spread"] ** 2).mean()) / 2)
    assert np.allclose(table["statistic"], table["estimate"].abs() / scale)
    wide = toy.frame.pivot_table(index="unit", columns="time", values="y")
    treated = toy.frame.groupby("unit")["cohort"].first() < 99
    gap = wide[treated].mean() - wide[~treated].mean()
    assert table["spread"][0] == pytest.approx(np.sqrt(((gap[[1, 2, 3, 4]] - gap[5]) ** 2).mean()), abs=1e-12)


def test_without_other_periods_before_treatment_nothing_is_studentized(toy):
    panel = toy.between(5, 8)
    test = yd.permutation_test(yd.twfe, panel, yd.Design(outcome="y", base_periods=(5,)), seed=0)
    assert any("not studentized" in note for note in test.notes)


def test_an_estimator_with_several_coefficients_is_refused_with_the_way_out(toy):
    with pytest.raises(yd.DesignError, match="average"):
        yd.permutation_test(yd.event_study, toy, DESIGN, FREE, seed=0)
    first = yd.permutation_test(lambda p, d: yd.average(yd.event_study(p, d), 0, 0), toy, DESIGN, FREE, seed=0)
    assert first.n_assignments == 220


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"studentize": "maybe"}, "studentize"),
        ({"draws": 0}, "draws"),
        ({"level": 95}, "level"),
        ({"assignment": yd.Assignment("free", within="nowhere")}, "nowhere"),
        ({"assignment": yd.Assignment("free", within="x")}, "one value in every unit"),
    ],
)
def test_wrong_options_are_refused_in_words(toy, options, words):
    with pytest.raises(yd.DesignError) as error:
        yd.permutation_test(yd.twfe, toy, DESIGN, **({"assignment": FREE, "seed": 0} | options))
    assert words in str(error.value)


def test_excluded_units_are_never_placebo_treated(toy):
    panel = toy.assign(keep_out=toy.frame["unit"].isin(["u10", "u11"]))
    test = yd.permutation_test(yd.twfe, panel, DESIGN, yd.Assignment("free", exclude="keep_out"), seed=0)
    assert len(test.draws) == 120
    assert not test.frames["placebos"]["members"].str.contains("u10|u11").any()
    own = panel.assign(keep_out=panel.frame["unit"] == "u00")
    with pytest.raises(yd.DesignError, match="u00"):
        yd.permutation_test(yd.twfe, own, DESIGN, yd.Assignment("free", exclude="keep_out"), seed=0)


def test_free_permutation_holds_its_size_when_units_are_exchangeable():
    rejected = [
        yd.permutation_test(yd.twfe, make_toy(n_units=10, effect=0.0, seed=s), DESIGN, FREE, seed=0).p_value <= 0.05
        for s in range(200)
    ]
    assert np.mean(rejected) < 0.10
