"""Poisson regressions with fixed effects against fixest, and permutations of a pairing against a loop over its fits."""

import numpy as np
import pandas as pd
import pytest

import yrdecon as yd
from golden.cases import OWN, relative, results

# two reference fits stop early enough to leave their errors at seven digits
COEFFICIENT, ERROR = 1e-10, 2e-7
THREE_WAY = "flow ~ twin | origin^year + dest^year + pair"
ERRORS = {
    "HC1": "HC1",
    "CRV1_pair": "cluster",
    "CRV1_dyad": "cluster(dyad)",
    "CRV1_origin_dest": "cluster(origin, dest)",
    "CRV1_pair_noadj": lambda e: yd.cluster_robust(e, "unit", ssc="none"),
    "CRV1_pair_Kfull": lambda e: yd.cluster_robust(e, "unit", ssc="stata"),
}


def flows():
    return pd.read_csv(OWN / "datasets" / "sim_counts.csv")


def panel_of(frame, unit="pair"):
    return yd.Panel.from_frame(frame, unit=unit, time="year")


def every_level(estimate):
    """Return K where each effect counts all its levels but one, redundant ones included, as fixest does."""
    levels = [estimate.units[e].nunique() for e in estimate.linear.effects]
    return len(estimate.coef) + sum(levels) - len(levels) + 1


@pytest.mark.parametrize("case", ["ppml_node_fe", "ppml_nodeyear_ldist", "ppml_threeway"])
def test_gravity_equations_equal_fixest_under_every_kind_of_error(case):
    found = results(OWN, case)
    formula = found["call"]["iid"].split("(", 1)[1].split(", data")[0]
    by_name = {name: yd.count_regression(panel_of(flows()), formula, vcov=vcov) for name, vcov in ERRORS.items()}
    independent, free = by_name["HC1"].dof, 3040 - every_level(by_name["HC1"])
    counts_every_level = {"HC1", "CRV1_pair_Kfull"}
    compared = [row for row in found["results"] if row["vcov"] != "iid"]
    assert {row["vcov"] for row in compared} == set(ERRORS)
    for row in compared:
        estimate = by_name[row["vcov"]]
        position = estimate.cells["term"].tolist().index(row["term"])
        rule = np.sqrt(independent / free) if row["vcov"] in counts_every_level else 1.0
        assert relative(estimate.coef[position], row["estimate"]) < COEFFICIENT
        assert relative(estimate.std_error[position] * rule, row["se"]) < ERROR
        assert estimate.dof == row["df_t"] or (row["vcov"] == "HC1" and free == row["df_t"])


@pytest.mark.parametrize("case", ["ppml_node_fe", "ppml_nodeyear_ldist", "ppml_threeway"])
def test_the_likelihood_and_its_information_equal_those_of_fixest(case):
    found = results(OWN, case)
    estimate = yd.count_regression(panel_of(flows()), found["call"]["iid"].split("(", 1)[1].split(", data")[0])
    fit, reference = estimate.frames["fit"].iloc[0], found["fit"]
    for ours, theirs in (("log_likelihood", "loglik"), ("deviance", "deviance"), ("pseudo_r_squared", "pseudo_r2")):
        assert relative(fit[ours], reference[theirs]) < COEFFICIENT
    linear, n = estimate.linear, reference["n_obs"]
    information = linear.regressors.T @ (linear.weights[:, None] * linear.regressors)
    # fixest's own "iid" sets the variance over the mean to one
    error = np.sqrt(np.diag(np.linalg.inv(information)) * (n - 1) / (n - every_level(estimate)))
    rows = [row for row in found["results"] if row["vcov"] == "iid"]
    assert [relative(e, row["se"]) < ERROR for e, row in zip(error, rows, strict=True)] == [True] * len(rows)
    assert fit["rows"] == n


def test_zeros_throughout_a_pair_or_a_place_in_a_year_are_left_out_as_in_fixest():
    found = results(OWN, "ppml_separation")
    frame = flows()
    frame.loc[frame["pair"].isin(["01-02", "03-07", "05-11"]), "flow"] = 0
    frame.loc[(frame["origin"] == 9) & (frame["year"] == 2016), "flow"] = 0
    estimate = yd.count_regression(panel_of(frame), THREE_WAY)
    row = next(r for r in found["results"] if r["vcov"] == "CRV1_pair")
    assert relative(estimate.coef[0], row["estimate"]) < COEFFICIENT
    assert relative(estimate.std_error[0], row["se"]) < ERROR
    assert (estimate.n_obs, estimate.dof) == (found["fit"]["n_obs"], row["df_t"])
    assert relative(estimate.frames["fit"]["deviance"][0], found["fit"]["deviance"]) < COEFFICIENT
    told = [note.split(" rows")[0] for note in estimate.notes]
    assert told == ["19 of 3040", "24 of 3021"]


@pytest.mark.parametrize(
    ("case", "dataset", "formula", "offset"),
    [
        ("fepois_castle", "castle_bacon", "homicide_c ~ post + unemployrt | state + year", "log(population)"),
        ("fepois_driving", "wd_driving", "totfat ~ bac08 + perse + sl70plus + unem | state + year", None),
    ],
)
def test_deaths_by_state_equal_fixest_with_and_without_an_offset(shared, case, dataset, formula, offset):
    frame = pd.read_csv(shared / "golden" / "datasets" / f"{dataset}.csv")
    estimate = yd.count_regression(panel_of(frame, "state"), formula, offset=offset)
    found = results(shared / "golden", case)
    assert estimate.n_obs == found["n_obs"]
    assert estimate.cells["term"].tolist() == [row["term"] for row in found["results"]]
    for position, row in enumerate(found["results"]):
        assert relative(estimate.coef[position], row["estimate"]) < COEFFICIENT
        assert relative(estimate.std_error[position], row["se"]) < ERROR
        assert estimate.dof == row["df_t"]


def test_flows_have_the_node_jackknife_and_the_dyadic_errors_of_a_plain_loop():
    case = results(OWN, "dyadic_se_ppml")
    rows = {row["vcov"]: row for row in case["results"]}
    panel, nodes = panel_of(flows()), ("origin", "dest")
    jackknife = yd.node_jackknife(yd.count_regression, panel, THREE_WAY, nodes=nodes)
    assert np.allclose(jackknife.frames["without_node"]["estimate"], case["loo"], rtol=COEFFICIENT)
    assert relative(jackknife.std_error[0], rows["node_jackknife"]["se"]) < ERROR
    dyadic = yd.count_regression(panel, THREE_WAY, vcov="dyadic(origin, dest)")
    assert relative(dyadic.std_error[0], rows["dyadic_robust_n_over_n_1"]["se"]) < ERROR


def test_the_estimate_at_every_matching_of_places_equals_fixest():
    case = results(OWN, "qap_exact_ppml")
    row, pairs = case["results"][0], case["pairs_2018"]
    test = yd.pairing_permutation_test(
        panel_of(flows()), THREE_WAY, "twin", [tuple(p) for p in pairs], seed=1, nodes=("origin", "dest")
    )
    seconds = [second for _, second in pairs]
    reference = {
        "; ".join(f"{first}-{seconds[j - 1]}" for (first, _), j in zip(pairs, order, strict=True)): value
        for order, value in zip(case["perms"], case["stat"], strict=True)
    }
    ours = test.frames["matchings"].set_index("pairs")["estimate"]
    assert len(ours) == len(reference) == row["n_perm"] == test.n_assignments
    assert np.allclose(ours, ours.index.map(reference), rtol=COEFFICIENT, atol=1e-10)
    assert relative(test.estimate, row["estimate"]) < COEFFICIENT
    assert test.p_value == pytest.approx(row["p_two_sided"], rel=1e-14)
