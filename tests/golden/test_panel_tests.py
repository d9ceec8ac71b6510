"""Specification tests of panels against plm."""

import numpy as np
import pytest
from statsmodels.tsa.adfvalues import mackinnonp

import yrdecon as yd
from golden.cases import OWN, relative, results
from golden.test_panel_regression import PUBLIC, SHIPPED, panel_of
from yrdecon.kernels.unit_roots import average_moments, dickey_fuller, levin_lin_chu

CLOSE = 1e-8
# the test of Breusch and Godfrey lets lags run from one unit into the next and is not offered; moments and shares of
# random effects are checked through their coefficients
NOT_OFFERED = {"pbg", "swar_sigma2", "swar_theta"}


def found(panel, source):
    _, unit, outcome, terms = source
    formula = f"{outcome} ~ {' + '.join(terms)}"
    within = yd.panel_regression(panel, f"{formula} | {unit}")
    change = yd.panel_regression(panel, formula, model="first_difference")
    lagrange = yd.breusch_pagan_lm(panel, formula)
    both = yd.breusch_pagan_lm(panel, formula, component="both").frames["one_sided"]
    dependence = yd.pesaran_cd(within)
    return {
        "hausman": yd.hausman(panel, formula).statistic,
        "F_individual": yd.fixed_effects_test(panel, f"{formula} | {unit}").statistic,
        "F_twoways": yd.fixed_effects_test(panel, f"{formula} | {unit} + year").statistic,
        "LM_bp": lagrange.statistic,
        "LM_honda": lagrange.frames["one_sided"]["statistic"][0],
        "LM_kw_twoways": both.set_index("test").loc["King-Wu", "statistic"],
        "wooldridge_fe_serial": yd.wooldridge_serial(within).statistic,
        "wooldridge_fd": yd.wooldridge_serial(change, uncorrelated="changes").statistic,
        "pesaran_cd": dependence.statistic,
        "bp_lm_cd": dependence.frames["lagrange_multiplier"]["statistic"][0],
    }


def check(folder, case, source, without=()):
    panel = panel_of(folder, source[0], source[1])
    ours, theirs = found(panel, source), results(folder, case)["tests"]
    theirs = {name: row for name, row in theirs.items() if name not in without}
    assert set(theirs) <= set(ours) | NOT_OFFERED
    for name, value in ours.items():
        if name in theirs:
            assert relative(value, theirs[name]["stat"]) < CLOSE, name


@pytest.mark.parametrize(
    ("case", "name"),
    [("plm_grunfeld", "grunfeld"), ("plm_wage_panel", "wage_panel"), ("plm_airfare_tests", "airfare")],
)
def test_specification_tests_equal_plm(shared, case, name):
    check(shared / "golden", case, PUBLIC[name])


@pytest.mark.parametrize(("case", "name"), [("plm_staggered", "staggered"), ("plm_twinning", "twinning")])
def test_specification_tests_equal_plm_on_shipped_data(case, name):
    # there the covariances differ by no positive definite matrix: plm gives the absolute value of the statistic
    check(OWN, case, SHIPPED[name], without={"hausman"})


@pytest.mark.parametrize(("case", "name"), [("plm_staggered", "staggered"), ("plm_twinning", "twinning")])
def test_a_hausman_statistic_without_meaning_is_replaced_and_said_to_be(case, name):
    dataset, unit, outcome, terms = SHIPPED[name]
    panel = panel_of(OWN, dataset, unit)
    formula = f"{outcome} ~ {' + '.join(terms)}"
    fixed = yd.panel_regression(panel, f"{formula} | {unit}", vcov="iid")
    random = yd.panel_regression(panel, formula, model="random", vcov="iid")
    distance, spread = fixed.coef - random.coef[1:], fixed.vcov - random.vcov[1:, 1:]
    assert np.linalg.eigvalsh(spread)[0] < 0
    stated = results(OWN, case)["tests"]["hausman"]["stat"]
    assert relative(abs(float(distance @ np.linalg.solve(spread, distance))), stated) < CLOSE
    test = yd.hausman(panel, formula)
    assert test.statistic > 0
    assert any("variance" in note for note in test.notes)


def test_p_values_are_those_of_plm_where_its_degrees_of_freedom_are_ours(shared):
    panel = panel_of(shared / "golden", "grunfeld", "firm")
    theirs = results(shared / "golden", "plm_grunfeld")["tests"]
    formula = "inv ~ value + capital"
    within = yd.panel_regression(panel, f"{formula} | firm")
    for test, name in (
        (yd.hausman(panel, formula), "hausman"),
        (yd.fixed_effects_test(panel, f"{formula} | firm"), "F_individual"),
        (yd.breusch_pagan_lm(panel, formula), "LM_bp"),
        (yd.pesaran_cd(within), "pesaran_cd"),
    ):
        assert relative(test.p_value, theirs[name]["p"]) < 1e-6


def test_the_poolability_of_investment_equations_is_as_published(shared):
    panel = panel_of(shared / "golden", "grunfeld", "firm")
    # Baltagi, Econometric Analysis of Panel Data, section 4.1: F(18, 170) = 5.78 and F(27, 170) = 27.75
    slopes = yd.poolability(panel, "inv ~ value + capital")
    everything = yd.poolability(panel, "inv ~ value + capital", intercepts="common")
    assert (slopes.name, round(slopes.statistic, 2)) == ("F(18, 170) test of poolability", 5.78)
    assert (everything.name, round(everything.statistic, 2)) == ("F(27, 170) test of poolability", 27.75)


def test_unit_root_tests_of_investment_equal_plm(shared):
    panel = panel_of(shared / "golden", "grunfeld", "firm")
    rows = results(shared / "golden", "panel_unitroot_grunfeld")["results"]
    series, lags, compared = panel.frame["inv"].to_numpy().reshape(10, 20), 1, 0
    for row in rows:
        # plm divides variances by the number of rows, which makes the tests reject too often; the moments are the same.
        # Hadri's null is stationarity, which a dozen years cannot tell from its opposite: not offered
        trend = row["exo"] == "trend"
        t = dickey_fuller(series, lags, trend=trend, free=False).statistic
        mean, variance = average_moments(np.array([18.0]), lags, trend=trend)[0]
        own = np.array([mackinnonp(v, regression="ct" if trend else "c") for v in t])
        ours = {
            "levinlin": levin_lin_chu(series, lags, trend=trend, free=False),
            "ips": np.sqrt(10) * (t.mean() - mean) / np.sqrt(variance),
            "madwu": -2 * np.log(own).sum(),
        }
        if row["test"] in ours:
            assert relative(ours[row["test"]], row["stat"]) < CLOSE
            compared += 1
        free = yd.unit_root(panel, "inv", deterministic=row["exo"]).frames["units"]["statistic"]
        rows_used, coefficients = 18, 4 if trend else 3
        assert np.allclose(free, t * np.sqrt((rows_used - coefficients) / rows_used))
    assert (compared, len(rows)) == (6, 8)
