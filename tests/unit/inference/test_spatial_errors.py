import numpy as np
import pytest
from conftest import make_toy

import yrdecon as yd


def test_a_cutoff_below_every_distance_leaves_each_row_alone(toy):
    estimate = yd.event_study(toy, yd.Design("y"))
    rows = estimate.influence.T @ estimate.influence
    for kernel in ("bartlett", "uniform"):
        found = yd.conley(estimate, toy, cutoff_km=1e-3, kernel=kernel)
        assert np.allclose(found.vcov, rows, rtol=1e-10, atol=1e-14)


def test_a_cutoff_beyond_every_distance_is_driscoll_kraay_without_lags(toy):
    estimate = yd.imputation(toy, yd.Design("y"))
    far = yd.conley(estimate, toy, cutoff_km=1e5, kernel="uniform")
    assert np.allclose(far.vcov, yd.driscoll_kraay(estimate, lags=0).vcov, rtol=1e-10, atol=1e-14)


def test_lags_are_counted_in_years_and_gaps_are_kept():
    panel = make_toy(n_treated=5)
    gap = yd.Panel.from_frame(panel.frame[panel.frame["time"] != 4], unit="unit", time="time", location=("lon", "lat"))
    estimate = yd.twfe(gap, yd.Design("y"))
    sums = estimate.influence[:, 0]
    time, unit = estimate.units["time"].to_numpy(), estimate.units["unit"].to_numpy()
    apart = np.abs(time[:, None] - time)
    weight = np.where(unit[:, None] == unit, np.clip(1 - apart / 3, 0, None), 0.0)
    found = yd.conley(estimate, gap, cutoff_km=1e-3, lags=2)
    assert found.vcov[0, 0] == pytest.approx(sums @ weight @ sums, rel=1e-10)
    by_year = yd.driscoll_kraay(yd.imputation(gap, yd.Design("y")), lags=2)
    influence = yd.imputation(gap, yd.Design("y")).influence[:, 0]
    assert by_year.vcov[0, 0] == pytest.approx(influence @ np.clip(1 - apart / 3, 0, None) @ influence, rel=1e-10)


def test_more_lags_than_periods_are_all_of_them(toy):
    estimate = yd.twfe(toy, yd.Design("y"))
    assert np.isfinite(yd.driscoll_kraay(estimate, lags=100).vcov).all()


def test_what_the_errors_are_is_said_and_that_they_are_too_small(toy):
    estimate = yd.twfe(toy, yd.Design("y"))
    for found, words in (
        (yd.conley(estimate, toy, cutoff_km=300, lags=2), "Conley bartlett 300 km and 2 lags (too small with few"),
        (yd.driscoll_kraay(estimate), "Driscoll-Kraay 1 lags (too small with few treated periods), T=8"),
        (yd.heteroskedastic(estimate), "HC3 (rows taken as independent), N=96, K=20"),
    ):
        assert words in repr(found)
        assert found.n_treated_clusters is None
        for lang, start in (("en", "Standard errors in parentheses: "), ("zh", "括号内为标准误（")):
            note = yd.regression_table({"(1)": found}, lang=lang).notes[0]
            assert start in note
            assert ("too small" in note or "independent" in note) == (lang == "en")


def test_two_way_errors_are_named_in_both_languages(toy):
    both = yd.cluster_robust(yd.twfe(toy, yd.Design("y")), ("unit", "time"))
    assert "two-way by unit and time" in yd.regression_table({"(1)": both}).notes[0]
    assert "双向聚类" in yd.regression_table({"(1)": both}, lang="zh").notes[0]


def test_missing_coordinates_and_impossible_options_are_refused(toy):
    estimate = yd.twfe(toy, yd.Design("y"))
    nowhere = yd.Panel.from_frame(toy.frame, unit="unit", time="time")
    lost = toy.assign(lat=toy.frame["lat"].where(toy.frame["unit"] != "u05"))
    fewer = yd.Panel.from_frame(toy.frame.iloc[8:], unit="unit", time="time", location=("lon", "lat"))
    sdid = yd.synthetic_did(toy, yd.Design("y"))
    refused = [
        (lambda: yd.conley(estimate, nowhere, cutoff_km=100), r"declare location=\('lon', 'lat'\)"),
        (lambda: yd.conley(estimate, lost, cutoff_km=100), r"\['u05'\] have no coordinates"),
        (lambda: yd.conley(estimate, fewer, cutoff_km=100), r"\['u00'\] have no coordinates"),
        (lambda: yd.conley(estimate, toy, cutoff_km=0), "cutoff_km=0"),
        (lambda: yd.conley(estimate, toy, cutoff_km=np.inf), "cutoff_km=inf"),
        (lambda: yd.conley(estimate, toy, cutoff_km=100, lags=-1), "lags=-1"),
        (lambda: yd.conley(estimate, toy, cutoff_km=100, kernel="gauss"), "kernel='gauss'"),
        (lambda: yd.conley(sdid, toy, cutoff_km=100), "no influence function"),
        (lambda: yd.driscoll_kraay(sdid), "no influence function"),
        (lambda: yd.driscoll_kraay(estimate, lags=1.5), "lags=1.5"),
    ]
    for call, words in refused:
        with pytest.raises(yd.DesignError, match=words):
            call()
