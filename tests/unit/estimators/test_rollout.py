import numpy as np
import pandas as pd
import pytest
from conftest import make_toy

import yrdecon as yd

NEVER = yd.Design(outcome="y")


@pytest.fixture
def waves():
    toy = make_toy(n_units=16, n_treated=7, seed=4)
    start = {f"u{i:02d}": 4.0 for i in range(3)} | {f"u{i:02d}": 6.0 for i in range(3, 7)}
    return toy.assign(cohort=toy.frame["unit"].map(start).fillna(np.inf))


@pytest.mark.parametrize("comparison", ["never", "not_yet"])
def test_with_beta_one_it_is_callaway_and_santanna(waves, comparison):
    design = yd.Design(outcome="y", comparison=comparison)
    cells = yd.callaway_santanna(waves, design, base="universal")
    simple = yd.staggered_rollout(waves, design, beta=1)
    assert simple.coef[0] == pytest.approx(yd.aggregate(cells, None).coef[0], abs=1e-12)
    dynamic = yd.aggregate(cells, "event_time")
    ours = yd.staggered_rollout(waves, design, estimand="event_time", beta=1)
    assert ours.cells["event_time"].tolist() == dynamic.cells["event_time"].tolist()
    assert np.allclose(ours.coef, dynamic.coef, atol=1e-12)
    single = yd.staggered_rollout(waves, design, estimand="cohort_time", beta=1)
    assert np.allclose(single.coef, cells.coef, atol=1e-12)


@pytest.mark.parametrize("beta", [0, 0.5, 1])
def test_with_a_fixed_beta_summaries_of_single_cells_are_the_estimands(waves, beta):
    design = yd.Design(outcome="y", comparison="not_yet")
    cells = yd.staggered_rollout(waves, design, estimand="cohort_time", beta=beta)
    simple = yd.staggered_rollout(waves, design, beta=beta)
    summary = yd.aggregate(cells, None)
    assert simple.coef[0] == pytest.approx(summary.coef[0], abs=1e-12)
    assert simple.std_error[0] == pytest.approx(summary.std_error[0], rel=1e-10)
    by_cohort = yd.aggregate(cells, "cohort")
    cohort = yd.staggered_rollout(waves, design, estimand="cohort", beta=beta)
    assert cohort.coef[0] == pytest.approx(np.average(by_cohort.coef, weights=[3, 4]), abs=1e-12)
    calendar = yd.staggered_rollout(waves, design, estimand="calendar", beta=beta)
    assert calendar.coef[0] == pytest.approx(yd.aggregate(cells, "time").coef.mean(), abs=1e-12)


def test_beta_zero_with_one_date_is_the_difference_in_means_with_neyman_error(toy):
    wide = toy.frame.pivot_table(index="unit", columns="time", values="y")[[6, 7, 8]].mean(axis=1)
    treated = toy.frame.groupby("unit")["cohort"].first() < 99
    estimate = yd.staggered_rollout(toy, NEVER, beta=0)
    assert estimate.coef[0] == pytest.approx(wide[treated].mean() - wide[~treated].mean(), abs=1e-12)
    variance = wide[treated].var() / treated.sum() + wide[~treated].var() / (~treated).sum()
    assert estimate.std_error[0] == pytest.approx(np.sqrt(variance), rel=1e-12)


def test_the_efficient_beta_has_the_smallest_error_and_is_told(waves):
    best = yd.staggered_rollout(waves, NEVER)
    beta = float(best.frames["adjustment"]["beta"].iloc[0])
    assert yd.staggered_rollout(waves, NEVER, beta=beta).coef[0] == pytest.approx(best.coef[0], abs=1e-12)
    for other in (beta - 0.1, beta + 0.1, 0, 1):
        assert yd.staggered_rollout(waves, NEVER, beta=other).std_error[0] > best.std_error[0]


def test_the_adjusted_error_is_below_that_of_neyman_and_needs_independent_units(waves):
    errors = yd.staggered_rollout(waves, NEVER, estimand="event_time").frames["standard_errors"]
    moved = errors["event_time"] != -1
    assert (errors["adjusted"] <= errors["neyman"]).all()
    assert (errors["adjusted"] < errors["neyman"])[moved].any()
    clustered = yd.staggered_rollout(waves, yd.Design(outcome="y", cluster="group"))
    assert "standard_errors" not in clustered.frames
    assert clustered.n_clusters == 2


def test_the_last_period_before_treatment_is_the_base_unless_another_is_declared(waves):
    plain = yd.staggered_rollout(waves, NEVER, estimand="event_time")
    assert plain.cells.loc[plain.cells["reference"], "event_time"].tolist() == [-1]
    assert plain.coef[plain.cells["reference"]].tolist() == [0.0]
    assert not yd.staggered_rollout(waves, NEVER, estimand="event_time", beta=0).cells["reference"].any()
    declared = yd.Design(outcome="y", base_periods=(1, 2))
    theirs = yd.aggregate(yd.callaway_santanna(waves, declared), None)
    assert yd.staggered_rollout(waves, declared, beta=1).coef[0] == pytest.approx(theirs.coef[0], abs=1e-12)
    ahead = yd.Design(outcome="y", anticipation=1, comparison="not_yet")
    theirs = yd.aggregate(yd.callaway_santanna(waves, ahead), None)
    assert yd.staggered_rollout(waves, ahead, beta=1).coef[0] == pytest.approx(theirs.coef[0], abs=1e-12)


def test_a_difference_that_does_not_vary_before_treatment_is_taken_off_whole():
    levels = {"a": (0, 3), "b": (0, 3), "c": (1, 9), "d": (1, 9)}
    rows = [(u, t, level + t + (t >= g), g) for u, (level, g) in levels.items() for t in range(5)]
    table = pd.DataFrame(rows, columns=["u", "t", "y", "cohort"]).astype({"y": float, "cohort": float})
    table["cohort"] = table["cohort"].replace(9, np.inf)
    estimate = yd.staggered_rollout(yd.Panel.from_frame(table, unit="u", time="t"), NEVER)
    assert estimate.coef[0] == pytest.approx(1.0, abs=1e-12)
    assert estimate.frames["adjustment"]["beta"].tolist() == [1.0]


def test_units_that_cannot_take_part_are_named(waves):
    unit = waves.frame["unit"]
    panel = waves.assign(cohort=waves.frame["cohort"].mask(unit == "u15", 1.0).mask(unit == "u14", 7.0))
    estimate = yd.staggered_rollout(panel, NEVER)
    without = waves.assign(pool=~unit.isin(["u14", "u15"]))
    again = yd.staggered_rollout(without, yd.Design(outcome="y", pool="pool"))
    assert estimate.coef[0] == pytest.approx(again.coef[0], abs=1e-12)
    told = " ".join(estimate.notes)
    assert "because they are treated throughout: ['u15']" in told
    assert "1 units are left out because they are alone in their cohort" in told
    assert "['u14']" in told


@pytest.mark.parametrize(
    ("options", "design", "words"),
    [
        ({"estimand": "dynamic"}, {}, "estimand='dynamic' is unknown"),
        ({"beta": "best"}, {}, "beta='best'"),
        ({"beta": float("nan")}, {}, "beta=nan"),
        ({}, {"covariates": ("x",)}, "takes no ['covariates']"),
        ({}, {"weights": "w"}, "takes no ['weights']"),
        ({}, {"effects": ("group^time",)}, "takes no ['effects']"),
    ],
)
def test_what_cannot_be_done_is_refused_with_the_way_out(toy, options, design, words):
    with pytest.raises(yd.DesignError) as error:
        yd.staggered_rollout(toy, yd.Design(**({"outcome": "y"} | design)), **options)
    assert words in str(error.value)


def test_one_treated_unit_cannot_have_a_variance_and_is_refused():
    with pytest.raises(yd.DesignError, match="two units or more"):
        yd.staggered_rollout(make_toy(n_treated=1), NEVER)
