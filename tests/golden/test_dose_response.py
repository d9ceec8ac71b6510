import numpy as np
import pytest

import yrdecon as yd
from golden.cases import OWN, by_vcov, own_panel, relative, results

COEFFICIENT, ERROR = 1e-9, 1e-8


def dosed(**options):
    return yd.dose_response(own_panel("sim_dose", "id", cohort="g"), yd.Design(outcome="y"), **options)


def unclustered(estimate, dof):
    """Errors of independent rows, equal and unequal in variance, from the residualized regression."""
    linear = estimate.linear
    bread = np.linalg.inv(linear.regressors.T @ linear.regressors)
    iid = np.sqrt(np.diag(bread) * (linear.residuals**2).sum() / dof)
    return {"iid": iid, "HC1": np.sqrt((estimate.influence**2).sum(axis=0) * estimate.n_obs / dof)}


@pytest.mark.parametrize(
    ("case", "estimand", "terms"),
    [
        ("dose_bins", "high_low", {"low_dose": "lo", "high_dose": "hi"}),
        ("dose_linear", "twfe_slope", {"twfe_dose_slope": "dose_t"}),
    ],
)
def test_the_split_and_the_two_way_slope_equal_fixest_with_every_covariance(case, estimand, terms):
    estimate = dosed(estimand=estimand)
    assert estimate.cells["term"].tolist() == list(terms)
    for position, term in enumerate(terms.values()):
        rows = by_vcov(results(OWN, case), term)
        assert relative(estimate.coef[position], rows["CRV1_id"]["estimate"]) < COEFFICIENT
        assert relative(estimate.std_error[position], rows["CRV1_id"]["se"]) < ERROR
        assert estimate.dof == rows["CRV1_id"]["df_t"]
        # errors that are not clustered are not offered; the fit carries all they need, with fixest's degrees of freedom
        for vcov, error in unclustered(estimate, rows["iid"]["df_t"]).items():
            assert relative(error[position], rows[vcov]["se"]) < ERROR


def test_a_dose_that_is_zero_before_treatment_is_the_same_dose():
    constant, switched = (dosed(dose=column, estimand="twfe_slope") for column in ("dose", "dose_t"))
    assert constant.coef[0] == switched.coef[0]


def test_the_event_study_among_the_treated_equals_fixest():
    case = results(OWN, "dose_treated_only")
    estimate = dosed(estimand="treated_slope")
    free = estimate.tidy()[~estimate.cells["reference"]]
    assert [f"year::{2016 + e}:dose" for e in free["event_time"]] == [r["term"] for r in case["results"]]
    for line, row in zip(free.itertuples(), case["results"], strict=True):
        assert abs(line.estimate - row["estimate"]) < 1e-12
        assert relative(line.std_error, row["se"]) < ERROR
    assert {r["df_t"] for r in case["results"]} == {estimate.dof}
