"""Identities, degenerate inputs and refusals of the tests for few treated units."""

import numpy as np
import pytest
from conftest import make_toy

import yrdecon as yd

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
