"""Every branch of Assignment("auto") is taken, prints its reason, and compares what it says."""

import numpy as np
import pandas as pd
import pytest

import yrdecon as yd
from yrdecon.core.estimator import estimate_one_by_one
from yrdecon.core.sample import draw_sample
from yrdecon.inference.assignments import admissible_assignments
from yrdecon.kernels.block_matching import match_places
from yrdecon.kernels.relocation import borders_between, distant_groups
from yrdecon.kernels.resample import all_shuffles

DESIGN = yd.Design(outcome="y")
ROWS, COLUMNS, PERIODS, FIRST = 5, 8, 6, 4
CORNERS = ((0, 0), (0, 1), (4, 6), (4, 7))
SQUARE = ((0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2))
SCATTERED = ((0, 0), (4, 3), (0, 7), (2, 5), (4, 0))


def unit(row, column):
    return f"r{row}c{column}"


def country(treated, *, located=True, grouped=True, seed=0):
    """A grid of 40 cities in four provinces, two columns wide each."""
    noise = np.random.default_rng(seed).normal(size=(ROWS, COLUMNS, PERIODS))
    rows = [
        (unit(r, c), t + 1, noise[r, c, t] + 0.3 * r, FIRST if (r, c) in treated else np.inf, 100.0 + c, 30.0 + r)
        for r in range(ROWS)
        for c in range(COLUMNS)
        for t in range(PERIODS)
    ]
    frame = pd.DataFrame(rows, columns=["city", "year", "y", "cohort", "lon", "lat"])
    frame["province"] = "p" + (frame["city"].str[-1].astype(int) // 2).astype(str)
    return yd.Panel.from_frame(
        frame,
        unit="city",
        time="year",
        location=("lon", "lat") if located else None,
        group="province" if grouped else None,
    )


def staggered(treated, later, seed=0):
    """The same grid with some cities treated at another date."""
    panel = country(set(treated), seed=seed)
    dates = panel.frame["city"].map({unit(*place): date for place, date in later.items()})
    return panel.assign(cohort=dates.fillna(panel.frame["cohort"]))


def long_country(treated):
    """The grid three times side by side, so that ten disjoint blocks have room in each row of provinces."""
    parts = []
    for shift in range(3):
        part = country(treated if shift == 0 else set(), seed=shift).frame
        labels = {"city": part["city"] + f"k{shift}", "province": part["province"] + f"k{shift}"}
        parts.append(part.assign(lon=part["lon"] + COLUMNS * shift, **labels))
    frame = pd.concat(parts, ignore_index=True)
    return yd.Panel.from_frame(frame, unit="city", time="year", location=("lon", "lat"), group="province")


def compared(panel, assignment=None, draws=999):
    sample = draw_sample(panel, DESIGN)
    return admissible_assignments(panel, sample, assignment or yd.Assignment(), draws=draws, seed=0)


def grid_borders():
    right = [(unit(r, c), unit(r, c + 1)) for r in range(ROWS) for c in range(COLUMNS - 1)]
    down = [(unit(r, c), unit(r + 1, c)) for r in range(ROWS - 1) for c in range(COLUMNS)]
    return tuple(right + down)


def placebo_test(panel, assignment=None, estimator=yd.twfe, **options):
    return yd.permutation_test(estimator, panel, DESIGN, assignment, seed=0, **options)


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


def test_neighbors_that_adopt_at_several_dates_are_compared_with_blocks_that_carry_the_dates():
    panel = staggered(SQUARE, {(0, 0): 5.0, (0, 1): 5.0})
    found = compared(panel)
    assert (found.kind, found.studentize) == ("contiguous", "half")
    assert "adoption dates placed as far from each other as they are" in found.reason
    assert found.n_admissible == len(found.cohorts) == len({tuple(row) for row in found.cohorts})
    assert np.array_equal(found.cohorts[0], draw_sample(panel, DESIGN).cohort)
    assert {tuple(sorted(row[np.isfinite(row)])) for row in found.cohorts} == {(4.0,) * 4 + (5.0,) * 2}
    blocks = compared(country(set(SQUARE)), yd.Assignment("contiguous"))
    assert np.array_equal(np.isfinite(found.cohorts), np.isfinite(blocks.cohorts))
    assert found.disjoint_sets == blocks.disjoint_sets
    assert np.array_equal(compared(panel, yd.Assignment("contiguous")).cohorts, found.cohorts)


@pytest.mark.parametrize("size", [2, 5, 12])
def test_a_turned_and_mirrored_block_takes_every_unit_at_its_place(size):
    rng = np.random.default_rng(size)
    places, order = rng.normal(size=(size, 2)), rng.permutation(size)
    moved = 3.0 + 2.0 * (places @ np.array([[0.0, 1.0], [1.0, 0.0]]))[order]
    own, other = (np.linalg.norm(p[:, None] - p, axis=2) for p in (places, moved))
    found = match_places(own, other)
    assert np.allclose(other[np.ix_(found, found)], 2.0 * own)
    if size > 2:
        assert order[found].tolist() == list(range(size))


def test_the_p_value_of_neighbors_with_several_dates_is_the_share_of_blocks_and_ignores_scale_and_level():
    panel = staggered(SQUARE, {(0, 0): 5.0, (0, 1): 5.0})
    test, found = placebo_test(panel, studentize="none"), compared(panel)
    one_by_one = np.abs(estimate_one_by_one(yd.twfe, panel, DESIGN, found.cohorts)[:, 0])
    assert test.draws == pytest.approx(one_by_one, rel=1e-9)
    assert test.p_value == np.mean(one_by_one >= one_by_one[0] * (1 - 1e-12))
    frame = panel.frame
    moved = panel.assign(y=5 - 3 * frame["y"] + 2 * frame["lon"] + np.sin(frame["year"]))
    for kind in ("none", "half", "full"):
        one, two = (placebo_test(p, studentize=kind) for p in (panel, moved))
        assert one.p_value == two.p_value
        assert (two.conf_low, two.conf_high) == pytest.approx((-3 * one.conf_high, -3 * one.conf_low), rel=1e-3)


@pytest.mark.parametrize("estimator", [yd.twfe, yd.synthetic_did, yd.synthetic_control])
def test_every_batch_kernel_takes_blocks_with_several_dates(estimator):
    panel = staggered(((1, 2), (1, 3), (2, 2), (2, 3)), {(1, 2): 5.0, (1, 3): 5.0})
    test = placebo_test(panel, estimator=estimator)
    assert np.isfinite(test.draws).all()
    assert "average squared pre-period spread" in test.notes[1]
    if estimator is yd.twfe:
        alone = placebo_test(panel, estimator=lambda p, d: yd.twfe(p, d))
        assert alone.draws == pytest.approx(test.draws, rel=1e-9)


def test_the_interval_with_several_dates_holds_exactly_the_effects_that_are_not_rejected():
    panel = staggered(((0, 0), (0, 1), (1, 0), (1, 1)), {(0, 0): 5.0, (0, 1): 5.0}, seed=3)
    panel = panel.assign(y=panel.frame["y"] + 6.0 * (panel.frame["year"] >= panel.frame["cohort"]))
    test = placebo_test(panel)
    own = panel.frame["year"] >= panel.frame["cohort"]
    ends = [(e, o) for e, o in ((test.conf_low, -1), (test.conf_high, 1)) if np.isfinite(e)]
    assert ends
    for end, outward in ends:
        for step, rejected in ((1e-4, True), (-1e-4, False)):
            shifted = panel.assign(y=panel.frame["y"] - (end + outward * step) * own)
            assert (placebo_test(shifted).p_value <= 0.05) == rejected


def test_groups_of_neighbors_with_several_dates_are_moved_with_their_dates():
    found = compared(staggered(CORNERS, {(0, 0): 5.0}))
    assert found.kind == "relocated"
    assert "they form 2 groups of neighbors" in found.reason
    assert {tuple(sorted(row[np.isfinite(row)])) for row in found.cohorts} == {(4.0, 4.0, 4.0, 5.0)}
    assert len({tuple(row) for row in found.cohorts}) == len(found.cohorts)


def test_neighbors_in_one_province_are_compared_with_blocks_inside_provinces_on_a_large_map():
    panel = long_country({(0, 0), (0, 1), (1, 0)})
    found = compared(panel)
    assert "they lie in one province" in found.reason
    assert "nearest neighbors within each province" in found.reason
    province = panel.frame.groupby("city", sort=False)["province"].first().reindex(draw_sample(panel, DESIGN).units)
    assert {province[np.isfinite(row)].nunique() for row in found.cohorts} == {1}
    assert np.array_equal(compared(panel, yd.Assignment("contiguous", within="province")).cohorts, found.cohorts)
    assert found.disjoint_sets >= 10
    across = compared(long_country({(0, 1), (0, 2), (1, 1)}))
    assert "one province" not in across.reason
    small = compared(country({(0, 0), (0, 1), (1, 0), (1, 1), (2, 0)}))
    assert "one province" not in small.reason


def test_blocks_inside_a_level_need_treated_units_of_one_level():
    with pytest.raises(yd.DesignError, match="2 levels of 'province'"):
        compared(country({(0, 1), (0, 2)}), yd.Assignment("contiguous", within="province"))


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
