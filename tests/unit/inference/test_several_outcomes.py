"""Several outcomes or periods together: step-down p-values and placebo bands."""

import numpy as np
import pytest
from conftest import make_toy

import yrdecon as yd
from yrdecon.core.hypothesis import TIE
from yrdecon.kernels.stepdown import holm_p_values, romano_wolf_p_values

DESIGN = yd.Design(outcome="y")
FREE = yd.Assignment("free")


def outcomes(**changes):
    panel = make_toy(n_units=10)
    rng = np.random.default_rng(7)
    return panel.assign(z=rng.normal(size=len(panel.frame)), copy=panel.frame["y"], **changes)


def adjusted_tests(panel, names, **options):
    return {y: yd.permutation_test(yd.twfe, panel, yd.Design(outcome=y), FREE, seed=0, **options) for y in names}


def test_identical_outcomes_are_not_adjusted():
    table = yd.romano_wolf(adjusted_tests(outcomes(), ("y", "copy")))
    assert table["p_adjusted"].tolist() == table["p_value"].tolist()


def test_adjusted_p_values_are_no_smaller_and_keep_the_order():
    table = yd.romano_wolf(adjusted_tests(outcomes(), ("y", "z", "x")))
    assert (table["p_adjusted"] >= table["p_value"]).all()
    holm = yd.holm(adjusted_tests(outcomes(), ("y", "z", "x")))
    assert (holm["p_adjusted"] >= holm["p_value"]).all()
    assert holm["name"].tolist() == table["name"].tolist() == ["y", "z", "x"]


def test_step_down_by_hand():
    statistics = np.array([[3.0, 1.0], [1.0, 2.0], [0.5, 0.5], [3.0, 0.1]])
    assert romano_wolf_p_values(statistics, TIE).tolist() == [2 / 4, 2 / 4]
    assert holm_p_values(np.array([0.04, 0.01, 0.03])).tolist() == [0.06, 0.03, 0.06]
    assert holm_p_values(np.array([0.5, 0.9])).tolist() == [1.0, 1.0]


def test_step_down_p_values_do_not_depend_on_the_scale_of_an_outcome():
    panel = outcomes()
    plain = yd.romano_wolf(adjusted_tests(panel, ("y", "z")))
    scaled = yd.romano_wolf(adjusted_tests(panel.assign(z=100 * panel.frame["z"]), ("y", "z")))
    assert plain["p_adjusted"].tolist() == scaled["p_adjusted"].tolist()


def test_tests_of_different_assignments_are_not_adjusted_together(toy):
    panel = outcomes()
    mixed = adjusted_tests(panel, ("y",)) | {"other": yd.permutation_test(yd.twfe, toy, DESIGN, FREE, seed=0)}
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
