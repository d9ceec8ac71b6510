"""Every branch of Assignment("auto") is taken, prints its reason, and compares what it says."""

import numpy as np
import pandas as pd
import pytest

import yrdecon as yd
from tests.unit.inference.grid import (
    COLUMNS,
    CORNERS,
    FIRST,
    ROWS,
    SCATTERED,
    SQUARE,
    country,
    placebo_test,
    staggered,
    unit,
)
from yrdecon.core.sample import draw_sample
from yrdecon.inference.assignments import admissible_assignments
from yrdecon.kernels.relocation import borders_between, distant_groups
from yrdecon.kernels.resample import all_shuffles


def grid_borders():
    right = [(unit(r, c), unit(r, c + 1)) for r in range(ROWS) for c in range(COLUMNS - 1)]
    down = [(unit(r, c), unit(r + 1, c)) for r in range(ROWS - 1) for c in range(COLUMNS)]
    return tuple(right + down)


def members(test):
    return [set(m.split(";")) for m in test.frames["placebos"]["members"]]


def position(name):
    return np.array([int(name[1]), int(name[3])])


def test_a_block_of_neighbors_is_compared_with_blocks():
    test = placebo_test(country({(0, 0), (0, 1), (1, 0), (1, 1)}))
    assert test.name == "permutation test, contiguous assignments"
    assert "tenth percentile of random sets" in test.notes[0]
    assert "averaged squared" in test.notes[1] or "average squared" in test.notes[1]


def test_distant_groups_are_moved_each():
    test = placebo_test(country(set(CORNERS)))
    assert test.name == "permutation test, relocated assignments"
    assert "they form 2 groups of neighbors" in test.notes[0]
    assert "groups of [2, 2] units" in test.notes[0]
    assert "average squared pre-period spread" in test.notes[1]
    assert members(test)[0] == {unit(*c) for c in CORNERS}
    assert len({frozenset(m) for m in members(test)}) == len(test.draws)
    for placebo in members(test):
        assert len(placebo) == 4
        places = np.array([position(name) for name in placebo])
        gaps = np.abs(places[:, None] - places[None]).sum(axis=2) + 9 * np.eye(4)
        assert (gaps.min(axis=1) == 1).all()
        assert gaps.max() >= 6 * 0.75


def test_many_ways_to_move_groups_are_drawn_with_a_seed():
    treated = {(0, 0), (0, 1), (0, 6), (0, 7), (4, 0), (4, 1), (4, 6), (4, 7)}
    one, two = (placebo_test(country(treated), yd.Assignment("relocated"), draws=200) for _ in range(2))
    assert "groups of [2, 2, 2, 2]" in one.notes[0]
    assert "drawn, seed 0" in one.notes[0]
    assert np.array_equal(one.draws, two.draws)
    assert len(one.draws) <= 201 < one.n_assignments


def test_scattered_units_are_exchanged_within_groups_by_t_statistics():
    test = placebo_test(country(set(SCATTERED)))
    assert test.name == "permutation test, free assignments"
    assert "scattered" in test.notes[0]
    assert "within each province" in test.notes[0]
    assert "t statistic" in test.notes[1]
    own = sorted(p[3] for p in members(test)[0])
    provinces = {tuple(sorted(int(m[3]) // 2 for m in placebo)) for placebo in members(test)}
    assert provinces == {tuple(sorted(int(c) // 2 for c in own))}


def test_scattered_units_without_groups_are_exchanged_within_terciles_of_their_level():
    panel = country({(0, 0), (4, 7)}, grouped=False)
    test = placebo_test(panel)
    assert "within terciles of the outcome in the base periods" in test.notes[0]
    level = panel.frame[panel.frame["year"] < FIRST].groupby("city")["y"].mean()
    tercile = pd.Series(np.searchsorted(np.quantile(level, [1 / 3, 2 / 3]), level), index=level.index)
    counts = {tuple(np.bincount(tercile[list(m)], minlength=3)) for m in members(test)}
    assert len(counts) == 1
    assert len(test.draws) < 40 * 39 / 2


def test_strata_that_leave_too_few_assignments_are_dropped():
    panel = country({(0, 0), (4, 7)})
    frame = panel.frame
    lonely = frame["city"].where(frame["city"].isin([unit(0, 0), unit(4, 7)]), "rest")
    panel = yd.Panel.from_frame(
        frame.assign(province=lonely), unit="city", time="year", location=("lon", "lat"), group="province"
    )
    test = placebo_test(panel)
    assert "within each province" not in test.notes[0]
    assert "within terciles" in test.notes[0]


def test_many_scattered_treated_units_make_the_test_a_check():
    treated = {(r, c) for r in range(ROWS) for c in range(COLUMNS) if (r + 2 * c) % 3 == 0}
    test = placebo_test(country(treated), draws=199)
    assert "this is the check" in test.notes[0]
    assert "wild_cluster_bootstrap" in test.notes[0]
    assert "CR2" in test.notes[0]
    assert len(test.draws) == 200


def test_one_treated_unit_is_compared_with_every_other_and_pointed_elsewhere():
    test = placebo_test(country({(2, 2)}))
    assert len(test.draws) == 40
    assert "ferman_pinto" in test.notes[0]
    assert "synthetic_control" in test.notes[0]
    assert test.notes[1] == "the statistic is the absolute estimate"


def test_scattered_staggered_adoption_moves_whole_cohorts_and_enumerates_few():
    panel = staggered(SCATTERED[1:], {(4, 3): 5.0})
    few = staggered(((0, 0), (4, 7)), {(0, 0): 5.0})
    exact = placebo_test(few)
    assert exact.n_assignments == len(exact.draws) == 40 * 39
    assert "several adoption dates" in exact.notes[0]
    assert "all 1,560 shuffles" in exact.notes[0]
    drawn = placebo_test(panel, draws=50)
    assert drawn.n_assignments == 40 * 39 * 38 * 37 // 6
    assert drawn.disjoint_sets is None
    assert len(drawn.draws) == 51


def test_shuffled_cohorts_of_neighbors_earn_a_rank_and_no_p_value():
    panel = staggered(SQUARE, {(0, 0): 5.0, (0, 1): 5.0})
    test = placebo_test(panel, yd.Assignment("cohorts"), draws=99)
    assert test.disjoint_sets == 40 // 6
    assert test.is_rank_only
    assert "the treated units are neighbors" in test.notes[0]


def test_borders_stand_for_coordinates():
    panel = country({(0, 0), (0, 1), (1, 0), (1, 1)}, located=False)
    test = placebo_test(panel, yd.Assignment("auto", adjacency=grid_borders()))
    assert test.name == "permutation test, contiguous assignments"
    assert "borders apart on average" in test.notes[0]
    for placebo in members(test):
        places = np.array([position(name) for name in placebo])
        assert np.abs(places - places.mean(axis=0)).max() < 3


def test_borders_are_counted_through_units_outside_the_pool():
    panel = country({(0, 0), (0, 1)}, located=False)
    panel = panel.assign(pool=~panel.frame["city"].str.endswith("c4"))
    sample = draw_sample(panel, yd.Design(outcome="y", pool="pool"))
    found = admissible_assignments(
        panel, sample, yd.Assignment("contiguous", adjacency=grid_borders()), draws=9, seed=0
    )
    assert len(found.cohorts) > 20
    near = borders_between(4, np.array([[0, 1], [1, 2]]))
    assert near.tolist() == [[0, 1, 2, 4], [1, 0, 1, 4], [2, 1, 0, 4], [4, 4, 4, 0]]


def test_units_without_borders_are_named():
    borders = tuple(pair for pair in grid_borders() if unit(4, 7) not in pair)
    with pytest.raises(yd.DesignError, match="r4c7"):
        placebo_test(country({(0, 0), (0, 1)}, located=False), yd.Assignment("auto", adjacency=borders))


@pytest.mark.parametrize("adjacency", ["ab", ("ab", "cd"), (("a", "b", "c"),), ()])
def test_borders_that_are_not_pairs_are_refused(adjacency):
    with pytest.raises(yd.DesignError, match="pairs of units"):
        yd.Assignment(adjacency=adjacency)


def test_without_places_units_are_exchanged_within_groups():
    test = placebo_test(country(set(CORNERS), located=False))
    assert "neither coordinates nor borders" in test.notes[0]
    assert "within each province" in test.notes[0]
    assert len(test.draws) == 45 * 45
    assert "t statistic" in test.notes[1]


def test_without_places_and_groups_independence_is_stated_as_an_assumption():
    test = placebo_test(country({(0, 0), (4, 7)}, located=False, grouped=False))
    assert "spatial correlation is assumed away" in test.notes[0]
    assert "t statistic" in test.notes[1]


def test_fewer_than_twenty_assignments_give_a_rank_alone():
    panel = country({(0, 0), (0, 1)}, located=False)
    small = panel.assign(pool=panel.frame["city"].isin([unit(0, c) for c in range(6)]))
    test = yd.permutation_test(yd.twfe, small, yd.Design(outcome="y", pool="pool"), seed=0)
    assert len(test.draws) == 15
    assert test.is_rank_only
    assert any("read the rank" in note for note in test.notes)


def test_an_estimator_without_errors_is_studentized_by_its_spread():
    panel = country({(0, 0), (2, 2)}, grouped=False, located=False)
    panel = panel.assign(pool=panel.frame["city"].str.contains("r[02]c[0-4]"))
    design = yd.Design(outcome="y", pool="pool")
    test = yd.permutation_test(yd.synthetic_did, panel, design, seed=0)
    assert len(test.draws) == 45
    assert "pre-period spread" in test.notes[1]


def test_errors_that_an_estimator_does_not_have_are_refused():
    panel = country({(2, 2)}).between(2, 5)
    with pytest.raises(yd.DesignError, match="no standard error"):
        placebo_test(panel, yd.Assignment("free"), estimator=yd.synthetic_did, studentize="cluster")


def test_errors_one_by_one_give_the_same_test_as_all_at_once():
    panel = country({(2, 2)})
    fast = placebo_test(panel, yd.Assignment("free"), studentize="cluster")
    slow = placebo_test(panel, yd.Assignment("free"), estimator=lambda p, d: yd.twfe(p, d), studentize="cluster")
    assert np.allclose(fast.draws, slow.draws, rtol=1e-9)
    assert (fast.conf_low, fast.conf_high) == pytest.approx((slow.conf_low, slow.conf_high), rel=1e-6)


def test_the_interval_of_t_statistics_holds_exactly_the_effects_that_are_not_rejected():
    panel = country({(0, 0), (3, 3)}, seed=3)
    test = placebo_test(panel, yd.Assignment("free"), studentize="cluster")
    own = panel.frame["year"] >= panel.frame["cohort"]
    for end, outward in ((test.conf_low, -1), (test.conf_high, 1)):
        for step, rejected in ((1e-5, True), (-1e-5, False)):
            shifted = panel.assign(y=panel.frame["y"] - (end + outward * step) * own)
            again = placebo_test(shifted, yd.Assignment("free"), studentize="cluster")
            assert (again.p_value <= 0.05) == rejected


@pytest.mark.parametrize("treated", [1, 5])
def test_t_statistics_and_estimates_agree_with_one_treated_unit_or_equal_groups(treated):
    rng = np.random.default_rng(4)
    rows = [(f"u{i}", t, rng.normal(), 3.0 if i < treated else np.inf) for i in range(10) for t in range(5)]
    panel = yd.Panel.from_frame(pd.DataFrame(rows, columns=["u", "t", "y", "cohort"]), unit="u", time="t")
    plain, studentized = (placebo_test(panel, yd.Assignment("free"), studentize=s) for s in ("none", "cluster"))
    assert plain.p_value == studentized.p_value
    order = np.argsort(plain.draws, kind="stable")
    assert (np.diff(studentized.draws[order]) >= -1e-9).all()


def test_t_statistics_do_not_change_with_scale_level_unit_or_time_effects():
    panel = country({(0, 0), (3, 3)})
    frame = panel.frame
    moved = panel.assign(y=5 - 3 * frame["y"] + 2 * frame["lon"] + np.sin(frame["year"]))
    one, two = (placebo_test(p, yd.Assignment("free"), studentize="cluster") for p in (panel, moved))
    assert one.p_value == two.p_value
    assert np.allclose(one.draws, two.draws, rtol=1e-7)


def test_shuffles_of_values_are_all_distinct_and_keep_groups():
    groups, values = np.array([0, 0, 0, 1, 1]), np.array([2.0, 3.0, np.inf, 2.0, np.inf])
    found = all_shuffles(groups, values)
    assert len(found) == 6 * 2 == len({tuple(row) for row in found})
    assert {tuple(sorted(row[:3])) for row in found} == {(2.0, 3.0, np.inf)}
    assert {tuple(sorted(row[3:])) for row in found} == {(2.0, np.inf)}


def test_distant_groups_are_cut_at_the_largest_jump():
    x = np.array([0.0, 1.0, 2.5, 20.0, 21.0, 50.0])
    groups = distant_groups(np.abs(x[:, None] - x))
    assert [set(np.flatnonzero(groups == g)) for g in dict.fromkeys(groups)] == [{0, 1, 2}, {3, 4}, {5}]
    assert distant_groups(np.zeros((2, 2))).tolist() == [0, 1]
