"""Panel regressions against fixest and plm, and against other libraries of this language."""

import numpy as np
import pandas as pd
import pytest

import yrdecon as yd
from golden.cases import OWN, relative, results

COEFFICIENT, ERROR = 1e-9, 1e-8
PUBLIC = {
    "grunfeld": ("grunfeld", "firm", "inv", ("value", "capital")),
    "wage_panel": ("wage_panel", "nr", "lwage", ("expersq", "married", "union", "hours")),
    "airfare": ("wd_airfare", "id", "lfare", ("concen", "lpassen")),
}
SHIPPED = {
    "staggered": ("sim_staggered", "id", "y", ("d", "x2")),
    "twinning": ("sim_twinning", "city_code", "y", ("d", "x_t")),
    "nonabsorbing": ("sim_nonabsorbing", "id", "y", ("d", "x")),
}
# random effects by other variance components, two-way random effects and Beck-Katz errors are not offered: Swamy and
# Arora are the default everywhere, period effects enter as dummies, and Driscoll-Kraay errors replaced the latter
NOT_OFFERED = {"random_amemiya", "random_walhus", "random_nerlove", "random_twoways_swar"}
ERRORS_NOT_OFFERED = {"BK_group_HC0", "BK_time_HC0_PCSE"}
MODELS = {
    "within_individual": ("fixed", " | {unit}"),
    "within_twoways": ("fixed", " | {unit} + year"),
    "pooling": ("pooled", ""),
    "between": ("between", ""),
    "fd": ("first_difference", ""),
    "random_swar": ("random", ""),
}


def panel_of(folder, dataset, unit):
    frame = pd.read_csv(folder / "datasets" / f"{dataset}.csv", dtype={"city_code": "str"})
    return yd.Panel.from_frame(frame, unit=unit, time="year")


def check(estimate, rows, scale=1.0):
    terms = ["(Intercept)" if t == "Intercept" else t for t in estimate.cells["term"]]
    assert sorted(terms) == sorted(row["term"] for row in rows)
    for row in rows:
        position = terms.index(row["term"])
        assert relative(estimate.coef[position], row["estimate"]) < COEFFICIENT
        assert relative(estimate.std_error[position] * scale, row["se"]) < ERROR


def run(panel, name, source, vcov, effects=" | {unit} + year", model="fixed"):
    _, unit, outcome, terms = source[name]
    formula = f"{outcome} ~ {' + '.join(terms)}{effects.format(unit=unit)}"
    return yd.panel_regression(panel, formula, model=model, vcov=vcov)


def fixest_errors(unit, vcov):
    """Return what gives the errors that a case of fixest names, None for rules of its own."""
    kind, _, rest = vcov.partition("_")
    if kind in ("iid", "HC1"):
        return kind
    if kind in ("NW", "DK"):
        name = {"NW": "newey_west", "DK": "driscoll_kraay"}[kind]
        return name if rest == "default" else f"{name}({rest.removeprefix('lag')})"
    if rest == unit:
        return "cluster"
    if rest.startswith("twoway"):
        return f"cluster({unit}, year)"
    rule = {"noadj": "none", "Kfull": "stata"}.get(rest)
    return rule and (lambda estimate: yd.cluster_robust(estimate, "unit", ssc=rule))


def check_fixest(folder, case, name, source, effects, model):
    dataset, unit, _, _ = source[name]
    panel, rows = panel_of(folder, dataset, unit), results(folder, case)["results"]
    terms = tuple(t for t in source[name][3] if t in {row["term"] for row in rows})
    source = {name: (*source[name][:3], terms)}
    seen = set()
    for vcov in dict.fromkeys(row["vcov"] for row in rows):
        errors = fixest_errors(unit, vcov)
        if errors is None:
            continue
        estimate = run(panel, name, source, errors, effects, model)
        chosen = [row for row in rows if row["vcov"] == vcov]
        check(estimate, chosen)
        assert estimate.dof == chosen[0]["df_t"]
        seen.add(vcov)
    left = {row["vcov"] for row in rows} - seen
    assert left <= {"CRV1_Knone"}  # K without any absorbed effect is no rule that anyone recommends


@pytest.mark.parametrize(
    ("case", "name"),
    [("twfe_grunfeld", "grunfeld"), ("twfe_wage_panel", "wage_panel"), ("twfe_airfare", "airfare")],
)
def test_two_way_regressions_equal_fixest_under_every_kind_of_error(shared, case, name):
    check_fixest(shared / "golden", case, name, PUBLIC, " | {unit} + year", "fixed")


def test_the_pooled_regression_of_investment_equals_fixest_under_every_kind_of_error(shared):
    check_fixest(shared / "golden", "pooled_grunfeld", "grunfeld", PUBLIC, "", "pooled")


def test_a_treatment_that_switches_off_equals_fixest():
    check_fixest(OWN, "twfe_nonabsorbing", "nonabsorbing", SHIPPED, " | {unit} + year", "fixed")


def plm_errors(vcov, n, k, levels):
    """Return what gives the errors that plm names, and plm's own factor on them.

    Of first differences plm divides the number of changes by the number of levels less k.
    """
    plain = lambda estimate: yd.cluster_robust(estimate, "unit", ssc="none")  # noqa: E731
    both = lambda estimate: yd.cluster_robust(estimate, ("unit", "time"), ssc="none")  # noqa: E731
    return {
        "classical": lambda groups: ("iid", 1.0),
        "HC0_arellano": lambda groups: (plain, 1.0),
        "HC1_arellano": lambda groups: (plain, n / (levels - k)),
        "sss_arellano": lambda groups: (plain, groups / (groups - 1) * (n - 1) / (n - k)),
        "white1_HC0": lambda groups: ("HC0", 1.0),
        "DC_twoway_HC0": lambda groups: (both, 1.0),
    }.get(vcov)


def check_plm(folder, case, name, source):
    dataset, unit, _, _ = source[name]
    panel, rows = panel_of(folder, dataset, unit), results(folder, case)["results"]
    seen = set()
    for model, vcov in dict.fromkeys((row["model"], row["vcov"]) for row in rows):
        if model in NOT_OFFERED or vcov in ERRORS_NOT_OFFERED:
            continue
        ours, effects = MODELS[model]
        plain = run(panel, name, source, "iid", effects, ours)
        chosen = [row for row in rows if (row["model"], row["vcov"]) == (model, vcov)]
        if vcov in ("SCC_maxlag2_HC0", "NW_maxlag2"):
            kind = yd.driscoll_kraay if vcov.startswith("SCC") else yd.newey_west
            bare = kind(plain, lags=2)
            k = int(bare.small_sample.split("K=")[1].split(",")[0])
            periods, n = plain.units["time"].nunique(), plain.n_obs
            factor = (n - k) / (n - 1) * (periods - 1) / periods
            check(bare, chosen, np.sqrt(factor))
        else:
            errors, factor = plm_errors(vcov, plain.n_obs, len(plain.coef), len(panel.frame))(plain.n_units)
            check(run(panel, name, source, errors, effects, ours), chosen, np.sqrt(factor))
        seen.add((model, vcov))
    assert len(seen) >= 14


@pytest.mark.parametrize(
    ("case", "name"),
    [("plm_grunfeld", "grunfeld"), ("plm_wage_panel", "wage_panel"), ("plm_airfare_tests", "airfare")],
)
def test_within_between_differences_and_random_effects_equal_plm(shared, case, name):
    check_plm(shared / "golden", case, name, PUBLIC)


@pytest.mark.parametrize(("case", "name"), [("plm_staggered", "staggered"), ("plm_twinning", "twinning")])
def test_within_between_differences_and_random_effects_equal_plm_on_shipped_data(case, name):
    check_plm(OWN, case, name, SHIPPED)


def test_the_investment_equation_has_the_published_coefficients(shared):
    panel = panel_of(shared / "golden", "grunfeld", "firm")
    within = run(panel, "grunfeld", PUBLIC, "iid", " | {unit}")
    random = run(panel, "grunfeld", PUBLIC, "iid", "", "random")
    # Baltagi, Econometric Analysis of Panel Data, Table 2.1
    assert np.round(within.coef, 3).tolist() == [0.110, 0.310]
    assert np.round(within.std_error, 3).tolist() == [0.012, 0.017]
    assert np.round(random.coef[1:], 3).tolist() == [0.110, 0.308]
    assert np.round(random.std_error[1:], 3).tolist() == [0.010, 0.017]


def test_the_production_function_of_the_states_has_the_published_coefficients(shared):
    frame = pd.read_csv(shared / "golden" / "datasets" / "produc.csv")
    panel = yd.Panel.from_frame(frame, unit="state", time="year")
    formula = "log(gsp) ~ log(pcap) + log(pc) + log(emp) + unemp"
    # Munnell (1990) as in Baltagi, Table 3.1: OLS, between, within, random effects of Swamy and Arora
    published = {
        "pooled": ([1.643, 0.155, 0.309, 0.594, -0.007], ""),
        "between": ([1.589, 0.179, 0.302, 0.576, -0.004], ""),
        "fixed": ([-0.026, 0.292, 0.768, -0.005], " | state"),
        "random": ([2.135, 0.004, 0.311, 0.730, -0.006], ""),
    }
    for model, (coefficients, effects) in published.items():
        estimate = yd.panel_regression(panel, formula + effects, model=model)
        assert np.round(estimate.coef, 3).tolist() == coefficients


def test_cigarette_demand_with_instruments_equals_fixest(shared):
    case = results(shared / "golden", "iv_cigar_fe")
    panel = panel_of(shared / "golden", "cigar", "state")
    formula = "log(sales) ~ log(ndi/cpi) | state + year | log(price/cpi) ~ log(pimin/cpi)"
    estimate = yd.panel_regression(panel, formula)
    for position, row in enumerate(case["results"]):
        assert relative(estimate.coef[position], row["estimate"]) < COEFFICIENT
        assert relative(estimate.std_error[position], row["se"]) < ERROR
        assert estimate.dof == row["df_t"]
    tests = estimate.frames["instrument_tests"].set_index("test")["statistic"]
    first = case["first_stage"][0]
    assert relative(tests.iloc[0], first["t"] ** 2) < ERROR
    # fixest leaves the 45 state effects, nested in the clusters, out of K here and counts them in its first stage
    assert relative(tests.iloc[0] * (first["df_t"] + 45) / first["df_t"], case["iv_f"]) < ERROR
    assert relative(tests["Wu-Hausman F, independent errors"], case["wu_hausman"]) < ERROR
    assert relative(estimate.frames["first_stage"]["estimate"][0], first["estimate"]) < COEFFICIENT
