"""Identities, degenerate inputs and refusals of the tests for few treated units."""

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
from yrdecon.kernels.stepdown import holm_p_values, romano_wolf_p_values

DESIGN = yd.Design(outcome="y")
FREE = yd.Assignment("free")


def ferman_pinto(panel, design):
    return yd.ferman_pinto(panel, design, seed=1, draws=499)


def conley_taber(panel, design):
    return yd.conley_taber(panel, design, seed=1)


def sign_change(panel, design):
    return yd.sign_change(panel, design, seed=1)


def conformal(panel, design):
    return yd.conformal(panel, design, seed=1, proxy="did")


MANY = [conley_taber, ferman_pinto, sign_change, yd.two_sample_t, conformal]
ONE = [conley_taber, ferman_pinto, yd.hagemann, sign_change, conformal]
ALL = [*MANY, yd.hagemann]


def toy_for(test, **options):
    return make_toy(**({"n_treated": 1} if test is yd.hagemann else {}) | options)


@pytest.mark.parametrize("test", ALL)
def test_the_estimate_is_the_two_way_coefficient(test):
    panel = toy_for(test)
    for design in (DESIGN, yd.Design(outcome="y", exclude_periods=(5,), anticipation=1)):
        assert test(panel, design).estimate == pytest.approx(yd.twfe(panel, design).coef[0], rel=1e-10)


@pytest.mark.parametrize("test", [t for t in ALL if t is not conformal])
def test_base_periods_are_honored(test):
    panel, design = toy_for(test), yd.Design(outcome="y", base_periods=(5,))
    assert test(panel, design).estimate == pytest.approx(yd.twfe(panel, design).coef[0], rel=1e-10)


@pytest.mark.parametrize("test", ALL)
def test_p_values_do_not_change_with_scale_unit_or_time_effects(test):
    panel = toy_for(test)
    frame = panel.frame
    moved = panel.assign(y=5 + 3 * frame["y"] + 2 * frame["lon"] + np.sin(frame["time"]))
    one, two = test(panel, DESIGN), test(moved, DESIGN)
    assert one.p_value == pytest.approx(two.p_value, abs=1e-9)
    assert two.estimate == pytest.approx(3 * one.estimate, rel=1e-9)
    assert (two.conf_low, two.conf_high) == pytest.approx((3 * one.conf_low, 3 * one.conf_high), rel=1e-3)


@pytest.mark.parametrize("test", ALL)
def test_the_interval_holds_the_effects_that_are_not_rejected(test):
    panel = toy_for(test, n_units=16, n_periods=24, first=20, **({} if test is yd.hagemann else {"n_treated": 6}))
    level = 0.9 if test is conformal else 0.95
    found = test(panel, DESIGN)
    own = panel.frame["time"] >= panel.frame["cohort"]
    assert np.isfinite([found.conf_low, found.conf_high]).all()
    for end, outward in ((found.conf_low, -1), (found.conf_high, 1)):
        for step, rejected in ((0.02, True), (-0.02, False)):
            shifted = panel.assign(y=panel.frame["y"] - (end + outward * step) * own)
            assert (test(shifted, DESIGN).p_value <= 1 - level + 1e-9) == rejected


@pytest.mark.parametrize("test", ONE)
def test_one_treated_unit_gives_an_answer(test):
    found = test(make_toy(n_treated=1), DESIGN)
    assert 0 < found.p_value <= 1
    assert found.null.startswith("the treatment had no effect")


def test_one_treated_unit_cannot_tell_how_the_treated_vary():
    with pytest.raises(yd.DesignError, match="ferman_pinto"):
        yd.two_sample_t(make_toy(n_treated=1), DESIGN)
    assert yd.sign_change(make_toy(n_treated=1), DESIGN, seed=1).p_value == 1
    assert yd.sign_change(make_toy(n_treated=1), DESIGN, seed=1).is_rank_only


@pytest.mark.parametrize("test", ALL)
def test_everyone_treated_is_refused(test):
    with pytest.raises(yd.DesignError, match="every unit"):
        test(make_toy(n_treated=12), DESIGN)


@pytest.mark.parametrize("test", ALL)
def test_no_period_before_treatment_is_refused(test):
    with pytest.raises(yd.DesignError, match="no before and after"):
        test(toy_for(test).between(6, 8), DESIGN)


@pytest.mark.parametrize("test", [conley_taber, ferman_pinto, sign_change, conformal])
def test_a_constant_outcome_is_never_rejected(test):
    for value in (0.0, 0.1, 1e9 + 0.1):
        found = test(make_toy().assign(y=value), DESIGN)
        assert (found.estimate, found.p_value) == (0, 1)
        assert found.conf_low <= 0 <= found.conf_high


def test_a_constant_outcome_is_never_rejected_by_rearrangement_and_has_no_t_statistic():
    constant = make_toy(n_units=45, n_treated=1).assign(y=0.1)
    found = yd.hagemann(constant, DESIGN)
    assert (found.estimate, found.p_value, found.conf_low, found.conf_high) == (0, 1, 0, 0)
    with pytest.raises(yd.DesignError, match="changed alike"):
        yd.two_sample_t(make_toy().assign(y=0.1), DESIGN)


@pytest.mark.parametrize("studentize", ["none", "half", "cluster"])
def test_a_constant_outcome_is_never_rejected_by_permutation(studentize):
    for value in (0.0, 0.1, 1e9 + 0.1):
        constant = make_toy().assign(y=value)
        found = yd.permutation_test(yd.twfe, constant, DESIGN, FREE, seed=0, studentize=studentize)
        assert (found.estimate, found.p_value) == (0, 1)
        assert (found.conf_low, found.conf_high) == pytest.approx((0, 0), abs=1e-12 * max(value, 1))
        assert any("not studentized" in note for note in found.notes) == (studentize != "none")


@pytest.mark.parametrize("test", ALL)
def test_two_units_are_too_few(test):
    with pytest.raises(yd.DesignError, match="two or more untreated units"):
        test(make_toy(n_units=2, n_treated=1), DESIGN)


def test_two_units_give_a_rank_of_two_by_permutation():
    found = yd.permutation_test(yd.twfe, make_toy(n_units=2, n_treated=1), DESIGN, seed=0)
    assert (found.p_value, len(found.draws), found.is_rank_only) == (1, 2, True)
    assert (found.conf_low, found.conf_high) == (-np.inf, np.inf)


@pytest.mark.parametrize("test", ALL)
def test_what_a_change_per_unit_cannot_hold_is_refused(test):
    panel = toy_for(test)
    for options in ({"weights": "w"}, {"covariates": ("x",)}, {"effects": ("group^time",)}, {"cluster": "group"}):
        with pytest.raises(yd.DesignError, match="permutation_test"):
            test(panel, yd.Design(outcome="y", **options))
    holed = panel.assign(y=panel.frame["y"].where((panel.frame["unit"] != "u07") | (panel.frame["time"] != 3)))
    with pytest.raises(yd.DesignError, match="u07 3"):
        test(holed, DESIGN)
    assert test(holed, yd.Design(outcome="y", exclude_periods=(3,))).p_value > 0
    staggered = panel.assign(cohort=panel.frame["cohort"].mask(panel.frame["unit"] == "u08", 4.0))
    with pytest.raises(yd.DesignError, match="one adoption date"):
        test(staggered, DESIGN)


@pytest.mark.parametrize("test", ALL)
def test_units_treated_throughout_are_left_out_and_named(test):
    panel = toy_for(test)
    always = panel.assign(cohort=panel.frame["cohort"].mask(panel.frame["unit"] == "u09", 1.0))
    without = panel.assign(pool=panel.frame["unit"] != "u09")
    found, plain = test(always, DESIGN), test(without, yd.Design(outcome="y", pool="pool"))
    assert (found.p_value, found.estimate) == (plain.p_value, plain.estimate)
    assert any("u09" in note for note in found.notes)


def test_units_that_may_anticipate_are_left_out_and_named(toy):
    soon = toy.assign(cohort=toy.frame["cohort"].mask(toy.frame["unit"] == "u09", 9.0))
    without = toy.assign(pool=toy.frame["unit"] != "u09")
    found = yd.two_sample_t(soon, yd.Design(outcome="y", anticipation=1))
    plain = yd.two_sample_t(without, yd.Design(outcome="y", anticipation=1, pool="pool"))
    assert (found.p_value, found.estimate) == (plain.p_value, plain.estimate)
    assert any("u09" in note for note in found.notes)
    assert yd.two_sample_t(soon, DESIGN).estimate == yd.two_sample_t(toy, DESIGN).estimate


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda p: yd.conley_taber(p, DESIGN, seed=1, refinement="best"), "refinement='best'"),
        (lambda p: yd.conley_taber(p, DESIGN, seed=1, dependence="some"), "dependence='some'"),
        (lambda p: yd.conley_taber(p, DESIGN, seed=1, level=95), "level=95"),
        (lambda p: yd.ferman_pinto(p, DESIGN, seed=1, draws=0), "draws=0"),
        (lambda p: yd.ferman_pinto(p, DESIGN, seed=1, driver="nowhere"), "nowhere"),
        (lambda p: yd.ferman_pinto(p, DESIGN, seed=1, driver="group"), "must hold numbers"),
        (lambda p: yd.ferman_pinto(p, DESIGN, seed=1, driver="x"), "one finite value in every unit"),
        (lambda p: yd.sign_change(p, DESIGN, seed=1, draws=0), "draws=0"),
        (lambda p: yd.hagemann(p, DESIGN), "3 are treated"),
        (lambda p: yd.hagemann(p, DESIGN, rho=-1.0), "rho=-1.0"),
        (lambda p: yd.two_sample_t(p, DESIGN, rule="welch"), "rule='welch'"),
        (lambda p: yd.conformal(p, DESIGN, seed=1, proxy="ife"), "proxy='ife'"),
        (lambda p: yd.conformal(p, DESIGN, seed=1, permutations="all"), "permutations='all'"),
        (lambda p: yd.conformal(p, yd.Design(outcome="y", base_periods=(5,)), seed=1), "base_periods=(5,)"),
        (lambda p: yd.placebo_band(yd.event_study, p, DESIGN, seed=1, level=1.0), "level=1.0"),
    ],
)
def test_wrong_options_are_refused_in_words(toy, call, words):
    with pytest.raises(yd.DesignError) as error:
        call(toy)
    assert words in str(error.value)


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


def outcomes(**changes):
    panel = make_toy(n_units=10)
    rng = np.random.default_rng(7)
    return panel.assign(z=rng.normal(size=len(panel.frame)), copy=panel.frame["y"], **changes)


def tests_of(panel, names, **options):
    return {y: yd.permutation_test(yd.twfe, panel, yd.Design(outcome=y), FREE, seed=0, **options) for y in names}


tests_of.__test__ = False


def test_identical_outcomes_are_not_adjusted():
    table = yd.romano_wolf(tests_of(outcomes(), ("y", "copy")))
    assert table["p_adjusted"].tolist() == table["p_value"].tolist()


def test_adjusted_p_values_are_no_smaller_and_keep_the_order():
    table = yd.romano_wolf(tests_of(outcomes(), ("y", "z", "x")))
    assert (table["p_adjusted"] >= table["p_value"]).all()
    holm = yd.holm(tests_of(outcomes(), ("y", "z", "x")))
    assert (holm["p_adjusted"] >= holm["p_value"]).all()
    assert holm["name"].tolist() == table["name"].tolist() == ["y", "z", "x"]


def test_step_down_by_hand():
    statistics = np.array([[3.0, 1.0], [1.0, 2.0], [0.5, 0.5], [3.0, 0.1]])
    assert romano_wolf_p_values(statistics, TIE).tolist() == [2 / 4, 2 / 4]
    assert holm_p_values(np.array([0.04, 0.01, 0.03])).tolist() == [0.06, 0.03, 0.06]
    assert holm_p_values(np.array([0.5, 0.9])).tolist() == [1.0, 1.0]


def test_step_down_p_values_do_not_depend_on_the_scale_of_an_outcome():
    panel = outcomes()
    plain = yd.romano_wolf(tests_of(panel, ("y", "z")))
    scaled = yd.romano_wolf(tests_of(panel.assign(z=100 * panel.frame["z"]), ("y", "z")))
    assert plain["p_adjusted"].tolist() == scaled["p_adjusted"].tolist()


def test_tests_of_different_assignments_are_not_adjusted_together(toy):
    panel = outcomes()
    mixed = tests_of(panel, ("y",)) | {"other": yd.permutation_test(yd.twfe, toy, DESIGN, FREE, seed=0)}
    with pytest.raises(yd.DesignError, match="'y' and 'other'"):
        yd.romano_wolf(mixed)
    with pytest.raises(yd.DesignError, match="use permutation_test, or holm"):
        yd.romano_wolf({"t": yd.two_sample_t(toy, DESIGN)})
    with pytest.raises(yd.DesignError, match="no test"):
        yd.holm({})


def test_placebo_bands_hold_as_many_placebos_as_they_say():
    panel = make_toy(n_units=20)
    test = yd.placebo_band(yd.event_study, panel, DESIGN, FREE, seed=0, level=0.9)
    assert len(test.draws) == 1140
    inside = test.draws[1:] <= np.sort(test.draws[1:])[int(np.ceil(0.9 * 1139)) - 1]
    assert inside.mean() >= 0.9
    band = test.frames["band"]
    reference = band[band["reference"]]
    assert reference[["conf_low", "conf_high"]].to_numpy().ravel().tolist() == [0, 0]
    critical = (band["conf_high"] - band["estimate"]) / band["std_error"]
    assert np.ptp(critical.dropna()) < 1e-12


def test_excluded_periods_are_outside_the_band():
    test = yd.placebo_band(yd.event_study, make_toy(), yd.Design(outcome="y", exclude_periods=(4,)), FREE, seed=0)
    band = test.frames["band"]
    assert band.loc[band["excluded"], ["std_error", "conf_low", "conf_high"]].isna().all(axis=None)
    other = yd.placebo_band(yd.event_study, make_toy(), DESIGN, FREE, seed=0)
    assert test.statistic <= other.statistic + 1e-12


def test_a_band_needs_placebos():
    with pytest.raises(yd.DesignError, match="two or more placebo"):
        yd.placebo_band(yd.event_study, make_toy(n_units=2, n_treated=1), DESIGN, FREE, seed=0)
