import numpy as np
import pandas as pd
import pytest

import yrdecon as yd
from golden.cases import OWN, own_panel, relative, results
from yrdecon.kernels import cross_sections
from yrdecon.kernels.propensity import odds_weights
from yrdecon.kernels.two_by_two import TwoByTwo, center, regress

# The logit is fitted to 1e-12 here and to glm's tolerance of 1e-8 in R; without covariates, and by regression, both
# are closed forms.
LOGIT, CLOSED = 1e-8, 1e-10
# The tilted odds are fitted here to 1e-12; trust() stops when its objective moves by less than 1e-8.
TILTED = 1e-6
COMPARISON = {"nevertreated": "never", "notyettreated": "not_yet"}
NSW = ("age", "educ", "black", "married", "nodegree", "hisp", "re74")
doubly_robust_levels = cross_sections.doubly_robust


def agrees(estimate, row, index, tolerance):
    assert abs(estimate.coef[index] - row["estimate"]) < tolerance * max(1, abs(row["estimate"]))
    if row["se"]:
        assert relative(estimate.std_error[index], row["se"]) < tolerance * 10


def aggregated(estimate, row):
    """Return the aggregate and the position that a row of `aggte` stands for."""
    kind, term = row["type"], row["term"]
    by = {"simple": None, "dynamic": "event_time", "group": "cohort", "calendar": "time"}[kind]
    summary = yd.aggregate(estimate, by)
    if kind == "simple" or term != "overall":
        return summary, 0 if by is None else summary.cells[by].tolist().index(int(term))
    if kind == "group":
        return yd.aggregate(summary, None), 0
    if kind == "calendar":
        return yd.lincom(summary, np.full(len(summary.coef), 1 / len(summary.coef))), 0
    return yd.average(summary, 0, 99), 0


def doubly_robust_with_the_signs_of_drdid(rows, fit):
    """Add the first step before treatment with the sign that DRDID 1.2.3 gives it.

    The effect is later less earlier, and so is its derivative by the two regressions among comparison rows. `drdid_rc`
    adds the earlier one where it should subtract it, for the treated and for the comparison mean alike.
    """
    right, earlier = doubly_robust_levels(rows, fit), 1 - rows.later
    others = rows.weights * (1 - rows.treated) * earlier
    share, odds = rows.weights * rows.treated * earlier, odds_weights(rows.treated, rows.weights, fit) * earlier
    first_step = regress(rows.outcome, rows.x, others).influence @ (center(rows.x, share) - center(rows.x, odds))
    return TwoByTwo(right.effect, right.influence - 2 * first_step)


@pytest.fixture
def signs_of_drdid(monkeypatch):
    monkeypatch.setattr(cross_sections, "doubly_robust", doubly_robust_with_the_signs_of_drdid)


def check(case, panel, cluster=None, outcome="y"):
    compared = 0
    for variant in case["call"]:
        method, comparison, base, anticipation, formula = variant.split("|")
        design = yd.Design(
            outcome=outcome,
            covariates=() if formula == "~1" else (formula[1:],),
            comparison=COMPARISON[comparison],
            anticipation=int(anticipation[3:]),
            cluster=cluster,
        )
        tolerance = CLOSED if method == "reg" or formula == "~1" else LOGIT
        estimate = yd.callaway_santanna(panel, design, method=method, base=base)
        cells = list(zip(estimate.cells["cohort"], estimate.cells["time"], strict=True))
        for row in case.get("att_gt", []):
            if row["variant"] == variant:
                agrees(estimate, row, cells.index((row["group"], row["t"])), tolerance)
        for row in case["results"]:
            if row["variant"] == variant:
                summary, index = aggregated(estimate, row)
                agrees(summary, row, index, tolerance)
                compared += 1
    assert compared == len(case["results"]) > 30


@pytest.mark.parametrize(
    ("name", "cluster"),
    [
        ("cs_staggered_nocov", None),
        ("cs_staggered_cov", None),
        ("cs_staggered_cov_ant1", None),
        ("cs_staggered_clustered", "cluster"),
    ],
)
def test_staggered_effects_by_cohort_equal_did(name, cluster):
    check(results(OWN, name), own_panel("sim_staggered", "id", cohort="g"), cluster)


def test_a_single_cohort_equals_did():
    check(results(OWN, "cs_twinning"), own_panel("sim_twinning", "city_code", cohort="g"))


def test_an_unbalanced_panel_equals_did_with_allow_unbalanced_panel(signs_of_drdid):
    panel = own_panel("sim_staggered_unbalanced", "id", cohort="g")
    check(results(OWN, "cs_staggered_unbalanced"), panel)
    notes = yd.callaway_santanna(panel, yd.Design(outcome="y")).notes
    assert any("166 of 1200 unit-periods have no row" in note for note in notes)
    assert any("errors summed by unit" in note for note in notes)


def test_people_who_are_seen_once_each_equal_did_for_repeated_cross_sections(signs_of_drdid):
    panel = own_panel("sim_rcs", "id", cohort="g")
    check(results(OWN, "cs_rcs"), panel)
    notes = yd.callaway_santanna(panel, yd.Design(outcome="y")).notes
    assert any("no unit is seen twice" in note for note in notes)


def mpdta(shared):
    frame = pd.read_csv(shared / "golden" / "datasets" / "mpdta.csv")
    return frame.assign(cohort=frame["first.treat"].replace(0, np.inf).astype(float), person=range(len(frame)))


@pytest.mark.parametrize("name", ["cs_mpdta_nocov", "cs_mpdta_cov_lpop", "cs_mpdta_unbalanced", "cs_mpdta_repeated_cs"])
def test_effects_on_county_teen_employment_equal_did(shared, name, signs_of_drdid):
    frame = mpdta(shared)
    if name == "cs_mpdta_unbalanced":
        frame = frame.drop(frame.index[6::23])
    unit = "person" if name == "cs_mpdta_repeated_cs" else "countyreal"
    panel = yd.Panel.from_frame(frame, unit=unit, time="year")
    check(results(shared / "golden", name), panel, outcome="lemp")


def test_effects_on_the_staggered_data_of_fixest_equal_did(shared):
    frame = pd.read_csv(shared / "golden" / "datasets" / "base_stagg.csv")
    frame = frame.assign(cohort=frame["year_treated"].where(frame["year_treated"] < 1000, np.inf).astype(float))
    check(results(shared / "golden", "cs_base_stagg"), yd.Panel.from_frame(frame, unit="id", time="year"))


def two_periods():
    panel = own_panel("sim_staggered", "id", cohort="g")
    frame = panel.frame[panel.frame["g"].isin([0, 2009]) & panel.frame["year"].isin([2008, 2010])]
    return frame.assign(row=range(len(frame)))


# ipw_ht, the weights of Horvitz and Thompson, is left out: they do not sum to one, so that a common change of the
# outcome would change the effect, which no estimator here allows; ipw_hajek normalizes them.
@pytest.mark.parametrize(
    ("name", "method", "tolerance"),
    [("dr_imp", "dr_improved", TILTED), ("dr_trad", "dr", LOGIT), ("or", "reg", CLOSED), ("ipw_hajek", "ipw", LOGIT)],
)
@pytest.mark.parametrize("form", ["panel", "panel_w", "rc", "rc_w"])
def test_two_periods_equal_drdid(name, method, tolerance, form, signs_of_drdid):
    row = next(r for r in results(OWN, "drdid_2x2")["results"] if r["term"] == f"{name}_{form}")
    panel = yd.Panel.from_frame(two_periods(), unit="row" if form.startswith("rc") else "id", time="year")
    design = yd.Design(outcome="y", covariates=("x1",), weights="w" if form.endswith("_w") else None)
    estimate = yd.callaway_santanna(panel, design, method=method)
    assert estimate.frames["cells"]["method"].tolist() == [method]
    agrees(estimate, row, 0, tolerance)


def test_drdid_adds_a_first_step_with_the_wrong_sign():
    row = next(r for r in results(OWN, "drdid_2x2")["results"] if r["term"] == "dr_trad_rc")
    panel = yd.Panel.from_frame(two_periods(), unit="row", time="year")
    estimate = yd.callaway_santanna(panel, yd.Design(outcome="y", covariates=("x1",)))
    assert relative(estimate.coef[0], row["estimate"]) < LOGIT
    assert 0.03 < relative(estimate.std_error[0], row["se"]) < 0.04


@pytest.mark.parametrize(("name", "method"), [("dr_imp", "dr_improved"), ("dr_trad", "dr")])
def test_the_job_training_effect_equals_drdid(shared, name, method):
    row = next(r for r in results(shared / "golden", "drdid_nsw")["results"] if r["estimator"] == name)
    frame = pd.read_csv(shared / "golden" / "datasets" / "nsw_long.csv")
    frame = frame.assign(cohort=np.where(frame["experimental"] == 1, 1978.0, np.inf))
    panel = yd.Panel.from_frame(frame, unit="id", time="year")
    estimate = yd.callaway_santanna(panel, yd.Design(outcome="re", covariates=NSW), method=method)
    agrees(estimate, row, 0, TILTED if method == "dr_improved" else LOGIT)
