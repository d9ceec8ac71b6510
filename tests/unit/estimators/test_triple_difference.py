import numpy as np
import pandas as pd
import pytest

import yrdecon as yd

DESIGN = yd.Design(outcome="y")


def places(n_groups=6, adopting=3, start=4.0, seed=3):
    """Two eligible and two ineligible units in each group; the first groups adopt, and gain 1."""
    generator = np.random.default_rng(seed)
    rows = []
    for group in range(n_groups):
        for number in range(4):
            adopts, eligible = group < adopting, number < 2
            for year in range(1, 7):
                effect = adopts * eligible * (year >= start)
                shock = adopts * np.sin(year) + eligible * np.cos(year)
                cohort = start if adopts and eligible else np.inf
                y = effect + shock + group + generator.normal()
                rows.append((f"{group}{'abcd'[number]}", f"g{group}", year, eligible, cohort, y))
    frame = pd.DataFrame(rows, columns=["unit", "group", "year", "eligible", "cohort", "y"])
    return yd.Panel.from_frame(frame, unit="unit", time="year", group="group")


def test_the_coefficient_is_the_triple_contrast_of_the_eight_means():
    estimate = yd.triple_difference(places(), DESIGN)
    means = estimate.frames["means"]
    signs = (-1.0) ** (3 - means[["adopting", "eligible", "after"]].sum(axis=1))
    assert estimate.coef[0] == pytest.approx(signs @ means["mean"], abs=1e-12)


def test_group_by_time_effects_give_the_difference_in_differences_of_within_group_gaps():
    panel = places()
    estimate = yd.triple_difference(panel, yd.Design(outcome="y", effects=("group^year",), cluster="group"), ssc="none")
    means = panel.frame.groupby(["group", "year", "eligible"])["y"].mean().unstack()
    gaps = (means[True] - means[False]).rename("y").reset_index()
    gaps["cohort"] = np.where(gaps["group"] < "g3", 4.0, np.inf)
    collapsed = yd.twfe(yd.Panel.from_frame(gaps, unit="group", time="year"), DESIGN, ssc="none")
    assert estimate.coef[0] == pytest.approx(collapsed.coef[0], abs=1e-12)
    assert estimate.std_error[0] == pytest.approx(collapsed.std_error[0], rel=1e-10)


def test_shocks_to_adopting_groups_and_to_eligible_units_cancel():
    panel = places()
    frame = panel.frame
    adopts = frame["group"] < "g3"
    moved = panel.assign(y=frame["y"] + 9 * adopts * (frame["year"] > 3) - 7 * frame["eligible"] * (frame["year"] > 3))
    before, after = yd.triple_difference(panel, DESIGN), yd.triple_difference(moved, DESIGN)
    assert after.coef[0] == pytest.approx(before.coef[0], abs=1e-10)
    assert abs(yd.twfe(moved, DESIGN).coef[0] - yd.twfe(panel, DESIGN).coef[0]) > 1


def test_the_average_event_time_effect_is_the_contrast_with_the_base_period():
    design = yd.Design(outcome="y", base_periods=(2,), exclude_periods=(3,))
    dynamic = yd.triple_difference(places(), design, by="event_time")
    contrast = yd.triple_difference(places(), design)
    assert yd.average(dynamic, 0, 2).coef[0] == pytest.approx(contrast.coef[0], abs=1e-12)
    cells = dynamic.cells
    assert cells.loc[cells["reference"], "event_time"].tolist() == [-2]
    assert cells.loc[cells["excluded"], "event_time"].tolist() == [-1]


def without(panel, rows):
    return yd.Panel.from_frame(panel.frame[~rows], unit="unit", time="year", group="group")


@pytest.mark.parametrize(
    ("dropped", "effects", "words"),
    [
        ("inside", (), r"\['adopting_group\^year'\] swallow it, because groups that adopt have no ineligible unit"),
        ("outside", (), r"\['eligible\^year'\] swallow it, because no group without adoption has an eligible unit"),
        (None, ("kind^year",), r"\['kind\^year'\] swallow it, because no eligible unit has an ineligible one"),
        (None, ("group^year", "half^year"), r"\['group\^year', 'half\^year', .*\] swallow it together"),
    ],
)
def test_an_effect_that_swallows_the_triple_term_is_named_with_the_reason(dropped, effects, words):
    panel = places()
    frame = panel.frame
    adopts = frame["group"] < "g3"
    # adopting and eligible is adopting less adopting and ineligible: two effects that do no damage alone
    panel = panel.assign(
        kind=frame["group"] + frame["eligible"].astype(str),
        half=adopts & ~frame["eligible"],
    )
    rows = {
        "inside": adopts & ~frame["eligible"],
        "outside": ~adopts & frame["eligible"],
        None: adopts & ~adopts,
    }[dropped]
    with pytest.raises(yd.EstimationError, match=words):
        yd.triple_difference(without(panel, rows), yd.Design(outcome="y", effects=effects))


@pytest.mark.parametrize(
    ("change", "options", "words"),
    [
        ({}, {"eligible": "sector"}, "no column 'sector'"),
        ({"eligible": 2.0}, {}, "must hold true or false"),
        ({"eligible": "one"}, {}, r"must be constant within a unit; it changes within \['0a'"),
        ({"eligible": "fewer"}, {}, r"treated units \['0b'.* are not 'eligible'"),
        ({"eligible": "more"}, {}, r"units \['0c'.* but are never treated"),
        ({}, {"by": "cohort"}, r"by='cohort' is unknown; choose one of \['event_time', None\]"),
    ],
)
def test_units_that_do_not_fit_the_triple_difference_are_named(change, options, words):
    panel = places()
    unit, year = panel.frame["unit"], panel.frame["year"]
    letters = unit.str[1]
    columns = {"one": (letters == "a") & (year > 1), "fewer": letters == "a", "more": letters < "d"}
    change = {name: columns.get(value, value) for name, value in change.items()}
    with pytest.raises(yd.DesignError, match=words):
        yd.triple_difference(panel.assign(**change) if change else panel, DESIGN, **options)


def test_a_panel_without_groups_is_refused_with_the_way_out():
    panel = yd.Panel.from_frame(places().frame, unit="unit", time="year")
    with pytest.raises(yd.DesignError, match="group='province'"):
        yd.triple_difference(panel, DESIGN)


def test_missing_groups_are_named():
    frame = places().frame
    frame = frame.assign(group=frame["group"].mask(frame["unit"] == "5c"))
    panel = yd.Panel.from_frame(frame, unit="unit", time="year", group="group")
    with pytest.raises(yd.DesignError, match="5c"):
        yd.triple_difference(panel, DESIGN)


def test_groups_that_adopted_before_the_sample_are_left_out_and_named():
    panel = places()
    early = panel.frame["group"] == "g0"
    panel = panel.assign(cohort=panel.frame["cohort"].mask(early & panel.frame["eligible"], 1.0))
    estimate = yd.triple_difference(panel, DESIGN)
    kept = yd.triple_difference(without(panel, early), DESIGN)
    assert estimate.coef[0] == pytest.approx(kept.coef[0], abs=1e-12)
    assert any(
        "4 units are left out because they belong to groups that adopted" in note and "'0d'" in note
        for note in estimate.notes
    )


def test_staggered_adoption_and_errors_by_unit_are_told():
    panel = places()
    late = panel.frame["group"] == "g1"
    panel = panel.assign(cohort=panel.frame["cohort"].mask(late & panel.frame["eligible"], 5.0))
    estimate = yd.triple_difference(panel, DESIGN)
    assert any("staggered" in note for note in estimate.notes)
    assert any("cluster='group'" in note for note in estimate.notes)
    assert "means" not in estimate.frames
    grouped = yd.triple_difference(panel, yd.Design(outcome="y", cluster="group"))
    assert not any("cluster=" in note for note in grouped.notes)
    assert grouped.n_treated_clusters == 3


def test_a_table_names_the_effects_of_adopting_groups_in_both_languages():
    estimate = yd.triple_difference(places(), DESIGN)
    english = yd.regression_table({"(1)": estimate}).to_markdown()
    chinese = yd.regression_table({"(1)": estimate}, lang="zh").to_markdown()
    assert "Adopting group × Year effects" in english
    assert "Triple difference" in english
    assert "政策组×年份固定效应" in chinese.replace(" ", "")
    assert "三重差分" in chinese
    assert "clustered by unit although" not in chinese
