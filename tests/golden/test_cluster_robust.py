"""CR2, CV3, two-way, Driscoll-Kraay and row-wise errors against clubSandwich, sandwich and fixest."""

import numpy as np
import pandas as pd
import pytest

import yrdecon as yd
from golden.cases import OWN, by_vcov, own_panel, relative, results

# closed forms on both sides: what is left is the rounding of two routes to a matrix root
ERROR, DOF = 1e-9, 1e-9


def twinning(**columns):
    panel = own_panel("sim_twinning", "city_code", cohort="g", location=("lon", "lat"), group="province")
    return panel.assign(**columns) if columns else panel


def anhui():
    panel = twinning()
    return panel.assign(anhui=panel.frame["province"] == "AH")


def staggered(cluster=None):
    design = yd.Design("y", covariates=("x2",), cluster=cluster)
    return yd.twfe(own_panel("sim_staggered", "id", cohort="g"), design)


CR2 = [
    ("cr2_twinning", lambda: yd.twfe(twinning(), yd.Design("y")), "unit"),
    ("cr2_twinning_anhui_8v8", lambda: yd.twfe(anhui(), yd.Design("y", pool="anhui")), "unit"),
    ("cr2_staggered_cluster12", lambda: staggered("cluster"), "cluster"),
]


@pytest.mark.parametrize(("case", "estimated", "by"), CR2)
def test_cr2_and_its_degrees_of_freedom_equal_clubsandwich(case, estimated, by):
    rows = by_vcov(results(OWN, case), "d")
    estimate = yd.cluster_robust(estimated(), by, kind="CR2")
    assert relative(estimate.std_error[0], rows["CR2"]["se"]) < ERROR
    assert relative(estimate.dof[0], rows["CR2"]["df"]) < DOF
    assert relative(estimate.tidy()["p_value"][0], rows["CR2"]["p"]) < 1e-8  # the p-value of t magnifies the error


@pytest.mark.parametrize(("case", "estimated", "by"), CR2)
def test_cr0_cr1_and_cr1s_equal_clubsandwich(case, estimated, by):
    # its Satterthwaite degrees of freedom for these three are not offered: CR1 keeps G-1, as the field does
    rows = by_vcov(results(OWN, case), "d")
    plain = yd.cluster_robust(estimated(), by, ssc="none")
    groups = plain.n_clusters
    assert relative(plain.std_error[0], rows["CR0"]["se"]) < ERROR
    assert relative(plain.std_error[0] * np.sqrt(groups / (groups - 1)), rows["CR1"]["se"]) < ERROR
    assert relative(yd.cluster_robust(estimated(), by, ssc="stata").std_error[0], rows["CR1S"]["se"]) < ERROR


@pytest.mark.parametrize(("case", "estimated", "by"), CR2)
def test_the_cluster_jackknife_equals_refitting_without_each_cluster(case, estimated, by):
    document = results(OWN, case)
    rows = by_vcov(document, "d")
    estimate = estimated()
    jackknife = yd.cluster_robust(estimate, by, kind="CV3")
    assert relative(jackknife.std_error[0], rows["CV3_jackknife_about_full"]["se"]) < ERROR
    assert jackknife.dof == rows["CV3_jackknife_about_full"]["df"]
    assert relative(jackknife.tidy()["p_value"][0], rows["CV3_jackknife_about_full"]["p"]) < 1e-8
    changes = yd.cluster_leverage(estimate, by).set_index("cluster")["change"]
    changes.index = changes.index.astype(str)
    without = pd.Series(document["loo"])
    assert np.abs(estimate.coef[0] + changes.reindex(without.index) - without).max() < 1e-13
    groups = len(changes)
    around_mean = np.sqrt((groups - 1) / groups * ((changes - changes.mean()) ** 2).sum())
    assert relative(around_mean, rows["CV3J_jackknife_about_mean"]["se"]) < ERROR


TWO_WAY = [
    ("twfe_twinning", "sim_twinning", "city_code", "unit", "CRV1_twoway_city_code_year", {}),
    ("twfe_staggered", "sim_staggered", "id", "unit", "CRV1_twoway_id_year", {}),
    ("twfe_staggered", "sim_staggered", "id", "cluster", "CRV1_twoway_cluster_year", {"cluster": "cluster"}),
    (
        "twfe_staggered_unbalanced",
        "sim_staggered_unbalanced",
        "id",
        "unit",
        "CRV1_twoway_id_year",
        {"covariates": ("x2",)},
    ),
    (
        "twfe_twinning_weighted",
        "sim_twinning",
        "city_code",
        "unit",
        "CRV1_twoway_city_code_year",
        {"covariates": ("x_t",), "weights": "pop"},
    ),
]


@pytest.mark.parametrize(("case", "dataset", "unit", "by", "vcov", "options"), TWO_WAY)
def test_two_way_clustering_equals_fixest(case, dataset, unit, by, vcov, options):
    row = by_vcov(results(OWN, case), "d")[vcov]
    estimate = yd.cluster_robust(yd.twfe(own_panel(dataset, unit, cohort="g"), yd.Design("y", **options)), (by, "time"))
    assert relative(estimate.std_error[0], row["se"]) < ERROR
    assert estimate.dof == row["df_t"]


@pytest.mark.parametrize(
    ("case", "dataset", "unit", "options"),
    [
        ("twfe_twinning", "sim_twinning", "city_code", {}),
        ("twfe_staggered", "sim_staggered", "id", {}),
        ("twfe_twinning_weighted", "sim_twinning", "city_code", {"covariates": ("x_t",), "weights": "pop"}),
    ],
)
def test_driscoll_kraay_equals_fixest(case, dataset, unit, options):
    rows = by_vcov(results(OWN, case), "d")
    estimate = yd.twfe(own_panel(dataset, unit, cohort="g"), yd.Design("y", **options))
    for vcov, lags in (("DK_lag2", 2), ("DK_default", None)):
        found = yd.driscoll_kraay(estimate, lags=lags)
        assert relative(found.std_error[0], rows[vcov]["se"]) < ERROR
        assert found.dof == rows[vcov]["df_t"]


def test_driscoll_kraay_on_an_unbalanced_panel_equals_fixest():
    # fixest names no default lag for this case
    row = by_vcov(results(OWN, "twfe_staggered_unbalanced"), "d")["DK_lag2"]
    panel = own_panel("sim_staggered_unbalanced", "id", cohort="g")
    found = yd.driscoll_kraay(yd.twfe(panel, yd.Design("y", covariates=("x2",))), lags=2)
    assert relative(found.std_error[0], row["se"]) < ERROR


@pytest.mark.parametrize("kind", ["iid", "HC0", "HC1", "HC2", "HC3", "HC4"])
def test_row_wise_errors_equal_sandwich(shared, kind):
    row = by_vcov(results(shared / "golden", "lm_hc_castle"), "post")["const" if kind == "iid" else kind]
    found = yd.heteroskedastic(castle(shared), kind=kind)
    assert relative(found.std_error[0], row["se"]) < ERROR
    assert relative(found.tidy()["p_value"][0], row["p"]) < ERROR


def test_cr2_of_the_castle_doctrine_equals_clubsandwich(shared):
    # the Satterthwaite degrees of freedom of CR0, CR1 and CR1S are not offered
    rows = by_vcov(results(shared / "golden", "lm_hc_castle"), "post")
    estimate = castle(shared)
    cr2 = yd.cluster_robust(estimate, "unit", kind="CR2")
    assert relative(cr2.std_error[0], rows["CR2_clubSandwich_Satterthwaite"]["se"]) < ERROR
    assert relative(cr2.dof[0], rows["CR2_clubSandwich_Satterthwaite"]["df"]) < DOF
    plain = yd.cluster_robust(estimate, "unit", ssc="none").std_error[0]
    assert relative(plain, rows["CR0_clubSandwich_Satterthwaite"]["se"]) < ERROR
    assert relative(plain * np.sqrt(50 / 49), rows["CR1_clubSandwich_Satterthwaite"]["se"]) < ERROR
    stata = yd.cluster_robust(estimate, "unit", ssc="stata").std_error[0]
    assert relative(stata, rows["CR1S_clubSandwich_Satterthwaite"]["se"]) < ERROR


def castle(shared):
    frame = pd.read_csv(
        shared / "golden" / "datasets" / "castle_bacon.csv", usecols=["state", "year", "l_homicide", "post"]
    )
    start = frame["year"].where(frame["post"] > 0).groupby(frame["state"]).transform("min")
    panel = yd.Panel.from_frame(frame.assign(cohort=start), unit="state", time="year")
    return yd.twfe(panel, yd.Design("l_homicide"))
