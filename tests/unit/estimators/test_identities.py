import numpy as np
import pandas as pd
import pytest
from conftest import make_toy

import yrdecon as yd


def collapsed(panel, first=6):
    wide = panel.frame.pivot_table(index="unit", columns="time", values="y")
    change = wide.loc[:, first:].mean(axis=1) - wide.loc[:, : first - 1].mean(axis=1)
    treated = panel.frame.groupby("unit")["cohort"].first() < 99
    return change[treated].to_numpy(), change[~treated].to_numpy()


def test_twfe_and_its_clustered_error_follow_from_collapsed_changes(toy):
    treated, others = collapsed(toy)
    estimate = yd.twfe(toy, yd.Design(outcome="y"))
    assert estimate.coef[0] == pytest.approx(treated.mean() - others.mean(), abs=1e-12)
    n1, n0, n, periods = len(treated), len(others), 12, 8
    raw = ((treated - treated.mean()) ** 2).sum() / n1**2 + ((others - others.mean()) ** 2).sum() / n0**2
    factor = n / (n - 1) * (n * periods - 1) / (n * periods - (periods + 1))
    assert estimate.std_error[0] ** 2 == pytest.approx(raw * factor, rel=1e-10)


def test_event_study_coefficients_are_differences_of_means(toy):
    wide = toy.frame.pivot_table(index="unit", columns="time", values="y")
    treated = toy.frame.groupby("unit")["cohort"].first() < 99
    gap = wide[treated].mean() - wide[~treated].mean()
    estimate = yd.event_study(toy, yd.Design(outcome="y"))
    expected = [gap[6 + e] - gap[5] for e in estimate.cells["event_time"]]
    assert np.allclose(estimate.coef, expected, atol=1e-12)
    assert estimate.coef[estimate.cells["reference"].to_numpy()].tolist() == [0.0]


def test_several_reference_periods_average_to_zero_and_the_average_effect_is_the_contrast(toy):
    design = yd.Design(outcome="y", base_periods=(3, 4, 5))
    estimate = yd.event_study(toy, design)
    assert estimate.coef[estimate.cells["reference"].to_numpy()].mean() == pytest.approx(0, abs=1e-12)
    post = yd.average(estimate, 0, 2)
    contrast = yd.twfe(toy, design)
    assert post.coef[0] == pytest.approx(contrast.coef[0], abs=1e-12)
    ratio = post.vcov[0, 0] / contrast.vcov[0, 0]
    assert ratio == pytest.approx(1, rel=0.1)


def test_province_by_year_effects_compare_within_provinces(toy):
    estimate = yd.twfe(toy, yd.Design(outcome="y", effects=("group^time",)))
    frame = toy.frame
    parts, sizes = [], []
    for _, rows in frame.groupby("group"):
        treated, others = collapsed(yd.Panel.from_frame(rows, unit="unit", time="time"))
        parts.append(treated.mean() - others.mean())
        sizes.append(len(treated) * len(others) / (len(treated) + len(others)))
    assert estimate.coef[0] == pytest.approx(np.average(parts, weights=sizes), abs=1e-10)


def test_lincom_and_wald_agree_with_the_closed_form():
    toy = make_toy(n_units=40, n_treated=15)
    estimate = yd.event_study(toy, yd.Design(outcome="y"))
    difference = yd.lincom(estimate, {5: 1.0, 6: -1.0})
    v = estimate.vcov
    assert difference.vcov[0, 0] == pytest.approx(v[5, 5] + v[6, 6] - 2 * v[5, 6], rel=1e-12)
    test = yd.wald(difference, [0])
    assert test.statistic == pytest.approx(float(difference.coef[0] ** 2 / difference.vcov[0, 0]), rel=1e-12)
    assert test.p_value == pytest.approx(difference.tidy()["p_value"][0], rel=1e-9)


def test_a_joint_test_of_more_coefficients_than_treated_clusters_is_refused(toy):
    with pytest.raises(yd.DesignError, match="3 treated clusters"):
        yd.wald(yd.event_study(toy, yd.Design(outcome="y")), [0, 1, 2])


def test_aggregation_weights_cohorts_by_size_and_counts_the_error_of_the_shares():
    cells = pd.DataFrame({"cohort": [2, 2, 3], "time": [2, 3, 3], "event_time": [0, 1, 0]})
    units = pd.DataFrame({"unit": [f"u{i}" for i in range(10)], "time": 1})
    units["cohort"] = [2.0] * 3 + [3.0] * 2 + [np.inf] * 5
    generator = np.random.default_rng(0)
    influence = generator.normal(size=(10, 3)) / 10
    estimate = yd.Estimate(
        np.array([1.0, 2.0, 5.0]),
        influence.T @ influence,
        cells,
        units,
        "toy",
        "y",
        10,
        influence=influence,
        cluster="unit",
    )
    dynamic = yd.aggregate(estimate, "event_time")
    assert dynamic.coef[0] == pytest.approx((3 * 1.0 + 2 * 5.0) / 5)
    assert yd.aggregate(estimate, "cohort").coef.tolist() == [1.5, 5.0]
    assert yd.aggregate(estimate, "time").coef.tolist() == pytest.approx([1.0, (3 * 2.0 + 2 * 5.0) / 5])
    assert yd.aggregate(estimate, None).coef[0] == pytest.approx((3 * 1 + 3 * 2 + 2 * 5) / 8)
    # share of cohort 2 among the treated by event time 0: delta method by hand
    share = 3 / 5
    extra = np.where(units["cohort"] == 2, 1 - share, np.where(units["cohort"] == 3, -share, 0)) / 5 * (1.0 - 5.0)
    by_hand = influence @ np.array([share, 0, 1 - share]) + extra
    assert dynamic.vcov[0, 0] == pytest.approx((by_hand**2).sum(), rel=1e-10)


@pytest.mark.parametrize("estimator", [yd.callaway_santanna, yd.sun_abraham, yd.imputation, yd.etwfe])
def test_an_excluded_period_after_treatment_counts_in_no_summary(estimator, toy):
    design = yd.Design(outcome="y", exclude_periods=(7,))
    moved = toy.assign(y=toy.frame["y"] + 9.0 * ((toy.frame["time"] == 7) & (toy.frame["cohort"] < 99)))
    plain, changed = estimator(toy, design), estimator(moved, design)
    for by in (None, "cohort"):
        assert yd.aggregate(changed, by).coef == pytest.approx(yd.aggregate(plain, by).coef, abs=1e-10)
    dynamic = yd.aggregate(changed, "event_time")
    marked = dynamic.cells.get("excluded", pd.Series(False, index=dynamic.cells.index)).to_numpy(dtype=bool)
    assert (1 not in dynamic.cells["event_time"].tolist()) or marked[dynamic.cells["event_time"] == 1].all()


@pytest.mark.parametrize("estimator", [yd.synthetic_did, yd.synthetic_control])
def test_a_synthetic_comparison_is_summarized_by_its_path(estimator, twinned):
    design = yd.twinning_design()
    effect = estimator(twinned, design)
    path = yd.aggregate(effect, "event_time")
    assert yd.average(path, 0, 1).coef[0] == pytest.approx(effect.coef[0], abs=1e-12)
    assert path.coef[path.cells["reference"].to_numpy()] == pytest.approx([0.0], abs=1e-12)
    assert np.isnan(path.std_error).all()


def test_the_path_of_cohorts_is_weighted_by_treated_units(toy):
    start = {"u00": 4.0, "u01": 6.0, "u02": 6.0}
    panel = toy.assign(cohort=toy.frame["unit"].map(start).fillna(np.inf))
    path = yd.aggregate(yd.synthetic_did(panel, yd.Design("y")), "event_time")
    direct = yd.synthetic_did_path(panel, yd.Design("y"))
    assert path.cells["event_time"].tolist() == direct.cells["event_time"].tolist()
    assert np.allclose(path.coef, direct.coef, atol=1e-12)


def test_the_window_keeps_coefficients_with_their_covariance(toy):
    estimate = yd.event_study(toy, yd.Design(outcome="y"))
    kept = yd.event_window(estimate, -2, 1)
    assert kept.cells["event_time"].tolist() == [-2, -1, 0, 1]
    assert np.allclose(kept.vcov, estimate.vcov[3:7, 3:7])
    with pytest.raises(yd.DesignError, match="no event time lies between"):
        yd.event_window(estimate, 50, 60)
    with pytest.raises(yd.DesignError, match="no event times"):
        yd.event_window(yd.twfe(toy, yd.Design(outcome="y")), 0, 1)


def test_a_covariate_collinear_with_the_unit_effects_is_refused_in_words(toy):
    with pytest.raises(yd.EstimationError, match="collinear"):
        yd.twfe(toy, yd.Design(outcome="y", covariates=("w",)))


def test_always_treated_units_are_kept_and_named(toy):
    panel = toy.assign(cohort=toy.frame["cohort"].mask(toy.frame["unit"] == "u11", 1.0))
    estimate = yd.twfe(panel, yd.Design(outcome="y"))
    assert any("u11" in note for note in estimate.notes)


def test_linearmodels_gives_the_same_coefficient_and_under_its_rule_the_same_error(twinned):
    from linearmodels.panel import PanelOLS

    design = yd.twinning_design()
    frame = twinned.where("in_yrd_clean").frame
    frame = frame[frame["year"].isin([2020, 2022, 2023])].set_index(["city_code", "year"])
    treated = (frame["treatment_on"]).astype(float).rename("treated").to_frame()
    model = PanelOLS(frame["ln_real_gdp"], treated, entity_effects=True, time_effects=True)
    fit = model.fit(cov_type="clustered", cluster_entity=True, debiased=False)
    ours = yd.twfe(twinned, design, ssc="none")
    assert ours.coef[0] == pytest.approx(fit.params["treated"], abs=1e-12)
    rows, effects = 90, 30 + 3 - 1
    their_rule = np.sqrt(rows / (rows - effects))
    assert ours.std_error[0] * their_rule == pytest.approx(fit.std_errors["treated"], rel=1e-9)
