"""Randomization by estimate and by t statistic, against plain loops, fixest and ritest."""

import numpy as np
import pandas as pd
import pytest

import yrdecon as yd
from golden.cases import OWN, relative, results
from golden.few_treated import DATA, load, rows_of, share, simulated
from yrdecon.core.estimator import errors_of_assignments, estimate_assignments
from yrdecon.kernels.assignments import assignment_effects, prepare_assignments
from yrdecon.kernels.resample import random_orders
from yrdecon.kernels.within import prepare_fixed_effects, project_out


@pytest.mark.parametrize("data", DATA)
def test_both_statistics_are_counted_over_all_assignments(data):
    panel, outcome = load(data)
    few, anhui, single = rows_of("mackinnon_webb_ri", data)
    code, in_anhui = panel.frame["city_code"], panel.frame["province"] == "AH"
    recipient = np.isfinite(panel.frame["cohort"])
    treated = sorted(code[recipient].unique())[:4]
    others = sorted(code[in_anhui & ~recipient].unique())[:8]
    first = panel.assign(pool=code.isin([*treated, *others]), cohort=np.where(code.isin(treated), 2022.0, np.inf))
    for row, sample in ((few, first), (anhui, panel.assign(pool=in_anhui))):
        for studentize, count in (("none", "count_beta"), ("cluster", "count_t")):
            design, mechanism = yd.Design(outcome, pool="pool"), yd.Assignment("free")
            test = yd.permutation_test(yd.twfe, sample, design, mechanism, seed=0, studentize=studentize)
            assert (test.rank, len(test.draws)) == (row[count], row["n_assign"])
            assert relative(test.estimate, row["estimate"]) < 1e-9
        estimate = yd.twfe(sample, yd.Design(outcome, pool="pool"), ssc="none")
        assert relative(estimate.coef[0] / estimate.std_error[0], row["t"]) < 1e-9
    shared = yd.conley_taber(panel, yd.Design(outcome), seed=0, dependence="perfect")
    assert (shared.rank, len(shared.draws)) == (single["count_beta"], single["n_assign"])


@pytest.mark.parametrize("data", DATA)
def test_blocks_are_counted_by_estimate_and_by_t_statistic(data):
    panel, outcome = load(data)
    (row,) = rows_of("block_ri_bruteforce", data)
    for studentize, count in (("none", "count_beta"), ("cluster", "count_t")):
        test = yd.permutation_test(
            yd.twfe, panel, yd.Design(outcome), yd.Assignment("contiguous"), seed=0, studentize=studentize
        )
        assert (test.rank, len(test.draws)) == (row[count], row["n"])


def test_t_statistics_of_four_against_eight_are_counted_exactly():
    case = results(OWN, "ri_exact_twinning_4v8")
    row = next(r for r in case["results"] if r["term"] == "ri_t")
    panel, treated = simulated(), [str(c) for c in case["treated"]]
    code = panel.frame["city_code"]
    panel = panel.assign(pool=code.isin(list(case["W"])), cohort=np.where(code.isin(treated), 2022.0, np.inf))
    test = yd.permutation_test(
        yd.twfe, panel, yd.Design("y", pool="pool"), yd.Assignment("free"), seed=0, studentize="cluster"
    )
    assert (test.rank, len(test.draws)) == (row["count_ge"], row["n_assign"])
    # the reference leaves out the small-sample factor, which is the same for every assignment
    plain = yd.twfe(panel, yd.Design("y", pool="pool"), ssc="none")
    assert relative(plain.coef[0] / plain.std_error[0], row["estimate"]) < 1e-10


def test_every_state_is_california_once(shared):
    case = results(shared / "golden", "ri_exact_prop99")
    frame = pd.read_csv(shared / "golden" / "datasets" / "california_prop99.csv", sep=None, engine="python")
    first = int(frame.loc[frame["treated"] == 1, "Year"].min())
    frame["cohort"] = np.where(frame["State"] == "California", float(first), np.inf)
    panel = yd.Panel.from_frame(frame, unit="State", time="Year")
    test = yd.permutation_test(yd.twfe, panel, yd.Design("PacksPerCapita"), yd.Assignment("auto"), seed=0)
    (row,) = case["results"]
    assert (len(test.draws), test.p_value) == (row["n_assign"], pytest.approx(row["p_two_sided"], abs=1e-12))
    placebos = test.frames["placebos"].set_index("members")["estimate"]
    assert placebos[list(case["placebo"])].to_numpy() == pytest.approx(list(case["placebo"].values()), rel=1e-9)
    signed = placebos.to_numpy()
    assert np.mean(signed <= signed[0]) == pytest.approx(row["p_left"], abs=1e-12)
    assert np.mean(signed >= signed[0]) == pytest.approx(row["p_right"], abs=1e-12)


def test_saved_permutations_of_staggered_cohorts_give_the_same_statistics(shared):
    case = results(shared / "golden", "ri_perm_base_stagg")
    frame = pd.read_csv(shared / "golden" / "datasets" / "base_stagg.csv")
    frame["cohort"] = frame["year_treated"].where(frame["year_treated"] < 10_000, np.inf).astype(float)
    panel, design = yd.Panel.from_frame(frame, unit="id", time="year"), yd.Design("y")
    own = panel.frame.groupby("id")["cohort"].first().to_numpy()
    cohorts = np.vstack([own, own[np.array(case["perms"]) - 1]])
    effects = estimate_assignments(yd.twfe, panel, design, cohorts)[:, 0]
    errors = errors_of_assignments(yd.twfe, panel, design, cohorts)[:, 0]
    coef, t = case["results"]
    assert effects == pytest.approx([coef["estimate"], *case["stat_coef"]], rel=1e-9)
    assert effects / errors == pytest.approx([t["estimate"], *case["stat_t"]], rel=1e-8)
    for statistics, row in ((np.abs(effects), coef), (np.abs(effects / errors), t)):
        assert np.mean(statistics[1:] >= statistics[0]) == row["p_two_sided"]
        assert np.mean(statistics >= statistics[0]) == pytest.approx(row["p_plus1"], abs=1e-12)


def test_blocks_shuffled_within_pairs_give_the_p_value_of_ritest(shared):
    (row,) = results(shared / "golden", "ritest_colombia")["results"]
    data = pd.read_csv(shared / "golden" / "datasets" / "colombia.csv")
    columns = ["dayscorab", "b_treat", "b_dayscorab", "miss_b_dayscorab", "round2", "round3", "b_pair", "b_block"]
    data = data[columns].dropna()
    covariates = data[["b_dayscorab", "miss_b_dayscorab", "round2", "round3"]].to_numpy(dtype=float)
    pair, unit = (pd.factorize(data[c])[0].astype(np.int64) for c in ("b_pair", "b_block"))
    absorbed = prepare_fixed_effects([pair], np.ones(len(data)))
    basis = np.linalg.qr(project_out(absorbed, covariates))[0]

    def residualize(x):
        within = project_out(absorbed, x)
        return within - basis @ (basis.T @ within)

    y = data["dayscorab"].to_numpy(dtype=float)
    prepared = prepare_assignments(residualize, y, np.ones(len(y)), unit, np.zeros(len(y)), np.array([0.0]))
    own = np.where(data.groupby(unit)["b_treat"].first() == 1, 0.0, np.inf)
    groups = pd.Series(pair).groupby(unit).first().to_numpy()
    orders = random_orders(groups, 4_000, np.random.default_rng(1))
    effects = assignment_effects(prepared, np.vstack([own, own[orders]]))
    assert relative(effects[0], row["estimate"]) < 1e-9
    # Monte Carlo on both sides: 1,000 draws there, 4,000 here
    assert share(effects[1:], effects[0]) == pytest.approx(row["p_ri"], abs=0.03)
