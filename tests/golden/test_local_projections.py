import numpy as np
import pandas as pd
import pytest

import yrdecon as yd
from golden.cases import OWN, own_panel, results

CLOSED = 1e-10


def compare(estimate, rows, key):
    """Return how many effects by event time were held to the reference, errors included."""
    positions = estimate.cells["event_time"].tolist()
    for row in rows:
        position = positions.index(key(row))
        assert abs(estimate.coef[position] - row["estimate"]) < CLOSED
        assert abs(estimate.std_error[position] - row["se"]) < CLOSED
    return len(rows)


VARIANTS = {
    "vw": ((-4, 6), {"weighting": "variance"}, {}),
    "rw": ((-4, 6), {"weighting": "equal"}, {}),
    "pmd3": ((-4, 6), {"weighting": "variance", "lags": 3}, {}),
    "nocomp": ((-4, 6), {"weighting": "variance", "composition": "fixed"}, {}),
    "cluster": ((-4, 4), {"weighting": "variance"}, {"cluster": "cluster"}),
    "controls": ((-4, 4), {"weighting": "variance"}, {"covariates": ("x1",)}),
}


@pytest.mark.parametrize("variant", VARIANTS)
def test_local_projections_equal_lpdid(variant):
    # "pooled" is not offered: the package compares with units that are treated within the window
    window, options, more = VARIANTS[variant]
    panel = own_panel("sim_staggered", "id", cohort="g")
    if variant == "nocomp":
        # the package also takes units that switch too late for the window out of the comparison units
        panel = panel.assign(kept=panel.frame["cohort"] != 2016).where("kept")
    rows = [r for r in results(OWN, "lpdid_staggered")["results"] if r["variant"] == variant]
    design = yd.Design(outcome="y", comparison="not_yet", **more)
    assert compare(yd.lp_did(panel, design, window=window, **options), rows, lambda r: r["horizon"]) >= 9


@pytest.mark.parametrize("case", ["lpdid_mpdta", "lpdid_lpdidtest"])
def test_local_projections_on_public_data_equal_lpdid(shared, case):
    folder = shared / "golden" / "datasets"
    if case == "lpdid_mpdta":
        frame = pd.read_csv(folder / "mpdta.csv")
        frame = frame.assign(cohort=frame["first.treat"].replace(0, np.inf).astype(float))
        panel = yd.Panel.from_frame(frame, unit="countyreal", time="year")
        outcome, window = "lemp", (-3, 3)
    else:
        frame = pd.read_csv(folder / "lpdidtest.csv").query("unit <= 100")
        frame = frame.assign(cohort=frame["event_date"].where(frame.groupby("unit")["treat"].transform("max") > 0))
        panel = yd.Panel.from_frame(frame, unit="unit", time="time")
        outcome, window = "Y", (-5, 10)
    options = {"vw": {"weighting": "variance"}, "rw": {}, "pmd3": {"weighting": "variance", "lags": 3}}
    design = yd.Design(outcome=outcome, comparison="not_yet")
    compared = 0
    for variant, chosen in options.items():
        rows = [r for r in results(shared / "golden", case)["results"] if r["variant"] == variant]
        if rows:
            compared += compare(yd.lp_did(panel, design, window=window, **chosen), rows, lambda r: r["horizon"])
    assert compared >= 14


@pytest.mark.parametrize(("variant", "corrective"), [("es", False), ("es_weighted", True)])
def test_the_stacked_event_study_equals_fixest(variant, corrective):
    # "es_weighted_pooledfe" has the same effects with errors of coarser fixed effects, which is not offered
    panel = own_panel("sim_staggered", "id", cohort="g")
    design = yd.Design(outcome="y", comparison="not_yet")
    case = results(OWN, "stacked_staggered")
    rows = [r for r in case["results"] if r["variant"] == variant]
    estimate = yd.stacked(panel, design, window=(-4, 4), corrective=corrective)
    assert compare(estimate, rows, lambda r: int(r["term"].split(":")[2])) == 8
    assert len(estimate.units) == case["n_stack"]


def test_the_static_stacked_effect_equals_fixest():
    panel = own_panel("sim_staggered", "id", cohort="g")
    design = yd.Design(outcome="y", comparison="not_yet")
    estimate = yd.stacked(panel, design, window=(-4, 4), by=None, corrective=False)
    row = next(r for r in results(OWN, "stacked_staggered")["results"] if r["variant"] == "static")
    assert abs(estimate.coef[0] - row["estimate"]) < CLOSED
    assert abs(estimate.std_error[0] - row["se"]) < CLOSED


def test_corrective_weights_give_the_mean_of_the_experiments_by_treated_units():
    panel = own_panel("sim_staggered", "id", cohort="g")
    design = yd.Design(outcome="y", comparison="not_yet")
    parts = yd.callaway_santanna(panel, yd.Design(outcome="y"), base="universal")
    together = yd.stacked(panel, yd.Design(outcome="y"), window=(-4, 4))
    cells = parts.cells.assign(effect=parts.coef)
    window = cells[cells["event_time"].between(-4, 4)]
    sizes = panel.frame.groupby("cohort")["id"].nunique()
    mean = (
        window.assign(w=window["cohort"].map(sizes))
        .groupby("event_time")
        .apply(lambda g: np.average(g["effect"], weights=g["w"]), include_groups=False)
    )
    assert np.abs(together.coef - mean.to_numpy()).max() < CLOSED
    assert yd.stacked(panel, design, window=(-4, 4)).frames["experiments"]["n_comparison"].tolist() == [40, 30, 20, 20]


def test_with_never_treated_comparisons_equal_weights_give_callaway_santanna():
    panel = own_panel("sim_staggered", "id", cohort="g")
    local = yd.lp_did(panel, yd.Design(outcome="y"))
    dynamic = yd.aggregate(yd.callaway_santanna(panel, yd.Design(outcome="y"), base="universal"), "event_time")
    positions = {e: i for i, e in enumerate(dynamic.cells["event_time"])}
    same = [positions[e] for e in local.cells["event_time"]]
    assert np.abs(local.coef - dynamic.coef[same]).max() < CLOSED


def test_what_cannot_be_stacked_or_projected_is_told():
    panel = own_panel("sim_staggered", "id", cohort="g")
    with pytest.raises(yd.DesignError, match="window"):
        yd.stacked(panel, yd.Design(outcome="y"), window=(-40, 40))
    with pytest.raises(yd.DesignError, match="event time"):
        yd.lp_did(panel, yd.Design(outcome="y"), window=(60, 70))
    with pytest.raises(yd.DesignError, match="weighting"):
        yd.lp_did(panel, yd.Design(outcome="y"), weighting="none")
    left = yd.stacked(panel, yd.Design(outcome="y"), window=(-4, 8))
    assert any("[2016]" in note for note in left.notes)
