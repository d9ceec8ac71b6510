import numpy as np
import pandas as pd
import pytest
from conftest import make_toy

import yrdecon as yd


def furnished(n_units=12, seed=3):
    """Synthetic panel with two regressors, an endogenous one, instruments and a constant."""
    panel = make_toy(n_units=n_units, seed=seed)
    generator = np.random.default_rng(seed + 100)
    frame = panel.frame
    n = len(frame)
    z, other, shock = generator.normal(size=(3, n))
    codes = frame["unit"].astype("category").cat.codes
    d = z + 0.3 * other + shock + 0.2 * codes
    y = frame["y"] + 0.5 * frame["x"] - 0.7 * d + shock
    treated = (frame["time"] >= frame["cohort"]).astype(float)
    area = np.exp(codes % 5)
    return panel.assign(y=y, d=d, z=z, z2=other, x2=frame["x"] ** 2, treated=treated, area=area)


@pytest.fixture
def panel():
    return furnished()


@pytest.fixture
def gappy():
    frame = furnished().frame
    kept = frame.drop(index=[3, 4, 17, 40, 41, 66, 90]).reset_index(drop=True)
    return yd.Panel.from_frame(kept, unit="unit", time="time", location=("lon", "lat"), group="group")


def close(one, other, tolerance=1e-10):
    return np.allclose(one, other, rtol=tolerance, atol=tolerance)


def test_the_regression_on_a_treatment_is_the_two_way_difference_in_differences(panel):
    ours = yd.panel_regression(panel, "y ~ treated + x | unit + time")
    twfe = yd.twfe(panel, yd.Design("y", covariates=("x",)))
    assert close(ours.coef[0], twfe.coef[0])
    assert close(ours.std_error[0], twfe.std_error[0])


def test_dummies_of_event_time_are_the_event_study(panel):
    frame = panel.frame
    event = np.where(np.isfinite(frame["cohort"]), frame["time"] - frame["cohort"], -1)
    ours = yd.panel_regression(panel.assign(event=event), "y ~ i(event, ref=-1) | unit + time")
    study = yd.event_study(panel, yd.Design("y"))
    assert close(ours.coef, study.coef[~study.cells["reference"].to_numpy()])


def test_slopes_of_units_are_those_of_a_design(panel):
    ours = yd.panel_regression(panel, "y ~ treated | unit[time] + time")
    twfe = yd.twfe(panel, yd.Design("y", effects=("unit[time]",)))
    assert close(ours.coef, twfe.coef)
    assert close(ours.std_error, twfe.std_error)


def test_combined_effects_absorb_what_is_nested_in_them(panel):
    ours = yd.panel_regression(panel, "y ~ x | unit + group^time")
    assert ours.linear.effects == ("unit", "group^time")
    assert close(ours.coef, yd.panel_regression(panel, "y ~ x + C(group):C(time) + C(time) | unit").coef[0])


@pytest.mark.parametrize("effects", ["", " | time"])
def test_correlated_random_effects_have_the_coefficients_of_fixed_effects(gappy, effects):
    fixed = yd.panel_regression(gappy, f"y ~ x + d | unit{effects.replace('|', '+')}")
    random = yd.panel_regression(gappy, f"y ~ x + d + area{effects}", model="correlated_random")
    terms = random.cells["term"].tolist()
    assert close(random.coef[[terms.index("x"), terms.index("d")]], fixed.coef, 1e-8)
    assert {"area", "mean of x", "mean of d"} < set(terms)
    assert "mean of area" not in terms


def test_random_effects_without_variance_between_units_are_pooled_least_squares(panel):
    demeaned = panel.frame.groupby("unit")[["y", "x"]].transform(lambda v: v - v.mean())
    flat = panel.assign(y=demeaned["y"], x=demeaned["x"])
    assert close(
        yd.panel_regression(flat, "y ~ x", model="random").coef, yd.panel_regression(flat, "y ~ x", model="pooled").coef
    )


def test_differences_of_two_periods_are_the_within_regression(panel):
    two = panel.between(5, 6)
    within = yd.panel_regression(two, "y ~ x + d | unit + time")
    change = yd.panel_regression(two, "y ~ x + d", model="first_difference")
    assert close(change.coef[1:], within.coef)


def test_a_row_after_a_gap_has_no_change(gappy):
    estimate = yd.panel_regression(gappy, "y ~ x", model="first_difference")
    frame = gappy.frame
    adjacent = (frame["time"].diff() == 1) & (frame["unit"] == frame["unit"].shift())
    assert estimate.n_obs == adjacent.sum()
    lost = len(frame) - adjacent.sum() - frame["unit"].nunique()
    assert f"{lost} rows after a gap have no change and are left out" in estimate.notes


def test_columns_without_information_are_left_out_and_named(panel):
    estimate = yd.panel_regression(panel.assign(twin=2 * panel.frame["x"]), "y ~ x + area + twin | unit + time")
    assert estimate.cells["term"].tolist() == ["x"]
    assert "columns ['area'] left out because the fixed effects explain them" in estimate.notes
    assert "columns ['twin'] left out because they are collinear with the columns before them" in estimate.notes
    with pytest.raises(yd.EstimationError, match=r"none of \['area'\]"):
        yd.panel_regression(panel, "y ~ area | unit")


def test_rows_alone_in_a_level_are_left_out_and_named(panel):
    frame = panel.frame
    cut = yd.Panel.from_frame(frame[(frame["unit"] != "u05") | (frame["time"] == 3)], unit="unit", time="time")
    estimate = yd.panel_regression(cut, "y ~ x | unit + time")
    without = yd.panel_regression(
        yd.Panel.from_frame(frame[frame["unit"] != "u05"], unit="unit", time="time"), "y ~ x | unit + time"
    )
    assert "1 rows left out because they are alone in a level of a fixed effect: ['u05 3']" in estimate.notes
    assert close(estimate.std_error, without.std_error)


def test_missing_values_and_zero_weights_leave_rows_out_and_are_told(panel):
    frame = panel.frame
    holed = panel.assign(x=frame["x"].where(frame.index != 5), w=frame["w"].where(frame.index != 7, 0.0))
    estimate = yd.panel_regression(holed, "y ~ x | unit", weights="w")
    assert estimate.n_obs == len(frame) - 2
    assert any("missing values of ['x']: ['u00 6']" in note for note in estimate.notes)
    assert any("weight 'w' is zero: ['u00 8']" in note for note in estimate.notes)


def test_weights_are_those_of_weighted_least_squares(panel):
    from statsmodels.formula.api import wls

    estimate = yd.panel_regression(panel, "y ~ x + d | unit", weights="w", vcov="iid")
    theirs = wls("y ~ x + d + C(unit)", panel.frame, weights=panel.frame["w"]).fit()
    assert close(estimate.coef, theirs.params[["x", "d"]])
    assert close(estimate.std_error, theirs.bse[["x", "d"]])


NAMED = {
    "HC3": lambda e, p: yd.heteroskedastic(e),
    "cluster(group)": lambda e, p: yd.cluster_robust(e, "group"),
    "cluster(unit, time)": lambda e, p: yd.cluster_robust(e, ("unit", "time")),
    "CR2": lambda e, p: yd.cluster_robust(e, "unit", kind="CR2"),
    "CV3": lambda e, p: yd.cluster_robust(e, "unit", kind="CV3"),
    "driscoll_kraay": lambda e, p: yd.driscoll_kraay(e),
    "newey_west(2)": lambda e, p: yd.newey_west(e, lags=2),
    "conley(200, 1)": lambda e, p: yd.conley(e, p, cutoff_km=200, lags=1),
}


@pytest.mark.parametrize("name", NAMED)
@pytest.mark.parametrize("model", ["fixed", "pooled", "random", "first_difference"])
def test_covariances_by_name_are_those_by_function(panel, name, model):
    formula = "y ~ x + d" + (" | unit + time" if model == "fixed" else "")
    plain = yd.panel_regression(panel, formula, model=model)
    named = yd.panel_regression(panel, formula, model=model, vcov=name)
    expected = NAMED[name](plain, panel)
    assert close(named.vcov, expected.vcov)
    assert named.small_sample == expected.small_sample
    assert close(yd.with_errors(plain, panel, name).vcov, expected.vcov)
    assert close(yd.panel_regression(panel, formula, model=model, vcov=lambda e: expected).vcov, expected.vcov)


def test_the_wild_bootstrap_by_name_is_the_one_by_function(panel):
    estimate = yd.panel_regression(panel, "y ~ x + d | unit + time", vcov="wild_bootstrap(4)")
    frame = estimate.frames["wild_bootstrap"]
    one = yd.wild_cluster_bootstrap(estimate, "d", seed=4)
    assert frame["term"].tolist() == ["x", "d"]
    assert frame.loc[1, ["p_value", "conf_low", "conf_high"]].tolist() == [one.p_value, one.conf_low, one.conf_high]


@pytest.mark.parametrize(
    ("vcov", "why"),
    [
        ("robust", "is unknown"),
        ("cluster(", "is unknown"),
        ("conley", "needs kilometers"),
        ("conley(far)", "needs a number"),
        ("HC1(2)", "nothing in brackets"),
        ("newey_west(x)", "whole number"),
        ("wild_bootstrap", "needs a seed"),
        ("cluster(nowhere)", "no column"),
    ],
)
def test_a_covariance_that_is_no_name_is_refused_in_words(panel, vcov, why):
    with pytest.raises(yd.DesignError, match=why):
        yd.panel_regression(panel, "y ~ x | unit", vcov=vcov)


@pytest.mark.parametrize(
    ("formula", "model", "why"),
    [
        ("y ~ x", "fixed", "needs effects"),
        ("y ~ x | unit", "pooled", "has no effects"),
        ("y ~ x | time", "between", "have no effects"),
        ("y ~ x | unit[time]", "random", "no slopes"),
        ("y ~ x | d ~ z", "random", "no instruments"),
        ("y ~ x", "magic", "is unknown"),
        ("y + x ~ d | unit", "fixed", "one column"),
        ("y ~ y + x | unit", "fixed", "both sides"),
        ("group ~ x | unit", "fixed", "must hold numbers"),
        ("y ~ d | unit | d ~ z", "fixed", "name them once"),
    ],
)
def test_a_model_that_does_not_fit_the_formula_is_refused_in_words(panel, formula, model, why):
    with pytest.raises(yd.DesignError, match=why):
        yd.panel_regression(panel, formula, model=model)


def test_weights_are_refused_where_they_have_no_meaning(panel):
    for model in ("between", "random", "correlated_random"):
        with pytest.raises(yd.DesignError, match="no weights"):
            yd.panel_regression(panel, "y ~ x", model=model, weights="w")


def test_the_order_of_rows_does_not_matter_and_the_panel_is_not_changed(panel):
    before = panel.frame.copy(deep=True)
    formula = "y ~ L(x, 0:1) + D(d) | unit + time"
    estimate = yd.panel_regression(panel, formula)
    pd.testing.assert_frame_equal(panel.frame, before)
    shuffled = yd.Panel.from_frame(before.sample(frac=1, random_state=2), unit="unit", time="time", group="group")
    assert close(yd.panel_regression(shuffled, formula).vcov, estimate.vcov)


def test_an_estimate_survives_a_file(panel, tmp_path):
    estimate = yd.panel_regression(panel, "y ~ x | unit | d ~ z")
    again = yd.load_estimate(yd.save_estimate(estimate, tmp_path / "e.zip"))
    assert again.linear.is_instrumented
    assert close(yd.driscoll_kraay(again).vcov, yd.driscoll_kraay(estimate).vcov)
    assert sorted(again.frames) == sorted(estimate.frames)


def test_a_panel_regression_has_no_treated_units(panel):
    estimate = yd.panel_regression(panel, "y ~ x | unit")
    assert (estimate.n_treated, estimate.n_treated_clusters) == (None, None)
    assert "treated" not in repr(estimate)
    assert "Treated" not in yd.regression_table({"FE": estimate}).to_markdown()
    diagnostics = yd.cluster_diagnostics(estimate)
    assert diagnostics["n_treated_clusters"].tolist() == [0]
    assert close(diagnostics["dof"], yd.cluster_robust(estimate, "unit", kind="CR2").dof)


def test_stars_need_ten_clusters_and_a_dummy_that_sets_apart_ten_units():
    panel = furnished(n_units=30)
    table = yd.regression_table(
        {
            "unit": yd.panel_regression(panel, "y ~ d + treated | unit + time"),
            "group": yd.panel_regression(panel, "y ~ d + treated | unit + time", vcov="cluster(group)"),
            "periods": yd.panel_regression(panel, "y ~ d | unit", vcov="driscoll_kraay"),
        },
        journal="管理世界",
        labels={"d": "Dose", "y": "Outcome"},
    )
    row = table.body.loc["Dose"].tolist()
    assert row[0].endswith("***")
    assert not row[1].endswith("*")
    assert not row[2].endswith("*")
    effect = table.body.loc["Effect on the treated"].tolist()
    assert not any(cell.endswith("*") for cell in effect)
    notes = " ".join(table.notes)
    assert "ten clusters or more" in notes
    assert "fewer than 10 units" in notes
    assert "With 2 clusters or periods" in notes


def test_an_intercept_alone_is_a_mean_and_nothing_beside_effects(panel):
    assert close(yd.panel_regression(panel, "y ~ 1", model="pooled").coef, panel.frame["y"].mean())
    with pytest.raises(yd.EstimationError, match="no regressor"):
        yd.panel_regression(panel, "y ~ 1 | unit")


def test_what_is_left_out_is_told_in_chinese(gappy):
    from yrdecon.present.sentences import in_words

    frame = gappy.frame
    holed = gappy.assign(x=frame["x"].where(frame.index != 9), twin=2 * frame["d"], alone=np.arange(len(frame)) // 2)
    notes = [
        *yd.panel_regression(holed, "y ~ x + d + twin + area | unit", weights="w").notes,
        *yd.panel_regression(holed, "y ~ L(x, 1) + treated", model="first_difference").notes,
        *yd.panel_regression(holed, "y ~ x", model="random").notes,
        *yd.panel_regression(holed, "y ~ x | unit | d ~ z + area").notes,
    ]
    assert len(notes) > 8
    for note in notes:
        chinese = in_words(note, "zh")
        said = "".join(
            part for i, part in enumerate(chinese.replace("[", "|").replace("]", "|").split("|")) if i % 2 == 0
        )
        assert not any(word in said for word in ("left", "because", "rows", "deviation", "units", "missing"))
