"""Honest bounds against HonestDiD, pre-trend power against pretrends."""

import json

import numpy as np
import pytest

import yrdecon as yd
from golden.cases import OWN, own_panel, relative, results
from yrdecon.kernels.pretest import mean_after_passing, pass_probability, slope_with_power
from yrdecon.kernels.relative_magnitudes import accepts, relative_magnitude_restrictions
from yrdecon.kernels.smoothness import fixed_length_interval

# HonestDiD simulates the quantile of the folded normal, 0.1% off at a bias of zero; its weights come from a grid of
# standard deviations around a flat optimum, which moves the center by up to 4% of the half length
HALF_LENGTH, CENTER = 1.3e-3, 0.04


def check_bounds(case):
    inputs, options = case["inputs"], case["options"]
    coef, vcov = np.array(inputs["betahat"]), np.array(inputs["sigma"])
    n_pre, target = options["numPre"], np.array(options["l_vec"], dtype=float)
    spread = np.sqrt(target @ vcov[n_pre:, n_pre:] @ target)
    grid = np.linspace(-20 * spread, 20 * spread, 1000)
    for row in case["results"]:
        low, high = row["lb"], row["ub"]
        if row["type"] == "original":
            table = yd.honest_bounds_from(coef, vcov, n_pre, target=target, max_ratio=0.0)
            assert table.loc[0, ["conf_low", "conf_high"]].tolist() == pytest.approx([low, high], rel=1e-9)
        elif row["type"] == "smoothness":
            found = fixed_length_interval(coef, vcov, n_pre, target, row["M"], 0.95)
            assert relative(2 * found.half_length, high - low) < HALF_LENGTH
            assert abs(found.center - (high + low) / 2) < CENTER * found.half_length
        else:
            restrictions = list(relative_magnitude_restrictions(coef, vcov, n_pre, target, row["M"], 0.95))
            kept = grid[np.any([accepts(r, grid, 0.95) for r in restrictions], axis=0)]
            # one step of the reference's grid, whose first-stage critical values are simulated
            step = 1.01 * (grid[1] - grid[0])
            assert abs(kept.min() - low) < step
            assert abs(kept.max() - high) < step
            finer = yd.honest_bounds_from(coef, vcov, n_pre, target=target, max_ratio=row["M"]).iloc[1]
            assert abs(finer["conf_low"] - low) < 2 * step
            # the reference stops at the end of its grid
            assert abs(finer["conf_high"] - high) < 2 * step or high > grid[-1] - step < finer["conf_high"]
    return len(case["results"])


@pytest.mark.parametrize("name", ["honestdid_staggered_cs", "honestdid_twinning_first"])
def test_bounds_equal_honestdid(name):
    assert check_bounds(results(OWN, name)) >= 6


def test_bounds_on_public_data_equal_honestdid(shared):
    assert check_bounds(results(shared / "golden", "honestdid_BC")) == 10


def test_bounds_read_an_estimate_as_they_read_its_coefficients():
    panel = own_panel("sim_twinning", "city_code", cohort="g").between(2016, 2023)
    estimate = yd.event_study(panel, yd.Design("y"))
    inputs = results(OWN, "honestdid_twinning_first")["inputs"]
    given = yd.honest_bounds_from(np.array(inputs["betahat"]), np.array(inputs["sigma"]), 5, max_ratio=(0.5, 1.0))
    read = yd.honest_bounds(estimate, max_ratio=(0.5, 1.0))
    assert np.allclose(read[["conf_low", "conf_high"]], given[["conf_low", "conf_high"]], atol=1e-6)


def test_power_of_the_pretest_equals_pretrends():
    case = results(OWN, "pretrends_twinning")
    stored = {row["term"]: row["estimate"] for row in case["results"]}
    vcov, time = np.array(case["inputs"]["sigma"]), np.array(case["inputs"]["tVec"], dtype=float)
    n_pre = int((time < 0).sum())
    before, first = vcov[:n_pre, :n_pre], time[:n_pre]
    for power in (0.5, 0.8):
        # the reference integrates by quasi Monte Carlo: slopes to 2e-3, probabilities to 1e-3, means to 1e-2
        slope = slope_with_power(first, before, power, 0.95)
        assert relative(slope, stored[f"slope_power{power}"]) < 2e-3
        theirs = stored[f"slope_power{power}"]
        passing = pass_probability(theirs * first, before, 0.95)
        assert 1 - passing == pytest.approx(stored[f"power_{power}"], abs=1e-3)
        none = pass_probability(0 * first, before, 0.95)
        assert passing / none == pytest.approx(stored[f"bayes_factor_{power}"], abs=2e-3)
        after = mean_after_passing(theirs * time, vcov, n_pre, 0.95)
        for value, t in zip(after, time, strict=True):
            reference = stored[f"mean_after_pretest_{power}_t{t:g}"]
            if t != -1:  # the stored label of -1 is also that of the reference period
                assert value == pytest.approx(reference, rel=1e-2)


def test_power_of_an_estimate_equals_pretrends():
    panel = own_panel("sim_twinning", "city_code", cohort="g").between(2016, 2023)
    table = yd.pretrend_power(yd.event_study(panel, yd.Design("y")))
    stored = {row["term"]: row["estimate"] for row in results(OWN, "pretrends_twinning")["results"]}
    for number, power in enumerate((0.5, 0.8)):
        line = table.loc[number]
        assert relative(line["slope"], stored[f"slope_power{power}"]) < 2e-3
        assert line["bias"] == pytest.approx(1.5 * line["slope"], rel=1e-12)
        means = [stored[f"mean_after_pretest_{power}_t{t}"] for t in (1, 2)]
        assert line["bias_after_passing"] == pytest.approx(np.mean(means), rel=1e-2)
        # the density ratio moves by several percent for a slope that differs by 2e-3
        assert line["likelihood_ratio"] == pytest.approx(stored[f"likelihood_ratio_{power}"], rel=0.1)


def test_slopes_on_public_data_equal_pretrends(shared):
    case = results(shared / "golden", "pretrends_HeAndWang")
    inputs = json.loads((shared / "golden" / "datasets" / "pretrends_HeAndWang.json").read_text(encoding="utf-8"))
    vcov, time = np.array(inputs["sigma"]), np.array(inputs["tVec"], dtype=float) + 1
    for row, power in zip(case["results"], (0.5, 0.8), strict=True):
        assert relative(slope_with_power(time[:3], vcov[:3, :3], power, 0.95), row["estimate"]) < 1e-3
