"""Errors of regressions on pairs of nodes, against plain loops over the fits of fixest."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import yrdecon as yd
from golden.cases import OWN, by_vcov, relative, results
from yrdecon.core.estimator import estimate_assignments
from yrdecon.core.sample import draw_sample

NODES = ("origin", "dest")
THREE_WAY = ("origin^year", "dest^year")
# better than the case promises: its fits stop at 1e-10
COEFFICIENT, ERROR = 1e-9, 1e-9
# fixest removes three effects by iteration; with explicit dummies the error is ours to the 15th digit
ITERATED = 1e-8


@pytest.fixture(scope="module")
def flows():
    frame = pd.read_csv(OWN / "datasets" / "sim_counts.csv")
    frame["cohort"] = frame["g"].replace(0, np.inf).astype(float)
    return yd.Panel.from_frame(frame, unit="pair", time="year")


def without_effects(columns, keys, weights):
    """Take weighted means of each effect away in turn until nothing is left to take."""
    mass = [np.bincount(key, weights) for key in keys]
    left = [column.copy() for column in columns]
    for column in left:
        moved = np.inf
        while moved > 1e-13 * np.abs(column).max():
            moved = 0.0
            for key, total in zip(keys, mass, strict=True):
                means = np.bincount(key, weights * column) / total
                column -= means[key]
                moved = max(moved, np.abs(means).max())
    return left


def poisson_with_effects(panel, design):
    """Regress counts on the treatment with three effects: weighted least squares on the working outcome."""
    frame = panel.frame
    y = frame[design.outcome].to_numpy(dtype=float)
    twin = (frame["year"] >= frame[design.cohort]).to_numpy(dtype=float)
    keys = [frame.groupby(k).ngroup().to_numpy() for k in (["pair"], ["origin", "year"], ["dest", "year"])]
    eta = np.log((y + y.mean()) / 2)
    coefficient, previous = 0.0, np.inf
    while abs(coefficient - previous) > 1e-9:
        mean = np.exp(eta)
        working = eta + (y - mean) / mean
        z, w = without_effects([twin, working], keys, mean)
        information = (mean * z) @ z
        previous, coefficient = coefficient, (mean * z) @ w / information
        eta = working - (w - coefficient * z)
    influence = (z * (y - np.exp(eta)) / information)[:, None]
    return yd.Estimate(
        coef=np.array([coefficient]),
        vcov=np.full((1, 1), np.nan),
        cells=pd.DataFrame({"term": ["twin"]}),
        units=frame[["pair", "year", "cohort", "dyad"]].rename(columns={"pair": "unit", "year": "time"}),
        method="poisson",
        outcome=design.outcome,
        n_obs=len(y),
        influence=influence,
    )


def test_errors_of_a_poisson_regression_on_pairs_equal_plain_loops(flows):
    case = results(OWN, "dyadic_se_ppml")
    rows = by_vcov(case, "twin")
    design = yd.Design("flow")
    jackknife = yd.node_jackknife(poisson_with_effects, flows, design, nodes=NODES)
    assert relative(jackknife.coef[0], rows["node_jackknife"]["estimate"]) < COEFFICIENT
    assert relative(jackknife.vcov[0, 0], rows["node_jackknife"]["variance"]) < ERROR
    assert np.allclose(jackknife.frames["without_node"]["estimate"], case["loo"], rtol=COEFFICIENT)
    estimate = poisson_with_effects(flows, design)
    dyadic = yd.dyadic_robust(estimate, flows, nodes=NODES)
    assert relative(dyadic.std_error[0], rows["dyadic_robust_n_over_n_1"]["se"]) < ERROR
    assert relative(dyadic.vcov[0, 0] * 19 / 20, rows["dyadic_robust_raw"]["variance"]) < ERROR
    labelled = replace(dyadic, units=dyadic.units.assign(row=np.arange(len(dyadic.units))))
    columns = {"HC0": "row", "pair_CR0": "unit", "dyad_CR0": "dyad", "origin_CR0": "origin", "dest_CR0": "dest"}
    variance = {name: yd.cluster_robust(labelled, column).vcov[0, 0] for name, column in columns.items()}
    variance["twoway_CGM_raw"] = variance["origin_CR0"] + variance["dest_CR0"] - variance["pair_CR0"]
    for name, value in variance.items():
        assert relative(value, rows[name]["variance"]) < ERROR
    # the case sums scores by node before it divides by the information
    sums = [labelled.influence[(labelled.units[list(NODES)] == node).any(axis=1), 0].sum() for node in range(1, 21)]
    assert np.allclose(np.array(sums) * case["hessian"], case["node_scores"], rtol=ERROR, atol=1e-9)


def test_the_regression_of_log_flows_equals_fixest(flows):
    row = results(OWN, "gravity_ols_log1p")["results"][0]
    panel = flows.assign(log1p=np.log1p(flows.frame["flow"]))
    estimate = yd.twfe(panel, yd.Design("log1p", effects=THREE_WAY))
    assert relative(estimate.coef[0], row["estimate"]) < 1e-9
    assert relative(estimate.std_error[0], row["se"]) < ITERATED
    line = estimate.tidy().iloc[0]
    for ours, theirs in (("statistic", "t"), ("p_value", "p"), ("conf_low", "ci_low"), ("conf_high", "ci_high")):
        # p moves five times as fast as t, and the low end of the interval twice as fast as the error
        assert relative(line[ours], row[theirs]) < 5 * ITERATED
    assert estimate.dof == row["df_t"]


def test_a_poisson_regression_at_every_matching_of_places_equals_fixest(flows):
    # the choice of matchings is made here; the package evaluates an estimator at any first treated periods
    case = results(OWN, "qap_exact_ppml")
    row, pairs, design = case["results"][0], np.array(case["pairs_2018"]), yd.Design("flow")
    sample = draw_sample(flows, design)
    by_unit = flows.frame.groupby("pair")[["dyad", "cohort"]].first().reindex(sample.units)
    cohorts = []
    for order in case["perms"]:
        matched = [f"{min(p):02d}-{max(p):02d}" for p in zip(pairs[:, 0], pairs[np.array(order) - 1, 1], strict=True)]
        later = by_unit["cohort"].where(by_unit["cohort"] == 2020, np.inf)
        cohorts.append(later.mask(by_unit["dyad"].isin(matched), 2018.0))
    effects = estimate_assignments(poisson_with_effects, flows, design, np.array(cohorts))[:, 0]
    assert np.allclose(effects, case["stat"], rtol=COEFFICIENT, atol=1e-10)
    assert relative(effects[-1], row["estimate"]) < COEFFICIENT
    assert len(effects) == row["n_perm"]
    # the case prints fifteen digits
    assert np.mean(effects >= effects[-1]) == pytest.approx(row["p_right"], rel=1e-14)
    assert np.mean(np.abs(effects) >= np.abs(effects[-1])) == pytest.approx(row["p_two_sided"], rel=1e-14)
