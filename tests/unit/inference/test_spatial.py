import numpy as np
import pytest
from conftest import make_toy
from scipy import stats

import yrdecon as yd


def test_growth_persists_in_the_real_panel_and_levels_alone_fit_far_worse(twinned):
    test = yd.spatial_model_test(twinned, yd.twinning_design())
    best = test.frames["profile"].groupby("process")["log_likelihood"].max()
    assert best["growth"] > best["levels"] + 20
    table = yd.spatial_range(twinned, yd.twinning_design()).set_index("parameter")
    assert 0.4 <= table.loc["rho", "estimate"] <= 0.75
    assert not table.loc["theta_km", "identified"]
    shares = table.filter(like="share_", axis=0)["estimate"]
    assert shares.sum() == pytest.approx(1, abs=1e-9)


def test_the_estimate_is_the_difference_in_differences_and_p_the_largest_of_the_likely(twinned):
    design = yd.twinning_design()
    test = yd.spatial_model_test(twinned, design)
    assert test.estimate == pytest.approx(yd.twfe(twinned, design).coef[0], abs=1e-12)
    profile = test.frames["profile"]
    likely = profile[profile["likely"]]
    assert test.p_value == likely["p_value"].max()
    assert likely["log_likelihood"].min() >= profile["log_likelihood"].max() - stats.chi2.ppf(0.9, 2) / 2
    narrower = yd.spatial_model_test(twinned, design, level=0.5)
    assert narrower.p_value <= test.p_value
    errors = test.frames["by_theta"]["std_error"].to_numpy()
    assert errors[-1] > 1.2 * errors[0]


def test_an_affine_change_moves_estimate_and_interval_and_not_p(toy):
    design = yd.Design("y")
    one = yd.spatial_model_test(toy, design)
    frame = toy.frame
    codes = frame["unit"].astype("category").cat.codes
    two = yd.spatial_model_test(toy.assign(y=3 + 2 * frame["y"] + 5 * codes + np.sin(frame["time"])), design)
    assert two.estimate == pytest.approx(2 * one.estimate, abs=1e-9)
    assert two.p_value == pytest.approx(one.p_value, rel=1e-5)


def test_a_true_null_is_rarely_rejected_under_independent_shocks():
    p_values = [yd.spatial_model_test(make_toy(effect=0.0, seed=s), yd.Design("y")).p_value for s in range(40)]
    assert np.mean(np.array(p_values) < 0.05) <= 0.15


def test_what_the_model_cannot_take_is_refused(toy):
    frame = toy.frame
    with pytest.raises(yd.DesignError, match="one adoption date"):
        yd.spatial_model_test(toy.assign(cohort=frame["cohort"].mask(frame["unit"] == "u01", 7.0)), yd.Design("y"))
    with pytest.raises(yd.DesignError, match="balanced"):
        yd.spatial_range(toy.assign(y=frame["y"].where(frame.index != 3)), yd.Design("y"))
    with pytest.raises(yd.DesignError, match="too few"):
        yd.spatial_range(toy.between(4, 8), yd.Design("y"))
    nowhere = yd.Panel.from_frame(frame, unit="unit", time="time")
    with pytest.raises(yd.DesignError, match="coordinates"):
        yd.spatial_range(nowhere, yd.Design("y"))


def test_the_event_study_has_the_errors_of_the_test_and_a_covariance_of_full_rank(twinned):
    design = yd.twinning_design()
    test = yd.spatial_model_test(twinned, design)
    estimate = yd.spatial_event_study(twinned, design)
    plain = yd.event_study(twinned, design)
    assert np.array_equal(estimate.coef, plain.coef)
    average = yd.average(estimate, 0, 1)
    assert average.std_error[0] == pytest.approx(abs(test.estimate) / test.statistic, rel=1e-9)
    kept = ~estimate.cells["reference"].to_numpy()
    assert np.linalg.eigvalsh(estimate.vcov[np.ix_(kept, kept)]).min() > 0
    bounds = yd.honest_bounds(estimate, max_ratio=0.5)
    assert bounds["conf_low"].iloc[1] < bounds["conf_low"].iloc[0]
