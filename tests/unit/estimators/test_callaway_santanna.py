from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from conftest import make_toy

import yrdecon as yd
from yrdecon.estimators.cohorts.two_by_two import compare
from yrdecon.kernels.cross_sections import Levels
from yrdecon.kernels.two_by_two import Changes

DESIGN = yd.Design(outcome="y")
METHODS = ("dr", "dr_improved", "ipw", "reg")


def make_rows(seed=0, n=200):
    generator = np.random.default_rng(seed)
    x = np.column_stack([np.ones(n), generator.normal(size=(n, 2))])
    treated = (generator.uniform(size=n) < 1 / (1 + np.exp(-(0.5 * x[:, 1] - 0.5)))).astype(float)
    later = (generator.uniform(size=n) < 0.5).astype(float)
    y = x @ [1.0, 0.7, -0.4] + 0.8 * treated * later + x[:, 1] * later + generator.normal(size=n)
    weights = generator.uniform(0.5, 2, n)
    return Changes(y, treated, x, weights), Levels(y, later, treated, x, weights)


def derivative_by_weight(rows, method, row, step=1e-5):
    ends = []
    for sign in (1, -1):
        weights = rows.weights.copy()
        weights[row] *= 1 + sign * step
        ends.append(compare(replace(rows, weights=weights), method).effect)
    return (ends[0] - ends[1]) / (2 * step)


# The improved estimator of cross-sections fits one tilt for both periods, so that its first steps drop out in the
# limit only; in a panel they drop out exactly.
@pytest.mark.parametrize(
    ("kind", "method"),
    [(kind, method) for kind in (0, 1) for method in METHODS if (kind, method) != (1, "dr_improved")],
)
def test_influence_is_the_derivative_of_the_effect_by_the_weight_of_a_row(kind, method):
    rows = make_rows()[kind]
    result = compare(rows, method)
    assert result.method == method
    for row in range(0, len(rows.weights), 17):
        found = derivative_by_weight(rows, method, row) * len(rows.weights)
        assert found == pytest.approx(result.influence[row], abs=1e-5)
    assert abs(result.influence.mean()) < 1e-12


def test_the_improved_estimator_balances_and_neglects_its_first_steps_in_the_limit():
    rows = make_rows(n=4_000)[1]
    result = compare(rows, "dr_improved")
    chosen = range(0, len(rows.weights), 97)
    found = [derivative_by_weight(rows, "dr_improved", row) * len(rows.weights) for row in chosen]
    assert np.corrcoef(found, result.influence[list(chosen)])[0, 1] > 0.99


@pytest.mark.parametrize("kind", [0, 1])
def test_the_units_of_covariates_do_not_matter(kind):
    rows = make_rows()[kind]
    moved = replace(rows, x=np.column_stack([rows.x[:, 0], 1e9 + 1e5 * rows.x[:, 1], 1e-7 * rows.x[:, 2]]))
    for method in METHODS:
        one, two = compare(rows, method), compare(moved, method)
        assert (one.method, one.effect) == (two.method, pytest.approx(two.effect, rel=1e-6))


def test_weighted_effects_are_differences_of_weighted_means_and_shares_are_weighted():
    toy = staggered()
    design = replace(DESIGN, weights="w")
    estimate = yd.callaway_santanna(toy, design)
    wide, unit = toy.frame.pivot_table(index="unit", columns="time", values="y"), toy.frame.groupby("unit").first()
    for (cohort, time), effect in zip(estimate.cells[["cohort", "time"]].to_numpy(), estimate.coef, strict=True):
        change = wide[time] - wide[cohort - 1 if time >= cohort else time - 1]
        groups = [unit["cohort"] == cohort, np.isinf(unit["cohort"])]
        means = [np.average(change[group], weights=unit["w"][group]) for group in groups]
        assert effect == pytest.approx(means[0] - means[1], abs=1e-12)
    at_zero = [estimate.coef[(estimate.cells["cohort"] == g) & (estimate.cells["event_time"] == 0)][0] for g in (4, 6)]
    shares = [unit.loc[unit["cohort"] == g, "w"].sum() for g in (4, 6)]
    dynamic = yd.aggregate(estimate, "event_time")
    found = dynamic.coef[dynamic.cells["event_time"] == 0][0]
    assert found == pytest.approx(np.average(at_zero, weights=shares), abs=1e-12)


def test_a_weight_of_two_is_a_unit_twice():
    toy = staggered()
    frame = toy.frame.assign(w=np.where(toy.frame["unit"].isin(["u01", "u09"]), 2.0, 1.0))
    copies = frame[frame["w"] == 2].assign(unit=lambda f: f["unit"] + "x")
    doubled = yd.Panel.from_frame(pd.concat([frame, copies]), unit="unit", time="time")
    weighted = yd.Panel.from_frame(frame, unit="unit", time="time")
    for by in ("event_time", "cohort", "time", None):
        one = yd.aggregate(yd.callaway_santanna(weighted, replace(DESIGN, weights="w")), by)
        two = yd.aggregate(yd.callaway_santanna(doubled, DESIGN), by)
        assert np.allclose(one.coef, two.coef, atol=1e-12)


@pytest.mark.parametrize("method", METHODS)
def test_without_covariates_every_method_and_way_of_sampling_is_the_same_on_a_balanced_panel(method):
    plain = yd.callaway_santanna(staggered(), DESIGN)
    other = yd.callaway_santanna(staggered(), DESIGN, method=method, sampling="cross_sections")
    assert np.allclose(plain.coef, other.coef, atol=1e-12)
    assert np.allclose(plain.std_error, other.std_error, atol=1e-12)
    assert any("levels as in repeated cross-sections" in note for note in other.notes)


def test_changes_of_an_unbalanced_panel_use_the_units_seen_in_every_period_of_the_cell():
    holed = yd.Panel.from_frame(staggered().frame.drop(index=[3, 41, 88, 90]), unit="unit", time="time")
    estimate = yd.callaway_santanna(holed, DESIGN, sampling="panel")
    for position, (cohort, time) in enumerate(estimate.cells[["cohort", "time"]].to_numpy()):
        base = cohort - 1 if time >= cohort else time - 1
        pair = holed.frame[holed.frame["time"].isin([base, time])]
        pair = pair[pair.groupby("unit")["time"].transform("size") == 2]
        means = pair.groupby([pair["cohort"] == cohort, "time"])["y"].mean()
        others = pair[np.isinf(pair["cohort"])].groupby("time")["y"].mean()
        by_hand = means[True, time] - means[True, base] - others[time] + others[base]
        assert estimate.coef[position] == pytest.approx(by_hand, abs=1e-12)
    assert any("4 of 112 unit-periods have no row" in note for note in estimate.notes)
    assert any("changes of the units that are seen in all of its periods" in note for note in estimate.notes)


def test_several_base_periods_of_cross_sections_are_averaged():
    holed = yd.Panel.from_frame(make_toy().frame.drop(index=[1, 30]), unit="unit", time="time")
    single = [yd.callaway_santanna(holed, replace(DESIGN, base_periods=(base,))) for base in (3, 4)]
    both = yd.callaway_santanna(holed, replace(DESIGN, base_periods=(3, 4)))
    treated = both.cells["time"] >= 6
    assert np.allclose(both.coef[treated], np.mean([s.coef[treated] for s in single], axis=0), atol=1e-12)
    influence = np.mean([s.influence[:, treated] for s in single], axis=0)
    assert np.allclose(both.influence[:, treated], influence, atol=1e-12)


def test_people_seen_once_are_clustered_by_the_cluster_of_the_design():
    frame = make_toy(n_units=40, n_treated=15).frame
    people = frame.assign(person=range(len(frame)), place=frame["unit"])
    panel = yd.Panel.from_frame(people, unit="person", time="time")
    clustered = yd.callaway_santanna(panel, replace(DESIGN, cluster="place"))
    as_panel = yd.callaway_santanna(make_toy(n_units=40, n_treated=15), DESIGN)
    assert np.allclose(clustered.coef, as_panel.coef, atol=1e-12)
    assert np.allclose(clustered.vcov, as_panel.vcov, atol=1e-12)


def staggered():
    toy = make_toy(n_units=14, n_treated=5)
    start = {"u00": 4.0, "u01": 4.0, "u02": 6.0, "u03": 6.0, "u04": 6.0}
    return toy.assign(cohort=toy.frame["unit"].map(start).fillna(np.inf))


def cells_of(estimate, **labels):
    frame = estimate.frames["cells"]
    return frame[np.all([frame[k] == v for k, v in labels.items()], axis=0)]


def test_the_map_tells_units_method_and_reason_of_cells_with_and_without_estimate():
    toy = staggered()
    late = toy.assign(kept=np.isfinite(toy.frame["cohort"])).where("kept")
    estimate = yd.callaway_santanna(late, replace(DESIGN, comparison="not_yet"), base="universal")
    frame = estimate.frames["cells"]
    assert cells_of(estimate, cohort=4, time=5).iloc[0].tolist() == [4, 5, 2, 3, "unconditional", "as asked"]
    assert cells_of(estimate, cohort=4, time=3)["method"].tolist() == ["reference"]
    lost = frame[frame["method"] == "none"]
    assert set(lost["reason"]) == {"no comparison unit is left"}
    assert len(lost) + len(estimate.coef) == len(frame) == 16
    assert any("not estimated: no comparison unit is left (cohort 4 in 6" in note for note in estimate.notes)


def test_a_cohort_without_period_before_treatment_is_in_the_map():
    toy = staggered()
    estimate = yd.callaway_santanna(toy, replace(DESIGN, anticipation=3))
    assert set(cells_of(estimate, cohort=4)["reason"]) == {"no period before treatment is left"}
    assert set(estimate.cells["cohort"]) == {6}


def test_a_cell_without_rows_of_a_group_is_in_the_map_and_does_not_crash():
    frame = staggered().frame
    gone = (frame["cohort"] == 6) & (frame["time"] == 5)
    panel = yd.Panel.from_frame(frame[~gone], unit="unit", time="time")
    estimate = yd.callaway_santanna(panel, DESIGN)
    lost = cells_of(estimate, method="none")
    assert set(lost["cohort"]) == {6}
    assert lost["time"].tolist() == [5, 6, 7, 8]
    assert set(lost["reason"]) == {"no treated unit is seen in 5"}
    changes = yd.callaway_santanna(panel, DESIGN, sampling="panel")
    assert "no treated unit is seen in 4 and 5" in set(changes.frames["cells"]["reason"])


@pytest.mark.parametrize("sampling", ["panel", "cross_sections"])
@pytest.mark.parametrize("method", METHODS)
def test_small_cohorts_fall_back_and_say_so(method, sampling):
    toy = make_toy()
    treated = np.isfinite(toy.frame["cohort"])
    toy = toy.assign(
        apart=treated * 1.0 + toy.frame["x"] * 1e-3, only_treated=treated * toy.frame["x"], half=toy.frame["x"] / 2
    )
    separated = yd.callaway_santanna(toy, replace(DESIGN, covariates=("apart",)), method=method, sampling=sampling)
    assert set(separated.frames["cells"]["method"]) == {"reg"}
    told = any("separate treated from comparison units" in note for note in separated.notes)
    assert told == (method != "reg")
    plain = yd.callaway_santanna(toy, DESIGN)
    for covariates in (("x", "half"), ("only_treated",)):
        collinear = yd.callaway_santanna(toy, replace(DESIGN, covariates=covariates), method=method, sampling=sampling)
        assert set(collinear.frames["cells"]["method"]) == {"unconditional"}
        assert any("collinear among comparison units" in note for note in collinear.notes)
        assert np.allclose(collinear.coef, plain.coef, atol=1e-12)


def test_two_treated_rows_cannot_carry_their_own_regression_on_two_covariates():
    toy = make_toy(n_units=30, n_treated=2)
    toy = toy.assign(z=np.sin(np.arange(len(toy.frame)) * 1.7))
    design = replace(DESIGN, covariates=("x", "z"))
    levels = yd.callaway_santanna(toy, design, sampling="cross_sections")
    assert set(levels.frames["cells"]["method"]) == {"reg"}
    assert any("collinear among treated units of one period" in note for note in levels.notes)
    assert "dr" in set(yd.callaway_santanna(toy, design).frames["cells"]["method"])


def test_a_cohort_of_one_unit_is_named_because_its_own_variation_is_not_seen():
    estimate = yd.callaway_santanna(make_toy(n_treated=1), DESIGN)
    assert any("cohorts [6] rest on a single treated or comparison unit" in note for note in estimate.notes)
    assert np.abs(estimate.influence[0]).max() < 1e-12


def test_the_summary_of_cohort_effects_weights_them_by_size():
    by_cohort = yd.aggregate(yd.callaway_santanna(staggered(), DESIGN), "cohort")
    overall = yd.aggregate(by_cohort, None)
    assert overall.coef[0] == pytest.approx((2 * by_cohort.coef[0] + 3 * by_cohort.coef[1]) / 5, abs=1e-12)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"method": "imp"}, "method='imp' is unknown"),
        ({"base": "first"}, "base='first' is unknown"),
        ({"sampling": "rcs"}, "sampling='rcs' is unknown"),
    ],
)
def test_unknown_options_are_refused_with_the_known_ones(toy, options, words):
    with pytest.raises(yd.DesignError, match=words):
        yd.callaway_santanna(toy, DESIGN, **options)


def test_a_cluster_that_changes_within_units_is_refused(toy):
    panel = toy.assign(place=toy.frame["time"] // 5)
    with pytest.raises(yd.DesignError, match=r"cluster 'place' changes within units \['u00'"):
        yd.callaway_santanna(panel, replace(DESIGN, cluster="place"))


def test_a_design_without_any_comparison_tells_the_reason(toy):
    people = yd.Panel.from_frame(toy.frame.assign(person=range(len(toy.frame))), unit="person", time="time")
    with pytest.raises(yd.DesignError, match="no cohort can be compared in any period: no treated unit is seen in"):
        yd.callaway_santanna(people, DESIGN, sampling="panel")
