from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from conftest import make_toy

import yrdecon as yd
from yrdecon.present.sentences import in_words

DESIGN = yd.Design(outcome="y")


def with_factors(n=24, t=16, factors=2, noise=0.0, cohorts=((4, 11),), seed=0):
    """Unit and time effects and factors; the first units of each cohort are treated, with effect one."""
    generator = np.random.default_rng(seed)
    y = generator.normal(size=(n, factors)) @ generator.normal(size=(factors, t))
    y += generator.normal(size=(n, 1)) + generator.normal(size=t) + noise * generator.normal(size=(n, t))
    start, first = np.full(n, np.inf), 0
    for size, date in cohorts:
        start[first : first + size] = date
        first += size
    unit, time = (a.ravel() for a in np.meshgrid(np.arange(n), np.arange(1, t + 1), indexing="ij"))
    frame = pd.DataFrame({"unit": unit, "time": time, "y": y.ravel(), "cohort": start[unit]})
    frame["y"] += frame["time"] >= frame["cohort"]
    return yd.Panel.from_frame(frame, unit="unit", time="time")


def overall(estimate):
    return yd.aggregate(estimate, None).coef[0]


def holed(panel, every=9, at=4):
    return panel.assign(y=panel.frame["y"].where(panel.frame.index % every != at))


@pytest.mark.parametrize("change", [lambda p: p, holed])
@pytest.mark.parametrize("cohorts", [((4, 11),), ((3, 9), (3, 12))])
def test_a_panel_of_exact_factors_is_completed_exactly(cohorts, change):
    estimate = yd.interactive_fe(change(with_factors(cohorts=cohorts)), DESIGN, factors=2)
    treated = (estimate.cells["event_time"] >= 0).to_numpy()
    assert np.abs(estimate.coef[treated] - 1).max() < 1e-7
    assert np.abs(estimate.coef[~treated]).max() < 1e-7


def test_unit_and_time_effects_change_nothing_with_factors_or_a_penalty():
    panel = with_factors(noise=0.3)
    moved = panel.assign(y=panel.frame["y"] + 9 * np.sin(panel.frame["unit"]) + panel.frame["time"] ** 2)
    for function, options in ((yd.interactive_fe, {"factors": 2}), (yd.matrix_completion, {"penalty": 0.01})):
        one, two = function(panel, DESIGN, **options), function(moved, DESIGN, **options)
        assert np.abs(one.coef - two.coef).max() < 1e-8


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"covariates": ("x",)},
        {"base_periods": (3, 4), "exclude_periods": (5,)},
        {"anticipation": 1},
        {"exclude_periods": (2, 7)},
    ],
)
@pytest.mark.parametrize("change", [lambda p: p, holed])
def test_no_factor_and_a_huge_penalty_are_imputation_under_every_design(toy, options, change):
    panel, design = change(toy), replace(DESIGN, **options)
    reference = yd.imputation(panel, design)
    for estimate in (
        yd.interactive_fe(panel, design, factors=0),
        yd.matrix_completion(panel, design, penalty=1e6),
    ):
        treated = (estimate.cells["event_time"] >= 0).to_numpy()
        assert np.abs(estimate.coef[treated] - reference.coef).max() < 1e-10
        assert estimate.cells.loc[treated, "size"].tolist() == reference.cells["size"].tolist()
        assert estimate.n_obs == reference.n_obs


def test_cells_before_treatment_are_residuals_that_average_to_zero_within_each_unit():
    estimate = yd.interactive_fe(with_factors(noise=0.5), DESIGN, factors=1)
    before = estimate.cells["event_time"] < 0
    assert before.sum() == 10
    assert np.average(estimate.coef[before], weights=estimate.cells.loc[before, "size"]) == pytest.approx(0, abs=1e-8)
    rows = estimate.frames["counterfactual"]
    untreated = rows[rows["time"] < rows["cohort"]]
    assert untreated.groupby("unit")["effect"].mean().abs().max() < 1e-8


def test_factors_and_loadings_make_up_what_is_not_additive():
    estimate = yd.interactive_fe(with_factors(noise=0.3), DESIGN, factors=2)
    factors = estimate.frames["factors"].pivot(index="time", columns="factor", values="value")
    loadings = estimate.frames["loadings"].pivot(index="unit", columns="factor", values="value")
    fitted = estimate.frames["counterfactual"].pivot(index="unit", columns="time", values="counterfactual")
    rest = fitted.to_numpy() - loadings.to_numpy() @ factors.to_numpy().T
    additive = rest.mean(axis=1, keepdims=True) + rest.mean(axis=0) - rest.mean()
    assert np.abs(rest - additive).max() < 1e-8
    assert (factors.T @ factors / len(factors)).to_numpy() == pytest.approx(np.eye(2), abs=1e-10)


def test_forward_validation_finds_the_factors_and_needs_no_seed():
    panel = with_factors(n=40, t=20, noise=0.1, cohorts=((6, 17),))
    estimate = yd.interactive_fe(panel, DESIGN)
    table = estimate.frames["cross_validation"]
    assert table["factors"].tolist() == [0, 1, 2, 3]
    assert table.loc[table["chosen"], "factors"].tolist() == [2]
    assert any("2 factors, chosen by forward validation" in note for note in estimate.notes)
    pd.testing.assert_frame_equal(yd.interactive_fe(panel, DESIGN).frames["cross_validation"], table)
    assert np.array_equal(estimate.coef, yd.interactive_fe(panel, DESIGN, factors=2).coef)


def test_the_chosen_penalty_is_the_largest_within_one_standard_error_of_the_best():
    estimate = yd.matrix_completion(with_factors(n=40, noise=0.3), DESIGN)
    table = estimate.frames["cross_validation"]
    best = table.loc[table["mean_squared_error"].idxmin()]
    good = table["mean_squared_error"] <= best["mean_squared_error"] + best["std_error"]
    chosen = table.loc[table["chosen"], "penalty"].item()
    assert chosen == table.loc[good, "penalty"].max() < table["penalty"].max()
    again = yd.matrix_completion(with_factors(n=40, noise=0.3), DESIGN, penalty=chosen)
    assert np.array_equal(estimate.coef, again.coef)


@pytest.mark.parametrize(("first", "most"), [(3, 0), (6, 0), (7, 1), (10, 2), (13, 3), (16, 3)])
def test_automatic_factors_need_three_rows_before_treatment_for_each_coefficient(first, most):
    panel = with_factors(noise=0.3, cohorts=((4, first),))
    assert yd.interactive_fe(panel, DESIGN).frames["cross_validation"]["factors"].max() == most


def test_factors_on_few_rows_are_estimated_with_a_warning():
    estimate = yd.interactive_fe(with_factors(noise=0.3, cohorts=((4, 6),)), DESIGN, factors=2)
    assert any("only 5 untreated rows; 9 or more are advised" in note for note in estimate.notes)


def test_a_single_base_period_leaves_nothing_to_validate_and_gives_imputation(toy):
    design = replace(DESIGN, base_periods=(4,), exclude_periods=(5,))
    estimate = yd.matrix_completion(toy, design)
    table = estimate.frames["cross_validation"]
    assert table["folds"].eq(0).all()
    assert table["chosen"].tolist() == [True] + [False] * 8
    assert any("untreated rows are too few to choose" in note for note in estimate.notes)
    assert any("too few to compare more" in note for note in yd.interactive_fe(toy, design).notes)
    assert overall(estimate) == pytest.approx(overall(yd.imputation(toy, design)), abs=1e-10)


def test_units_treated_throughout_and_units_with_few_rows_are_named():
    panel = with_factors(noise=0.3)
    frame = panel.frame
    panel = panel.assign(
        cohort=frame["cohort"].mask(frame["unit"] == 23, 1.0),
        y=frame["y"].mask((frame["unit"] == 0) & (frame["time"] < 10)),
    )
    estimate = yd.interactive_fe(panel, DESIGN, factors=1)
    assert any("1 units are left out because they are treated throughout: [23]" in note for note in estimate.notes)
    assert any("because they have fewer than 2 untreated rows: [0]" in note for note in estimate.notes)
    assert (estimate.n_units, estimate.n_treated) == (22, 3)


def test_periods_in_which_everyone_is_treated_are_left_out_and_named():
    panel = with_factors(n=12, noise=0.3, cohorts=((6, 9), (6, 13)))
    estimate = yd.matrix_completion(panel, replace(DESIGN, comparison="not_yet"), penalty=0.05)
    assert any("periods [13, 14, 15, 16]" in note for note in estimate.notes)
    assert estimate.cells["cohort"].unique().tolist() == [9]
    assert estimate.cells["time"].max() == 12


def test_the_average_over_units_differs_from_that_over_rows_where_cohorts_differ():
    estimate = yd.interactive_fe(with_factors(noise=0.3, cohorts=((3, 7), (3, 14))), DESIGN, factors=0)
    effects = estimate.frames["unit_effects"]
    assert effects["size"].tolist() == [10] * 3 + [3] * 3
    assert np.average(effects["effect"], weights=effects["size"]) == pytest.approx(overall(estimate), abs=1e-12)
    assert abs(effects["effect"].mean() - overall(estimate)) > 1e-4


@pytest.mark.parametrize("factors", [-1, 1.5, True, "two", None])
def test_a_number_of_factors_that_is_none_is_refused(toy, factors):
    with pytest.raises(yd.DesignError, match="whole number of factors"):
        yd.interactive_fe(toy, DESIGN, factors=factors)


@pytest.mark.parametrize("penalty", [0, -1.0, np.inf, np.nan, True, "small", None])
def test_a_penalty_that_is_not_positive_is_refused(toy, penalty):
    with pytest.raises(yd.DesignError, match="positive number"):
        yd.matrix_completion(toy, DESIGN, penalty=penalty)


@pytest.mark.parametrize("function", [yd.interactive_fe, yd.matrix_completion])
def test_what_is_not_offered_is_refused_with_the_way_out(toy, function):
    for options in ({"weights": "w"}, {"effects": ("group^time",)}):
        with pytest.raises(yd.DesignError, match=rf"{function.__name__} takes no .* use imputation"):
            function(toy, replace(DESIGN, **options))
    with pytest.raises(yd.EstimationError, match="collinear"):
        function(toy, replace(DESIGN, covariates=("w",)))


def test_more_factors_than_the_rows_can_carry_are_refused_in_words():
    with pytest.raises(yd.DesignError, match="6 untreated rows in periods with 6 untreated units"):
        yd.interactive_fe(make_toy(), DESIGN, factors=5)


def test_untreated_rows_that_fall_apart_are_named():
    panel = with_factors(noise=0.3)
    frame = panel.frame
    early = (frame["unit"] < 12) & (frame["time"] > 8)
    late = (frame["unit"] >= 12) & (frame["time"] <= 8)
    panel = panel.assign(y=frame["y"].mask(early | late), cohort=np.where(frame["unit"] < 3, 5.0, np.inf))
    with pytest.raises(yd.DesignError, match="share no period"):
        yd.interactive_fe(panel, DESIGN, factors=0)


def test_factors_that_the_untreated_rows_do_not_determine_are_refused_in_words():
    panel = with_factors(n=9, t=12, factors=1, noise=0.1, cohorts=((2, 10),))
    frame = panel.frame
    broken = frame["y"] - 300 * frame["unit"].isin([0, 1]) * (frame["time"] >= 10)
    others = np.where(frame["unit"].isin([6, 7]), 10.0, np.inf)
    with pytest.raises(yd.EstimationError, match="ask for fewer factors or a larger penalty"):
        yd.interactive_fe(panel.assign(y=broken, cohort=others), DESIGN, factors=1)


def test_every_note_is_said_in_chinese():
    panel = with_factors(noise=0.3, cohorts=((4, 6),))
    frame = panel.frame
    throughout = panel.assign(
        cohort=frame["cohort"].mask(frame["unit"] == 23, 1.0),
        y=frame["y"].mask((frame["unit"] == 0) & (frame["time"] < 5)),
    )
    everyone = with_factors(n=12, noise=0.3, cohorts=((6, 9), (6, 13)))
    base = replace(DESIGN, base_periods=(4,))
    estimates = [
        yd.interactive_fe(panel, DESIGN),
        yd.interactive_fe(with_factors(), DESIGN),
        yd.interactive_fe(throughout, DESIGN, factors=2),
        yd.matrix_completion(panel, DESIGN),
        yd.matrix_completion(panel, base),
        yd.matrix_completion(everyone, replace(DESIGN, comparison="not_yet"), penalty=0.05),
    ]
    notes = [note for estimate in estimates for note in estimate.notes if "missing values" not in note]
    assert len(notes) == 10
    assert [note for note in notes if any(c.isascii() and c.isalpha() and c != "e" for c in in_words(note, "zh"))] == []
