from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from conftest import make_toy

import yrdecon as yd
from yrdecon import Predictor

DESIGN = yd.Design(outcome="y")
EVERY_WAY = [
    {"method": method, "match": match, "per": per}
    for method in ("simplex", "augmented", "penalized")
    for match in ("demeaned", "levels")
    for per in ("unit", "cohort")
]


def mixture(effect=2.0, level=0.0, n_periods=12, first=9, seed=4):
    """A panel in which unit u0 is half u1, three tenths u2 and a fifth u3, up to a constant, until it is treated."""
    donors = np.random.default_rng(seed).normal(size=(6, n_periods)).cumsum(axis=1)
    treated = np.array([0.5, 0.3, 0.2, 0, 0, 0]) @ donors + level + effect * (np.arange(n_periods) + 1 >= first)
    wide = pd.DataFrame(np.vstack([treated, donors]), columns=np.arange(n_periods) + 1)
    frame = wide.assign(unit=[f"u{i}" for i in range(7)]).melt(id_vars="unit", var_name="time", value_name="y")
    frame["cohort"] = np.where(frame["unit"] == "u0", float(first), np.inf)
    return yd.Panel.from_frame(frame.astype({"time": int}), unit="unit", time="time")


def weights_of(estimate, treated=None):
    table = estimate.frames["unit_weights"]
    return table[table["treated_unit"] == (treated or table["treated_unit"][0])].set_index("unit")["weight"]


@pytest.mark.parametrize(
    "options",
    [
        {"match": "levels"},
        {"match": "levels", "per": "cohort"},
        {"match": "levels", "method": "augmented", "penalty": 1.0},
        {"match": "levels", "method": "penalized", "penalty": 0.0},
        {"match": "demeaned"},
        {"match": tuple(Predictor("y", t) for t in range(1, 9))},
    ],
)
def test_a_unit_inside_the_hull_of_its_donors_has_no_gap_before_and_its_exact_effect_after(options):
    estimate = yd.synthetic_control(mixture(), DESIGN, **options)
    tolerance = 1e-10 if isinstance(options["match"], str) else 1e-6  # predictor weights leave ties to a ridge
    assert estimate.coef[0] == pytest.approx(2.0, abs=tolerance)
    assert estimate.frames["fit"]["rmspe_before"][0] < tolerance
    assert np.allclose(weights_of(estimate)[["u1", "u2", "u3"]], [0.5, 0.3, 0.2], atol=1e3 * tolerance)


def test_a_poor_unit_outside_the_hull_is_followed_only_when_demeaned():
    poor = mixture(level=-50.0)
    assert yd.synthetic_control(poor, DESIGN).coef[0] == pytest.approx(2.0, abs=1e-10)
    assert yd.synthetic_control(poor, DESIGN, match="levels").coef[0] < -30


@pytest.mark.parametrize("options", EVERY_WAY)
def test_weights_sum_to_one_and_are_negative_only_when_augmented(toy, options):
    table = yd.synthetic_control(toy, DESIGN, **options).frames["unit_weights"]
    assert np.allclose(table.groupby("treated_unit")["weight"].sum(), 1, atol=1e-10)
    assert table["treated_unit"].nunique() == (3 if options["per"] == "unit" else 1)
    if options["method"] != "augmented":
        assert table["weight"].min() >= 0
    else:
        assert table["weight"].min() < 0


@pytest.mark.parametrize("per", ["unit", "cohort"])
@pytest.mark.parametrize("base", [None, (3, 4)])
def test_uniform_weights_on_demeaned_outcomes_are_difference_in_differences(toy, per, base):
    design = replace(DESIGN, base_periods=base)
    estimate = yd.synthetic_control(toy, design, per=per, penalty=1e14)
    assert estimate.coef[0] == pytest.approx(yd.twfe(toy, design).coef[0], abs=1e-10)


def test_methods_meet_where_their_penalties_vanish_or_dominate(toy):
    plain = weights_of(yd.synthetic_control(toy, DESIGN, match="levels"))
    stiff = weights_of(yd.synthetic_control(toy, DESIGN, match="levels", method="augmented", penalty=1e12))
    free = weights_of(yd.synthetic_control(toy, DESIGN, match="levels", method="penalized", penalty=0.0))
    assert np.allclose(plain, stiff, atol=1e-9)
    assert np.allclose(plain, free, atol=1e-9)
    nearest = weights_of(yd.synthetic_control(toy, DESIGN, match="levels", method="penalized", penalty=1e6))
    wide = toy.frame.pivot_table(index="unit", columns="time", values="y").loc[:, :5]
    distance = ((wide - wide.loc["u00"]) ** 2).sum(axis=1)[nearest.index]
    assert nearest.idxmax() == distance.idxmin()
    assert nearest.max() == pytest.approx(1)


def test_donors_that_are_alike_share_their_weight():
    panel = mixture()
    twin = panel.frame[panel.frame["unit"] == "u1"].assign(unit="u9")
    doubled = yd.Panel.from_frame(pd.concat([panel.frame, twin]), unit="unit", time="time")
    weights = weights_of(yd.synthetic_control(doubled, DESIGN, match="levels"))
    assert weights[["u1", "u9"]].to_numpy() == pytest.approx([0.25, 0.25], abs=1e-6)


def staggered():
    toy = make_toy(n_units=14, n_treated=5)
    start = {"u00": 4.0, "u01": 4.0, "u02": 6.0, "u03": 6.0, "u04": 6.0}
    return toy.assign(cohort=toy.frame["unit"].map(start).fillna(np.inf))


@pytest.mark.parametrize("per", ["unit", "cohort"])
def test_staggered_cohorts_have_their_own_dates_and_are_weighted_by_their_treated_cells(per):
    panel = staggered()
    estimate = yd.synthetic_control(panel, DESIGN, per=per)
    alone = {}
    for date in (4.0, 6.0):
        others = panel.frame["cohort"].isin([date, np.inf])
        alone[date] = yd.synthetic_control(panel.assign(pool=others).where("pool"), DESIGN, per=per)
    expected = (10 * alone[4.0].coef[0] + 9 * alone[6.0].coef[0]) / 19
    # weights that are tied are found to rounding error over the tie ridge, which is 1e-10
    assert estimate.coef[0] == pytest.approx(expected, abs=1e-9)
    path = estimate.frames["path"]
    shares = estimate.frames["cohorts"].set_index("cohort")["share"]
    assert shares.to_dict() == {4: pytest.approx(10 / 19), 6: 9 / 19}
    after = path[path["event_time"] >= 0].groupby("cohort")["effect"].mean()
    assert after[4] == pytest.approx(alone[4.0].coef[0], abs=1e-9)


def test_the_effect_per_unit_is_the_mean_of_synthetic_controls_of_single_units(toy):
    single = []
    for unit in ("u00", "u01", "u02"):
        kept = (toy.frame["unit"] == unit) | (toy.frame["cohort"] > 99)
        single.append(yd.synthetic_control(toy.assign(pool=kept).where("pool"), DESIGN).coef[0])
    estimate = yd.synthetic_control(toy, DESIGN)
    assert estimate.coef[0] == pytest.approx(np.mean(single), abs=1e-12)
    after = estimate.frames["counterfactual"].query("event_time >= 0")
    assert after.groupby("unit")["effect"].mean().to_numpy() == pytest.approx(single, abs=1e-12)
    assert np.allclose(after["observed"] - after["counterfactual"], after["effect"])


def test_units_treated_throughout_are_no_donors_and_are_named(toy):
    panel = toy.assign(cohort=toy.frame["cohort"].mask(toy.frame["unit"] == "u11", 1.0))
    estimate = yd.synthetic_control(panel, DESIGN)
    assert "u11" not in estimate.frames["unit_weights"]["unit"].to_numpy()
    assert any("u11" in note and "left out" in note for note in estimate.notes)
    assert estimate.n_obs == 11 * 8


@pytest.mark.parametrize("match", ["levels", (Predictor("y"), Predictor("y", 2), Predictor("x", 3, 5))])
def test_excluded_and_anticipation_periods_carry_no_fit(toy, match):
    design = replace(DESIGN, exclude_periods=(2,), anticipation=1)
    match = match if isinstance(match, str) else tuple(p for p in match if p.first not in (2, 3))
    frame = toy.frame
    moved = toy.assign(y=frame["y"] + 9.0 * frame["time"].isin([2, 5]) * (frame["cohort"] < 99))
    plain, changed = (yd.synthetic_control(p, design, match=match) for p in (toy, moved))
    assert changed.coef[0] == pytest.approx(plain.coef[0], abs=1e-12)


def test_the_weights_of_the_base_periods_mark_the_reference_in_figures(toy):
    estimate = yd.synthetic_control(toy, replace(DESIGN, base_periods=(4,)))
    figure = yd.plot_event_study(estimate)
    assert figure.data.loc[figure.data["reference"], "event_time"].tolist() == [-2]
    in_levels = yd.plot_event_study(yd.synthetic_control(toy, DESIGN, match="levels"))
    assert not in_levels.data["reference"].any()


@pytest.mark.parametrize(
    ("options", "design", "words"),
    [
        ({"method": "best"}, {}, "method='best' is unknown"),
        ({"per": "pair"}, {}, "per='pair' is unknown"),
        ({"match": "growth"}, {}, "match='growth' is unknown"),
        ({"match": ("y",)}, {}, "a tuple such as"),
        ({"match": (Predictor("y"),), "method": "augmented"}, {}, "matched by method='simplex'"),
        ({"match": (Predictor("y"),), "penalty": 1.0}, {}, "without penalty"),
        ({"match": ()}, {}, "nothing to match"),
        ({"penalty": -1.0}, {}, "penalty=-1.0 must be a number"),
        ({"penalty": True}, {}, "penalty=True must be a number"),
        ({"match": "levels"}, {"base_periods": (4,)}, "use match='demeaned'"),
        ({}, {"covariates": ("x",)}, "match=(Predictor('y', 2010), ...)"),
        ({}, {"weights": "w"}, "takes no ['weights']"),
        ({}, {"effects": ("group^time",)}, "takes no ['effects']"),
        ({}, {"comparison": "not_yet"}, "comparison='never'"),
        ({}, {"exclude_periods": (1, 2, 3, 4)}, "1 usable periods lie before 6"),
        ({"match": (Predictor("gdp"),)}, {}, "no column 'gdp'"),
        ({"match": (Predictor("group"),)}, {}, "'group' must hold numbers"),
        ({"match": (Predictor("y", 6),)}, {}, "ends after 5"),
        ({"match": (Predictor("y", -3),)}, {}, "no period that is fitted"),
        ({"match": (Predictor("y"), Predictor("y"))}, {}, "more than once"),
        ({"match": (Predictor("y"), Predictor("x", weight=1.0))}, {}, "['y'] have no weight"),
        ({"match": (Predictor("y", weight=0.0),)}, {}, "positive weight"),
        ({"match": (Predictor("time"),)}, {}, "the same for all units"),
    ],
)
def test_what_cannot_be_done_is_refused_with_the_way_out(toy, options, design, words):
    with pytest.raises(yd.DesignError) as error:
        yd.synthetic_control(toy, replace(DESIGN, **design), **options)
    assert words in str(error.value)


def test_a_predictor_refuses_windows_that_run_backwards_and_negative_weights():
    with pytest.raises(yd.DesignError, match="from 2015 to 2010"):
        Predictor("y", 2015, 2010)
    with pytest.raises(yd.DesignError, match="first and its last"):
        Predictor("y", last=2010)
    with pytest.raises(yd.DesignError, match="must be 0 or more"):
        Predictor("y", weight=-1.0)


def test_one_never_treated_unit_is_too_few(toy):
    kept = toy.frame["unit"].isin(["u00", "u01", "u09"])
    few = toy.assign(pool=kept).where("pool")
    with pytest.raises(yd.DesignError, match="1 never-treated units"):
        yd.synthetic_control(few, DESIGN)
    with pytest.raises(yd.DesignError, match="1 never-treated units"):
        yd.permutation_test(yd.synthetic_control, few, DESIGN, yd.Assignment("free"), seed=1)


def test_a_mean_over_a_window_leaves_missing_values_out_and_says_so(toy):
    frame = toy.frame
    holed = toy.assign(x=frame["x"].mask((frame["unit"] == "u00") & (frame["time"] == 2)))
    estimate = yd.synthetic_control(holed, DESIGN, match=(Predictor("x", 1, 3), Predictor("y", 5)))
    balance = estimate.frames["predictor_balance"].set_index(["unit", "predictor"])["actual"]
    own = frame[frame["unit"] == "u00"].set_index("time")["x"]
    assert balance["u00", "x 1-3"] == pytest.approx((own[1] + own[3]) / 2)
    assert any("'x 1-3' leave out 1 of 36" in note for note in estimate.notes)
    empty = toy.assign(x=frame["x"].mask(frame["unit"] == "u00"))
    with pytest.raises(yd.DesignError, match=r"\['u00'\] have no usable value"):
        yd.synthetic_control(empty, DESIGN, match=(Predictor("x", 1, 3),))


def test_searched_predictor_weights_follow_the_outcome_no_worse_than_equal_ones(toy):
    named = [("x", None), ("y", 1), ("y", 3), ("y", 5)]
    searched = yd.synthetic_control(toy, DESIGN, match=tuple(Predictor(c, t) for c, t in named))
    equal = yd.synthetic_control(toy, DESIGN, match=tuple(Predictor(c, t, weight=1.0) for c, t in named))
    before = searched.frames["fit"]["rmspe_before"], equal.frames["fit"]["rmspe_before"]
    assert (before[0] <= before[1] * (1 + 1e-9)).all()
    assert before[0].sum() < before[1].sum()
    assert np.allclose(equal.frames["predictor_weights"]["weight"], 0.25)
    assert np.allclose(searched.frames["predictor_weights"].groupby("unit")["weight"].sum(), 1)


def test_covariates_of_the_design_are_predictors_over_all_fitted_periods(toy):
    by_design = yd.synthetic_control(toy, replace(DESIGN, covariates=("x",)), match=(Predictor("y", 5),))
    by_hand = yd.synthetic_control(toy, DESIGN, match=(Predictor("x"), Predictor("y", 5)))
    assert by_design.coef[0] == by_hand.coef[0]


def test_a_predictor_without_weight_does_not_matter(toy):
    both = yd.synthetic_control(toy, DESIGN, match=(Predictor("y", 5, weight=1.0), Predictor("x", weight=0.0)))
    one = yd.synthetic_control(toy, DESIGN, match=(Predictor("y", 5, weight=1.0),))
    assert both.coef[0] == pytest.approx(one.coef[0], abs=1e-8)


@pytest.mark.parametrize("method", ["simplex", "augmented", "penalized"])
def test_what_happens_to_the_treated_after_treatment_does_not_move_the_weights(toy, method):
    treated_after = (toy.frame["cohort"] < 99) & (toy.frame["time"] >= 6)
    moved = toy.assign(y=toy.frame["y"] + 5.0 * treated_after)
    plain, changed = (yd.synthetic_control(p, DESIGN, method=method) for p in (toy, moved))
    pd.testing.assert_frame_equal(plain.frames["unit_weights"], changed.frames["unit_weights"])
    assert changed.coef[0] == pytest.approx(plain.coef[0] + 5.0, abs=1e-12)


def test_notes_name_the_normalization_and_the_penalty(toy):
    notes = {
        "smallest sum of squares": yd.synthetic_control(toy, DESIGN),
        "penalty 0.5": yd.synthetic_control(toy, DESIGN, penalty=0.5),
        "penalty by cross-validation": yd.synthetic_control(toy, DESIGN, method="penalized"),
        "one synthetic control per cohort": yd.synthetic_control(toy, DESIGN, per="cohort"),
        "a local minimum": yd.synthetic_control(toy, DESIGN, match=(Predictor("y", 1), Predictor("y", 5))),
        "weighted as given": yd.synthetic_control(toy, DESIGN, match=(Predictor("y", 1, weight=1.0),)),
    }
    for words, estimate in notes.items():
        assert words in " ".join(estimate.notes)
