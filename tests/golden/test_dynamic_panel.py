"""Dynamic panels in differences, and in differences and levels, against plm's pgmm."""

import numpy as np
import pandas as pd
import pytest

import yrdecon as yd
from golden.cases import OWN, relative, results
from yrdecon.estimators.panels.dynamic import draw_dynamic
from yrdecon.kernels.dynamic_equations import dynamic_equations
from yrdecon.kernels.panel_moments import fit_moments

CLOSE = 1e-6
EMPLOYMENT = (
    "log(emp) ~ L(log(emp), 1:2) + L(log(wage), 0:1) + log(capital) + L(log(output), 0:1) | gmm(log(emp), 2:99) | year"
)
CIGARETTES = "log(sales) ~ L(log(sales), 1) + log(price) + log(ndi) | gmm(log(sales), 2:4)"


def read(folder, dataset, unit):
    return yd.Panel.from_frame(pd.read_csv(folder / "datasets" / f"{dataset}.csv"), unit=unit, time="year")


def check(panel, formula, case, variants, collapse=False):
    for steps, variant in zip((1, 2), variants, strict=True):
        estimate = yd.dynamic_panel(panel, formula, steps=steps, collapse=collapse)
        # plm lists period dummies after the regressors, as accumulated effects of the change
        rows = [r for r in case["results"] if r.get("variant", r.get("model")) == variant and r["robust"]]
        for position, row in enumerate(rows[: len(estimate.coef)]):
            assert relative(estimate.coef[position], row["estimate"]) < CLOSE
            assert relative(estimate.std_error[position], row["se"]) < CLOSE
        theirs, ours = case["tests"][f"{variant}|robust"], estimate.frames["tests"].set_index("test")
        for name, key in (("AR(1)", "ar1"), ("AR(2)", "ar2")):
            stated = theirs[key]
            assert relative(ours.loc[name, "statistic"], stated["stat"] if "stat" in stated else stated["z"]) < CLOSE
        assert relative(ours.loc["Hansen J", "statistic"], theirs["sargan"]["stat"]) < CLOSE
        assert relative(ours.loc["Hansen J", "p_value"], theirs["sargan"]["p"]) < CLOSE
        assert ours.loc["Hansen J", "dof"] == theirs["sargan"]["df"]


def test_predetermined_regressors_and_period_effects_equal_plm():
    case, panel = results(OWN, "pgmm_difference"), read(OWN, "sim_dynamic_panel", "id")
    check(panel, "y ~ L(y, 1) + x | gmm(y, 2:99) + gmm(x, 1:99) | year", case, ("onestep", "twostep"))
    check(panel, "y ~ L(y, 1) + x | gmm(y, 2:99)", case, ("onestep_ind", "twostep_ind"))


def test_collapsed_instruments_with_lag_limits_equal_plm():
    case, panel = results(OWN, "pgmm_difference_collapsed"), read(OWN, "sim_dynamic_panel", "id")
    check(panel, "y ~ L(y, 1) + x | gmm(y, 2:4) + gmm(x, 1:3) | year", case, ("onestep", "twostep"), collapse=True)


def test_cigarette_demand_equals_plm(shared):
    panel = read(shared / "golden", "cigar", "state")
    check(panel, CIGARETTES, results(shared / "golden", "pgmm_cigar_collapse"), ("onestep", "twostep"), collapse=True)


def test_employment_of_british_firms_equals_plm_and_the_published_table(shared):
    panel = read(shared / "golden", "empluk", "firm")
    check(panel, EMPLOYMENT, results(shared / "golden", "pgmm_emplUK_table4b"), ("onestep", "twostep"))
    # Arellano and Bond (1991), Table 4: (a1) in one step with robust errors, (b) in two
    more = EMPLOYMENT.replace("log(capital)", "L(log(capital), 0:2)").replace(
        "L(log(output), 0:1)", "L(log(output), 0:2)"
    )
    one = yd.dynamic_panel(panel, more, steps=1)
    two = yd.dynamic_panel(panel, EMPLOYMENT)
    published = [0.686, -0.085, -0.608, 0.393, 0.357, -0.058, -0.020, 0.609, -0.711, 0.106]
    assert np.round(one.coef, 3).tolist() == published
    assert np.round(one.std_error[:5], 3).tolist() == [0.145, 0.056, 0.178, 0.168, 0.059]
    assert np.round(two.coef, 3).tolist() == [0.474, -0.053, -0.513, 0.225, 0.293, 0.610, -0.446]
    assert round(two.std_error[0], 3) == 0.185  # with the correction of Windmeijer (2005)


SYSTEM = "y ~ L(y, 1) + x | gmm(y, 2:99) + gmm(x, 1:99) | year"


def serial_of_plm(panel, formula, steps):
    """Return AR(1) and AR(2) with the moments of the equations in changes only, as plm's mtest takes them.

    The variance of Arellano and Bond needs the moments that gave the coefficients, those in levels included.
    """
    equations = dynamic_equations(draw_dynamic(panel, formula, False).model, "system")
    fit = fit_moments(equations, steps)
    x, z, y = equations.rows.regressors, equations.instruments, equations.rows.outcome
    zx, changes = np.einsum("itl,itk->lk", z, x), len(equations.changes.periods)
    weight = sum(part.T @ equations.independent @ part for part in z)
    if steps == 2:
        moments = np.einsum("itl,it->il", z, y - x @ fit_moments(equations, 1).coef)
        weight = moments.T @ moments
    pull = np.linalg.solve(zx.T @ np.linalg.solve(weight, zx), np.linalg.solve(weight, zx).T)
    residuals, found = y - x @ fit.coef, []
    residuals[:, changes:] = 0
    for order in (1, 2):
        lagged = np.zeros_like(residuals)
        lagged[:, order:changes] = residuals[:, : changes - order]
        own, towards = (lagged * residuals).sum(axis=1), np.einsum("it,itk->k", lagged, x)
        shared = towards @ pull @ np.einsum("itl,it,i->l", z, residuals, own)
        found.append(own.sum() / np.sqrt(own @ own - 2 * shared + towards @ fit.vcov @ towards))
    return found


def test_the_system_equals_plm_which_leaves_levels_out_of_the_variance_of_serial_correlation():
    case, panel = results(OWN, "pgmm_system"), read(OWN, "sim_dynamic_panel", "id")
    for steps, variant in ((1, "onestep"), (2, "twostep")):
        estimate = yd.dynamic_panel(panel, SYSTEM, transform="system", steps=steps)
        rows = [r for r in case["results"] if r["variant"] == variant and r["robust"]][:3]
        assert estimate.cells["term"].tolist() == ["L(y, 1)", "x", "Intercept"]
        assert max(map(relative, estimate.coef, [r["estimate"] for r in rows])) < CLOSE
        assert max(map(relative, estimate.std_error, [r["se"] for r in rows])) < CLOSE
        theirs, ours = case["tests"][f"{variant}|robust"], estimate.frames["tests"].set_index("test")
        assert relative(ours.loc["Hansen J", "statistic"], theirs["sargan"]["stat"]) < CLOSE
        assert ours.loc["Hansen J", "dof"] == theirs["sargan"]["df"]
        assert estimate.notes[0].startswith(f"{case['tests'][f'{variant}|instruments']} instruments")
        stated = [theirs[key]["stat"] for key in ("ar1", "ar2")]
        assert max(map(relative, serial_of_plm(panel, SYSTEM, steps), stated)) < CLOSE


def test_the_system_reproduces_what_plm_prints_for_british_firms(shared):
    panel = read(shared / "golden", "empluk", "firm")
    regressors = "L(log(emp), 1) + L(log(wage), 0:1) + L(log(capital), 0:1)"
    instruments = " + ".join(f"gmm(log({name}), 2:99)" for name in ("emp", "wage", "capital"))
    formula = f"log(emp) ~ {regressors} | {instruments} | year"
    one = yd.dynamic_panel(panel, formula, transform="system", steps=1)
    assert np.round(one.coef[:5], 6).tolist() == [0.935605, -0.630976, 0.482620, 0.483930, -0.424393]
    assert np.round(one.std_error[:5], 6).tolist() == [0.026295, 0.118054, 0.136887, 0.053867, 0.058479]
    tests = one.frames["tests"].set_index("test")
    assert (round(tests.loc["Hansen J", "statistic"], 3), tests.loc["Hansen J", "dof"]) == (118.763, 100)
    assert np.round(serial_of_plm(panel, formula, 1), 6).tolist() == [-4.808434, -0.280013]
    assert one.n_obs == 891


@pytest.mark.parametrize(
    ("formula", "why"),
    [
        ("y ~ L(y, 1)", "must be such as"),
        ("y ~ L(y, 1) | y", "instruments such as"),
        ("y ~ L(y, 1) | gmm(y, 3:2)", "in their order"),
        ("y ~ L(y, 1) | gmm(z, 2:3)", "no column 'z'"),
        ("y ~ L(y, 1) | gmm(y, 2:3) | id", "period"),
    ],
)
def test_a_formula_that_cannot_be_read_is_refused_in_words(formula, why):
    with pytest.raises(yd.DesignError, match=why):
        yd.dynamic_panel(read(OWN, "sim_dynamic_panel", "id"), formula)


def test_many_instruments_are_warned_of_and_too_few_refused():
    panel = read(OWN, "sim_dynamic_panel", "id")
    few = panel.frame[panel.frame["id"] <= panel.frame["id"].unique()[20]]
    small = yd.Panel.from_frame(few, unit="id", time="year")
    assert "as many instruments as units" in " ".join(
        yd.dynamic_panel(small, "y ~ L(y, 1) | gmm(y, 2:99) | year").notes
    )
    with pytest.raises(yd.EstimationError, match="cannot tell"):
        yd.dynamic_panel(panel, "y ~ L(y, 1:2) + L(x, 0:1) | gmm(y, 2:2) + gmm(x, 1:1)", collapse=True)


def test_the_one_step_covariance_is_that_of_the_influence_of_units():
    estimate = yd.dynamic_panel(read(OWN, "sim_dynamic_panel", "id"), "y ~ L(y, 1) + x | gmm(y, 2:4) | year", steps=1)
    assert np.allclose(yd.cluster_robust(estimate, "unit").vcov, estimate.vcov)
    assert "Treated" not in yd.regression_table({"GMM": estimate}).to_markdown()
