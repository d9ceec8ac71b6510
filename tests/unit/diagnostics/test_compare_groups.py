"""Coefficients of two groups of units are compared by exchanging whole units."""

from itertools import combinations

import numpy as np
import pandas as pd
import pytest

import yrdecon as yd

FORMULA = "y ~ x + z | unit + time"


def panel_of(n=8, gap=0.0, seed=0, periods=6):
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        [(f"u{i}", t, i >= n // 2) for i in range(n) for t in range(periods)], columns=["unit", "time", "east"]
    )
    frame = frame.assign(x=rng.normal(size=len(frame)), z=rng.normal(size=len(frame)), e=rng.normal(size=len(frame)))
    frame["y"] = frame["x"] * (1 + gap * frame["east"]) + frame["z"] + frame["e"] + frame["time"]
    return yd.Panel.from_frame(frame.drop(columns="e"), unit="unit", time="time")


def slope(frame):
    dummies = pd.get_dummies(frame[["unit", "time"]].astype(str)).to_numpy(dtype=float)
    design = np.column_stack([frame[["x", "z"]], dummies])
    return np.linalg.lstsq(design, frame["y"], rcond=None)[0][0]


def test_every_division_of_units_gives_the_difference_of_two_regressions_by_hand():
    panel = panel_of()
    frame, names = panel.frame, panel.units
    test = yd.compare_groups(panel, FORMULA, "x", "east", seed=1)
    inside = [set(c) for c in combinations(names, 4)]
    by_hand = [slope(frame[frame["unit"].isin(c)]) - slope(frame[~frame["unit"].isin(c)]) for c in inside]
    assert test.estimate == pytest.approx(slope(frame[frame["east"]]) - slope(frame[~frame["east"]]), rel=1e-9)
    np.testing.assert_allclose(np.sort(test.frames["placebos"]["estimate"]), np.sort(by_hand), rtol=1e-8)
    assert test.p_value == pytest.approx(np.mean(np.abs(by_hand) >= abs(test.estimate) - 1e-9))


def test_the_regressions_of_the_groups_are_those_of_the_library():
    panel = panel_of()
    groups = yd.compare_groups(panel, FORMULA, "x", "east", seed=1).frames["groups"]
    own = yd.panel_regression(panel.where("east"), FORMULA)
    assert groups["coefficient"].iloc[1] == pytest.approx(own.coef[0], rel=1e-10)
    assert groups["std_error"].iloc[1] == pytest.approx(own.std_error[0], rel=1e-10)
    assert groups["n_units"].tolist() == [4, 4]


def test_a_difference_is_found_and_none_is_made_up():
    assert yd.compare_groups(panel_of(40, gap=1.0, periods=10), FORMULA, "x", "east", seed=1).p_value < 0.01
    rejected = [
        yd.compare_groups(panel_of(12, seed=s), FORMULA, "x", "east", seed=s, draws=199).p_value <= 0.05
        for s in range(200)
    ]
    assert 0.01 <= np.mean(rejected) <= 0.1


def test_a_seed_fixes_the_sampled_divisions():
    panel = panel_of(20)
    one, same, other = (yd.compare_groups(panel, FORMULA, "x", "east", seed=s, draws=99).draws for s in (1, 1, 2))
    np.testing.assert_array_equal(one, same)
    assert not np.array_equal(one, other)


def test_an_affine_change_of_the_data_changes_no_p_value():
    panel = panel_of()
    moved = panel.assign(y=lambda f: 5 - 300 * f["y"], x=lambda f: 1000 + 0.001 * f["x"])
    one, other = (yd.compare_groups(p, FORMULA, "x", "east", seed=1) for p in (panel, moved))
    assert one.p_value == other.p_value


@pytest.mark.parametrize(
    ("change", "formula", "term", "message"),
    [
        ({"east": lambda f: f["time"] > 2}, FORMULA, "x", "varies within the units"),
        ({"east": lambda f: f["unit"] == "u1"}, FORMULA, "x", "is true for 1 units"),
        ({}, FORMULA, "w", r"'w' is not in the formula; it has \['x', 'z'\]"),
        ({}, "y ~ x | unit + time[z]", "x", "neither instruments nor slopes"),
        ({"x": lambda f: f["x"].where(f["east"], f["time"])}, FORMULA, "x", "is not identified where 'east' is False"),
    ],
)
def test_what_cannot_be_compared_is_refused(change, formula, term, message):
    with pytest.raises(yd.YrdeconError, match=message):
        yd.compare_groups(panel_of().assign(**change), formula, term, "east", seed=1)
