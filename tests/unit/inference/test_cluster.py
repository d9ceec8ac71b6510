import numpy as np
import pandas as pd
import pytest
from conftest import make_toy

import yrdecon as yd


def test_clustering_by_group_equals_the_sandwich_by_hand(toy):
    estimate = yd.twfe(toy, yd.Design(outcome="y"))
    linear = estimate.linear
    groups = estimate.units["group"].to_numpy()
    scores = linear.regressors[:, 0] * linear.residuals
    bread = 1 / (linear.regressors[:, 0] ** 2).sum()
    meat = sum(scores[groups == g].sum() ** 2 for g in ("even", "odd"))
    by_hand = np.sqrt(bread**2 * meat)
    assert yd.cluster_robust(estimate, "group", ssc="none").std_error[0] == pytest.approx(by_hand, rel=1e-10)


def test_what_cannot_be_clustered_is_refused_in_words(toy):
    estimate = yd.twfe(toy, yd.Design(outcome="y"))
    with pytest.raises(yd.DesignError, match="'province' labels the rows"):
        yd.cluster_robust(estimate, "province")
    with pytest.raises(yd.DesignError, match="permutation_test"):
        yd.cluster_robust(yd.synthetic_did(toy, yd.Design(outcome="y")), "unit")
    with pytest.raises(yd.DesignError, match="one level only"):
        yd.twfe(toy.assign(all="x"), yd.Design(outcome="y", cluster="all"))
    with pytest.raises(yd.DesignError, match="ssc='best'"):
        yd.cluster_robust(estimate, "unit", ssc="best")


def changes_by_unit(panel, first=6):
    """Mean after less mean before of every unit, and whether it is treated."""
    frame = panel.frame
    mean = frame.groupby(["unit", frame["time"] >= first])["y"].mean().unstack()
    treated = np.isfinite(frame.groupby("unit")["cohort"].first())
    return (mean[True] - mean[False]).to_numpy(), treated.to_numpy()


@pytest.mark.parametrize(
    ("n_treated", "n_others", "dof"), [(8, 33, 10.67), (8, 27, 11.49), (8, 8, 14.0), (4, 37, 3.68), (2, 39, 1.11)]
)
def test_cr2_and_its_degrees_of_freedom_have_their_closed_forms(n_treated, n_others, dof):
    panel = make_toy(n_units=n_treated + n_others, n_treated=n_treated)
    estimate = yd.cluster_robust(yd.twfe(panel, yd.Design("y")), "unit", kind="CR2")
    change, treated = changes_by_unit(panel)
    variance = sum(change[part].var(ddof=1) / part.sum() for part in (treated, ~treated))
    assert estimate.vcov[0, 0] == pytest.approx(variance, rel=1e-10)
    closed = (1 / n_treated + 1 / n_others) ** 2 / sum(1 / n**2 / (n - 1) for n in (n_treated, n_others))
    assert estimate.dof[0] == pytest.approx(closed, rel=1e-10)
    assert estimate.dof[0] == pytest.approx(dof, abs=0.005)


def test_the_jackknife_of_the_panel_is_that_of_two_group_means():
    panel = make_toy(n_units=15, n_treated=5)
    estimate = yd.cluster_robust(yd.twfe(panel, yd.Design("y")), "unit", kind="CV3")
    change, treated = changes_by_unit(panel)
    without = [
        np.delete(change, i)[np.delete(treated, i)].mean() - np.delete(change, i)[~np.delete(treated, i)].mean()
        for i in range(15)
    ]
    variance = 14 / 15 * ((np.array(without) - estimate.coef[0]) ** 2).sum()
    assert estimate.vcov[0, 0] == pytest.approx(variance, rel=1e-10)
    assert estimate.dof == 14


@pytest.mark.parametrize("kind", ["CR2", "CV3"])
def test_a_single_treated_unit_is_refused_in_words(kind):
    panel = make_toy(n_treated=1)
    for estimate in (yd.twfe(panel, yd.Design("y")), yd.event_study(panel, yd.Design("y"))):
        with pytest.raises(yd.DesignError, match="single treated cluster; use permutation_test"):
            yd.cluster_robust(estimate, "unit", kind=kind)


@pytest.mark.parametrize("kind", ["CR2", "CV3"])
def test_coefficients_that_rest_on_one_cluster_are_left_out_and_counted(kind):
    panel = make_toy(n_treated=4)
    frame = panel.frame
    panel = panel.assign(cohort=frame["cohort"].where(frame["unit"] != "u00", 5.0))
    estimate = yd.cluster_robust(yd.sun_abraham(panel, yd.Design("y")), "unit", kind=kind)
    alone = (estimate.cells["cohort"] == 5).to_numpy()
    normal = np.diag(yd.sun_abraham(panel, yd.Design("y")).vcov) < 1e-20
    assert (np.isnan(estimate.std_error) == (alone & ~normal)).all()
    assert f"undefined for {int((alone & ~normal).sum())} coefficients" in estimate.small_sample


@pytest.mark.parametrize("kind", ["CR2", "CV3"])
def test_clustering_commutes_with_combining(kind):
    dynamic = yd.event_study(make_toy(n_treated=5), yd.Design("y"))
    before = yd.average(yd.cluster_robust(dynamic, "unit", kind=kind), 0, 2)
    after = yd.cluster_robust(yd.average(dynamic, 0, 2), "unit", kind=kind)
    assert after.std_error[0] == pytest.approx(before.std_error[0], rel=1e-10)
    single = yd.cluster_robust(yd.average(dynamic, 1, 1), "unit", kind=kind)
    position = int(np.flatnonzero(dynamic.cells["event_time"] == 1)[0])
    whole = yd.cluster_robust(dynamic, "unit", kind=kind)
    assert single.tidy()["p_value"][0] == pytest.approx(whole.tidy()["p_value"][position], rel=1e-8)


def test_a_combination_takes_the_smallest_degrees_of_freedom_of_its_parts():
    panel = make_toy(n_treated=5)
    panel = panel.assign(cohort=panel.frame["cohort"].where(~panel.frame["unit"].isin(["u00", "u01"]), 5.0))
    cells = yd.cluster_robust(yd.sun_abraham(panel, yd.Design("y")), "unit", kind="CR2")
    summary = yd.lincom(cells, dict.fromkeys(np.flatnonzero(np.isfinite(cells.dof)).tolist(), 1.0))
    assert len(set(cells.dof.round(6))) > 2
    assert summary.dof[0] == cells.dof.min()
    assert np.isfinite(yd.simultaneous_band(cells, seed=1)["critical_value"][0])


def test_a_joint_test_uses_the_smallest_degrees_of_freedom():
    dynamic = yd.cluster_robust(yd.event_study(make_toy(n_treated=5), yd.Design("y")), "unit", kind="CR2")
    chosen = np.flatnonzero(dynamic.cells["event_time"].isin([0, 1]))
    test = yd.wald(dynamic, chosen.tolist())
    assert test.name == f"Wald F(2, {dynamic.dof[chosen].min():g})"


def test_a_unit_seen_once_changes_nothing_but_the_number_of_clusters():
    panel = make_toy(n_treated=5)
    frame = panel.frame[(panel.frame["unit"] != "u09") | (panel.frame["time"] == 3)]
    lonely = yd.Panel.from_frame(frame, unit="unit", time="time")
    rest = yd.Panel.from_frame(frame[frame["unit"] != "u09"], unit="unit", time="time")
    first, second = (yd.cluster_robust(yd.twfe(p, yd.Design("y")), "unit", kind="CR2") for p in (lonely, rest))
    assert first.vcov == pytest.approx(second.vcov, rel=1e-9)
    assert first.dof == pytest.approx(second.dof, rel=1e-9)
    assert first.n_clusters == second.n_clusters + 1


def test_two_way_errors_are_the_sum_of_both_less_the_intersection():
    estimate = yd.event_study(make_toy(n_units=20, n_treated=8), yd.Design("y"))
    both = yd.cluster_robust(estimate, ("unit", "time"), ssc="none")
    one, two = (yd.cluster_robust(estimate, by, ssc="none").vcov for by in ("unit", "time"))
    rows = estimate.influence.T @ estimate.influence
    assert np.allclose(both.vcov, one + two - rows, rtol=1e-10, atol=1e-14)
    assert (both.dof, both.cluster, both.n_treated_clusters) == (7, "time", 3)
    negative = int((np.diag(both.vcov) < 0).sum())
    assert np.isnan(both.std_error).sum() == negative > 0
    assert f"{negative} of 8 variances negative" in both.small_sample


def test_a_constant_outcome_is_refused_by_what_needs_residuals(toy):
    flat = yd.twfe(toy.assign(y=7e5), yd.Design("y"))
    assert (flat.coef[0], flat.std_error[0]) == (0.0, 0.0)
    for call in (
        lambda: yd.cluster_robust(flat, "unit", kind="CR2"),
        lambda: yd.heteroskedastic(flat),
        lambda: yd.cluster_diagnostics(flat),
    ):
        with pytest.raises(yd.DesignError, match="fitted without error"):
            call()


def test_wrong_kinds_and_columns_are_refused(toy):
    estimate = yd.twfe(toy, yd.Design("y"))
    holes = pd.Series(np.where(toy.frame["unit"] == "u03", None, toy.frame["group"]), dtype=object)
    other = yd.Panel.from_frame(toy.frame.assign(area=holes), unit="unit", time="time", group="area")
    refused = [
        (lambda: yd.cluster_robust(estimate, "unit", kind="CR3"), "kind='CR3'"),
        (lambda: yd.cluster_robust(estimate, ("unit", "time"), kind="CR2"), "for one column"),
        (lambda: yd.cluster_robust(estimate, ("unit", "unit")), "two different"),
        (lambda: yd.cluster_robust(estimate, ("unit", "time", "group")), "two different"),
        (lambda: yd.cluster_robust(yd.callaway_santanna(toy, yd.Design("y")), "unit", kind="CV3"), "kind='CR1'"),
        (lambda: yd.cluster_robust(yd.twfe(other, yd.Design("y")), "area"), "missing in 8 rows"),
        (lambda: yd.heteroskedastic(estimate, kind="HC5"), "kind='HC5'"),
    ]
    for call, words in refused:
        with pytest.raises(yd.DesignError, match=words):
            call()
