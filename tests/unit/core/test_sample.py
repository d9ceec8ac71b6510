import numpy as np
import pandas as pd
import pytest

import yrdecon as yd
from yrdecon.core.sample import draw_sample

DESIGN = yd.Design(outcome="y")


def with_cohort(toy, change):
    return toy.assign(cohort=change(toy.frame["cohort"]))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            lambda c: c.replace(np.inf, 0).astype(int),
            ["'cohort' is 0 for 9 units", "'u03'", "float('inf')", "set it to 1"],
        ),
        (lambda c: c.replace(np.inf, -1), ["'cohort' is -1 for 9 units", "float('inf')"]),
        (lambda c: c.replace(np.inf, -np.inf), ["'cohort' is -inf for 9 units"]),
        (lambda c: c - 0.5, ["whole periods", "5.5 for u00"]),
        (lambda c: c.astype(str), ["'cohort' must hold numbers"]),
    ],
)
def test_a_cohort_that_is_no_period_is_refused_with_the_way_out(toy, change, words):
    with pytest.raises(yd.DesignError) as error:
        draw_sample(with_cohort(toy, change), DESIGN)
    assert [word for word in words if word not in str(error.value)] == []


def test_the_way_out_of_cohorts_of_zero_works_as_it_is_written(toy):
    coded = with_cohort(toy, lambda c: c.replace(np.inf, 0))
    with pytest.raises(yd.DesignError) as error:
        draw_sample(coded, DESIGN)
    start = str(error.value).index("panel.assign(")
    repaired = eval(str(error.value)[start : str(error.value).index(";", start)], {"panel": coded})
    assert draw_sample(repaired, DESIGN).cohort.tolist() == draw_sample(toy, DESIGN).cohort.tolist()


def test_an_indicator_of_treatment_is_no_cohort(toy):
    years = yd.Panel.from_frame(toy.frame.assign(time=toy.frame["time"] + 2000), unit="unit", time="time")
    ever = years.assign(cohort=np.isfinite(years.frame["cohort"]).astype(int))
    with pytest.raises(yd.DesignError, match=r"as an indicator of treatment does.*from 2001 on"):
        draw_sample(ever, DESIGN)
    now = toy.assign(cohort=(toy.frame["time"] >= toy.frame["cohort"]).astype(int))
    with pytest.raises(yd.DesignError, match=r"first treated period.*an indicator of being treated is no cohort"):
        draw_sample(now, DESIGN)


def test_a_cohort_of_zero_is_a_period_where_periods_run_through_it(toy):
    moved = yd.Panel.from_frame(
        toy.frame.assign(time=toy.frame["time"] - 6, cohort=toy.frame["cohort"] - 6), unit="unit", time="time"
    )
    assert yd.twfe(moved, DESIGN).coef[0] == pytest.approx(yd.twfe(toy, DESIGN).coef[0], abs=1e-12)


@pytest.mark.parametrize("estimator", [yd.twfe, yd.event_study, yd.callaway_santanna, yd.imputation, yd.stacked])
def test_rows_of_weight_zero_are_as_good_as_absent_and_named(toy, estimator):
    frame = toy.frame
    weightless = (frame["unit"] == "u09") | (frame["unit"] == "u02")
    design = yd.Design(outcome="y", weights="w")
    zero = estimator(toy.assign(w=frame["w"].mask(weightless, 0.0)), design)
    absent = estimator(toy.assign(kept=~weightless).where("kept"), design)
    assert np.allclose(zero.coef, absent.coef, rtol=1e-12)
    assert np.allclose(zero.std_error, absent.std_error, rtol=1e-12)
    assert any("16 of 96 rows left out because their weight 'w' is zero" in note for note in zero.notes)


def test_a_treated_unit_that_is_never_seen_after_treatment_tells_nothing(toy):
    unseen = toy.assign(y=toy.frame["y"].where(toy.frame["time"] < toy.frame["cohort"]))
    with pytest.raises(yd.DesignError, match="no row of a treated unit from 6 on"):
        draw_sample(unseen, DESIGN)


@pytest.mark.parametrize("factor", [1e200, 1e-200])
def test_outcomes_whose_squares_cannot_be_computed_are_refused(toy, factor):
    with pytest.raises(yd.DesignError, match=r"columns \['y'\] hold values beyond.*unit of measure"):
        draw_sample(toy.assign(y=toy.frame["y"] * factor), DESIGN)


def test_columns_with_the_names_of_labels_keep_their_meaning_or_are_refused():
    generator = np.random.default_rng(0)
    rows = [(f"c{i}", 2000 + t, 2003.0 if i < 4 else np.inf, i % 3, i // 2) for i in range(12) for t in range(6)]
    frame = pd.DataFrame(rows, columns=["city", "year", "cohort", "time", "z"]).assign(
        y=lambda f: generator.normal(size=len(f))
    )
    panel = yd.Panel.from_frame(frame, unit="city", time="year")
    with pytest.raises(yd.DesignError, match=r"column 'time' cannot be a group, cluster or effect.*time_copy"):
        yd.twfe(panel, yd.Design(outcome="y", cluster="time"))
    copied = yd.twfe(panel.assign(time_copy=frame["time"]), yd.Design(outcome="y", cluster="time_copy"))
    assert copied.n_clusters == 3


def test_slopes_by_period_and_cohort_leave_the_labels_as_they_are(toy):
    slopes = yd.twfe(toy, yd.Design(outcome="y", effects=("time[w]",)))
    assert slopes.units["time"].dtype.kind == "i"
    saturated = yd.etwfe(toy, yd.Design(outcome="y", covariates=("w",)))
    renamed = yd.Panel.from_frame(
        toy.frame.rename(columns={"time": "year", "cohort": "start"}), unit="unit", time="year"
    )
    same = yd.etwfe(renamed, yd.Design(outcome="y", cohort="start", covariates=("w",)))
    assert saturated.n_treated == same.n_treated == 3
    assert np.allclose(saturated.coef, same.coef, atol=1e-12)
    assert np.allclose(saturated.std_error, same.std_error, atol=1e-12)


def test_a_pool_that_loses_its_untreated_units_to_missing_values_says_so(toy):
    lacking = toy.assign(y=toy.frame["y"].where(np.isfinite(toy.frame["cohort"])))
    with pytest.raises(yd.DesignError, match=r"is treated in 6.*72 of 96 rows left out for"):
        draw_sample(lacking, DESIGN)


def rows_of(seen):
    rows = [(u, t, g, float(i + t)) for i, (u, g, periods) in enumerate(seen) for t in periods]
    return yd.Panel.from_frame(pd.DataFrame(rows, columns=["u", "t", "cohort", "y"]), unit="u", time="t")


def test_units_that_lose_their_before_with_the_units_treated_throughout_go_with_them():
    others = [("c", 4, (2, 3, 4, 5)), ("d", np.inf, (2, 3, 4, 5)), ("e", np.inf, (2, 3, 4, 5))]
    estimate = yd.callaway_santanna(rows_of([("a", 1, (1, 2)), ("b", 2, (2, 3, 4, 5)), *others]), DESIGN)
    assert set(estimate.cells["cohort"]) == {4}
    assert sum("treated throughout" in note for note in estimate.notes) == 2


@pytest.mark.parametrize("estimator", [yd.callaway_santanna, yd.event_study, yd.imputation, yd.lp_did, yd.stacked])
def test_nobody_left_to_become_treated_is_told(estimator):
    panel = rows_of([("a", 1, (1, 3)), ("b", 2, (2, 4, 8)), ("c", np.inf, (6, 8))])
    with pytest.raises(yd.DesignError, match=r"nobody becomes treated, after 1 units are left out.*'a'"):
        estimator(panel, DESIGN)


def test_a_column_with_the_name_of_the_experiments_is_not_overwritten_in_silence(toy):
    panel = toy.assign(experiment=toy.frame["group"])
    with pytest.raises(yd.DesignError, match=r"column 'experiment' .*experiment_copy"):
        yd.stacked(panel, yd.Design(outcome="y", cluster="experiment"))
    copied = panel.assign(experiment_copy=panel.frame["experiment"])
    assert yd.stacked(copied, yd.Design(outcome="y", cluster="experiment_copy"), ssc="none").n_clusters == 2
