"""Permutations of a pairing: drawn, stepped and refitted, by group, and what is refused."""

import importlib

import numpy as np
import pandas as pd
import pytest

import yrdecon as yd
from yrdecon.kernels.pairings import count_matchings, matchings

PLACES, PAIRS = "abcdefgh", [("a", "e"), ("b", "f"), ("c", "g"), ("d", "h")]
FORMULA = "flow ~ twin + dist | origin^year + destination^year"
module = importlib.import_module("yrdecon.inference.pairing_permutation")


def flows(effect=1.0, seed=3):
    rng = np.random.default_rng(seed)
    rows = [(o + d, o, d, t) for o in PLACES for d in PLACES if o != d for t in (1, 2, 3)]
    frame = pd.DataFrame(rows, columns=["pair", "origin", "destination", "year"])
    both = {*PAIRS, *((b, a) for a, b in PAIRS)}
    frame["twin"] = [float(t > 1 and (o, d) in both) for _, o, d, t in rows]
    frame["dist"] = rng.uniform(size=len(frame))
    frame["flow"] = rng.poisson(np.exp(1 + effect * frame["twin"] - frame["dist"])).astype(float)
    return frame


def panel_of(frame):
    return yd.Panel.from_frame(frame, unit="pair", time="year")


def test_every_matching_is_the_regression_on_a_column_that_is_written_by_hand():
    frame = flows()
    test = yd.pairing_permutation_test(panel_of(frame), FORMULA, "twin", PAIRS, seed=1)
    matched = test.frames["matchings"].set_index("pairs")["estimate"]
    assert len(matched) == 24
    for text in matched.index[[0, 7, 23]]:
        pairs = {tuple(p.split("-")) for p in text.split("; ")}
        both = {*pairs, *((b, a) for a, b in pairs)}
        column = [
            float(t > 1 and (o, d) in both)
            for o, d, t in frame[["origin", "destination", "year"]].itertuples(index=False)
        ]
        estimate = yd.count_regression(panel_of(frame.assign(twin=column)), FORMULA)
        assert matched[text] == pytest.approx(estimate.coef[0], rel=1e-8)


def test_steps_are_newton_steps_from_no_effect_and_rank_matchings_as_refits_do(monkeypatch):
    frame = flows()
    refitted = yd.pairing_permutation_test(panel_of(frame), FORMULA, "twin", PAIRS, seed=1)
    monkeypatch.setattr(module, "MOST_REFITTED", 1)
    stepped = yd.pairing_permutation_test(panel_of(frame), FORMULA, "twin", PAIRS, seed=1)
    null = yd.count_regression(panel_of(frame), "flow ~ dist | origin^year + destination^year")
    mean = null.linear.weights
    ordered = panel_of(frame).frame
    keys = [ordered[k] + ordered["year"].astype(str) for k in ("origin", "destination")]
    x = np.column_stack([ordered["dist"], *(pd.get_dummies(key, dtype=float) for key in keys)])
    root = np.sqrt(mean)
    d = ordered["twin"].to_numpy()
    rest = d - x @ np.linalg.lstsq(root[:, None] * x, root * d, rcond=None)[0]
    step = rest @ (ordered["flow"].to_numpy() - mean) / (mean @ rest**2)
    assert stepped.estimate == pytest.approx(step, rel=1e-7)
    both = [t.frames["matchings"]["estimate"] for t in (refitted, stepped)]
    assert np.corrcoef(*both)[0, 1] > 0.99
    assert any("first step" in note for note in stepped.notes)


def test_labels_keep_pairs_within_their_group():
    test = yd.pairing_permutation_test(panel_of(flows()), FORMULA, "twin", PAIRS, seed=1, within=["x", "x", "y", "y"])
    assert test.n_assignments == len(test.draws) == 4
    assert any("within 2 groups" in note for note in test.notes)
    assert test.is_rank_only


def test_pairs_of_other_dates_do_not_exchange():
    frame = flows()
    late = frame["pair"].isin(["dh", "hd"])
    frame.loc[late & (frame["year"] == 2), "twin"] = 0.0
    test = yd.pairing_permutation_test(panel_of(frame), FORMULA, "twin", PAIRS, seed=1)
    assert test.n_assignments == 6
    assert test.frames["matchings"]["pairs"].str.endswith("d-h").all()


def test_pairs_that_are_not_named_stay_as_they_are():
    test = yd.pairing_permutation_test(panel_of(flows()), FORMULA, "twin", PAIRS[:3], seed=1)
    assert test.n_assignments == 6
    actual = yd.count_regression(panel_of(flows()), FORMULA).coef[0]
    assert test.estimate == pytest.approx(actual, rel=1e-8)


def test_a_direction_keeps_its_direction():
    frame = flows()
    frame.loc[frame["origin"] > "d", "twin"] = 0.0
    test = yd.pairing_permutation_test(panel_of(frame), FORMULA, "twin", PAIRS, seed=1)
    assert test.estimate == pytest.approx(yd.count_regression(panel_of(frame), FORMULA).coef[0], rel=1e-8)


def test_all_matchings_are_listed_and_many_are_drawn_by_seed():
    groups = np.zeros(5, dtype=np.int64)
    listed = matchings(groups, 10, 1)
    assert len({tuple(row) for row in listed}) == len(listed) == count_matchings(groups) == 120
    many = np.zeros(12, dtype=np.int64)
    drawn = matchings(many, 10, 1)
    assert drawn.shape == (11, 12)
    assert (np.sort(drawn, axis=1) == np.arange(12)).all()
    assert (drawn == matchings(many, 10, 1)).all()
    assert (drawn[0] == np.arange(12)).all()
    assert (drawn != matchings(many, 10, 2)).any()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"term": "pairing"}, "'pairing' is no regressor"),
        ({"pairs": PAIRS[:1]}, "two or more pairs"),
        ({"pairs": [("a", "e"), ("a", "f")]}, r"\['a'\] are in several pairs"),
        ({"pairs": [("a", "f"), ("b", "e")]}, "is zero, or has no rows, between 'a' and 'f'"),
        ({"nodes": ("from", "to")}, r"no column \['from', 'to'\]"),
        ({"within": ["x"]}, "1 labels for 4 pairs"),
        ({"within": list("wxyz")}, "no two pairs exchange"),
        ({"draws": 0}, "draws=0 must be"),
    ],
)
def test_what_cannot_be_permuted_is_refused_in_words(options, words):
    given = {"term": "twin", "pairs": PAIRS, **options}
    term, pairs = given.pop("term"), given.pop("pairs")
    with pytest.raises(yd.DesignError, match=words):
        yd.pairing_permutation_test(panel_of(flows()), FORMULA, term, pairs, seed=1, **given)


def test_a_rematched_flow_that_is_already_paired_or_unknown_before_is_refused():
    frame = flows()
    frame.loc[frame["pair"] == "ef", "twin"] = 0.0
    frame.loc[frame["pair"].isin(["af"]) & (frame["year"] > 1), "twin"] = 1.0
    with pytest.raises(yd.DesignError, match="marks 'a' and 'f', which pairs= does not name"):
        yd.pairing_permutation_test(panel_of(frame), FORMULA, "twin", PAIRS, seed=1)
    short = flows().query("not (pair == 'ae' and year == 1)")
    with pytest.raises(yd.DesignError, match=r"in \[1\] and none between the pair 'a' and 'e'"):
        yd.pairing_permutation_test(panel_of(short), FORMULA, "twin", PAIRS, seed=1)


def test_few_pairs_get_no_star_though_flows_go_both_ways_for_years():
    panel = panel_of(flows(effect=3.0))
    plain = yd.count_regression(panel, FORMULA, vcov="dyadic(origin, destination)")
    assert plain.cells.set_index("term")["few"].to_dict() == {"twin": True, "dist": False}
    jackknife = yd.node_jackknife(yd.count_regression, panel, FORMULA)
    assert jackknife.cells.set_index("term")["few"].to_dict() == {"twin": True, "dist": False}
