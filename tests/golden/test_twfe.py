import numpy as np
import pandas as pd
import pytest

import yrdecon as yd
from golden.cases import OWN, by_vcov, own_panel, relative, results

COEFFICIENT, ERROR = 1e-9, 1e-8
RULES = [("fixest", "CRV1_city_code"), ("stata", "CRV1_Kfull"), ("none", "CRV1_noadj")]
SSC = {"fixest": "{}", "stata": "CRV1_Kfull", "none": "CRV1_noadj"}


def twinning(**columns):
    panel = own_panel("sim_twinning", "city_code", cohort="g", location=("lon", "lat"), group="province")
    return panel.assign(**columns) if columns else panel


def check(estimate, row):
    assert relative(estimate.coef[0], row["estimate"]) < COEFFICIENT
    assert relative(estimate.std_error[0], row["se"]) < ERROR
    assert estimate.dof == row["df_t"]


@pytest.mark.parametrize(
    ("ssc", "vcov"), [("fixest", "CRV1_city_code"), ("stata", "CRV1_Kfull"), ("none", "CRV1_noadj")]
)
def test_each_small_sample_rule_equals_fixest_on_the_balanced_panel(ssc, vcov):
    rows = by_vcov(results(OWN, "twfe_twinning"), "d")
    check(yd.twfe(twinning(), yd.Design(outcome="y"), ssc=ssc), rows[vcov])


def test_the_second_outcome_equals_fixest():
    rows = by_vcov(results(OWN, "twfe_twinning_y2"), "d")
    check(yd.twfe(twinning(), yd.Design(outcome="y2")), rows["CRV1_city_code"])


def test_covariates_interacted_with_years_equal_fixest():
    panel = twinning()
    years = range(2011, 2024)
    columns = {f"x_b_{year}": panel.frame["x_b"] * (panel.frame["year"] == year) for year in years}
    design = yd.Design(outcome="y", covariates=("x_t", *columns))
    rows = by_vcov(results(OWN, "twfe_twinning_cov"), "d")
    check(yd.twfe(panel.assign(**columns), design), rows["CRV1_city_code"])
    check(yd.twfe(panel.assign(**columns), design, ssc="stata"), rows["CRV1_Kfull"])


@pytest.mark.parametrize(
    ("ssc", "vcov"), [("fixest", "CRV1_city_code"), ("stata", "CRV1_Kfull"), ("none", "CRV1_noadj")]
)
def test_weights_equal_fixest(ssc, vcov):
    rows = by_vcov(results(OWN, "twfe_twinning_weighted"), "d")
    check(yd.twfe(twinning(), yd.Design(outcome="y", covariates=("x_t",), weights="pop"), ssc=ssc), rows[vcov])


def test_staggered_adoption_equals_fixest():
    panel = own_panel("sim_staggered", "id", cohort="g")
    check(yd.twfe(panel, yd.Design(outcome="y")), by_vcov(results(OWN, "twfe_staggered"), "d")["CRV1_id"])


def test_an_unbalanced_panel_clustered_by_another_column_equals_fixest():
    panel = own_panel("sim_staggered_unbalanced", "id", cohort="g")
    rows = by_vcov(results(OWN, "twfe_staggered_unbalanced"), "d")
    check(yd.twfe(panel, yd.Design(outcome="y", covariates=("x2",))), rows["CRV1_id"])
    check(yd.twfe(panel, yd.Design(outcome="y", covariates=("x2",), cluster="cluster")), rows["CRV1_cluster"])
    by_unit = yd.twfe(panel, yd.Design(outcome="y", covariates=("x2",), cluster="cluster"))
    check(yd.cluster_robust(by_unit, "unit"), rows["CRV1_id"])
    check(yd.cluster_robust(by_unit, "unit", ssc="stata"), rows["CRV1_Kfull"])


@pytest.mark.parametrize(
    ("case", "outcome", "cohort", "weights", "first"),
    [
        ("twfe_yrd_frozen_twin", "ln_rgdp", "g_twin", None, 2005),
        ("twfe_yrd_frozen_twin_popw", "ln_rgdp", "g_twin", "pop", 2005),
        ("twfe_yrd_frozen_comm", "ln_rgdp", "g_comm", None, 2005),
        ("twfe_yrd_frozen_fiscal", "ln_exp_yb", "g_twin", None, 2018),
    ],
)
def test_real_figures_equal_fixest(case, outcome, cohort, weights, first):
    panel = own_panel("yrd_frozen", "city_code", cohort=cohort, group="province").between(first, 2022)
    never = "not_yet" if cohort == "g_comm" else "never"
    design = yd.Design(outcome=outcome, weights=weights, comparison=never)
    rows = {r["vcov"]: r for r in results(OWN, case)["results"]}
    estimate = yd.twfe(panel, design)
    check(estimate, rows["~city_code"])
    province = yd.cluster_robust(estimate, "province")
    assert relative(province.std_error[0], rows["~province"]["se"]) < ERROR
    full = yd.twfe(panel, design, ssc="stata")
    assert relative(full.std_error[0], rows["vcov_cluster(~city_code, ssc=ssc(K.fixef='full'))"]["se"]) < ERROR


@pytest.mark.parametrize(
    ("case", "dataset", "unit", "time", "outcome", "cohort", "vcov"),
    [
        ("twfe_castle", "castle_bacon", "state", "year", "l_homicide", "post", "CRV1_state"),
        ("twfe_mpdta_twfe", "mpdta", "countyreal", "year", "lemp", "first.treat", "CRV1_countyreal"),
    ],
)
def test_public_data_equal_fixest(shared, case, dataset, unit, time, outcome, cohort, vcov):
    frame = pd.read_csv(shared / "golden" / "datasets" / f"{dataset}.csv").copy()
    if cohort == "post":
        start = frame[frame["post"] == 1].groupby(unit)[time].min()
        frame = frame.assign(cohort=frame[unit].map(start).astype(float))
    else:
        frame = frame.assign(cohort=frame[cohort].replace(0, np.inf).astype(float))
    panel = yd.Panel.from_frame(frame[[unit, time, outcome, "cohort"]], unit=unit, time=time)
    rows = {row["vcov"]: row for row in results(shared / "golden", case)["results"]}
    for ssc, pattern in SSC.items():
        check(yd.twfe(panel, yd.Design(outcome=outcome), ssc=ssc), rows[pattern.format(vcov)])


def test_a_trend_of_its_own_for_every_unit_equals_fixest():
    design = yd.Design(outcome="y", effects=("city_code[year]",))
    check(yd.twfe(twinning(), design), by_vcov(results(OWN, "twfe_twinning_unit_trends"), "d")["CRV1_city"])


@pytest.mark.parametrize(("cluster", "vcov"), [(None, "CRV1_id"), ("cluster", "CRV1_cluster")])
def test_a_slope_of_its_own_for_every_year_with_weights_equals_fixest(cluster, vcov):
    # of the twenty years times x1 the reference drops one as collinear and counts nineteen; we count every slope
    panel = own_panel("sim_staggered", "id", cohort="g")
    design = yd.Design(outcome="y", covariates=("x2",), weights="w", effects=("year[x1]",), cluster=cluster)
    row = by_vcov(results(OWN, "twfe_staggered_cov_weighted"), "d")[vcov]
    estimate = yd.twfe(panel, design)
    n, counted = 1200, 42
    assert f"K={counted}" in estimate.small_sample
    assert relative(estimate.coef[0], row["estimate"]) < COEFFICIENT
    recounted = estimate.std_error[0] * np.sqrt((n - counted) / (n - counted + 1))
    assert relative(recounted, row["se"]) < ERROR


def test_slopes_are_told_in_tables_and_refused_where_they_cannot_be_used():
    design = yd.Design(outcome="y", effects=("city_code[year]",))
    table = yd.regression_table({"(1)": yd.twfe(twinning(), design)}).to_markdown()
    assert "Slopes on Year by City code" in table
    with pytest.raises(yd.DesignError, match="slopes"):
        yd.imputation(twinning(), design)
    with pytest.raises(yd.DesignError, match="form"):
        yd.Design(outcome="y", effects=("city[year",))
