"""staggered_rollout against the package staggered 1.2.2, whose `se` is the adjusted and `se_neyman` ours in vcov."""

import pandas as pd
import pytest

import yrdecon as yd
from golden.cases import OWN, own_panel, relative, results

# closed forms; the covariances of short cohorts are singular, and both sides invert them on their range
CLOSED = 1e-10
ESTIMAND = {"es": "event_time", "cs_simple": "simple", "sa_simple": "simple"}


def check_case(case, panel, outcome):
    compared = 0
    for variant in case["call"]:
        comparison = "never" if variant == "sa_simple" else "not_yet"
        beta = 1.0 if variant in ("cs_simple", "sa_simple") else "efficient"
        design = yd.Design(outcome=outcome, comparison=comparison)
        estimate = yd.staggered_rollout(panel, design, estimand=ESTIMAND.get(variant, variant), beta=beta)
        adjusted = estimate.frames["standard_errors"]["adjusted"]
        for row in (r for r in case["results"] if r["variant"] == variant):
            position = estimate.cells["event_time"].tolist().index(row["eventTime"]) if variant == "es" else 0
            if row["se"] == 0:
                assert (estimate.coef[position], adjusted[position], estimate.std_error[position]) == (0, 0, 0)
                assert estimate.cells["reference"][position]
            else:
                assert relative(estimate.coef[position], row["estimate"]) < CLOSED
                assert relative(adjusted[position], row["se"]) < CLOSED
                assert relative(estimate.std_error[position], row["se_neyman"]) < CLOSED
            compared += 1
    return compared


def test_the_efficient_estimator_equals_the_package():
    case = results(OWN, "staggered_efficient")
    assert check_case(case, own_panel("sim_staggered", "id", cohort="g"), "y") == 14


@pytest.mark.parametrize(
    ("name", "outcome", "rows"), [("staggered_pj_complaints", "complaints", 10), ("staggered_pj_force", "force", 1)]
)
def test_thousands_of_officers_in_forty_eight_cohorts_equal_the_package(shared, name, outcome, rows):
    frame = pd.read_csv(shared / "golden" / "datasets" / "pj_officers.csv.gz")
    frame = frame.assign(cohort=frame["first_trained"].astype(float))
    panel = yd.Panel.from_frame(frame, unit="uid", time="period")
    assert check_case(results(shared / "golden", name), panel, outcome) == rows
