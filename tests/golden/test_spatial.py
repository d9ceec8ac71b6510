"""Spatial panels, their effects and tests against splm, spdep, and a likelihood written out in R."""

import numpy as np
import pandas as pd
import pytest

import yrdecon as yd
from golden.cases import OWN, relative, results
from yrdecon.kernels.spatial_effects import average_effects

# splm maximizes to about 1e-8 in the likelihood, which is 1e-5 in the coefficients
COEFFICIENT, ERROR, EXACT, CLOSED = 1e-5, 1e-4, 1e-6, 1e-9
MODELS = {"SAR": "lag", "SEM": "error", "SARAR": "sarar", "SDM": "durbin", "SDEM": "durbin_error"}
# random effects are not offered: cities of a region are no draw from a population
RANDOM = ("SAR_re", "SEM_re_kkp", "SEM_RE_b")
# the variance under normality and Geary's C are not offered: randomization needs no distribution, and C tells the same
NOT_OFFERED = ("moran_I_normal", "geary_C")
PRODUC = "np.log(gsp) ~ np.log(pcap) + np.log(pc) + np.log(emp) + unemp | state"


def square(folder, name):
    table = pd.read_csv(folder / "datasets" / f"{name}.csv")
    return table.set_axis(table.columns, axis=0)


def simulated():
    frame = pd.read_csv(OWN / "datasets" / "sim_spatial.csv", dtype={"city_code": "str"})
    panel = yd.Panel.from_frame(frame, unit="city_code", time="year")
    return panel, yd.spatial_weights(panel, "matrix", square(OWN, "W_yrd41"))


def without_effects(panel):
    """Take means of units and periods from every column, as splm does before W acts on what is left."""
    columns = ["y", "x1", "x2", "wx1", "wx2"]
    x = panel.frame[columns]
    unit, time = (x.groupby(panel.frame[key]).transform("mean") for key in (panel.unit, panel.time))
    return panel.assign(**(x - unit - time + x.mean()))


def by_term(estimate):
    own = estimate.tidy().set_index("term")
    names = {"W(y)": "lambda", "W(np.log(gsp))": "lambda", "W(error)": "rho", "W(x1)": "wx1", "W(x2)": "wx2"}
    return own.rename(index=names).rename(index=lambda name: name.removeprefix("np."))


def check(estimate, rows):
    own = by_term(estimate)
    assert sorted(own.index) == sorted(row["term"] for row in rows)
    for row in rows:
        assert relative(own.loc[row["term"], "estimate"], row["estimate"]) < COEFFICIENT
        assert relative(own.loc[row["term"], "std_error"], row["se"]) < ERROR


def grouped(case, folder=OWN):
    table = {}
    for row in results(folder, case)["results"]:
        table.setdefault(row.get("model", "SARAR_ind"), []).append(row)
    return table


@pytest.mark.parametrize("name", [n for n in grouped("splm_spatial") if n not in RANDOM])
def test_spatial_panels_equal_splm(name):
    rows = grouped("splm_spatial")[name]
    panel, weights = simulated()
    kind, effects = name.split("_")
    if effects == "ind":
        estimate = yd.spatial_panel(panel, "y ~ x1 + x2 | city_code", weights, model=MODELS[kind], correction="none")
    else:
        # splm lets W act on columns without means, whose lags have means again; that is a pooled model of these columns
        terms = "x1 + x2 + wx1 + wx2" if kind in ("SDM", "SDEM") else "x1 + x2"
        plain = MODELS[kind].replace("durbin_", "").replace("durbin", "lag")
        estimate = yd.spatial_panel(without_effects(panel), f"y ~ 0 + {terms}", weights, model=plain)
    check(estimate, rows)
    if kind in ("SAR", "SDM"):
        assert relative(estimate.frames["fit"]["log_likelihood"][0], rows[0]["logLik"]) < EXACT
    assert relative(estimate.frames["fit"]["variance"][0], rows[0]["sigma2"]) < COEFFICIENT


@pytest.mark.parametrize("name", list(grouped("spatial_ml_exact")))
def test_spatial_panels_equal_the_likelihood_with_dummies_written_out(name):
    panel, weights = simulated()
    kind, effects = name.split("_")
    formula = "y ~ x1 + x2 | city_code" + (" + year" if effects == "tw" else "")
    estimate = yd.spatial_panel(panel, formula, weights, model=MODELS[kind], correction="none")
    own = by_term(estimate)["estimate"].rename(index={"lambda": "rho"})
    fit = estimate.frames["fit"].iloc[0]
    found = own.to_dict() | {"sigma2": fit["variance"], "logLik": fit["log_likelihood"]}
    for row in grouped("spatial_ml_exact")[name]:
        # the error of rho there is the curvature of the profile, which is the observed information and not the expected
        assert relative(found[row["term"]], row["estimate"]) < EXACT, row["term"]


@pytest.mark.parametrize(("name", "model"), [("SAR_FE_ind", "lag"), ("SEM_FE_ind", "error")])
def test_munnells_states_equal_splm(shared, name, model):
    rows = grouped("splm_produc_fe", shared / "golden")[name]
    check(produc(shared, model), rows)


def test_munnells_states_with_lag_and_error_equal_splm(shared):
    check(produc(shared, "sarar"), results(shared / "golden", "splm_produc_sarar_fe_ind")["results"])


def produc(shared, model):
    panel, weights = states(shared)
    return yd.spatial_panel(panel, PRODUC, weights, model=model, correction="none")


def states(shared):
    frame = pd.read_csv(shared / "golden" / "datasets" / "produc.csv")
    panel = yd.Panel.from_frame(frame, unit="state", time="year")
    return panel, yd.spatial_weights(panel, "matrix", square(shared / "golden", "splm_usaww"))


def test_direct_and_total_effects_equal_those_of_splm():
    panel, weights = simulated()
    slopes = {name: {r["term"]: r["estimate"] for r in rows} for name, rows in grouped("splm_spatial").items()}
    for row in results(OWN, "splm_impacts")["results"]:
        name = row["model"].split(" ")[0]
        own, term = slopes[name], row["term"]
        found = average_effects(
            np.array([[own[term]]]), np.array([[own.get(f"w{term}", 0.0)]]), np.array([own["lambda"]]), weights.matrix
        )
        expected = [row[kind] for kind in ("direct", "indirect", "total")]
        assert np.allclose(found[0, 0], expected, rtol=COEFFICIENT)
    durbin = yd.spatial_panel(panel, "y ~ x1 + x2 | city_code", weights, model="durbin", correction="none")
    effects = yd.spatial_impacts(durbin, weights, seed=1).tidy().set_index("term")["estimate"]
    for row in grouped("splm_impacts")["SDM_ind"]:
        for kind in ("direct", "indirect", "total"):
            assert relative(effects[f"{kind}({row['term']})"], row[kind]) < COEFFICIENT


def test_lagrange_multipliers_equal_splm():
    panel, weights = simulated()
    found = yd.spatial_lm(panel, "y ~ x1 + x2", weights).frames["all"].set_index("test")
    names = {"lml": "lag", "lme": "error", "rlml": "robust_lag", "rlme": "robust_error"}
    rows = {row["term"]: row for row in results(OWN, "spatial_tests")["results"]}
    assert set(rows) == {*names, "moran_I", *NOT_OFFERED}
    for theirs, ours in names.items():
        assert relative(found.loc[ours, "statistic"], rows[theirs]["estimate"]) < CLOSED
        assert relative(found.loc[ours, "p_value"], rows[theirs]["p"]) < 1e-7


def check_moran(panel, column, weights, case):
    test = yd.moran(panel, column, weights, seed=1, draws=99)
    row = next(r for r in case["results"] if r["term"] == "moran_I")
    period = test.frames["periods"].iloc[0]
    assert relative(period["moran"], row["estimate"]) < CLOSED
    assert relative(period["expectation"], row["expectation"]) < CLOSED
    assert relative(period["variance"], row["variance"]) < CLOSED
    assert relative(period["statistic"], row["z"]) < 1e-8
    assert relative(period["p_value"], row.get("p", row.get("p_greater"))) < 1e-7
    assert np.allclose(test.frames["local"]["local_moran"], case["local_moran_Ii"], rtol=1e-8, atol=1e-12)


def test_morans_index_equals_spdep():
    panel, weights = simulated()
    check_moran(panel.between(2015, 2015), "y", weights, results(OWN, "spatial_tests"))


def test_morans_index_of_munnells_states_equals_spdep(shared):
    panel, weights = states(shared)
    check_moran(panel.between(1986, 1986), "unemp", weights, results(shared / "golden", "moran_produc_1986"))
