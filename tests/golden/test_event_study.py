import numpy as np
import pandas as pd
import pytest

import yrdecon as yd
from golden.cases import OWN, own_panel, relative, results


def check(estimate, case, label):
    rows = {row["term"]: row for row in case["results"]}
    tidy = estimate.tidy()
    compared = 0
    for line in tidy.itertuples():
        row = rows.get(label(int(line.event_time)))
        if row is None:
            assert line.reference
            continue
        assert abs(line.estimate - row["estimate"]) < 1e-9 * max(1, abs(row["estimate"]))
        assert relative(line.std_error, row["se"]) < 1e-8
        compared += 1
    assert compared == len([t for t in rows if "::" in t])


def test_the_balanced_event_study_equals_fixest():
    panel = own_panel("sim_twinning", "city_code", cohort="g")
    check(
        yd.event_study(panel, yd.Design(outcome="y")), results(OWN, "es_twinning"), lambda e: f"year::{2022 + e}:treat"
    )


def test_the_event_study_of_real_figures_equals_fixest():
    panel = own_panel("yrd_frozen", "city_code", cohort="g_twin")
    case = results(OWN, "es_yrd_frozen_twin")
    check(yd.event_study(panel, yd.Design(outcome="ln_rgdp")), case, lambda e: f"year::{2022 + e}:tr")


@pytest.mark.parametrize(
    ("dataset", "case", "cluster"),
    [
        ("sim_staggered", "es_staggered_binned", None),
        ("sim_staggered_unbalanced", "es_staggered_unbalanced", "cluster"),
    ],
)
def test_binned_ends_equal_fixest(dataset, case, cluster):
    panel = own_panel(dataset, "id", cohort="g")
    estimate = yd.event_study(panel, yd.Design(outcome="y", cluster=cluster), window=(-6, 8))
    check(estimate, results(OWN, case), lambda e: f"e::{e}")


def test_public_data_equal_fixest_with_their_whole_covariance(shared):
    folder = shared / "golden"
    frame = pd.read_csv(folder / "datasets" / "base_did.csv")
    frame = frame.assign(cohort=np.where(frame["treat"] == 1, 6.0, np.inf))
    panel = yd.Panel.from_frame(frame[["id", "period", "y", "x1", "cohort"]], unit="id", time="period")
    estimate = yd.event_study(panel, yd.Design(outcome="y", covariates=("x1",)))
    case = results(folder, "es_base_did")
    check(estimate, case, lambda e: f"period::{6 + e}:treat")
    free = ~estimate.cells["reference"].to_numpy()
    reference = np.array(case["vcov_matrix"])[1:, 1:]
    assert np.abs(estimate.vcov[np.ix_(free, free)] / reference - 1).max() < 1e-8


def test_weighted_public_data_equal_fixest(shared):
    folder = shared / "golden"
    frame = pd.read_csv(folder / "datasets" / "ehec.csv")
    frame = frame[frame["yexp2"].isna() | (frame["yexp2"] == 2014)]
    frame = frame.assign(cohort=frame["yexp2"].astype(float))
    panel = yd.Panel.from_frame(frame[["stfips", "year", "dins", "W", "cohort"]], unit="stfips", time="year")
    estimate = yd.event_study(panel, yd.Design(outcome="dins", weights="W"))
    check(estimate, results(folder, "es_ehec_weighted"), lambda e: f"year::{2014 + e}:D")
