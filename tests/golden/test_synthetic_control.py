import numpy as np
import pandas as pd
import pytest

import yrdecon as yd
from golden.cases import OWN, own_panel, relative, results
from yrdecon.kernels.simplex import simplex_frank_wolfe

# The quadratic program is strictly convex and solved to rounding on both sides; the case names 1e-6.
SAME_OPTIMUM = 1e-9
# augsynth finds its simplex weights by OSQP, which stops at about 1e-6 of the objective; the case names 1e-3.
OSQP = 1e-5
MATCHES = {False: "levels", True: "demeaned"}
NOT_PAIRED = yd.Design(outcome="y", pool="pool")


def twinning():
    return own_panel("sim_twinning", "city_code", cohort="g")


def only(panel, units, among):
    """Treat some units from 2022 and compare them with others."""
    codes = panel.frame["city_code"]
    treated = codes.isin(units)
    return panel.assign(pool=treated | codes.isin(among), cohort=np.where(treated, 2022.0, np.inf))


def donors(panel):
    return sorted(panel.frame.loc[panel.frame["treat"] == 0, "city_code"].unique())


def fit(estimate):
    return estimate.frames["fit"].iloc[0]


def quadratic_program_cases():
    terms = {}
    for row in results(OWN, "scqp_twinning")["results"]:
        terms.setdefault((row["case"], row["demeaned"]), {})[row["term"]] = row["estimate"]
    return terms


CASES = quadratic_program_cases()


@pytest.mark.parametrize(("case", "demeaned"), CASES)
def test_effects_gaps_and_weights_equal_a_quadratic_program(case, demeaned):
    panel, reference = twinning(), CASES[case, demeaned]
    if case != "pooled":
        panel = only(panel, [case], donors(panel))
    match = MATCHES[demeaned]
    design = yd.Design(outcome="y") if case == "pooled" else NOT_PAIRED
    estimate = yd.synthetic_control(panel, design, per="cohort", match=match, penalty=reference["ridge"])
    assert relative(estimate.coef[0], reference["att"]) < SAME_OPTIMUM
    assert relative(fit(estimate)["rmspe_before"], reference["rmspe_pre"]) < SAME_OPTIMUM
    assert relative(fit(estimate)["ratio"], reference["rmspe_ratio"]) < SAME_OPTIMUM
    stored = results(OWN, "scqp_twinning")
    gaps = estimate.frames["path"].set_index("time")["effect"]
    for year, gap in stored["gap"][f"{case}|{match}"].items():
        assert gaps[int(year)] == pytest.approx(gap, abs=1e-11)
    weights = estimate.frames["unit_weights"].set_index("unit")["weight"]
    expected = pd.Series(stored["weights"][f"{case}|{match}"]).reindex(weights.index).fillna(0)
    assert np.abs(weights - expected).max() < 1e-9  # stored with ten digits


@pytest.mark.parametrize("case", sorted({case for case, _ in CASES}))
def test_placebo_p_values_in_space_equal_those_of_the_quadratic_program(case):
    panel, reference = twinning(), CASES[case, True]
    others = donors(panel)
    treated = sorted(set(panel.units) - set(others)) if case == "pooled" else [case]
    wide = panel.frame.pivot_table(index="city_code", columns="year", values="y").loc[:, :2021]
    sums = wide.sub(wide.mean(axis=1), axis=0).pow(2).sum(axis=1)

    def estimate(units, among):
        # the ridge of the case is relative to the sums of squares of whoever are the donors
        penalty = 1e-4 * sums[among].mean()
        return yd.synthetic_control(only(panel, units, among), NOT_PAIRED, per="cohort", penalty=penalty)

    actual = estimate(treated, others)
    placebos = [estimate([unit], [u for u in others if u != unit]) for unit in others]
    ratios = np.array([fit(e)["ratio"] for e in placebos])
    effects = np.abs([e.coef[0] for e in placebos])
    n = len(others) + 1
    assert (1 + (ratios >= fit(actual)["ratio"]).sum()) / n == pytest.approx(reference["p_ratio"], abs=1e-12)
    assert (1 + (effects >= abs(actual.coef[0])).sum()) / n == pytest.approx(reference["p_abs_att"], abs=1e-12)


@pytest.mark.parametrize(
    ("variant", "options"),
    [
        ("none", {}),
        ("ridge", {"method": "augmented"}),
        ("ridge_lambda1", {"method": "augmented", "penalty": 1.0}),
        ("ridge_fe", {"method": "augmented", "match": "demeaned"}),
    ],
)
def test_augmented_weights_equal_augsynth(variant, options):
    case = results(OWN, "augsynth_twinning_bengbu")
    reference = {r["term"]: r["estimate"] for r in case["results"] if r["variant"] == variant}
    panel = twinning()
    panel = only(panel, ["340300"], donors(panel))
    estimate = yd.synthetic_control(panel, NOT_PAIRED, **({"match": "levels"} | options))
    assert relative(estimate.coef[0], reference["average_att"]) < OSQP
    # with fixed effects the ridge fits the path to 1e-9, so that gaps before treatment are compared in absolute terms
    gaps = estimate.frames["path"].set_index("time")["effect"]
    for year, gap in gaps.items():
        assert gap == pytest.approx(reference[f"att_{year}"], abs=1e-6)
    imbalance = np.sqrt((gaps.loc[:2021] ** 2).sum())
    assert imbalance == pytest.approx(reference["l2_imbalance"], rel=1e-5, abs=1e-10)
    if variant != "none":
        assert f"{reference['lambda']:.6g}" in " ".join(estimate.notes)
    weights = estimate.frames["unit_weights"].set_index("unit")["weight"]
    expected = pd.Series(case["weights"][variant]).reindex(weights.index)
    assert np.abs(weights - expected).max() < 1e-5


def prop99(shared):
    frame = pd.read_csv(shared / "golden" / "datasets" / "california_prop99.csv", sep=None, engine="python")
    frame.columns = ["unit", "time", "y", "d"]
    frame["cohort"] = np.where(frame["unit"] == "California", 1989.0, np.inf)
    return yd.Panel.from_frame(frame, unit="unit", time="time")


def basque(shared):
    frame = pd.read_csv(shared / "golden" / "datasets" / "basque.csv")
    frame = frame[frame["regionno"] != 1].rename(columns={"regionname": "unit", "year": "time", "gdpcap": "y"})
    frame = frame.assign(cohort=np.where(frame["regionno"] == 17, 1970.0, np.inf))
    return yd.Panel.from_frame(frame[["unit", "time", "y", "cohort"]], unit="unit", time="time")


def medicaid(shared):
    frame = pd.read_csv(shared / "golden" / "datasets" / "ehec.csv")
    frame = frame[frame["yexp2"].isna() | (frame["yexp2"] == 2014)]
    frame = frame.rename(columns={"stfips": "unit", "year": "time", "dins": "y", "yexp2": "cohort"})
    return yd.Panel.from_frame(frame, unit="unit", time="time")


PUBLIC = {"synthdid_prop99": prop99, "synthdid_basque": basque, "synthdid_ehec_2014_block": medicaid}


def assert_the_optimum_of(case, panel, design):
    """Compare with synthdid's sc_estimate: the same problem, whose iteration stops early."""
    reference = {row["term"]: row["estimate"] for row in case["results"]}["sc"]
    frame = panel.frame if design.pool is None else panel.frame[panel.frame[design.pool]]
    wide = frame.pivot_table(index=panel.unit, columns=panel.time, values="y")
    cohort = frame.groupby(panel.unit)["cohort"].first().reindex(wide.index).fillna(np.inf)
    treated, others = wide[np.isfinite(cohort)].mean(), wide[np.isinf(cohort)]
    before = wide.columns < cohort.min()
    early = early_stopping(treated[before].to_numpy(), others.loc[:, before].to_numpy())
    assert relative((treated - early @ others)[~before].mean(), reference) < 1e-8
    assert np.abs(early - pd.Series(case["weights"]["sc"]["omega"]).to_numpy()).max() < 1e-8

    estimate = yd.synthetic_control(panel, design, per="cohort", match="levels")
    stopped = np.sqrt(((treated - early @ others)[before] ** 2).mean())
    assert fit(estimate)["rmspe_before"] <= stopped * (1 + 1e-9)
    # what stopping early may cost: the cases name 5e-3 of the effect, or .02 of the noise level
    noise = 1e6 * case["weights"]["sc"]["zeta_omega"]
    assert abs(estimate.coef[0] - reference) < max(5e-3 * abs(reference), 0.02 * noise)


def early_stopping(path, others):
    """Run synthdid's iteration without intercept: with every row and its negative, all means are zero already."""
    a, b = np.vstack([others.T, -others.T])[None], np.concatenate([path, -path])[None]
    noise = np.diff(others, axis=1).std(ddof=1)
    return simplex_frank_wolfe(a, b, np.array([(1e-6 * noise) ** 2]), np.array([1e-5 * noise]))[0]


def test_on_own_data_the_sc_estimate_of_synthdid_is_this_problem_stopped_early():
    panel = twinning()
    assert_the_optimum_of(results(OWN, "synthdid_twinning"), panel, yd.Design(outcome="y"))
    pair = only(panel, ["340300"], donors(panel))
    assert_the_optimum_of(results(OWN, "synthdid_twinning_pair_bengbu"), pair, NOT_PAIRED)


@pytest.mark.parametrize("name", ["synthdid_prop99", "synthdid_basque", "synthdid_ehec_2014_block"])
def test_on_public_data_the_sc_estimate_of_synthdid_is_this_problem_stopped_early(shared, name):
    assert_the_optimum_of(results(shared / "golden", name), PUBLIC[name](shared), yd.Design(outcome="y"))


def test_smoking_in_california_equals_a_quadratic_program(shared):
    case = results(shared / "golden", "scqp_prop99")
    panel = prop99(shared)
    wide = panel.frame.pivot_table(index="unit", columns="time", values="y").loc[:, :1988]
    penalty = 1e-8 * float(wide.drop("California").pow(2).sum(axis=1).mean())
    reference = {row["term"]: row["estimate"] for row in case["results"]}
    for given in (penalty, None):
        estimate = yd.synthetic_control(panel, yd.Design(outcome="y"), match="levels", penalty=given)
        # without a ridge the optimum is another one by the order of the ridge, 1e-6 of the effect
        tolerance = 1e-8 if given else 1e-5
        assert relative(estimate.coef[0], reference["att"]) < tolerance
        assert relative(fit(estimate)["rmspe_before"], reference["rmspe_pre"]) < tolerance
        gaps = estimate.frames["path"].set_index("time")["effect"]
        assert np.abs(gaps - pd.Series(case["gap"]).rename(int)).max() < 100 * tolerance
        weights = estimate.frames["unit_weights"].set_index("unit")["weight"]
        assert np.abs(weights - pd.Series(case["weights"])).max() < tolerance
