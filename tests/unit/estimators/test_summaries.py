"""What `aggregate`, `average`, `lincom` and `wald` give, computed by hand, and what they refuse."""

import numpy as np
import pandas as pd
import pytest

import yrdecon as yd

COHORTS = [4.0] * 3 + [6.0] * 5 + [7.0] * 2 + [np.inf] * 8
BY_COHORT = ["callaway_santanna", "etwfe", "imputation", "interactive_fe", "matched_did", "matrix_completion"]
BY_COHORT += ["sun_abraham"]


@pytest.fixture(scope="module")
def staggered():
    generator = np.random.default_rng(11)
    n, time = len(COHORTS), np.arange(1, 10)
    noise = generator.normal(size=(n, 1)) + generator.normal(size=(n, len(time)))
    frame = pd.DataFrame({"unit": np.repeat(np.arange(n), len(time)), "time": np.tile(time, n)})
    frame = frame.assign(cohort=np.repeat(COHORTS, len(time)), y=noise.ravel())
    frame["y"] += (frame["cohort"] / 4).where(frame["time"] >= frame["cohort"], 0.0)
    frame["w"] = np.repeat(generator.uniform(0.5, 2, n), len(time))
    return yd.Panel.from_frame(frame, unit="unit", time="time")


def mean_by_hand(estimate, by, size):
    """Average the treated cells, or all of an event time, with weights of their size."""
    cells = estimate.cells.assign(effect=estimate.coef, size=size)
    if by != "event_time":
        cells = cells[cells["event_time"] >= 0]
    if by == "cohort":
        cells = cells.assign(size=1.0)
    groups = cells.groupby(by) if by else [("overall", cells)]
    return [float((g["effect"] * g["size"]).sum() / g["size"].sum()) for _, g in groups]


@pytest.mark.parametrize("name", BY_COHORT)
@pytest.mark.parametrize("by", ["event_time", "cohort", "time", None])
def test_summaries_weight_cells_by_their_number_of_treated_units(staggered, name, by):
    estimate = yd.ESTIMATORS[name].function(staggered, yd.Design(outcome="y"))
    size = estimate.cells["cohort"].map({4: 3, 6: 5, 7: 2})
    assert yd.aggregate(estimate, by).coef == pytest.approx(mean_by_hand(estimate, by, size), abs=1e-10)


@pytest.mark.parametrize("name", ["callaway_santanna", "etwfe", "imputation"])
@pytest.mark.parametrize("by", ["event_time", "cohort", "time", None])
def test_summaries_under_weights_count_units_by_their_weight(staggered, name, by):
    estimate = yd.ESTIMATORS[name].function(staggered, yd.Design(outcome="y", weights="w"))
    mass = staggered.frame[staggered.frame["time"] == 1].groupby("cohort")["w"].sum()
    size = estimate.cells["cohort"].map(mass)
    assert yd.aggregate(estimate, by).coef == pytest.approx(mean_by_hand(estimate, by, size), abs=1e-10)


@pytest.mark.parametrize("by", ["event_time", "time", None])
def test_errors_of_summaries_are_those_of_resampled_units(staggered, by):
    """Delta method against its definition: the derivative of the summary in the weight of each unit."""
    units = staggered.units
    direct = yd.aggregate(yd.callaway_santanna(staggered, yd.Design(outcome="y")), by)
    step, design = 1e-5, yd.Design(outcome="y", weights="moved")
    moved = []
    for unit in units:
        for sign in (1, -1):
            weight = 1.0 + sign * step * (staggered.frame["unit"] == unit)
            moved.append(yd.aggregate(yd.callaway_santanna(staggered.assign(moved=weight), design), by).coef)
    slopes = (np.array(moved[::2]) - np.array(moved[1::2])) / (2 * step)
    assert np.allclose(direct.influence, slopes, rtol=1e-4, atol=1e-7)
    assert np.allclose(direct.vcov, slopes.T @ slopes, rtol=1e-4, atol=1e-9)


def test_aggregation_weights_sum_to_one(staggered):
    for name in BY_COHORT:
        estimate = yd.ESTIMATORS[name].function(staggered, yd.Design(outcome="y"))
        ones = yd.Estimate(
            np.ones(len(estimate.coef)), estimate.vcov, estimate.cells, estimate.units, name, "y", estimate.n_obs
        )
        for by in ("event_time", "cohort", "time", None):
            assert np.allclose(yd.aggregate(ones, by).coef, 1.0, atol=1e-12)


def test_summaries_of_summaries_agree(staggered):
    estimate = yd.callaway_santanna(staggered, yd.Design(outcome="y"))
    by_cohort = yd.aggregate(estimate, "cohort")
    twice = yd.aggregate(by_cohort, None)
    assert twice.coef[0] == pytest.approx(np.average(by_cohort.coef, weights=[3, 5, 2]), abs=1e-12)
    dynamic = yd.aggregate(estimate, "event_time")
    assert yd.average(dynamic, 0, 2).coef[0] == pytest.approx(
        dynamic.coef[dynamic.cells["event_time"].between(0, 2)].mean(), abs=1e-12
    )


def test_an_average_leaves_excluded_periods_out(toy):
    estimate = yd.event_study(toy, yd.Design(outcome="y", exclude_periods=(7,)))
    kept = estimate.cells["event_time"].isin([0, 2]).to_numpy()
    assert yd.average(estimate, 0, 2).coef[0] == pytest.approx(estimate.coef[kept].mean(), abs=1e-12)
    with pytest.raises(yd.DesignError, match="belong to excluded periods"):
        yd.average(estimate, 1, 1)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda e: yd.lincom(e, {99: 1.0}), "numbered 0 to 7"),
        (lambda e: yd.lincom(e, [1.0]), "must fit the 8 coefficients"),
        (lambda e: yd.lincom(e, {0: np.nan}), "must be finite numbers"),
        (lambda e: yd.lincom(e, {0: "a"}), "must be finite numbers"),
        (lambda e: yd.lincom(e, 3), "must be several values"),
        (lambda e: yd.wald(e, [99]), "must be different coefficients, numbered 0 to 7"),
        (lambda e: yd.wald(e, [-1]), "must be different coefficients"),
        (lambda e: yd.wald(e, []), "must be different coefficients"),
        (lambda e: yd.wald(e, [0, 0]), "must be different coefficients"),
        (lambda e: yd.wald(e, 1), "must be several values"),
        (lambda e: yd.wald(e, [0.5]), "must be different coefficients"),
        (lambda e: yd.average(e, "0", 2), "must be event times"),
        (lambda e: yd.average(e, 2, 0), "no event time lies between 2 and 0"),
        (lambda e: yd.event_window(e, None, 2), "must be event times"),
        (lambda e: yd.aggregate(e, ["cohort"]), "is unknown"),
        (lambda e: e.tidy("95"), "must lie between 0 and 1"),
    ],
)
def test_a_summary_that_makes_no_sense_is_refused_in_words(toy, call, words):
    with pytest.raises(yd.DesignError) as error:
        call(yd.event_study(toy, yd.Design(outcome="y")))
    assert words in str(error.value)


def test_cohorts_that_no_period_tells_apart_are_not_compared(staggered):
    frame = staggered.frame
    alike = staggered.assign(kept=frame["time"] != 6).where("kept")
    table = yd.bacon(alike, yd.Design(outcome="y"))
    assert not ((table["treated"] == 6) & (table["control"] == 7)).any()
    assert np.isfinite(table[["weight", "estimate"]]).all(axis=None)
    total = yd.twfe(alike, yd.Design(outcome="y")).coef[0]
    assert (table["weight"] * table["estimate"]).sum() == pytest.approx(total, abs=1e-10)
