from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from conftest import make_toy

import yrdecon as yd
from yrdecon.kernels.specification_curve import extreme_shares, joint_statistics

DESIGN = yd.Design(outcome="y")
CHOICES = {"base": {"all": {}, "late": {"base_periods": (4, 5)}}, "estimator": ["twfe", "synthetic_did"]}


@pytest.fixture
def panel():
    toy = make_toy()
    unit = toy.frame["unit"]
    return toy.assign(
        without_last=unit != "u11",
        without_first=unit != "u00",
        near=unit < "u06",
        later=toy.frame["cohort"] + 1,
        other=np.where(unit > "u09", 6.0, np.inf),
        z=3 * toy.frame["y"] + 1,
    )


def grid(choices, estimator="twfe"):
    return yd.Specifications(DESIGN, estimator, choices)


def test_every_row_is_the_permutation_test_of_its_design(panel):
    curve = yd.specification_curve(panel, grid(CHOICES), seed=1)
    assert len(curve) == 4
    estimators = {"twfe": yd.twfe, "synthetic_did": yd.synthetic_did}
    for _, row in curve.iterrows():
        design = DESIGN if row["base"] == "all" else yd.Design("y", base_periods=(4, 5))
        test = yd.permutation_test(estimators[row["estimator"]], panel, design, seed=1, draws=999)
        assert row["estimate"] == pytest.approx(test.estimate, abs=1e-12)
        assert (row["conf_low"], row["conf_high"]) == pytest.approx((test.conf_low, test.conf_high), abs=1e-9)
        assert (row["rank"], row["n_compared"]) == (test.rank, len(test.draws))
        assert np.isnan(row["p_value"]) if test.is_rank_only else row["p_value"] == test.p_value
        assert (row["n_treated"], row["n_comparison"]) == (3, 9)


def test_rows_rise_with_the_estimate_and_one_is_the_headline(panel):
    curve = yd.specification_curve(panel, grid(CHOICES), seed=1)
    assert curve["estimate"].is_monotonic_increasing
    assert sorted(curve["specification"]) == [1, 2, 3, 4]
    head = curve[curve["is_headline"]]
    assert head[["base", "estimator"]].to_numpy().tolist() == [["all", "twfe"]]
    assert curve.columns.tolist()[:3] == ["specification", "base", "estimator"]
    yd.plot_specification_curve(curve)


def test_options_that_contradict_each_other_keep_a_row_with_the_reason(panel):
    choices = {"base": {"all": {}, "last": {"base_periods": (5,)}}, "exclude_periods": [(), (5,)]}
    curve = yd.specification_curve(panel, grid(choices), seed=1)
    assert np.isnan(curve["estimate"].iloc[-1])
    assert "both base and excluded" in curve["note"].iloc[-1]
    assert (curve["note"].iloc[:-1] == "").all()


@pytest.mark.parametrize("estimator", ["twfe", "synthetic_did", "callaway_santanna"])
def test_the_joint_test_of_one_specification_is_its_permutation_test(panel, estimator):
    test = yd.specification_test(panel, grid({"pool": [None]}, estimator), seed=1)
    function = yd.ESTIMATORS[estimator].function
    single = function if estimator != "callaway_santanna" else lambda p, d: yd.aggregate(function(p, d), None)
    alone = yd.permutation_test(single, panel, DESIGN, seed=1)
    assert test.p_value == alone.p_value
    assert test.estimate == pytest.approx(alone.estimate, abs=1e-12)
    assert test.disjoint_sets == alone.disjoint_sets
    plain = yd.permutation_test(single, panel, DESIGN, seed=1, studentize="none")
    summary = test.frames["statistics"].set_index("statistic")
    assert summary.loc["median_effect", "rank"] == plain.rank
    assert summary.loc["average_statistic", "rank"] == alone.rank


def test_the_same_specification_twice_changes_nothing_and_units_of_measure_do_not_matter(panel):
    one = yd.specification_test(panel, grid({"pool": [None]}), seed=1)
    two = yd.specification_test(panel.assign(all=True), grid({"pool": [None, "all"]}), seed=1)
    scaled = yd.specification_test(panel, grid({"outcome": ["y", "z"]}), seed=1)
    for other in (two, scaled):
        np.testing.assert_allclose(other.draws, one.draws, rtol=1e-8)
        assert other.p_value == one.p_value


def test_a_specification_without_a_treated_unit_restricts_every_placebo_set(panel):
    test = yd.specification_test(panel, grid({"rows": [None, "without_first"]}), yd.Assignment("free"), seed=1)
    assert test.frames["specifications"]["in_test"].tolist() == [True, True]
    kept = panel.where("without_first")
    effects = []
    for members in test.frames["placebos"]["members"]:
        treated = kept.frame["unit"].isin(members.split(";"))
        moved = kept.assign(cohort=np.where(treated, 6.0, np.inf))
        effects.append(yd.twfe(moved, DESIGN).coef[0] if treated.any() else np.nan)
    both = yd.specification_test(panel, grid({"rows": [None]}), yd.Assignment("free"), seed=1)
    median = test.frames["placebos"]["median_effect"].to_numpy()
    placebos = yd.permutation_test(yd.twfe, panel, DESIGN, yd.Assignment("free"), seed=1).frames["placebos"]
    expected = np.abs((np.array(effects) + placebos["estimate"].to_numpy()) / 2)
    np.testing.assert_allclose(median, expected, atol=1e-10)
    assert len(both.draws) == len(test.draws) == 220


def test_other_first_periods_move_for_placebos_too(panel):
    test = yd.specification_test(panel, grid({"cohort": ["cohort", "later"]}), yd.Assignment("free"), seed=1)
    assert test.frames["specifications"]["in_test"].all()
    alone = yd.permutation_test(yd.twfe, panel, yd.Design("y", cohort="later"), yd.Assignment("free"), seed=1)
    first = yd.permutation_test(yd.twfe, panel, DESIGN, yd.Assignment("free"), seed=1)
    both = (alone.frames["placebos"]["estimate"] + first.frames["placebos"]["estimate"]) / 2
    np.testing.assert_allclose(test.frames["placebos"]["median_effect"], both.abs(), atol=1e-10)


def test_what_the_same_assignments_cannot_judge_is_left_out_with_the_reason(panel):
    choices = {"who": {"headline": {}, "others": {"cohort": "other"}, "near": {"pool": "near"}}}
    test = yd.specification_test(panel, grid(choices), yd.Assignment("contiguous"), seed=1)
    frame = test.frames["specifications"]
    assert frame["in_test"].tolist() == [True, False, False]
    assert "treats other units" in frame["note"][1]
    assert "more than half of their units outside" in frame["note"][2]
    assert "1 of 3 specifications take part" in test.notes[1]


def test_too_few_assignments_earn_a_rank_and_no_p_value(panel):
    test = yd.specification_test(panel, grid(CHOICES), yd.Assignment("contiguous"), seed=1)
    summary = test.frames["statistics"]
    assert test.is_rank_only
    assert summary["p_value"].isna().all()
    assert summary["rank"].between(1, len(test.draws)).all()
    assert "significant" not in summary["statistic"].tolist()


def test_the_joint_statistics_are_what_they_are_called():
    effects = np.array([[1.0, -2.0, 0.5], [3.0, 1.0, -0.5], [2.0, -1.0, -0.25]])
    statistics = np.abs(effects)
    found = joint_statistics(effects, statistics, level=0.34)
    np.testing.assert_allclose(found.median_effect, [2.0, 1.0, 0.25])
    np.testing.assert_allclose(found.dominant_sign, [1.0, 2 / 3, 2 / 3])
    np.testing.assert_allclose(found.significant, [2 / 3, 1 / 3, 0.0])
    scale = np.sqrt((statistics**2).mean(axis=1, keepdims=True))
    np.testing.assert_allclose(found.average_statistic, (statistics / scale).mean(axis=0))
    np.testing.assert_allclose(extreme_shares(np.array([[1.0, 1.0, 3.0]])), [[1.0, 1.0, 1 / 3]])


def test_whichever_set_was_treated_the_ranks_of_all_of_them_are_one_to_their_number():
    """The size is exact: of 15 equally likely sets one has rank 1, one rank 2, and so on."""
    toy = make_toy(n_units=6, n_periods=6, n_treated=2, first=5, effect=0.0)
    unit = toy.frame["unit"]
    choices = {"base_periods": [None, (4,)], "rows": [None, "kept"]}
    ranks = {"average_statistic": [], "median_effect": []}
    for pair in combinations(sorted(unit.unique()), 2):
        panel = toy.assign(kept=unit != "u05", cohort=np.where(unit.isin(pair), 5.0, np.inf))
        test = yd.specification_test(panel, grid(choices), yd.Assignment("free"), seed=1)
        assert test.frames["specifications"]["in_test"].all()
        summary = test.frames["statistics"].set_index("statistic")
        for name, found in ranks.items():
            found.append(summary.loc[name, "rank"])
    for found in ranks.values():
        assert sorted(found) == list(range(1, 16))


@pytest.mark.parametrize(
    ("choices", "words"),
    [
        ({}, "one choice or more"),
        ({"pool": "east"}, "must hold options"),
        ({"pool": ["none"]}, "exactly one option of choice 'pool' must be the headline's, none"),
        ({"pool": {"a": None, "b": {}}}, "options \\['a', 'b'\\] all are"),
        ({"pool": [None, None]}, "repeat"),
        ({"estimate": [None]}, "cannot be named 'estimate'"),
        ({"where": {"a": "east"}}, "no field bears the name"),
        ({"where": {"a": {"color": 1}}}, "changes \\['color'\\]"),
        ({"estimator": ["twfe", "magic"]}, "'magic' is unknown"),
        ({"a": {"x": {}, "y": {"pool": "p"}}, "pool": [None, "q"]}, "both change 'pool'"),
    ],
)
def test_what_is_no_grid_is_refused(choices, words):
    with pytest.raises(yd.DesignError, match=words):
        grid(choices)


@pytest.mark.parametrize(
    ("choices", "words"),
    [
        ({"pool": [None, "moon"]}, "option 'moon' of choice 'pool' names the columns \\['moon'\\]"),
        ({"rows": [None, "moon"]}, "choice 'rows'"),
        ({"covariates": [(), ("x", "moon")]}, "option 'x, moon'"),
        ({"effects": [(), ("moon^time",)]}, "\\['moon'\\]"),
    ],
)
def test_unknown_columns_are_named_with_their_option(panel, choices, words):
    for function in (yd.specification_curve, yd.specification_test):
        with pytest.raises(yd.DesignError, match=words):
            function(panel, grid(choices), seed=1)


def test_a_function_of_panel_and_design_is_an_estimator(panel):
    def doubled(panel, design):
        return yd.lincom(yd.twfe(panel, design), [2.0], term="doubled")

    curve = yd.specification_curve(panel, grid({"estimator": {"plain": "twfe", "twice": doubled}}), seed=1)
    by_name = curve.set_index("estimator")["estimate"]
    assert by_name["twice"] == pytest.approx(2 * by_name["plain"], abs=1e-12)
    assert isinstance(curve, pd.DataFrame)
