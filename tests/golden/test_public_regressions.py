"""The regressions of difference-in-differences on public data, against fixest."""

import numpy as np
import pandas as pd
import pytest

import yrdecon as yd
from golden.cases import by_vcov, relative, results

COEFFICIENT, ERROR = 1e-9, 1e-8


def adopters(shared, dataset, unit, time, status, columns):
    frame = pd.read_csv(shared / "golden" / "datasets" / f"{dataset}.csv", usecols=[unit, time, status, *columns])
    start = frame[time].where(frame[status] > 0).groupby(frame[unit]).transform("min")
    return yd.Panel.from_frame(frame.assign(cohort=start), unit=unit, time=time)


@pytest.mark.parametrize(
    ("case", "dataset", "unit", "term", "outcome", "covariates", "weights", "effects"),
    [
        ("twfe_castle", "castle_bacon", "state", "post", "l_homicide", (), None, ()),
        ("twfe_castle_unit_trends", "castle_bacon", "state", "post", "l_homicide", (), None, ("state[year]",)),
        (
            "twfe_castle_weighted_controls",
            "castle_bacon",
            "state",
            "post",
            "l_homicide",
            ("unemployrt", "poverty", "l_income"),
            "popwt",
            (),
        ),
        ("twfe_ezunem_unit_trends", "wd_ezunem", "city", "ez", "luclms", (), None, ("city[year]",)),
    ],
)
def test_two_way_regressions_equal_fixest(shared, case, dataset, unit, term, outcome, covariates, weights, effects):
    columns = [outcome, *covariates, *([weights] if weights else [])]
    panel = adopters(shared, dataset, unit, "year", term, columns)
    design = yd.Design(outcome, covariates=covariates, weights=weights, effects=effects, comparison="not_yet")
    rows = by_vcov(results(shared / "golden", case), term)
    for ssc, vcov in (("fixest", f"CRV1_{unit}"), ("stata", "CRV1_Kfull"), ("none", "CRV1_noadj")):
        if vcov in rows:
            estimate = yd.twfe(panel, design, ssc=ssc)
            assert relative(estimate.coef[0], rows[vcov]["estimate"]) < COEFFICIENT
            assert relative(estimate.std_error[0], rows[vcov]["se"]) < ERROR


def test_the_two_way_regression_of_minimum_wages_equals_fixest(shared):
    frame = pd.read_csv(shared / "golden" / "datasets" / "mpdta.csv")
    frame = frame.assign(cohort=frame["first.treat"].replace(0, np.inf).astype(float))
    panel = yd.Panel.from_frame(frame, unit="countyreal", time="year")
    rows = by_vcov(results(shared / "golden", "twfe_mpdta_twfe"), "D")
    for ssc, vcov in (("fixest", "CRV1_countyreal"), ("stata", "CRV1_Kfull"), ("none", "CRV1_noadj")):
        estimate = yd.twfe(panel, yd.Design("lemp"), ssc=ssc)
        assert relative(estimate.coef[0], rows[vcov]["estimate"]) < COEFFICIENT
        assert relative(estimate.std_error[0], rows[vcov]["se"]) < ERROR


def insurance(shared):
    frame = pd.read_csv(shared / "golden" / "datasets" / "ehec.csv")
    frame = frame[frame["yexp2"].isna() | (frame["yexp2"] == 2014)].rename(columns={"yexp2": "cohort"})
    return yd.Panel.from_frame(frame, unit="stfips", time="year")


def check_event_study(estimate, rows, first):
    positions = estimate.cells["event_time"].tolist()
    rows = [r for r in rows if "::" in r["term"]]
    for row in rows:
        position = positions.index(int(row["term"].split(":")[2]) - first)
        assert abs(estimate.coef[position] - row["estimate"]) < COEFFICIENT * max(1, abs(row["estimate"]))
        assert relative(estimate.std_error[position], row["se"]) < ERROR
    assert len(rows) == len(positions) - 1


def test_the_weighted_event_study_equals_fixest(shared):
    estimate = yd.event_study(insurance(shared), yd.Design("dins", weights="W"))
    check_event_study(estimate, results(shared / "golden", "es_ehec_weighted")["results"], 2014)


def test_the_event_study_with_a_covariate_equals_fixest(shared):
    frame = pd.read_csv(shared / "golden" / "datasets" / "base_did.csv")
    panel = yd.Panel.from_frame(
        frame.assign(cohort=np.where(frame["treat"] == 1, 6.0, np.inf)), unit="id", time="period"
    )
    estimate = yd.event_study(panel, yd.Design("y", covariates=("x1",)))
    check_event_study(estimate, results(shared / "golden", "es_base_did")["results"], 6)
