import numpy as np
import pytest
import statsmodels.formula.api as smf
from conftest import make_toy

import yrdecon as yd

DESIGN = yd.Design(outcome="y")


def many(effect=50.0):
    return make_toy(n_units=40, n_treated=15, effect=effect)


def row(table, label):
    return table.body.loc[label].tolist()


@pytest.fixture(scope="module")
def pooled():
    frame = many().frame
    frame = frame.assign(treated=(frame["time"] >= frame["cohort"]).astype(float))
    return {"small": smf.ols("y ~ treated", frame).fit(), "large": smf.ols("y ~ treated + x + w", frame).fit()}


def test_terms_are_kept_dropped_ordered_and_renamed(pooled):
    table = yd.regression_table(pooled, layout=yd.Layout(order=("w", "effect"), drop=("x",)), labels={"w": "Weight"})
    assert [label for label in table.body.index[:6] if label] == ["Weight", "Effect on the treated", "Constant"]
    renamed = yd.regression_table(pooled, layout=yd.Layout(keep=("effect",)), labels={"effect": "Twinned"})
    assert renamed.body.index[:2].tolist() == ["Twinned", ""]


def test_a_pattern_names_several_terms():
    study = yd.event_study(make_toy(), DESIGN)
    table = yd.regression_table({"x": study}, layout=yd.Layout(keep=("event_time:-*",)))
    kept = [label for label in table.body.index if label.startswith("Event time")]
    assert kept
    assert all(label.startswith("Event time -") for label in kept)


def test_variables_left_out_of_sight_are_controls(pooled):
    assert row(yd.regression_table(pooled, layout=yd.Layout(keep=("effect",))), "Controls") == ["No", "Yes"]
    assert "Controls" not in yd.regression_table(pooled).body.index
    own = {"without": yd.twfe(many(), DESIGN), "with": yd.twfe(many(), yd.Design(outcome="y", covariates=("x",)))}
    assert row(yd.regression_table(own, lang="zh"), "控制变量") == ["否", "是"]


def test_groups_stand_above_the_outcomes():
    models = {name: yd.twfe(many(), DESIGN) for name in ("a", "b", "c")}
    table = yd.regression_table(models, layout=yd.Layout(groups={"Growth": ("a", "b")}), labels={"y": "Output"})
    assert [[(s.text, s.width) for s in line] for line in table.header[:2]] == [
        [("Growth", 2), ("", 1)],
        [("Output", 2), ("Output", 1)],
    ]


def test_what_stands_below_a_coefficient_can_be_several_things():
    estimate = yd.twfe(many(effect=0.3), DESIGN)
    tidy = estimate.tidy().iloc[0]
    layout = yd.Layout(below=("t", "p", "interval"))
    table = yd.regression_table({"x": estimate}, layout=layout)
    assert table.body.iloc[1:4, 0].tolist() == [
        f"({tidy['statistic']:.3f})",
        f"[{tidy['p_value']:.3f}]",
        f"[{tidy['conf_low']:.3f}, {tidy['conf_high']:.3f}]",
    ]
    assert "t-statistics in parentheses" in table.note
    assert "p-values in brackets" in table.note
    assert "95% intervals in brackets" in table.note


def test_few_treated_clusters_withhold_p_values_and_intervals_too():
    layout = yd.Layout(below=("se", "p", "interval"), stars="10-5-1")
    table = yd.regression_table({"x": yd.twfe(make_toy(effect=50.0), DESIGN)}, layout=layout)
    assert table.body.iloc[1, 0].startswith("(")
    assert table.body.iloc[2:4, 0].tolist() == ["—", "—"]
    assert "*" not in table.body.iloc[0, 0]
    assert "neither stars nor p-values and intervals" in table.note
    assert "in brackets" not in table.note


def test_unknown_numbers_of_treated_clusters_withhold_them_as_well(pooled):
    table = yd.regression_table(pooled, layout=yd.Layout(below=("p",), keep=("effect",)))
    assert table.body.iloc[1].tolist() == ["—", "—"]
    assert "No p-values and intervals" in table.note


@pytest.mark.parametrize(("stars", "journal", "expected"), [("10-5-1", "AER", True), ("none", "管理世界", False)])
def test_stars_can_be_set_against_the_journal_where_they_are_earned(stars, journal, expected):
    table = yd.regression_table({"x": yd.twfe(many(), DESIGN)}, journal=journal, layout=yd.Layout(stars=stars))
    assert ("*" in table.body.iloc[0, 0]) == expected


def test_rows_are_hidden_and_added():
    models = {"a": yd.twfe(many(), DESIGN), "b": yd.twfe(many(), DESIGN)}
    rows = {"controls": {"a": True, "b": False}, "Share": {"a": 0.5}, "Cities": {"b": 12345}, "Text": {"a": "x"}}
    table = yd.regression_table(models, lang="zh", layout=yd.Layout(hide=("estimator", "periods"), rows=rows))
    assert not {"估计方法", "样本期"} & set(table.body.index)
    assert row(table, "控制变量") == ["是", "否"]
    assert (row(table, "Share"), row(table, "Cities"), row(table, "Text")) == (["0.500", ""], ["", "12,345"], ["x", ""])


def test_detectable_effects_are_rows_of_each_mechanism():
    toy = make_toy(n_periods=10, first=9)
    design = yd.Design(outcome="y", base_periods=(8,))
    models = {"a": yd.twfe(toy, design), "b": yd.twfe(toy, design)}
    frame = yd.minimum_detectable_effect(yd.twfe, toy, design, seed=1, draws=50)
    table = yd.regression_table(models, layout=yd.Layout(detectable={"a": frame, "b": 0.25}))
    expected = frame.set_index("mechanism")["minimum_detectable_effect"]
    assert row(table, "Detectable effect, blocks") == [f"{expected['spatial']:.3f}", ""]
    assert row(table, "Detectable effect") == ["", "0.250"]


def test_the_panel_gives_the_mean_and_r2_that_a_regression_with_dummies_has():
    toy = many()
    frame = toy.frame.assign(treated=(toy.frame["time"] >= toy.frame["cohort"]).astype(float))
    independent = smf.ols("y ~ treated + x + C(unit) + C(time)", frame).fit()
    estimate = yd.twfe(toy, yd.Design(outcome="y", covariates=("x",)))
    table = yd.regression_table({"ours": estimate, "theirs": independent}, layout=yd.Layout(panel=toy))
    assert len(set(row(table, "R²"))) == 1
    assert row(table, "Mean of the outcome") == [f"{frame['y'].mean():.3f}", "—"]


def test_r2_within_fixed_effects_is_that_of_another_library():
    import pyfixest

    toy = many()
    frame = toy.frame.assign(treated=(toy.frame["time"] >= toy.frame["cohort"]).astype(float))
    models = {
        "ours": yd.twfe(toy, DESIGN),
        "theirs": pyfixest.feols("y ~ treated | unit + time", frame, vcov="hetero"),
    }
    assert len(set(row(yd.regression_table(models), "Within R²"))) == 1
    with_covariate = yd.twfe(toy, yd.Design(outcome="y", covariates=("x",)))
    assert "Within R²" not in yd.regression_table({"x": with_covariate}).body.index


def test_rows_that_stand_for_units_are_counted_in_each_period(twinned):
    estimate = yd.aggregate(yd.callaway_santanna(twinned, yd.twinning_design()), None)
    table = yd.regression_table({"CS": estimate}, layout=yd.Layout(panel=twinned))
    sample = twinned.frame[twinned.frame["in_yrd_clean"].eq(True)]
    assert row(table, "Mean of the outcome") == [f"{sample['ln_real_gdp'].mean():.3f}"]


def test_filled_cells_are_counted_for_outcomes_that_can_be_filled(twinned):
    from dataclasses import replace

    design = yd.twinning_design()
    per_head = yd.twfe(twinned, replace(design, outcome="ln_real_gdp_pc"))
    note = yd.regression_table(
        {"GDP": yd.twfe(twinned, design), "per head": per_head}, layout=yd.Layout(panel=twinned)
    ).note
    rows = twinned.frame[twinned.frame["in_yrd_clean"].eq(True) & twinned.frame["year"].isin([2020, 2022, 2023])]
    assert f"(2): Population lies on the line between censuses: {int(rows['filled'].sum())} of 90 rows." in note
    assert note.count("between censuses") == 1


def test_samples_whose_rows_are_not_those_of_the_contrast_give_no_mean():
    toy = make_toy()
    estimate = yd.synthetic_did(toy, yd.Design(outcome="y", base_periods=(5,), exclude_periods=(4,)))
    assert len(estimate.units) != estimate.n_obs
    assert "Mean of the outcome" not in yd.regression_table({"x": estimate}, layout=yd.Layout(panel=toy)).body.index


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"keep": ("nowhere",)}, "no model has the terms ['nowhere']"),
        ({"drop": ("*",)}, "leaves no term"),
        ({"hide": ("nothing",)}, "hides ['nothing']"),
        ({"rows": {"x": {"other": 1}}}, "names ['other']"),
        ({"detectable": {"other": 0.1}}, "names ['other']"),
        ({"groups": {"g": ("a", "c")}}, "are no neighbors"),
        ({"groups": {"g": ("a",), "h": ("a",)}}, "in two groups"),
    ],
)
def test_a_layout_that_does_not_fit_the_table_is_refused(options, words):
    models = {name: yd.twfe(make_toy(), DESIGN) for name in ("a", "b", "c")}
    with pytest.raises(yd.DesignError) as error:
        yd.regression_table(models, layout=yd.Layout(**options))
    assert words in str(error.value)


@pytest.mark.parametrize(
    ("options", "words"),
    [({"below": ("sd",)}, "below=['sd']"), ({"stars": "many"}, "stars='many'"), ({"keep": "effect"}, "('effect',)")],
)
def test_a_layout_that_no_table_can_have_is_refused_at_once(options, words):
    with pytest.raises(yd.DesignError) as error:
        yd.Layout(**options)
    assert words in str(error.value)


def test_unknown_values_are_dashes():
    table = yd.regression_table({"x": yd.twfe(many(), DESIGN)}, layout=yd.Layout(rows={"Share": {"x": np.nan}}))
    assert row(table, "Share") == ["—"]
