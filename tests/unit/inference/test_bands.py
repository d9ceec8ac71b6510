import numpy as np
import pandas as pd
import pytest
from conftest import make_toy
from scipy import stats

import yrdecon as yd


def toy_estimate(vcov, dof=np.inf):
    units = pd.DataFrame({"unit": ["a", "b"], "time": [1, 1], "cohort": [1.0, np.inf]})
    k = len(vcov)
    return yd.Estimate(
        np.arange(k, dtype=float), vcov, pd.DataFrame({"event_time": range(k)}), units, "toy", "y", 2, dof=dof
    )


def test_a_band_of_one_coefficient_is_its_interval():
    for dof in (np.inf, 7):
        critical = yd.simultaneous_band(toy_estimate(np.eye(1), dof), seed=1)["critical_value"][0]
        assert critical == pytest.approx(stats.t.ppf(0.975, dof), abs=0.02)


def test_independent_coefficients_follow_sidak_and_equal_ones_need_no_widening():
    sidak = stats.norm.ppf(0.5 + 0.95 ** (1 / 4) / 2)
    assert yd.simultaneous_band(toy_estimate(np.eye(4)), seed=1)["critical_value"][0] == pytest.approx(sidak, abs=0.02)
    same = yd.simultaneous_band(toy_estimate(np.ones((4, 4))), seed=1)["critical_value"][0]
    assert same == pytest.approx(1.96, abs=0.02)


def test_the_reference_period_has_no_interval_and_does_not_widen_the_others():
    estimate = yd.event_study(make_toy(n_units=40, n_treated=15), yd.Design("y"))
    band = yd.simultaneous_band(estimate, seed=1)
    assert band.loc[band["reference"], "conf_low"].isna().all()
    assert (band.loc[~band["reference"], "conf_low"] < estimate.tidy().loc[~band["reference"], "conf_low"]).all()
    again = yd.simultaneous_band(estimate, seed=1)
    pd.testing.assert_frame_equal(band, again)
    signs = yd.simultaneous_band(estimate, seed=1, law="rademacher")
    assert signs["critical_value"][0] == pytest.approx(band["critical_value"][0], rel=0.1)


def test_estimates_without_errors_and_options_without_meaning_are_refused(toy):
    estimate = yd.synthetic_did(toy, yd.Design("y"))
    with pytest.raises(yd.DesignError, match="no standard errors"):
        yd.simultaneous_band(estimate, seed=1)
    good = toy_estimate(np.eye(2))
    with pytest.raises(yd.DesignError, match="no influence"):
        yd.simultaneous_band(good, seed=1, law="rademacher")
    for options, words in (({"level": 95}, "level=95"), ({"draws": 3}, "draws=3"), ({"law": "bootstrap"}, "bootstrap")):
        with pytest.raises(yd.DesignError, match=words):
            yd.simultaneous_band(good, seed=1, **options)
