"""Tests for few treated units, against plain loops written from the formulas."""

from itertools import combinations

import numpy as np
import pandas as pd
import pytest

import yrdecon as yd
from golden.cases import OWN, relative, results
from golden.few_treated import DATA, linear_congruential, load, only, rows_of, share, simulated
from yrdecon.core.estimator import estimate_assignments
from yrdecon.inference.changes import unit_changes
from yrdecon.kernels.conformal import conformal_residuals, conformal_statistics, moving_blocks
from yrdecon.kernels.few_treated import (
    bell_mccaffrey,
    conley_taber_draws,
    control_mean_factor,
    difference,
    ferman_pinto_draws,
    variance_line,
)
from yrdecon.kernels.placebo_bands import placebo_band_of
from yrdecon.kernels.rearrangement import smallest_weight


@pytest.mark.parametrize("data", DATA)
def test_conley_taber_draws_equal_the_loop(data):
    panel, outcome = load(data)
    rows = rows_of("conley_taber", data)
    assert len(rows) == 4
    for row in rows:
        changes = unit_changes(only(panel, row["treated"]), yd.Design(outcome, pool="pool"), "test")
        assert relative(changes.estimate, row["estimate"]) < 1e-10
        if row["seed"] is None:
            plain, refined = (
                yd.conley_taber(only(panel, row["treated"]), yd.Design(outcome, pool="pool"), seed=0, refinement=r)
                for r in ("none", "control_mean")
            )
            shares = [(test.rank - 1) / (len(test.draws) - 1) for test in (plain, refined)]
            assert len(plain.draws) == row["draws"] + 1
        else:
            picks = linear_congruential(row["seed"], 33, 8 * row["draws"]).reshape(-1, 8)
            draws = conley_taber_draws(changes.change, changes.treated, picks)
            shares = [share(f * draws, changes.estimate) for f in (1, control_mean_factor(changes.treated))]
        assert shares == pytest.approx([row["p"], row["p_rescaled"]], abs=1e-15)


@pytest.mark.parametrize("data", DATA)
def test_ferman_pinto_counts_and_variances_equal_the_loop(data):
    panel, outcome = load(data)
    population = panel.frame["pop"].where(panel.frame["year"] == 2021).groupby(panel.frame["city_code"])
    panel = panel.assign(driver=1 / population.transform("max"))
    rows = rows_of("ferman_pinto", data)
    assert len(rows) == 3
    for row in rows:
        chosen = only(panel, row["treated"])
        changes = unit_changes(chosen, yd.Design(outcome, pool="pool"), "test")
        n = len(changes.change)
        driver = chosen.frame.groupby("city_code")["driver"].first()[changes.units].to_numpy()
        line = variance_line((changes.change - changes.change.mean()) ** 2, driver)
        assert line.constant == pytest.approx(row["f_const"], rel=1e-8, abs=1e-14)
        assert line.slope == pytest.approx(row["f_slope_invpop"], rel=1e-8, abs=1e-14)
        picks = linear_congruential(row["seed"], n, n * row["B"]).reshape(-1, n)
        draws = ferman_pinto_draws(changes.change, changes.treated, driver, picks)
        assert round(share(draws, changes.estimate) * row["B"]) == row["count"]
        test = yd.ferman_pinto(chosen, yd.Design(outcome, pool="pool"), seed=1, draws=1999, driver="driver")
        assert relative(test.estimate, row["estimate"]) < 1e-10
        assert test.p_value == pytest.approx(row["p"], abs=0.04)  # other draws of the same bootstrap
        assert test.frames["variances"]["variance"].to_numpy() == pytest.approx(line.fitted, rel=1e-12)


@pytest.mark.parametrize("row", results(OWN, "hagemann_rearrangement")["weights"])
def test_weights_of_the_rearrangement_equal_the_loop(row):
    found = smallest_weight(row["q"], row["rho"], row["alpha"])
    assert found == pytest.approx(row["w"], abs=2e-6)  # printed with six decimals


@pytest.mark.parametrize("data", DATA)
def test_rearrangement_decisions_equal_the_loop(data):
    panel, outcome = load(data)
    rows = rows_of("hagemann_rearrangement", data)
    assert len(rows) == 8
    for row in rows:
        design = yd.Design(outcome, pool="pool")
        # one side at 5% is one side of a two-sided test at 10%
        test = yd.hagemann(only(panel, row["unit"]), design, rho=row["rho"], level=1 - 2 * row["alpha"])
        side = test.frames["sides"].set_index("side").loc[row["side"]]
        assert relative(test.estimate, row["estimate"]) < 1e-10
        assert relative(side["shrunk_gap"], row["lhs"]) < 1e-6
        assert relative(side["largest_control"], row["max_control"]) < 1e-10
        assert bool(side["rejects"]) == row["reject"] == (side["p_value"] <= row["alpha"])
        assert (side["largest_rho"] >= row["rho"]) == row["reject"]


def conformal_series(unit):
    panel = simulated() if unit == "block" else only(simulated(), unit)
    design = yd.Design("y") if unit == "block" else yd.Design("y", pool="pool")
    changes = unit_changes(panel, design, "test")
    return panel, design, changes.y[changes.treated].mean(axis=0), changes.y[~changes.treated], changes.post


def test_conformal_statistics_equal_the_loop():
    case = results(OWN, "cwz_twinning")["results"]
    assert len(case) == 36
    for row in case:
        _, _, treated, others, post = conformal_series(row["unit"])
        everything = np.ones(len(post), dtype=bool)
        residuals = conformal_residuals(treated - row["tau0"] * post, others, row["proxy"], everything)
        found = conformal_statistics(residuals, moving_blocks(len(post), np.flatnonzero(post)), row["q"])
        assert relative(found[0], row["estimate"]) < 1e-6
        assert np.mean(found >= found[0] - 1e-12) == pytest.approx(row["p"], abs=1e-12)


@pytest.mark.parametrize("row", results(OWN, "cwz_twinning")["ci_by_inversion_grid_0.001_q1"])
def test_conformal_intervals_end_within_a_step_of_the_grid(row):
    panel, design, *_ = conformal_series(row["unit"])
    test = yd.conformal(panel, design, seed=0, proxy=row["proxy"])
    assert test.conf_low == pytest.approx(row["lo_90"], abs=1.01e-3)
    if row["hi_90"] < 0.3:  # the last point of the reference's grid
        assert test.conf_high == pytest.approx(row["hi_90"], abs=1.01e-3)
    else:
        assert test.conf_high > 0.299


@pytest.mark.parametrize("data", DATA)
def test_signs_t_tests_and_jackknife_equal_the_loop(data):
    panel, outcome = load(data)
    design = yd.Design(outcome)
    signs, two_sample, cr2, cv3 = rows_of("few_treated_misc", data)
    test = yd.sign_change(panel, design, seed=0)
    assert relative(test.estimate, signs["estimate"]) < 1e-9
    # a change of all signs is the same, so that half of the reference's vectors are compared
    assert (2 * test.rank, 2 * len(test.draws), test.p_value) == (signs["count"], signs["n"], signs["p"])
    for rule, row in (("ibragimov_mueller", two_sample), ("bell_mccaffrey", cr2), ("jackknife", cv3)):
        test = yd.two_sample_t(panel, design, rule=rule)
        error = test.frames["error"].iloc[0]
        assert relative(error["std_error"], row["se"]) < 1e-9
        assert relative(error["dof"], row["df"]) < 1e-12
    assert relative(yd.two_sample_t(panel, design).statistic, two_sample["t"]) < 1e-9


def test_bell_mccaffrey_equals_clubsandwich():
    case = results(OWN, "cr2_twinning")
    changes = unit_changes(simulated(), yd.Design("y"), "test")
    found = bell_mccaffrey(changes.change, changes.treated)
    row = next(r for r in case["results"] if r["vcov"].startswith("CR2"))
    assert relative(found.std_error, row["se"]) < 1e-6
    assert relative(found.dof, row["df"]) < 1e-6


@pytest.mark.parametrize("data", DATA)
def test_bands_equal_the_loop(data):
    panel, outcome = load(data)
    blocks, within = rows_of("alvarez_ferman_bands", data)
    test = yd.placebo_band(yd.event_study, panel, yd.Design(outcome), yd.Assignment("contiguous"), seed=0)
    band = test.frames["band"]
    band.insert(0, "year", band["event_time"] + 2022)
    check_band(band, blocks)
    inside = panel.assign(pool=panel.frame["province"] == "AH")
    design = yd.Design(outcome, pool="pool")
    sets = np.array(list(combinations(range(16), 8))[::10])
    members = np.zeros((len(sets), 16), dtype=bool)
    np.put_along_axis(members, sets, True, axis=1)
    placebos = estimate_assignments(yd.event_study, inside, design, np.where(members, 2022.0, np.inf))
    actual, found = yd.event_study(inside, design), placebo_band_of(placebos, 0.95)
    assert relative(found.critical, within["crit_95"]) < 1e-9
    half = found.critical * found.spread
    frame = {"estimate": actual.coef, "std_error": found.spread}
    frame |= {"conf_low": actual.coef - half, "conf_high": actual.coef + half}
    check_band(pd.DataFrame(frame).assign(year=actual.cells["event_time"] + 2022), within)


def check_band(band, row):
    assert len(band) == len(row["coef"]) + 1
    for cell in row["coef"]:
        found = band[band["year"] == cell["year"]].iloc[0]
        names = {"estimate": "estimate", "std_error": "sd_placebo", "conf_low": "lo", "conf_high": "hi"}
        for ours, theirs in names.items():
            assert found[ours] == pytest.approx(cell[theirs], rel=1e-9, abs=1e-13)
    reference = band[band["year"] == 2021].iloc[0]
    assert reference[["estimate", "std_error", "conf_low", "conf_high"]].tolist() == [0, 0, 0, 0]


def test_the_difference_of_means_is_the_two_way_coefficient():
    changes = unit_changes(simulated(), yd.Design("y"), "test")
    coefficient = yd.twfe(simulated(), yd.Design("y")).coef[0]
    assert relative(difference(changes.change, changes.treated), coefficient) < 1e-10
