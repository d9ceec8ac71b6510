import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from conftest import make_toy

import yrdecon as yd
from yrdecon.core.estimator import estimate_assignments, estimate_one_by_one, estimate_without
from yrdecon.present.sentences import in_words

DESIGN = yd.Design(outcome="y")
COVARIATE = yd.Design(outcome="y", covariates=("x",))
START = {"u00": 4.0, "u01": 4.0, "u02": 6.0, "u03": 6.0, "u04": 6.0}


@pytest.fixture
def staggered():
    toy = make_toy(n_units=14, n_treated=5)
    return toy.assign(cohort=toy.frame["unit"].map(START).fillna(np.inf))


def moved(panel, units, date):
    return panel.assign(cohort=panel.frame["cohort"].mask(panel.frame["unit"].isin(units), date))


def cohorts_of(panel):
    return panel.frame.groupby("unit")["cohort"].first().to_numpy(dtype=float)


def shuffled(panel, n=6):
    generator = np.random.default_rng(2)
    own = cohorts_of(panel)
    return np.stack([own, *(generator.permutation(own) for _ in range(n))])


@pytest.mark.parametrize("estimator", [yd.synthetic_did, yd.synthetic_did_path])
def test_unsupported_options_are_refused_with_the_way_out(toy, estimator):
    for options in ({"weights": "w"}, {"effects": ("group^time",)}):
        with pytest.raises(yd.DesignError, match="synthetic_did"):
            estimator(toy, yd.Design(outcome="y", **options))
    with pytest.raises(yd.DesignError, match="solver='best'"):
        estimator(toy, DESIGN, solver="best")


def test_excluded_periods_carry_no_weight_and_do_not_matter(toy):
    design = replace(DESIGN, exclude_periods=(3, 7))
    wild = toy.assign(y=toy.frame["y"] + np.where(toy.frame["time"].isin([3, 7]), toy.frame["x"] * 50, 0))
    one, two = yd.synthetic_did(toy, design), yd.synthetic_did(wild, design)
    assert one.coef[0] == pytest.approx(two.coef[0], abs=1e-12)
    weights = one.frames["time_weights"].set_index("time")["weight"]
    assert weights[[3, 7]].tolist() == [0, 0]
    assert one.n_obs == 12 * 6


@pytest.mark.parametrize("solver", ["reference", "exact"])
def test_a_constant_added_to_a_unit_changes_nothing(toy, solver):
    higher = toy.assign(y=toy.frame["y"] + 1e4 * (toy.frame["unit"] == "u07") - 50.0 * (toy.frame["unit"] == "u00"))
    one, two = yd.synthetic_did(toy, DESIGN, solver=solver), yd.synthetic_did(higher, DESIGN, solver=solver)
    # levels of 1e4 leave nine digits to differences
    assert one.coef[0] == pytest.approx(two.coef[0], abs=1e-9)
    assert np.allclose(one.frames["unit_weights"]["weight"], two.frames["unit_weights"]["weight"], atol=1e-8)


def test_covariates_are_projected_from_untreated_rows(staggered):
    panel = moved(staggered, ["u13"], 1.0)
    design = replace(COVARIATE, exclude_periods=(2,), anticipation=1)
    frame = panel.frame
    untreated = (frame["time"] < frame["cohort"] - 1) & (frame["time"] != 2)
    rows = frame[untreated]
    dummies = pd.get_dummies(rows[["unit", "time"]].astype(str)).to_numpy(dtype=float)
    slope = np.linalg.lstsq(np.column_stack([rows["x"], dummies]), rows["y"], rcond=None)[0][0]
    adjusted = panel.assign(y=frame["y"] - slope * frame["x"])
    own = yd.synthetic_did(panel, design)
    by_hand = yd.synthetic_did(adjusted, replace(design, covariates=()))
    assert abs(own.coef[0] - yd.synthetic_did(panel, replace(design, covariates=())).coef[0]) > 1e-4
    assert own.coef[0] == pytest.approx(by_hand.coef[0], abs=1e-10)
    assert any("adjusted for x" in note for note in own.notes)


def test_a_covariate_that_explains_untreated_outcomes_leaves_the_effect(toy):
    frame = toy.frame
    panel = toy.assign(y=frame["time"] + 3 * frame["x"] + 2.0 * (frame["time"] >= frame["cohort"]))
    assert yd.synthetic_did(panel, COVARIATE).coef[0] == pytest.approx(2.0, abs=1e-9)


@pytest.mark.parametrize("covariates", [("w",), ("x", "x2"), ("zero",)])
def test_covariates_without_a_slope_are_refused_by_name(toy, covariates):
    panel = toy.assign(x2=3 - 2 * toy.frame["x"], zero=0.0)
    with pytest.raises(yd.EstimationError, match=re.escape(str(list(covariates)))):
        yd.synthetic_did(panel, yd.Design(outcome="y", covariates=covariates))


@pytest.mark.parametrize("design", [COVARIATE, replace(COVARIATE, base_periods=(3,), exclude_periods=(2,))])
@pytest.mark.parametrize("estimator", [yd.synthetic_did, yd.synthetic_did_path])
def test_many_assignments_with_covariates_and_cohorts_equal_one_by_one(staggered, estimator, design):
    cohorts = shuffled(moved(staggered, ["u13"], 1.0))
    together = estimate_assignments(estimator, staggered, design, cohorts)
    assert np.allclose(together, estimate_one_by_one(estimator, staggered, design, cohorts), atol=1e-9)


def test_assignments_that_treat_different_numbers_are_evaluated_together(staggered):
    cohorts = shuffled(staggered, 3)
    cohorts[2, np.flatnonzero(cohorts[2] == 6)[0]] = np.inf
    together = estimate_assignments(yd.synthetic_did, staggered, DESIGN, cohorts)
    assert np.allclose(together, estimate_one_by_one(yd.synthetic_did, staggered, DESIGN, cohorts), atol=1e-9)


def test_units_treated_throughout_and_cohorts_without_periods_are_left_out_and_named(staggered):
    panel = moved(moved(staggered, ["u12"], 1.0), ["u13"], 2.0)
    estimate = yd.synthetic_did(panel, DESIGN)
    pool = ~panel.frame["unit"].isin(["u12", "u13"])
    without = yd.synthetic_did(staggered.assign(pool=pool), replace(DESIGN, pool="pool"))
    assert estimate.coef[0] == pytest.approx(without.coef[0], abs=1e-12)
    assert estimate.n_obs == without.n_obs
    assert any("because they are treated throughout: ['u12']" in note for note in estimate.notes)
    assert any(re.search(r"cohorts \[2\] lack two usable periods.*'u13'", note) for note in estimate.notes)


def test_units_treated_after_the_panel_ends_are_comparisons(staggered):
    effect = yd.synthetic_did(staggered, DESIGN).coef[0]
    late = moved(staggered, ["u13"], 12.0)
    assert yd.synthetic_did(late, DESIGN).coef[0] == effect
    all_late = moved(staggered, [f"u{i:02d}" for i in range(5, 14)], 12.0)
    estimate = yd.synthetic_did(all_late, replace(DESIGN, comparison="not_yet"))
    assert estimate.coef[0] == effect
    assert any("do not serve as comparisons" in note for note in estimate.notes)


def test_too_little_to_weight_is_refused_with_the_way_out(toy):
    with pytest.raises(yd.DesignError, match="1 units that stay untreated through 8"):
        yd.synthetic_did(moved(toy, [f"u{i:02d}" for i in range(11)], 6.0), DESIGN)
    with pytest.raises(yd.DesignError, match="no cohort has two usable periods"):
        yd.synthetic_did(toy, replace(DESIGN, exclude_periods=(1, 2, 3, 4)))


def test_every_note_is_said_in_chinese(staggered):
    panel = moved(moved(staggered, ["u12"], 1.0), ["u13"], 2.0)
    for solver in ("reference", "exact"):
        notes = yd.synthetic_did(panel, replace(COVARIATE, comparison="not_yet"), solver=solver).notes
        assert len(notes) == 5
        for note in notes:
            assert not re.findall(r"[A-Za-z]{3,}", in_words(note, "zh")), note


def test_the_path_averages_to_the_effect(toy):
    path = yd.synthetic_did_path(toy, DESIGN)
    effect = yd.synthetic_did(toy, DESIGN)
    assert yd.average(path, 0, 2).coef[0] == pytest.approx(effect.coef[0], abs=1e-12)
    assert path.cells["event_time"].tolist() == list(range(-5, 3))
    weights = effect.frames["time_weights"]["weight"].to_numpy()
    assert weights @ path.coef == pytest.approx(0, abs=1e-12)


def test_cohorts_on_the_path_count_by_their_treated_units(staggered):
    estimate = yd.synthetic_did_path(staggered, DESIGN)
    path = estimate.frames["path"].assign(n=lambda f: f["cohort"].map({4: 2, 6: 3}))
    by_hand = path.groupby("event_time").apply(lambda f: np.average(f["effect"], weights=f["n"]))
    assert np.allclose(estimate.coef, by_hand, atol=1e-12)
    sizes = dict(zip(estimate.cells["event_time"], estimate.cells["size"], strict=True))
    assert (sizes[-5], sizes[0], sizes[4]) == (3, 5, 2)


def test_excluded_and_base_periods_are_marked_on_the_path(toy, staggered):
    design = replace(DESIGN, base_periods=(4,), exclude_periods=(5,))
    cells = yd.synthetic_did_path(toy, design).cells.set_index("event_time")
    assert cells.index[cells["reference"]].tolist() == [-2]
    assert cells.index[cells["excluded"]].tolist() == [-1]
    assert yd.synthetic_did_path(toy, design).coef[3] == 0
    # 5 is event time 1 of one cohort and -1 of the other, which fill in for each other
    several = yd.synthetic_did_path(staggered, replace(DESIGN, exclude_periods=(5,)))
    assert not several.cells["excluded"].any()
    assert several.cells.set_index("event_time")["size"].loc[[-1, 1]].tolist() == [2, 3]


def test_the_path_is_drawn_and_tested(toy):
    path = yd.synthetic_did_path(toy, DESIGN)
    drawn = yd.plot_event_study(path, labels={"y": "Output"}).data
    assert np.allclose(drawn["estimate"], path.coef)
    options = {"assignment": yd.Assignment("contiguous"), "seed": 0, "studentize": "none"}
    test = yd.permutation_test(lambda p, d: yd.average(yd.synthetic_did_path(p, d), 0, 2), toy, DESIGN, **options)
    whole = yd.permutation_test(yd.synthetic_did, toy, DESIGN, **options)
    assert (test.p_value, test.conf_low) == (whole.p_value, pytest.approx(whole.conf_low, abs=1e-9))


@pytest.mark.parametrize("design", [DESIGN, COVARIATE, replace(DESIGN, anticipation=1)])
@pytest.mark.parametrize("dates", ["one", "several"])
def test_an_effect_taken_out_by_the_kernel_equals_one_taken_from_the_panel(toy, staggered, design, dates):
    panel = toy if dates == "one" else staggered
    cohorts = shuffled(panel)
    kernel = estimate_without(yd.synthetic_did, panel, design, cohorts)
    plain = estimate_without(lambda p, d: yd.synthetic_did(p, d), panel, design, cohorts)
    for effect in (0.0, 0.7, -3.0):
        assert np.allclose(kernel(effect), plain(effect), atol=1e-9)
    assert not np.allclose(kernel(0.0), kernel(0.7))


def test_the_fit_summary_follows_from_path_and_weights(staggered):
    frames = yd.synthetic_did(staggered, replace(DESIGN, exclude_periods=(2,))).frames
    for _, own in frames["fit"].iterrows():
        path = frames["path"].query(f"cohort == {own['cohort']} and event_time < 0 and not excluded")["effect"]
        weights = frames["unit_weights"].query(f"cohort == {own['cohort']}")["weight"]
        assert own["rmspe_before"] == pytest.approx(path.std(ddof=0))
        assert own["effective_donors"] == pytest.approx(1 / (weights**2).sum())
    assert frames["fit"]["noise_level"].gt(0).all()


def test_changes_and_weights_add_up_to_the_effect(staggered):
    estimate = yd.synthetic_did(staggered, DESIGN)
    changes = estimate.frames["changes"]
    signed = changes["weight"] * changes["change"] * np.where(changes["treated"], 1, -1)
    shares = estimate.frames["cohorts"].set_index("cohort")["share"]
    assert signed.groupby(changes["cohort"]).sum() @ shares == pytest.approx(estimate.coef[0], abs=1e-12)


def test_the_jackknife_leaves_each_unit_out_of_every_cohort(staggered):
    estimate = yd.synthetic_did(staggered, DESIGN)
    effects = []
    for unit in staggered.frame["unit"].unique():
        total = cells = 0.0
        for date, rows in estimate.frames["changes"].query(f"unit != '{unit}'").groupby("cohort"):
            treated, others = rows[rows["treated"]], rows[~rows["treated"]]
            weight = len(treated) * (9 - date)
            gap = treated["change"].mean() - np.average(others["change"], weights=others["weight"])
            total, cells = total + weight * gap, cells + weight
        effects.append(total / cells)
    result = yd.synthetic_did_jackknife(estimate)
    assert result.std_error[0] == pytest.approx(np.sqrt(13 * np.var(effects)), rel=1e-12)
    assert (result.cluster, result.n_treated_clusters) == ("unit", 5)


def test_the_jackknife_refuses_what_it_cannot_leave_out(toy, staggered):
    with pytest.raises(yd.DesignError, match="u00, the only treated unit of cohort 6"):
        yd.synthetic_did_jackknife(yd.synthetic_did(make_toy(n_treated=1), DESIGN))
    with pytest.raises(yd.DesignError, match="is for synthetic_did, not twfe"):
        yd.synthetic_did_jackknife(yd.twfe(toy, DESIGN))
    estimate = yd.synthetic_did(toy, DESIGN)
    changes = estimate.frames["changes"]
    one = changes["weight"].where(changes["treated"], (changes["unit"] == "u08").astype(float))
    alone = replace(estimate, frames={**estimate.frames, "changes": changes.assign(weight=one)})
    with pytest.raises(yd.DesignError, match="u08, the only weighted comparison unit"):
        yd.synthetic_did_jackknife(alone)
