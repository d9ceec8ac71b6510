"""Treatment is exchanged between partners, or between whole pairs, and every p-value can be counted by hand."""

from itertools import combinations, product

import numpy as np
import pandas as pd
import pytest

import yrdecon as yd
from yrdecon.core.sample import draw_sample
from yrdecon.inference.assignments import admissible_assignments

DESIGN = yd.Design(outcome="y")
PAIRS = yd.Assignment("pairs", within="pair")


def pairs_of(cohorts, pair, seed=0):
    """Units u0, u1, ... in five periods with these first treated periods and pairs."""
    noise = np.random.default_rng(seed).normal(size=(len(cohorts), 5))
    units = list(zip(noise, cohorts, pair, strict=True))
    rows = [(f"u{i:02}", t, y[t - 1], c, p) for i, (y, c, p) in enumerate(units) for t in range(1, 6)]
    frame = pd.DataFrame(rows, columns=["unit", "time", "y", "cohort", "pair"])
    return yd.Panel.from_frame(frame, unit="unit", time="time")


def change(panel, first):
    """Mean after less mean before, by unit."""
    wide = panel.frame.pivot(index="unit", columns="time", values="y")
    return (wide.loc[:, first:].mean(axis=1) - wide.loc[:, : first - 1].mean(axis=1)).to_numpy()


def test_partners_that_differ_exchange_their_treatment_in_all_ways():
    panel = pairs_of([4.0, np.inf] * 5, np.repeat(list("abcde"), 2))
    test = yd.permutation_test(yd.twfe, panel, DESIGN, PAIRS, seed=1)
    gap = change(panel, 4).reshape(5, 2)
    differences = gap[:, 0] - gap[:, 1]
    flips = np.array([abs(np.mean(np.array(signs) * differences)) for signs in product((1, -1), repeat=5)])
    assert test.name == "permutation test, pairs assignments"
    assert test.n_assignments == len(test.draws) == 2**5
    assert np.sort(test.draws) == pytest.approx(np.sort(flips), rel=1e-9)
    assert test.p_value == np.mean(flips >= flips[0] * (1 - 1e-9))


def test_units_without_a_pair_are_compared_and_never_treated():
    panel = pairs_of([4.0, np.inf, 4.0, np.inf, np.inf, np.inf], ["a", "a", "b", "b", "", None])
    found = admissible_assignments(panel, draw_sample(panel, DESIGN), PAIRS, draws=99, seed=0)
    assert len(found.cohorts) == 4
    assert np.isinf(found.cohorts[:, 4:]).all()
    assert {tuple(np.isfinite(row[:4])) for row in found.cohorts} == {
        one + other for one in ((True, False), (False, True)) for other in ((True, False), (False, True))
    }


def test_partners_exchange_their_dates():
    panel = pairs_of([3.0, np.inf, 4.0, 5.0, np.inf, np.inf], ["a", "a", "b", "b", "c", "c"])
    found = admissible_assignments(panel, draw_sample(panel, DESIGN), PAIRS, draws=99, seed=0)
    assert {tuple(row[:4]) for row in found.cohorts} == {
        a + b for a in ((3.0, np.inf), (np.inf, 3.0)) for b in ((4.0, 5.0), (5.0, 4.0))
    }


def test_pairs_that_share_their_treatment_exchange_it_as_a_whole():
    pair = np.repeat(list("abcdef"), 2)
    panel = pairs_of([4.0] * 4 + [np.inf] * 8, pair)
    test = yd.permutation_test(yd.twfe, panel, DESIGN, PAIRS, seed=1)
    mean = change(panel, 4).reshape(6, 2).mean(axis=1)
    expected = []
    for chosen in combinations(range(6), 2):
        inside = np.isin(np.arange(6), chosen)
        expected.append(abs(mean[inside].mean() - mean[~inside].mean()))
    assert test.n_assignments == len(test.draws) == 15
    assert np.sort(test.draws) == pytest.approx(np.sort(expected), rel=1e-9)
    assert test.p_value == np.mean(np.array(expected) >= expected[0] * (1 - 1e-9))
    assert all(
        len({pair[int(name[1:])] for name in members.split(";")}) == 2 for members in test.frames["placebos"]["members"]
    )


def test_whole_pairs_carry_their_dates():
    panel = pairs_of([3.0, 3.0, 5.0, 5.0, np.inf, np.inf, np.inf], ["a", "a", "b", "b", "c", "c", None])
    found = admissible_assignments(panel, draw_sample(panel, DESIGN), PAIRS, draws=99, seed=0)
    assert len(found.cohorts) == 6
    assert (found.cohorts[:, [0, 2, 4]] == found.cohorts[:, [1, 3, 5]]).all()
    assert np.isinf(found.cohorts[:, 6]).all()


def test_excluded_units_keep_their_pair_as_it_is():
    panel = pairs_of([4.0, np.inf] * 3, np.repeat(list("abc"), 2))
    panel = panel.assign(out=panel.frame["unit"] == "u01")
    fixed = yd.Assignment("pairs", within="pair", exclude="out")
    found = admissible_assignments(panel, draw_sample(panel, DESIGN), fixed, draws=99, seed=0)
    assert len(found.cohorts) == 4
    assert np.isfinite(found.cohorts[:, 0]).all()


@pytest.mark.parametrize(
    ("cohorts", "pair", "words"),
    [
        ([4.0, np.inf, 4.0, np.inf], ["a", "a", None, "b"], r"\['u02'\] have no 'pair'"),
        ([4.0, np.inf, 4.0, np.inf], ["a", "a", "b", "c"], r"\['u02'\] are the only members"),
        ([4.0, np.inf, 4.0, 4.0, np.inf], ["a", "a", "b", "b", "c"], r"share it in others.*'u02', 'u03'"),
    ],
)
def test_columns_that_are_no_pairs_are_refused(cohorts, pair, words):
    with pytest.raises(yd.DesignError, match=words):
        yd.permutation_test(yd.twfe, pairs_of(cohorts, pair), DESIGN, PAIRS, seed=0)


def test_pairs_need_a_column_and_do_not_stratify():
    with pytest.raises(yd.DesignError, match="within, the column that names the pair"):
        yd.Assignment("pairs")
    with pytest.raises(yd.DesignError, match="does not stratify"):
        yd.Assignment("contiguous", stratify="y")


def test_treated_neighbors_whose_partners_are_far_away_are_pointed_out():
    treated = np.repeat([4.0, np.inf], 6)
    panel = pairs_of(treated, [*"abcdef", *"abcdef"])
    rng = np.random.default_rng(0)
    near = np.where(np.isfinite(treated), 0.1, 5.0)[:, None] * rng.normal(size=(12, 2)) + [118.0, 32.0]
    seats = dict(zip(panel.frame["unit"].unique(), near, strict=True))
    frame = panel.frame.assign(
        lon=panel.frame["unit"].map(lambda u: seats[u][0]), lat=panel.frame["unit"].map(lambda u: seats[u][1])
    )
    located = yd.Panel.from_frame(frame, unit="unit", time="time", location=("lon", "lat"))
    reason = admissible_assignments(located, draw_sample(located, DESIGN), PAIRS, draws=99, seed=0).reason
    assert "closer together than in nine of ten assignments of the pairs" in reason
