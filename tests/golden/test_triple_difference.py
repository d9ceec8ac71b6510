import numpy as np
import pandas as pd
import pytest

import yrdecon as yd
from golden.cases import OWN, by_vcov, relative, results

COEFFICIENT, ERROR = 1e-9, 1e-8
FACTORS = ("adopt", "eligible", "post")


def ddd(group="province"):
    frame = pd.read_csv(OWN / "datasets" / "sim_ddd.csv")
    frame["unit"] = frame["city"].astype(str) + "-" + frame["eligible"].astype(str)
    frame["cohort"] = np.where((frame["adopt"] == 1) & (frame["eligible"] == 1), 2017.0, np.inf)
    return yd.Panel.from_frame(frame, unit="unit", time="year", group=group)


def unclustered(estimate, dof):
    """Errors of independent rows, equal and unequal in variance, from the residualized regression."""
    linear = estimate.linear
    bread = 1 / (linear.regressors[:, 0] ** 2).sum()
    iid = np.sqrt(bread * (linear.residuals**2).sum() / dof)
    return {"iid": iid, "HC1": np.sqrt((estimate.influence[:, 0] ** 2).sum() * estimate.n_obs / dof)}


@pytest.mark.parametrize(("case", "effect"), [("ddd_feols", "city^year"), ("ddd_feols_province", "province^year")])
def test_finer_effects_equal_fixest_with_every_covariance(case, effect):
    rows = by_vcov(results(OWN, case), "d")
    design = yd.Design(outcome="y", effects=(effect,), cluster="city")
    estimate = yd.triple_difference(ddd(), design)
    assert relative(estimate.coef[0], rows["CRV1_city"]["estimate"]) < COEFFICIENT
    for vcov, by in (("CRV1_city", "city"), ("CRV1_province", "province")):
        clustered = yd.cluster_robust(estimate, by)
        assert relative(clustered.std_error[0], rows[vcov]["se"]) < ERROR
        assert clustered.dof == rows[vcov]["df_t"]
    # errors that are not clustered are not offered; the fit carries all they need, with fixest's degrees of freedom
    for vcov, error in unclustered(estimate, rows["iid"]["df_t"]).items():
        assert relative(error, rows[vcov]["se"]) < ERROR


def test_the_eight_cell_regression_comes_out_of_the_default():
    case = results(OWN, "ddd_saturated")
    estimate = yd.triple_difference(ddd(), yd.Design(outcome="y", cluster="province"))
    row = by_vcov(case, "adopt:eligible:post")["CRV1_province"]
    assert relative(estimate.coef[0], row["estimate"]) < COEFFICIENT
    # with unit and time effects fixest counts more than the eight parameters of the saturated regression
    unscaled = yd.triple_difference(ddd(), yd.Design(outcome="y", cluster="province"), ssc="none")
    assert relative(unscaled.std_error[0] * np.sqrt(8 / 7 * 799 / 792), row["se"]) < ERROR
    assert estimate.dof == row["df_t"]


def test_the_eight_means_give_every_coefficient_of_the_saturated_regression():
    # errors of its other terms, and its errors that are not clustered, compare levels of different units and are not
    # offered: the estimator absorbs unit effects
    means = yd.triple_difference(ddd(), yd.Design(outcome="y")).frames["means"]
    assert means["n_obs"].tolist() == [125, 125, 125, 125, 75, 75, 75, 75]
    cells = means[["adopting", "eligible", "after"]].to_numpy(dtype=int)
    compared = {r["term"]: r["estimate"] for r in results(OWN, "ddd_saturated")["results"]}
    assert len(compared) == 8
    for term, value in compared.items():
        chosen = np.isin(FACTORS, term.split(":"))
        inside = (cells[:, ~chosen] == 0).all(axis=1)
        signs = (-1.0) ** (chosen.sum() - cells[inside][:, chosen].sum(axis=1))
        assert abs(signs @ means["mean"].to_numpy()[inside] - value) < 1e-12


def test_the_event_study_equals_fixest_with_its_whole_covariance_and_pretrend_test():
    case = results(OWN, "es_ddd")
    design = yd.Design(outcome="y", effects=("city^year",), cluster="city")
    estimate = yd.triple_difference(ddd(), design, by="event_time")
    free = ~estimate.cells["reference"].to_numpy()
    years = [int(r["term"].split("::")[1].split(":")[0]) for r in case["results"]]
    assert (estimate.cells["event_time"][free] + 2017).tolist() == years
    reference = np.array([r["estimate"] for r in case["results"]])
    assert np.abs(estimate.coef[free] - reference).max() < 1e-12
    assert np.abs(estimate.vcov[np.ix_(free, free)] / np.array(case["vcov_matrix"]) - 1).max() < ERROR
    assert {r["df_t"] for r in case["results"]} == {estimate.dof}
    test = case["tests"]["pretrend"]["fixest_wald"]
    joint = yd.wald(estimate, [0, 1, 2, 3])
    assert relative(joint.statistic, test["stat"]) < ERROR
    assert relative(joint.p_value, test["p"]) < ERROR
