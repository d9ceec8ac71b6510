"""What each test for few treated units computes, by hand."""

import numpy as np
import pandas as pd
import pytest
from conftest import make_toy

import yrdecon as yd
from yrdecon.core.hypothesis import TIE
from yrdecon.inference.changes import unit_changes
from yrdecon.kernels.changes import placebo_changes
from yrdecon.kernels.few_treated import (
    conley_taber_draws,
    difference,
    effective_units,
    ferman_pinto_draws,
    ordered_draws,
    sign_vectors,
    variance_line,
)
from yrdecon.kernels.rearrangement import rejection_bound, smallest_weight

DESIGN = yd.Design(outcome="y")
FREE = yd.Assignment("free")


def test_conley_taber_with_all_draws_counts_the_estimate_once():
    panel = make_toy(n_treated=1)
    test = yd.conley_taber(panel, DESIGN, seed=1, refinement="none")
    change = unit_changes(panel, DESIGN, "test")
    placebos = np.abs(change.change[~change.treated] - change.change[~change.treated].mean())
    assert test.p_value == (1 + (placebos >= abs(change.estimate)).sum()) / 12
    assert test.frames["placebos"]["actual"].sum() == 1


def test_conley_taber_equals_free_permutation_as_the_untreated_grow_many():
    gaps = []
    for n_units in (20, 60, 2_000):
        panel = make_toy(n_units=n_units, n_treated=1, n_periods=4, first=3, effect=2.0)
        taber = yd.conley_taber(panel, DESIGN, seed=1).p_value
        free = yd.permutation_test(yd.twfe, panel, DESIGN, FREE, seed=1).p_value if n_units < 100 else None
        change = unit_changes(panel, DESIGN, "test")
        others = change.change[~change.treated]
        leave_one_out = (change.change * n_units - change.change.sum()) / (n_units - 1)
        rank = np.mean(np.abs(leave_one_out) >= abs(leave_one_out[0]) * (1 - TIE))
        assert free is None or free == rank
        gaps.append(abs(taber - rank))
        assert len(others) == n_units - 1
    assert gaps[-1] < 0.002


def test_the_refinement_widens_the_interval_by_the_root_of_one_plus_the_ratio(toy):
    plain, refined = (yd.conley_taber(toy, DESIGN, seed=1, refinement=r) for r in ("none", "control_mean"))
    ratio = (refined.conf_high - refined.conf_low) / (plain.conf_high - plain.conf_low)
    assert ratio == pytest.approx(np.sqrt(1 + 3 / 9), rel=1e-12)


def test_one_shared_shock_is_compared_with_single_units(toy):
    test = yd.conley_taber(toy, DESIGN, seed=1, dependence="perfect")
    assert len(test.draws) == 10
    assert test.p_value >= yd.conley_taber(toy, DESIGN, seed=1).p_value


def test_ferman_pinto_with_one_variance_is_the_restricted_bootstrap():
    changes = unit_changes(make_toy(), DESIGN, "test")
    picks = np.random.default_rng(5).integers(0, 12, (300, 12))
    residuals = changes.change - changes.change.mean()
    by_hand = [difference(residuals[row], changes.treated) for row in picks]
    for driver in (np.ones(12), np.full(12, 7.0)):
        assert np.allclose(ferman_pinto_draws(changes.change, changes.treated, driver, picks), by_hand, atol=1e-12)
    panel = make_toy().assign(one=1.0)
    test = yd.ferman_pinto(panel, DESIGN, seed=5, draws=300, driver="one")
    again = np.random.default_rng(5).integers(0, 12, (300, 12))
    assert np.allclose(test.draws[1:], np.abs([difference(residuals[row], changes.treated) for row in again]))


def test_ferman_pinto_gives_a_treated_unit_its_own_larger_variance():
    rng = np.random.default_rng(3)
    scale = np.r_[6.0, np.ones(39)]
    rows = [
        (f"u{i:02d}", t, scale[i] * rng.normal(), 19.0 if i == 0 else np.inf) for i in range(40) for t in range(1, 21)
    ]
    panel = yd.Panel.from_frame(pd.DataFrame(rows, columns=["u", "t", "y", "cohort"]), unit="u", time="t")
    panel = panel.assign(y=panel.frame["y"] + 4.0 * (panel.frame["t"] >= panel.frame["cohort"]), one=1.0)
    own = yd.ferman_pinto(panel, DESIGN, seed=1, draws=999)
    same = yd.ferman_pinto(panel, DESIGN, seed=1, draws=999, driver="one")
    variance = own.frames["variances"]["variance"]
    assert variance[0] > 5 * variance[1:].max()
    assert own.p_value > same.p_value
    assert own.conf_high - own.conf_low > same.conf_high - same.conf_low


def test_placebo_dates_move_the_whole_contrast():
    y = np.arange(8.0)[None, :] ** 2
    clean, post = np.arange(8) < 6, np.arange(8) >= 6
    base = np.arange(8) == 5
    moved = placebo_changes(y, clean, post, base)
    assert moved[0].tolist() == [(16 + 25) / 2 - 9, (9 + 16) / 2 - 4, (4 + 9) / 2 - 1, (1 + 4) / 2 - 0]
    all_before = placebo_changes(y, clean, post, None)
    assert all_before[0].tolist()[0] == (16 + 25) / 2 - np.mean([0, 1, 4, 9])
    assert placebo_changes(y[:, 5:], clean[5:], post[5:], base[5:]).shape == (1, 0)


def test_too_few_placebo_dates_are_said_and_give_one_variance():
    test = yd.ferman_pinto(make_toy().between(5, 8), DESIGN, seed=1, draws=99)
    assert "too few periods" in test.notes[0]
    assert test.frames["variances"]["variance"].nunique() == 1


def test_a_variance_that_would_be_negative_is_constant():
    line = variance_line(np.array([4.0, 2.0, 0.0]), np.array([0.0, 1.0, 2.0]))
    assert line.slope == 0
    assert line.fitted == pytest.approx([2, 2, 2])


def test_rearrangement_needs_no_weight_where_the_bound_holds_without_one():
    assert rejection_bound(0.0, 40, 1.0) <= 0.05
    assert smallest_weight(40, 1.0, 0.05) == 0
    assert rejection_bound(0.0, 3, 1.0) == pytest.approx(1 / 16 + 7 / 24 + 1 / 4, abs=1e-9)
    assert np.isnan(smallest_weight(2, 1.0, 0.01))


@pytest.mark.parametrize(("q", "rho", "alpha"), [(40, 2.0, 0.05), (27, 1.5, 0.025), (100, 3.0, 0.05)])
def test_the_weight_is_the_smallest_whose_bound_holds(q, rho, alpha):
    weight = smallest_weight(q, rho, alpha)
    assert rejection_bound(weight, q, rho) == pytest.approx(alpha, abs=1e-7)
    assert rejection_bound(weight - 1e-4, q, rho) > alpha


def test_rearrangement_rejects_up_to_the_ratio_it_names():
    panel = make_toy(n_units=41, n_treated=1, effect=6.0)
    ratio = float(yd.hagemann(panel, DESIGN).frames["sides"]["largest_rho"].max())
    assert ratio > 1
    assert (
        yd.hagemann(panel, DESIGN, rho=ratio - 0.01).p_value
        < 0.05
        < yd.hagemann(panel, DESIGN, rho=ratio + 0.01).p_value
    )
    assert f"rho is at most {ratio:.2f}" in yd.hagemann(panel, DESIGN).notes[1]


def test_too_few_untreated_units_cannot_support_a_rearrangement():
    test = yd.hagemann(make_toy(n_units=4, n_treated=1, effect=50.0), DESIGN)
    assert test.p_value > 0.05
    assert (test.conf_low, test.conf_high) == (-np.inf, np.inf)


def test_half_of_the_sign_changes_stand_for_all():
    signs = sign_vectors(3)
    assert signs.shape == (4, 3)
    assert (signs[0] == 1).all()
    assert len({tuple(row) for row in np.vstack([signs, -signs])}) == 8


def test_many_treated_units_have_sign_changes_drawn():
    panel = make_toy(n_units=60, n_treated=25)
    one, two = (yd.sign_change(panel, DESIGN, seed=3, draws=199) for _ in range(2))
    assert len(one.draws) == 200
    assert np.array_equal(one.draws, two.draws)
    assert "seed 3" in one.notes[0]


def test_ordered_draws_are_all_different():
    draws = ordered_draws(3, 2)
    assert sorted(map(tuple, draws)) == [(i, j) for i in range(3) for j in range(3)]
    means = conley_taber_draws(np.array([9.0, 0.0, 2.0, 4.0]), np.array([True, False, False, False]), draws)
    assert sorted(means) == [-2, -1, -1, 0, 0, 0, 1, 1, 2]


def test_effective_units_are_those_of_the_design_note():
    assert effective_units(8, 33) == pytest.approx(12.2, abs=0.05)
    assert effective_units(1, 40) == pytest.approx(1.05, abs=0.005)


def test_conformal_compares_every_set_of_periods_or_draws_them(toy):
    block, every = (yd.conformal(toy, DESIGN, seed=1, permutations=p) for p in ("moving_block", "iid"))
    assert (len(block.draws), len(every.draws)) == (8, 56)
    assert "no effect can be rejected" in block.notes[1]
    assert any("serial correlation" in note for note in every.notes)
    long = make_toy(n_periods=40, first=31)
    drawn = yd.conformal(long, DESIGN, seed=1, permutations="iid", proxy="did")
    assert len(drawn.draws) == 10_000


def test_conformal_by_hand():
    rows = [(u, t, 3.0 * (u == 0) * (t == 3), 3.0 if u == 0 else np.inf) for u in range(3) for t in range(4)]
    panel = yd.Panel.from_frame(pd.DataFrame(rows, columns=["u", "t", "y", "cohort"]), unit="u", time="t")
    test = yd.conformal(panel, DESIGN, seed=1, proxy="did", level=0.7)
    assert test.frames["residuals"]["residual"].tolist() == [-0.75, -0.75, -0.75, 2.25]
    assert (test.p_value, test.estimate) == (0.25, 3.0)
    assert (test.conf_low, test.conf_high) == pytest.approx((3, 3), abs=0.01)
