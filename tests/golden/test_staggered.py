import numpy as np
import pandas as pd
import pytest

import yrdecon as yd
from golden.cases import OWN, own_panel, relative, results

# did_imputation and did2s demean with a tolerance of 1e-6, which leaves up to 1e-8 in the effects.
CLOSED, R_DEMEANING = 1e-10, 5e-8


def agrees(estimate, row, index, tolerance):
    assert abs(estimate.coef[index] - row["estimate"]) < tolerance
    if row["se"]:
        assert relative(estimate.std_error[index], row["se"]) < tolerance * 10


def check_sun_abraham(case, estimate):
    dynamic, compared = yd.aggregate(estimate, "event_time"), 0
    positions = dynamic.cells["event_time"].tolist()
    for row in case["results"]:
        if row["agg"] == "period" and row["term"].startswith("year::"):
            agrees(dynamic, row, positions.index(int(row["term"].split("::")[1])), CLOSED)
            compared += 1
        elif row["agg"] == "att" and row["term"] == "ATT":
            agrees(yd.aggregate(estimate, None), row, 0, CLOSED)
    assert compared == sum(r["agg"] == "period" and r["term"].startswith("year::") for r in case["results"]) > 5


@pytest.mark.parametrize(
    ("name", "dataset", "unit"),
    [
        ("sunab_staggered", "sim_staggered", "id"),
        ("sunab_staggered_unbalanced", "sim_staggered_unbalanced", "id"),
        ("sunab_twinning", "sim_twinning", "city_code"),
    ],
)
def test_sun_abraham_equals_fixest(name, dataset, unit):
    panel = own_panel(dataset, unit, cohort="g")
    check_sun_abraham(results(OWN, name), yd.sun_abraham(panel, yd.Design(outcome="y")))


def test_the_last_cohort_serves_as_never_treated_before_it_starts():
    panel = own_panel("sim_staggered", "id", cohort="g")
    panel = panel.assign(kept=np.isfinite(panel.frame["cohort"])).where("kept").between(2001, 2015)
    design = yd.Design(outcome="y")
    check_sun_abraham(results(OWN, "sunab_staggered_lastcohort"), yd.sun_abraham(panel, design))


def committee():
    panel = own_panel("yrd_frozen", "city_code", cohort="g_comm")
    return panel.assign(kept=panel.frame["g_comm"] > 2000).where("kept").between(2005, 2018)


def test_sun_abraham_on_the_coordination_committee_equals_fixest():
    estimate = yd.sun_abraham(committee(), yd.Design(outcome="ln_rgdp"))
    check_sun_abraham(results(OWN, "sunab_yrd_frozen_committee"), estimate)


@pytest.mark.parametrize(
    ("variant", "options"),
    [
        ("static", {}),
        ("static_cluster", {"cluster": "cluster"}),
        ("static_x2", {"covariates": ("x2",)}),
    ],
)
def test_the_imputed_effect_and_its_error_equal_didimputation(variant, options):
    row = next(r for r in results(OWN, "didimputation_staggered")["results"] if r["variant"] == variant)
    panel = own_panel("sim_staggered", "id", cohort="g")
    estimate = yd.aggregate(yd.imputation(panel, yd.Design(outcome="y", **options)), None)
    agrees(estimate, row, 0, R_DEMEANING)


def test_the_weighted_imputed_effect_equals_didimputation():
    # only the effect: the package's error with weights is about 4% away and its formula is not documented
    row = next(r for r in results(OWN, "didimputation_staggered")["results"] if r["variant"] == "static_w")
    panel = own_panel("sim_staggered", "id", cohort="g")
    estimate = yd.aggregate(yd.imputation(panel, yd.Design(outcome="y", weights="w")), None)
    assert abs(estimate.coef[0] - row["estimate"]) < R_DEMEANING


@pytest.mark.parametrize(
    ("name", "outcome"), [("didimputation_staggered", "y"), ("imputation_yrd_frozen_committee", "ln_rgdp")]
)
def test_imputed_effects_by_event_time_equal_didimputation(name, outcome):
    panel = own_panel("sim_staggered", "id", cohort="g") if outcome == "y" else committee()
    dynamic = yd.aggregate(yd.imputation(panel, yd.Design(outcome=outcome, comparison="not_yet")), "event_time")
    positions = dynamic.cells["event_time"].tolist()
    rows = [r for r in results(OWN, name)["results"] if r["variant"] == "es" and int(r["term"]) >= 0]
    assert len(rows) > 5
    for row in rows:
        agrees(dynamic, row, positions.index(int(row["term"])), R_DEMEANING)


def test_with_one_cohort_imputation_is_difference_in_differences():
    panel = own_panel("sim_twinning", "city_code", cohort="g")
    row = next(r for r in results(OWN, "didimputation_twinning")["results"] if r["variant"] == "static")
    estimate = yd.aggregate(yd.imputation(panel, yd.Design(outcome="y")), None)
    agrees(estimate, row, 0, R_DEMEANING)
    assert estimate.coef[0] == pytest.approx(yd.twfe(panel, yd.Design(outcome="y")).coef[0], abs=1e-10)


def test_sun_abraham_is_callaway_santanna_with_never_treated_and_universal_base():
    panel = own_panel("sim_staggered", "id", cohort="g")
    design = yd.Design(outcome="y")
    one, two = yd.sun_abraham(panel, design), yd.callaway_santanna(panel, design, base="universal")
    keys = ["cohort", "time"]
    left = one.cells[keys].assign(a=one.coef).sort_values(keys, ignore_index=True)
    right = two.cells[keys].assign(b=two.coef).sort_values(keys, ignore_index=True)
    assert (left[keys] == right[keys]).all(axis=None)
    assert np.abs(left["a"] - right["b"]).max() < 1e-10


def test_each_estimator_recovers_dynamic_effects_where_twfe_does_not():
    panel = own_panel("sim_staggered", "id", cohort="g")
    truth = panel.frame.loc[panel.frame["d"] == 1, "tau"].mean()
    design = yd.Design(outcome="y", covariates=("x1",))
    robust = yd.aggregate(yd.callaway_santanna(panel, design), None)
    assert abs(robust.coef[0] - truth) < 3 * robust.std_error[0]


@pytest.mark.parametrize(
    ("name", "variant", "leads"), [("didimputation_staggered", "es_pre", 4), ("didimputation_twinning", "es", 5)]
)
def test_the_pretrend_of_untreated_rows_equals_didimputation(name, variant, leads):
    staggered = name.endswith("staggered")
    panel = own_panel(*(("sim_staggered", "id") if staggered else ("sim_twinning", "city_code")), cohort="g")
    estimate = yd.imputation_pretrend(panel, yd.Design(outcome="y"), leads=leads)
    rows = [r for r in results(OWN, name)["results"] if r["variant"] == variant and int(r["term"]) < 0]
    positions = estimate.cells["event_time"].tolist()
    assert len(rows) == leads
    for row in rows:
        agrees(estimate, row, positions.index(int(row["term"])), R_DEMEANING)


def test_the_pretrend_is_tested_jointly_or_refused():
    panel = own_panel("sim_staggered", "id", cohort="g")
    joint = yd.wald(yd.imputation_pretrend(panel, yd.Design(outcome="y")), range(4))
    assert 0.01 < joint.p_value < 1
    few = yd.imputation_pretrend(own_panel("sim_twinning", "city_code", cohort="g"), yd.Design(outcome="y"), leads=8)
    with pytest.raises(yd.DesignError, match="treated clusters"):
        yd.wald(few, range(8))
    with pytest.raises(yd.DesignError, match="leads=30"):
        yd.imputation_pretrend(panel, yd.Design(outcome="y"), leads=30)


def public_mpdta(shared):
    frame = pd.read_csv(shared / "golden" / "datasets" / "mpdta.csv")
    frame = frame.assign(cohort=frame["first.treat"].replace(0, np.inf).astype(float))
    return yd.Panel.from_frame(frame, unit="countyreal", time="year")


def public_heterogeneous(shared):
    frame = pd.read_csv(
        shared / "golden" / "datasets" / "df_het.csv", usecols=["unit", "state", "year", "g", "dep_var"]
    )
    frame = frame.assign(cohort=frame["g"].replace(0, np.inf).astype(float))
    return yd.Panel.from_frame(frame, unit="unit", time="year")


@pytest.mark.parametrize("case", ["didimputation_mpdta", "didimputation_df_het", "did2s_mpdta", "did2s_df_het"])
def test_imputed_effects_on_public_data_equal_the_packages(shared, case):
    wide = case.endswith("df_het")
    panel = public_heterogeneous(shared) if wide else public_mpdta(shared)
    design = yd.Design(outcome="dep_var" if wide else "lemp", cluster="state" if wide else None)
    bjs = case.startswith("didimputation")
    static = yd.aggregate(yd.imputation(panel, design), None) if bjs else yd.two_stage(panel, design)
    dynamic = (
        yd.aggregate(yd.imputation(panel, design), "event_time")
        if bjs
        else yd.two_stage(panel, design, by="event_time")
    )
    positions, compared = dynamic.cells["event_time"].tolist(), 0
    for row in results(shared / "golden", case)["results"]:
        horizon = row["term"].split("::")[-1]
        if row["variant"] == "static":
            agrees(static, row, 0, 1e-7)
        elif row["variant"] == "es" and int(float(horizon)) >= 0:
            agrees(dynamic, row, positions.index(int(float(horizon))), 1e-7)
        elif row["variant"] == "es_pre" and int(horizon) < 0:
            leads = yd.imputation_pretrend(panel, design, leads=5)
            agrees(leads, row, leads.cells["event_time"].tolist().index(int(horizon)), 1e-7)
        compared += 1
    assert compared >= 2


@pytest.mark.parametrize("case", ["sunab_mpdta", "sunab_base_stagg"])
def test_sun_abraham_on_public_data_equals_fixest(shared, case):
    if case == "sunab_mpdta":
        panel, outcome = public_mpdta(shared), "lemp"
    else:
        frame = pd.read_csv(shared / "golden" / "datasets" / "base_stagg.csv")
        frame = frame.assign(cohort=frame["year_treated"].where(frame["year_treated"] < 1000, np.inf).astype(float))
        panel, outcome = yd.Panel.from_frame(frame, unit="id", time="year"), "y"
    covariates = ("x1",) if case == "sunab_base_stagg" else ()
    estimate = yd.sun_abraham(panel, yd.Design(outcome=outcome, covariates=covariates))
    check_sun_abraham(results(shared / "golden", case), estimate)
