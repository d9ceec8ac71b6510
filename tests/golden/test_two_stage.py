import numpy as np
import pandas as pd
import pytest

import yrdecon as yd
from golden.cases import OWN, own_panel, relative, results

# did2s demeans with a tolerance of 1e-6, which leaves up to 1e-8 in the effects.
R_DEMEANING = 5e-8


@pytest.mark.parametrize(
    ("variant", "options"),
    [
        ("static", {}),
        ("static_cluster", {"cluster": "cluster"}),
        ("static_x2", {"covariates": ("x2",)}),
        ("static_w", {"weights": "w"}),
    ],
)
def test_the_two_stage_effect_and_its_error_equal_did2s(variant, options):
    row = next(r for r in results(OWN, "did2s_staggered")["results"] if r["variant"] == variant)
    estimate = yd.two_stage(own_panel("sim_staggered", "id", cohort="g"), yd.Design(outcome="y", **options))
    assert abs(estimate.coef[0] - row["estimate"]) < R_DEMEANING
    assert relative(estimate.std_error[0], row["se"]) < R_DEMEANING


@pytest.mark.parametrize(("variant", "covariates"), [("static", ()), ("static_x", ("x_t",))])
def test_the_two_stage_effect_of_one_cohort_equals_did2s(variant, covariates):
    row = next(r for r in results(OWN, "did2s_twinning")["results"] if r["variant"] == variant)
    panel = own_panel("sim_twinning", "city_code", cohort="g")
    estimate = yd.two_stage(panel, yd.Design(outcome="y", covariates=covariates))
    assert abs(estimate.coef[0] - row["estimate"]) < R_DEMEANING
    assert relative(estimate.std_error[0], row["se"]) < R_DEMEANING


def test_two_stage_effects_by_event_time_equal_did2s():
    panel = own_panel("sim_staggered", "id", cohort="g")
    dynamic = yd.two_stage(panel, yd.Design(outcome="y"), by="event_time").tidy().set_index("event_time")
    rows = [r for r in results(OWN, "did2s_staggered")["results"] if r["variant"] == "es"]
    rows = [r for r in rows if int(r["term"].split("::")[1]) >= 0]
    assert len(rows) > 10
    for row in rows:
        line = dynamic.loc[int(row["term"].split("::")[1])]
        assert abs(line["estimate"] - row["estimate"]) < R_DEMEANING
        assert relative(line["std_error"], row["se"]) < R_DEMEANING


@pytest.mark.parametrize(
    ("name", "dataset", "unit", "cohort", "outcome"),
    [
        ("bacon_staggered", "sim_staggered", "id", "g", "y"),
        ("bacon_yrd_frozen_committee", "yrd_frozen", "city_code", "g_comm", "ln_rgdp"),
    ],
)
def test_the_decomposition_equals_bacondecomp_and_sums_to_twfe(name, dataset, unit, cohort, outcome):
    panel = own_panel(dataset, unit, cohort=cohort)
    design = yd.Design(outcome=outcome, comparison="not_yet")
    table = yd.bacon(panel, design)
    assert table["weight"].sum() == pytest.approx(1, abs=1e-12)
    assert (table["weight"] * table["estimate"]).sum() == pytest.approx(yd.twfe(panel, design).coef[0], abs=1e-12)
    check_rows(table, results(OWN, name)["results"])


def check_rows(table, rows):
    assert len(rows) == len(table)
    for row in rows:
        same = (table["treated"] == float(row["treated"])) & (table["type"] == row["type"])
        if np.isfinite(table.loc[same, "control"]).all():
            same &= table["control"] == float(row["untreated"])
        line = table[same].squeeze()
        assert line["weight"] == pytest.approx(row["weight"], abs=1e-12)
        assert line["estimate"] == pytest.approx(row["estimate"], abs=1e-12)


def test_the_decomposition_of_minimum_wages_equals_bacondecomp(shared):
    frame = pd.read_csv(shared / "golden" / "datasets" / "mpdta.csv")
    frame = frame.assign(cohort=frame["first.treat"].replace(0, np.inf).astype(float))
    panel = yd.Panel.from_frame(frame, unit="countyreal", time="year")
    check_rows(yd.bacon(panel, yd.Design("lemp")), results(shared / "golden", "bacon_mpdta")["results"])


def test_the_decomposition_refuses_what_it_cannot_split():
    panel = own_panel("sim_staggered_unbalanced", "id", cohort="g")
    with pytest.raises(yd.DesignError, match="balanced"):
        yd.bacon(panel, yd.Design(outcome="y"))
    with pytest.raises(yd.DesignError, match="weights"):
        yd.bacon(panel, yd.Design(outcome="y", weights="w"))


def compare_with_covariates(table, case, panel, design):
    share = case["with_covariates"]["Omega"]
    within = table[table["type"].str.startswith("Within")].squeeze()
    assert within["weight"] == pytest.approx(share, abs=1e-10)
    assert within["estimate"] == pytest.approx(case["with_covariates"]["beta_hat_w"], rel=1e-7)
    for row in case["results"]:
        other = np.inf if row["untreated"] == 99999 else float(row["untreated"])
        line = table[(table["treated"] == float(row["treated"])) & (table["control"] == other)].squeeze()
        assert line["type"] == row["type"]
        assert line["weight"] / (1 - share) == pytest.approx(row["weight"], abs=1e-10)
        assert line["estimate"] == pytest.approx(row["estimate"], abs=1e-9)
    assert len(table) == len(case["results"]) + 1
    assert (table["weight"] * table["estimate"]).sum() == pytest.approx(yd.twfe(panel, design).coef[0], abs=1e-9)


def test_the_decomposition_with_covariates_equals_bacondecomp_and_sums_to_twfe():
    panel = own_panel("sim_staggered", "id", cohort="g")
    design = yd.Design(outcome="y", covariates=("x2",))
    compare_with_covariates(yd.bacon(panel, design), results(OWN, "bacon_staggered_cov"), panel, design)


@pytest.mark.parametrize(
    ("case", "dataset", "unit", "time", "status", "outcome", "covariates"),
    [
        ("bacon_castle", "castle_bacon", "state", "year", "post", "l_homicide", ()),
        ("bacon_castle_covs", "castle_bacon", "state", "year", "post", "l_homicide", ("l_pop", "l_income")),
        ("bacon_math_reform", "math_reform", "state", "class", "reform_math", "incearn_ln", ()),
    ],
)
def test_public_decompositions_equal_bacondecomp(shared, case, dataset, unit, time, status, outcome, covariates):
    columns = [unit, time, status, outcome, *covariates]
    frame = pd.read_csv(shared / "golden" / "datasets" / f"{dataset}.csv", usecols=columns)
    frame = frame.assign(cohort=frame[time].where(frame[status] > 0).groupby(frame[unit]).transform("min"))
    panel = yd.Panel.from_frame(frame, unit=unit, time=time)
    design = yd.Design(outcome=outcome, covariates=covariates, comparison="not_yet")
    table, stored = yd.bacon(panel, design), results(shared / "golden", case)
    if covariates:
        compare_with_covariates(table, stored, panel, design)
        return
    assert len(table) == len(stored["results"])
    assert (table["weight"] * table["estimate"]).sum() == pytest.approx(yd.twfe(panel, design).coef[0], abs=1e-10)
    sums = table.groupby("type")["weight"].sum()
    for row in stored["by_type"]:
        assert sums[row["type"]] == pytest.approx(row["weight"], abs=1e-10)


def test_the_weights_of_two_way_regression_average_noiseless_effects_and_can_be_negative():
    panel = own_panel("sim_staggered", "id", cohort="g")
    frame = panel.frame
    path = np.where(frame["year"] >= frame["cohort"], 0.1 * (frame["year"] - frame["cohort"] + 1), 0.0)
    effect = np.where(np.isfinite(frame["cohort"]), path, 0.0)
    panel = panel.assign(y=frame["id"] * 0.3 + np.sin(frame["year"]) + effect, effect=effect)
    weights = yd.twfe_weights(panel, yd.Design(outcome="y"))
    assert weights["weight"].sum() == pytest.approx(1, abs=1e-12)
    assert (weights["weight"] < 0).any()
    average = (weights["weight"] * 0.1 * (weights["event_time"] + 1)).sum()
    assert yd.twfe(panel, yd.Design(outcome="y")).coef[0] == pytest.approx(average, abs=1e-10)
