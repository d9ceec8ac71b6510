import numpy as np
import pandas as pd
import pytest
from conftest import make_toy

import yrdecon as yd

NOT_YET = yd.Design(outcome="y", comparison="not_yet")


def panel_of(treatments, seed=0, effect=0.0):
    """Panel of units by the sequence of their treatments, with noise."""
    generator = np.random.default_rng(seed)
    rows = [
        (unit, time, float(dose), effect * dose + generator.normal() + 0.3 * time)
        for unit, path in treatments.items()
        for time, dose in enumerate(path)
    ]
    return yd.Panel.from_frame(pd.DataFrame(rows, columns=["unit", "time", "d", "y"]), unit="unit", time="time")


def mixed():
    """Units that start, stop, change dose and stay, at several dates."""
    paths = {f"in{i}": (0, 0, 0, 1, 1, 0, 0) for i in range(3)}
    paths |= {f"dose{i}": (0, 0, 0, 0, 2, 2, 2) for i in range(3)}
    paths |= {f"zero{i}": (0,) * 7 for i in range(4)}
    paths |= {f"out{i}": (1, 1, 1, 0, 0, 0, 0) for i in range(3)}
    return panel_of(paths | {f"one{i}": (1,) * 7 for i in range(4)})


def test_a_treatment_column_that_never_stops_gives_the_same_as_its_cohort(toy):
    frame = toy.frame
    with_column = toy.assign(d=(frame["time"] >= frame["cohort"]).astype(float))
    from_cohort, from_column = yd.did_multiplegt(toy, NOT_YET), yd.did_multiplegt(with_column, NOT_YET, treatment="d")
    assert np.array_equal(from_cohort.coef, from_column.coef)
    assert np.array_equal(from_cohort.vcov, from_column.vcov)
    without = yd.Panel.from_frame(with_column.frame.drop(columns="cohort"), unit="unit", time="time", group="group")
    derived = yd.did_multiplegt(without, NOT_YET, treatment="d")
    assert np.array_equal(derived.coef, from_cohort.coef)
    assert derived.n_treated == 3


def test_with_one_date_effects_are_those_of_callaway_and_santanna(toy):
    ours = yd.did_multiplegt(toy, yd.Design(outcome="y"))
    theirs = yd.callaway_santanna(toy, yd.Design(outcome="y"), base="universal")
    shared = dict(zip(theirs.cells["event_time"], theirs.coef, strict=True))
    assert ours.cells["event_time"].tolist() == [-4, -3, -2, -1, 0, 1, 2]
    assert np.allclose(ours.coef, [shared[e] for e in ours.cells["event_time"]], atol=1e-12)
    assert ours.cells["reference"].tolist() == [False, False, False, True, False, False, False]
    average = yd.did_multiplegt(toy, yd.Design(outcome="y"), estimand="average")
    assert average.coef[0] == pytest.approx(yd.average(ours, 0, 2).coef[0], abs=1e-12)
    assert average.std_error[0] == pytest.approx(yd.average(ours, 0, 2).std_error[0], rel=1e-10)


def test_an_effect_is_the_gap_to_units_of_the_same_first_treatment():
    panel = mixed()
    wide = panel.frame.pivot_table(index="unit", columns="time", values="y")
    kind = wide.index.str.rstrip("0123456789")

    def change(name, before, after):
        return (wide[after] - wide[before])[kind == name].mean()

    zeros = (wide[3] - wide[2])[np.isin(kind, ["zero", "dose"])].mean()
    parts = [
        3 * (change("in", 2, 3) - zeros),
        3 * (change("dose", 3, 4) - change("zero", 3, 4)),
        -3 * (change("out", 2, 3) - change("one", 2, 3)),
    ]
    estimate = yd.did_multiplegt(panel, NOT_YET, treatment="d", window=(0, 0))
    assert estimate.coef[0] == pytest.approx(sum(parts) / 9, abs=1e-12)
    assert estimate.frames["switchers"]["n_switchers"].tolist() == [9]
    only_never = yd.did_multiplegt(panel, yd.Design(outcome="y"), treatment="d", window=(0, 0))
    zeros = change("zero", 2, 3)
    assert only_never.coef[0] == pytest.approx((3 * (change("in", 2, 3) - zeros) + sum(parts[1:])) / 9, abs=1e-12)


def test_reversing_the_treatment_exchanges_switchers_in_and_out():
    panel = mixed()
    reversed_ = panel.assign(d=2 - panel.frame["d"])
    plain, turned = (yd.did_multiplegt(p, NOT_YET, treatment="d") for p in (panel, reversed_))
    assert np.allclose(plain.coef, -turned.coef, atol=1e-12)
    assert np.allclose(plain.vcov, turned.vcov, atol=1e-12)
    into = yd.did_multiplegt(panel, NOT_YET, treatment="d", switchers="in")
    out_of = yd.did_multiplegt(reversed_, NOT_YET, treatment="d", switchers="out")
    assert np.allclose(into.coef, -out_of.coef, atol=1e-12)


def test_effects_per_unit_of_treatment_shrink_as_its_unit_grows():
    panel = mixed()
    double = panel.assign(d=2 * panel.frame["d"])
    for estimand, ratio in {"event_time": 1.0, "normalized": 2.0, "average": 2.0}.items():
        small, large = (yd.did_multiplegt(p, NOT_YET, treatment="d", estimand=estimand) for p in (panel, double))
        assert np.allclose(small.coef, ratio * large.coef, atol=1e-12)
        assert np.allclose(small.std_error, ratio * large.std_error, atol=1e-12)


def test_the_average_is_the_sum_of_effects_over_the_sum_of_doses():
    panel = mixed()
    estimate = yd.did_multiplegt(panel, NOT_YET, treatment="d")
    counts = estimate.frames["switchers"].query("event_time >= 0")
    effects = estimate.coef[estimate.cells["event_time"] >= 0]
    expected = (counts["weight"] * effects).sum() / (counts["weight"] * counts["dose"]).sum()
    average = yd.did_multiplegt(panel, NOT_YET, treatment="d", estimand="average")
    assert average.cells["term"].tolist() == ["average total effect"]
    assert average.coef[0] == pytest.approx(expected, abs=1e-12)


def test_a_proportional_effect_is_found_without_noise():
    paths = {"a": (0, 0, 1, 3), "b": (0, 0, 0, 2), "c": (0, 0, 0, 0), "d": (2, 2, 2, 1), "e": (2, 2, 2, 2)}
    rows = [(u, t, float(d), 5.0 * d + t * t) for u, path in paths.items() for t, d in enumerate(path)]
    panel = yd.Panel.from_frame(pd.DataFrame(rows, columns=["u", "t", "d", "y"]), unit="u", time="t")
    average = yd.did_multiplegt(panel, NOT_YET, treatment="d", estimand="average")
    assert average.coef[0] == pytest.approx(5.0, abs=1e-12)


def test_unit_trends_remove_trends_and_group_effects_compare_within_groups(toy):
    frame = toy.frame
    slope = frame["unit"].astype("category").cat.codes
    trends = yd.Design(outcome="y", effects=("unit[time]",))
    tilted = toy.assign(y=frame["y"] + slope * frame["time"])
    plain, moved = yd.did_multiplegt(toy, trends), yd.did_multiplegt(tilted, trends)
    assert np.allclose(plain.coef, moved.coef, atol=1e-9)
    assert plain.cells.loc[plain.cells["reference"], "event_time"].tolist() == [-2, -1]
    within = yd.did_multiplegt(toy, yd.Design(outcome="y", effects=("group^time",)))
    parts, sizes = [], []
    for _, rows in frame.groupby("group"):
        part = yd.did_multiplegt(yd.Panel.from_frame(rows, unit="unit", time="time"), yd.Design(outcome="y"))
        parts.append(part.coef)
        sizes.append(part.n_treated)
    assert np.allclose(within.coef, np.average(parts, axis=0, weights=sizes), atol=1e-12)


def test_with_trends_an_effect_is_the_gap_to_the_line_through_the_last_two_periods(toy):
    wide = toy.frame.pivot_table(index="unit", columns="time", values="y")
    treated = toy.frame.groupby("unit")["cohort"].first() < 99
    gap = wide[treated].mean() - wide[~treated].mean()
    estimate = yd.did_multiplegt(toy, yd.Design(outcome="y", effects=("unit[time]",)))
    line = [gap[5] + (6 + e - 5) * (gap[5] - gap[4]) for e in estimate.cells["event_time"]]
    expected = [gap[6 + e] - at for e, at in zip(estimate.cells["event_time"], line, strict=True)]
    assert np.allclose(estimate.coef, expected, atol=1e-12)


def test_errors_do_not_depend_on_period_effects_even_for_a_unit_alone():
    toy = make_toy(n_treated=1)
    moved = toy.assign(y=toy.frame["y"] + 50 * toy.frame["time"])
    plain, tilted = (yd.did_multiplegt(p, yd.Design(outcome="y")) for p in (toy, moved))
    assert np.allclose(plain.vcov, tilted.vcov, atol=1e-9)
    assert any("no like unit in another cluster" in note and "u00" in note for note in plain.notes)


def test_whole_weights_count_as_copies_of_units(toy):
    copies = toy.frame["unit"].map(lambda u: 1 + int(u[1:]) % 3)
    weighted = yd.did_multiplegt(toy.assign(w=copies.astype(float)), yd.Design(outcome="y", weights="w"))
    rows = [toy.frame[copies > k].assign(unit=lambda f, k=k: f["unit"] + f"copy{k}") for k in range(3)]
    copied = yd.did_multiplegt(yd.Panel.from_frame(pd.concat(rows), unit="unit", time="time"), yd.Design(outcome="y"))
    assert np.allclose(weighted.coef, copied.coef, atol=1e-12)


def test_declared_and_excluded_periods_move_the_base(toy):
    wide = toy.frame.pivot_table(index="unit", columns="time", values="y")
    treated = toy.frame.groupby("unit")["cohort"].first() < 99
    gap = wide[treated].mean() - wide[~treated].mean()
    mean = yd.did_multiplegt(toy, yd.Design(outcome="y", base_periods=(3, 4)))
    after = mean.cells["event_time"] >= 0
    assert np.allclose(mean.coef[after], gap[[6, 7, 8]] - gap[[3, 4]].mean(), atol=1e-12)
    skipped = yd.did_multiplegt(toy, yd.Design(outcome="y", exclude_periods=(5,)))
    assert skipped.cells["event_time"].tolist() == [-5, -4, -3, -2, 0, 1, 2]
    assert np.allclose(skipped.coef, [gap[6 + e] - gap[4] for e in skipped.cells["event_time"]], atol=1e-12)
    ahead = yd.did_multiplegt(toy, yd.Design(outcome="y", anticipation=1))
    assert np.allclose(ahead.coef, [gap[6 + e] - gap[4] for e in ahead.cells["event_time"]], atol=1e-12)


def test_only_the_same_switchers_stay_in_all_effects():
    paths = {"a": (0, 0, 1, 1, 1), "b": (0, 0, 0, 0, 1), "c": (0,) * 5, "d": (0,) * 5}
    panel = panel_of(paths)
    counts = [
        yd.did_multiplegt(panel, NOT_YET, treatment="d", window=(0, 1), switchers=s).frames["switchers"]
        for s in ("all", "same")
    ]
    assert counts[0]["n_switchers"].tolist() == [2, 1]
    assert counts[1]["n_switchers"].tolist() == [1, 1]


def test_what_is_left_out_is_told():
    paths = {"a": (0, 1, 1, 1), "b": (0, 0, 0, 0), "c": (0, 0, 0, 0), "up": (0, 1, -1, -1), "always": (7, 7, 7, 7)}
    panel = panel_of(paths)
    told = " ".join(yd.did_multiplegt(panel, NOT_YET, treatment="d").notes)
    assert "1 units are left out because they keep a treatment that no unit like them leaves: ['always']" in told
    assert "2 rows left out: treatment has been both above and below" in told
    frame = panel.frame
    hidden = frame[~((frame["unit"] == "a") & (frame["time"] == 1))]
    estimate = yd.did_multiplegt(yd.Panel.from_frame(hidden, unit="unit", time="time"), NOT_YET, treatment="d")
    assert "changed in an unobserved period" in " ".join(estimate.notes)
    assert estimate.frames["switchers"]["n_switchers"].max() == 1
    missing = panel.assign(d=frame["d"].mask((frame["unit"] == "b") & (frame["time"] == 2)))
    assert "1 rows left out because 'd' is missing" in " ".join(
        yd.did_multiplegt(missing, NOT_YET, treatment="d").notes
    )


def test_units_treated_from_the_start_are_named(toy):
    panel = toy.assign(cohort=toy.frame["cohort"].mask(toy.frame["unit"] == "u11", 1.0))
    estimate = yd.did_multiplegt(panel, yd.Design(outcome="y"))
    without = yd.did_multiplegt(toy.assign(pool=toy.frame["unit"] != "u11"), yd.Design(outcome="y", pool="pool"))
    assert np.allclose(estimate.coef, without.coef, atol=1e-12)
    assert any("treated throughout" in note and "u11" in note for note in estimate.notes)


@pytest.mark.parametrize(
    ("options", "design", "words"),
    [
        ({"estimand": "total"}, {}, "estimand='total' is unknown"),
        ({"switchers": "up"}, {}, "switchers='up' is unknown"),
        ({"window": (1, 3)}, {}, "whole numbers that hold 0"),
        ({"treatment": "dose"}, {}, "no column 'dose'"),
        ({"treatment": "group"}, {}, "must hold numbers"),
        ({"treatment": "flat"}, {}, "ever changes"),
        ({"treatment": "late"}, {}, "differ for 3 units"),
        ({}, {"covariates": ("x",)}, "takes no ['covariates']"),
        ({}, {"effects": ("group",)}, "effect 'group' is not offered"),
        ({}, {"effects": ("x^time",)}, "changes within"),
        ({}, {"cluster": "x"}, "changes within"),
        ({"estimand": "average"}, {"effects": ("unit[time]",)}, "no average total effect"),
        ({}, {"effects": ("unit[time]",), "base_periods": (4,)}, "no base_periods"),
        ({}, {"effects": ("unit[time]",), "exclude_periods": (3,)}, "equally spaced"),
    ],
)
def test_what_cannot_be_done_is_refused_with_the_way_out(toy, options, design, words):
    late = (toy.frame["time"] > toy.frame["cohort"]).astype(float)
    panel = toy.assign(flat=1.0, late=late)
    with pytest.raises(yd.DesignError) as error:
        yd.did_multiplegt(panel, yd.Design(**({"outcome": "y"} | design)), **options)
    assert words in str(error.value)


def test_permuting_cohorts_beside_a_treatment_column_is_refused(toy):
    frame = toy.frame
    panel = toy.assign(d=(frame["time"] >= frame["cohort"]).astype(float))

    def total(p, design):
        return yd.did_multiplegt(p, design, treatment="d", estimand="average")

    with pytest.raises(yd.DesignError, match="first change of 'd' differ"):
        yd.permutation_test(total, panel, yd.Design(outcome="y"), yd.Assignment("free"), seed=1, draws=5)


def test_the_average_total_effect_has_a_row_in_tables_in_both_languages():
    average = yd.did_multiplegt(mixed(), NOT_YET, treatment="d", estimand="average")
    for lang, words in (("en", "Average total effect per unit of treatment"), ("zh", "单位处理强度的平均总效应")):
        assert words in yd.regression_table({"(1)": average}, lang=lang).to_markdown()
