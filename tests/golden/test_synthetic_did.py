import numpy as np
import pandas as pd
import pytest

import yrdecon as yd
from golden.cases import OWN, own_panel, relative, results

# The weights come from an iteration that stops early; ours follows the same path, so that 1e-9 holds on these data.
SAME_PATH, EXACT = 1e-8, 1e-6


def terms(case):
    return {row["term"]: row["estimate"] for row in case["results"]}


@pytest.mark.parametrize(
    ("solver", "term", "tolerance"), [("reference", "sdid", SAME_PATH), ("exact", "sdid_exact_qp", EXACT)]
)
def test_the_twinning_panel_equals_synthdid_and_quadprog(solver, term, tolerance):
    panel = own_panel("sim_twinning", "city_code", cohort="g")
    case = results(OWN, "synthdid_twinning")
    estimate = yd.synthetic_did(panel, yd.Design(outcome="y"), solver=solver)
    assert relative(estimate.coef[0], terms(case)[term]) < tolerance


def test_effects_by_year_and_weights_equal_synthdid():
    panel = own_panel("sim_twinning", "city_code", cohort="g")
    case = results(OWN, "synthdid_twinning")
    estimate = yd.synthetic_did(panel, yd.Design(outcome="y"))
    path = estimate.frames["path"].set_index("time")["effect"]
    for year in (2022, 2023):
        assert relative(path[year], terms(case)[f"sdid_effect_{year}"]) < SAME_PATH
    omega = estimate.frames["unit_weights"].set_index("unit")["weight"]
    reference = pd.Series(case["weights"]["sdid"]["omega"])
    assert np.abs(omega.reindex(reference.index) - reference).max() < 1e-8


@pytest.mark.parametrize(("solver", "term"), [("reference", "sdid"), ("exact", "sdid_exact_qp")])
def test_a_single_pair_equals_synthdid(solver, term):
    panel = own_panel("sim_twinning", "city_code", cohort="g")
    frame = panel.frame
    pool = (frame["treat"] == 0) | (frame["city_code"] == "340300")
    panel = panel.assign(pool=pool, cohort=frame["cohort"].where(frame["city_code"] == "340300", np.inf))
    estimate = yd.synthetic_did(panel, yd.Design(outcome="y", pool="pool"), solver=solver)
    assert relative(estimate.coef[0], terms(results(OWN, "synthdid_twinning_pair_bengbu"))[term]) < EXACT


@pytest.mark.parametrize("solver", ["reference", "exact"])
def test_staggered_cohorts_are_weighted_by_their_treated_cells(solver):
    panel = own_panel("sim_staggered", "id", cohort="g")
    rows = [r for r in results(OWN, "synthdid_staggered")["results"] if r["term"].startswith("g")]
    estimate = yd.synthetic_did(panel, yd.Design(outcome="y"), solver=solver)
    path = estimate.frames["path"]
    column = "estimate" if solver == "reference" else "exact_qp"
    for row in rows:
        own = path[(path["cohort"] == int(row["term"][1:])) & (path["event_time"] >= 0)]
        assert relative(own["effect"].mean(), row[column]) < EXACT
    weights = np.array([r["n1"] * r["T1"] for r in rows])
    overall = np.average([r[column] for r in rows], weights=weights)
    assert relative(estimate.coef[0], overall) < EXACT


@pytest.mark.parametrize("case", ["synthdid_prop99", "synthdid_basque"])
def test_public_data_equal_synthdid(shared, case):
    folder = shared / "golden" / "datasets"
    if case == "synthdid_prop99":
        frame = pd.read_csv(folder / "california_prop99.csv", sep=None, engine="python")
        frame.columns = ["unit", "time", "y", "d"]
        frame["cohort"] = np.where(frame["unit"] == "California", 1989.0, np.inf)
    else:
        frame = pd.read_csv(folder / "basque.csv")
        frame = frame[frame["regionno"] != 1].rename(columns={"regionname": "unit", "year": "time", "gdpcap": "y"})
        frame = frame.assign(cohort=np.where(frame["regionno"] == 17, 1970.0, np.inf))
    panel = yd.Panel.from_frame(frame[["unit", "time", "y", "cohort"]], unit="unit", time="time")
    estimate = yd.synthetic_did(panel, yd.Design(outcome="y"))
    assert relative(estimate.coef[0], terms(results(shared / "golden", case))["sdid"]) < 1e-9
