"""Blocks and groups of neighbors carry the map of adoption dates, and lie inside provinces where the treated do."""

import numpy as np
import pandas as pd
import pytest

import yrdecon as yd
from tests.unit.inference.grid import COLUMNS, CORNERS, DESIGN, SQUARE, country, placebo_test, staggered
from yrdecon.core.estimator import estimate_one_by_one
from yrdecon.core.sample import draw_sample
from yrdecon.inference.assignments import admissible_assignments
from yrdecon.kernels.block_matching import match_places


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
