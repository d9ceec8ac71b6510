"""Synthetic controls that match predictors, against Synth.

The search over predictor weights is not convex. Synth stops at a local minimum; so each case is compared twice: at
Synth's own predictor weights the donors' weights are the same, and our own search ends no higher than Synth's.
"""

import numpy as np
import pandas as pd
import pytest

import yrdecon as yd
from golden.cases import OWN, own_panel, results
from yrdecon import Predictor

SCHOOL = ["school.illit", "school.prim", "school.med", "school.high"]
SECTORS = ["agriculture", "energy", "industry", "construction", "services.venta", "services.nonventa"]


def pair(unit):
    panel = own_panel("sim_twinning", "city_code", cohort="g")
    frame = panel.frame
    treated = frame["city_code"] == str(unit)
    return panel.assign(pool=treated | (frame["treat"] == 0), cohort=frame["cohort"].where(treated, np.inf))


def smoking(shared):
    frame = pd.read_csv(shared / "golden" / "datasets" / "smoking_cov.csv")
    frame["cohort"] = np.where(frame["state"] == "California", 1989.0, np.inf)
    return yd.Panel.from_frame(frame, unit="state", time="year")


def terror(shared):
    """Prepare the data of the Basque Country as in Abadie, Diamond and Hainmueller (2011)."""
    frame = pd.read_csv(shared / "golden" / "datasets" / "basque.csv")
    frame = frame[frame["regionno"] != 1].copy()
    frame["school.high"] += frame["school.post.high"]
    frame[SCHOOL] = 100 * frame[SCHOOL].div(frame[SCHOOL].sum(axis=1, min_count=4), axis=0)
    frame["cohort"] = np.where(frame["regionno"] == 17, 1970.0, np.inf)
    return yd.Panel.from_frame(frame, unit="regionname", time="year")


def weighted(predictors, importance):
    return tuple(Predictor(p.column, p.first, p.last, w) for p, w in zip(predictors, importance, strict=True))


TWINNING = tuple(Predictor("y", year) for year in (2010, 2015, 2021))
SMOKING = (
    *(Predictor(column, 1980, 1988) for column in ("lnincome", "age15to24", "retprice")),
    Predictor("beer", 1984, 1988),
    *(Predictor("cigsale", year) for year in (1975, 1980, 1988)),
)
TERROR = (
    *(Predictor(column, 1964, 1969) for column in (*SCHOOL, "invest")),
    Predictor("gdpcap", 1960, 1969),
    *(Predictor(f"sec.{sector}", 1961, 1969) for sector in SECTORS),
    Predictor("popdens", 1969),
)


def loss_of_predictors(estimate):
    table = estimate.frames["predictor_weights"].merge(estimate.frames["predictor_balance"])
    return float((table["weight"] * ((table["actual"] - table["synthetic"]) / table["scale"]) ** 2).sum())


def assert_same_donors(estimate, reference, donors, gaps, window):
    """Compare at given predictor weights; Synth solves for the donors by an interior point method."""
    weights = estimate.frames["unit_weights"].set_index("unit")["weight"]
    expected = pd.Series(donors).reindex(weights.index).fillna(0)
    assert np.abs(weights - expected).max() < 0.02  # the tolerance of the cases
    path = estimate.frames["path"].set_index("time")["effect"]
    mean_squared_gap = (path.loc[window[0] : window[1]] ** 2).mean()
    assert mean_squared_gap == pytest.approx(reference["loss_v_mspe"], rel=0.01)  # what its margin of 5e-4 leaves
    assert loss_of_predictors(estimate) <= reference["loss_w"] * (1 + 1e-6)
    spread = float(np.abs(list(gaps.values())).max())
    assert np.abs(path - pd.Series(gaps).rename(int)).max() < 0.01 * spread
    assert estimate.coef[0] == pytest.approx(reference["att_post_mean"], rel=1e-3)


@pytest.mark.parametrize("unit", [340300, 341200])
def test_the_twinning_panel_equals_synth_at_its_predictor_weights_and_is_followed_no_worse(unit):
    case = results(OWN, "synth_twinning")
    reference = {r["term"]: r["estimate"] for r in case["results"] if r["unit"] == unit}
    stored = [case[key][str(unit)] for key in ("weights", "gap")]
    named = (Predictor("x_t"), Predictor("x_b"), *TWINNING)
    match = weighted(named, case["V"][str(unit)].values())
    estimate = yd.synthetic_control(pair(unit), yd.Design(outcome="y", pool="pool"), match=match)
    assert_same_donors(estimate, reference, *stored, (2010, 2021))
    design = yd.Design(outcome="y", pool="pool", covariates=("x_t", "x_b"))
    own = yd.synthetic_control(pair(unit), design, match=TWINNING)
    assert own.frames["fit"]["rmspe_before"][0] ** 2 <= reference["loss_v_mspe"] * (1 + 1e-6)
    assert own.frames["predictor_weights"]["predictor"].tolist() == ["x_t", "x_b", "y 2010", "y 2015", "y 2021"]


def test_smoking_in_california_equals_synth_at_its_predictor_weights_and_is_followed_no_worse(shared):
    case = results(shared / "golden", "synth_prop99")
    reference = {r["term"]: r["estimate"] for r in case["results"]}
    design = yd.Design(outcome="cigsale")
    estimate = yd.synthetic_control(smoking(shared), design, match=weighted(SMOKING, case["V"].values()))
    assert_same_donors(estimate, reference, case["W"], case["gap"], (1970, 1988))
    own = yd.synthetic_control(smoking(shared), design, match=SMOKING)
    assert own.frames["fit"]["rmspe_before"][0] ** 2 <= reference["loss_v_mspe"] * (1 + 1e-6)


def test_terror_in_the_basque_country_equals_synth_at_its_predictor_weights_and_is_followed_no_worse(shared):
    # Synth fits the outcome of 1960-1969 only, and the periods before have a gap without being fitted
    case = results(shared / "golden", "synth_basque")
    reference = {r["term"]: r["estimate"] for r in case["results"]}
    design = yd.Design(outcome="gdpcap", exclude_periods=tuple(range(1955, 1960)))
    estimate = yd.synthetic_control(terror(shared), design, match=weighted(TERROR, case["V"].values()))
    assert_same_donors(estimate, reference, case["W"], case["gap"], (1960, 1969))
    own = yd.synthetic_control(terror(shared), design, match=TERROR)
    loss = own.frames["fit"]["rmspe_before"][0] ** 2
    assert loss <= reference["loss_v_mspe"] * (1 + 1e-6)
    assert loss < 0.0043  # a lower minimum than the published one exists
