"""The gap between partners against placebo pairs."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import yrdecon as yd

BASE, LAST = 2004, 2007
DESIGN = yd.Design(outcome="y", pool="inside", base_periods=(BASE,))
PAIRS = pd.DataFrame({"donor": ["u03", "u04", "u05", "far"], "recipient": ["u60", "u61", "u67", "u68"]})


def table(seed, slope=0.0):
    """Return 70 units on a grid over eight years, richer ones first; noise without an effect, and a common trend."""
    noise = np.random.default_rng(seed)
    rows = []
    for i in range(70):
        path = 5 - i / 10 + np.cumsum(noise.normal(0, 0.1, 8) + slope * i / 70)
        treated = i in (60, 61, 67, 68)
        rows += [
            (f"u{i:02d}", 2000 + t, 110 + i % 7, 30 + (i // 7) / 2, path[t] + t, 2005.0 if treated else np.inf, True)
            for t in range(8)
        ]
    return pd.DataFrame(rows, columns=["u", "t", "lon", "lat", "y", "cohort", "inside"])


def panel_of(frame):
    return yd.Panel.from_frame(frame, unit="u", time="t", location=("lon", "lat"))


def after(frame, units):
    return frame["u"].isin(units) & (frame["t"] >= 2005)


def thirds(frame, without):
    level = frame[frame["t"] == BASE].set_index("u")["y"].drop(without).sort_values()
    size = -(-len(level) // 3)
    return list(level.index[:size]), list(level.index[-size:])


def test_the_gap_is_the_effect_on_recipients_among_the_poor_less_that_on_donors_among_the_rich():
    frame = table(1)
    test = yd.pair_gap_test(panel_of(frame), DESIGN, PAIRS)
    pairs = test.frames["pairs"]
    sides = [*pairs["recipient"], *pairs["donor"]]
    poor, rich = thirds(frame, [*sides, "u68"])
    effects = []
    for side, others in (("recipient", poor), ("donor", rich)):
        kept = frame[frame["u"].isin([*pairs[side], *others])]
        cohort = np.where(kept["u"].isin(pairs[side]), 2005.0, np.inf)
        effects.append(yd.twfe(panel_of(kept.assign(cohort=cohort)), DESIGN).coef[0])
    assert test.estimate == pytest.approx(effects[0] - effects[1], abs=1e-12)
    assert test.frames["placebos"]["gap"].iloc[0] == pytest.approx(pairs["difference"].mean(), abs=1e-12)
    assert "1 of 4 pairs lack a side in the pool: ['far-u68']" in test.notes


def test_placebo_pairs_are_poor_neighbors_with_rich_partners():
    frame = table(2)
    placebos = yd.pair_gap_test(panel_of(frame), DESIGN, PAIRS).frames["placebos"]["members"]
    poor, rich = (set(units) for units in thirds(frame, []))
    assert placebos.iloc[0] == "u03-u60;u04-u61;u05-u67"
    assert placebos.is_unique
    assert len(placebos) > 10
    for members in placebos.iloc[1:]:
        donors, recipients = zip(*(pair.split("-") for pair in members.split(";")), strict=True)
        assert set(donors) <= rich
        assert set(recipients) <= poor
        assert len(set(donors)) == len(set(recipients)) == 3


def test_an_effect_on_either_side_comes_out_and_one_on_both_does_not():
    frame = table(3)
    plain = yd.pair_gap_test(panel_of(frame), DESIGN, PAIRS).estimate
    raised = frame.assign(y=frame["y"] + 0.4 * after(frame, PAIRS["recipient"]))
    lowered = frame.assign(y=frame["y"] - 0.4 * after(frame, ["u03", "u04", "u05"]))
    both = raised.assign(y=raised["y"] + 0.4 * after(frame, ["u03", "u04", "u05"]))
    found = [yd.pair_gap_test(panel_of(f), DESIGN, PAIRS).estimate - plain for f in (raised, lowered, both)]
    assert found == pytest.approx([0.4, 0.4, 0.0], abs=1e-12)


def test_the_interval_holds_the_effects_that_are_not_rejected():
    frame = table(4)
    test = yd.pair_gap_test(panel_of(frame), DESIGN, PAIRS, level=0.8)
    for effect, kept in ((test.conf_low + 1e-6, True), (test.conf_low - 1e-6, False), (test.conf_high + 1e-6, False)):
        moved = frame.assign(y=frame["y"] - effect * after(frame, PAIRS["recipient"]))
        assert (yd.pair_gap_test(panel_of(moved), DESIGN, PAIRS).p_value > 0.2) is kept


def test_catching_up_of_poor_units_is_no_effect():
    gaps = [yd.pair_gap_test(panel_of(table(s, slope=0.1)), DESIGN, PAIRS) for s in range(40)]
    raw = np.mean([test.frames["placebos"]["gap"].iloc[0] for test in gaps])
    assert raw > 0.1
    assert abs(np.mean([test.estimate for test in gaps])) < 0.05


def test_a_true_null_is_rejected_about_as_often_as_the_level_says():
    p_values = np.array([yd.pair_gap_test(panel_of(table(s)), DESIGN, PAIRS).p_value for s in range(200)])
    assert 0.04 < np.mean(p_values <= 0.1) < 0.17


def test_shared_donors_keep_their_recipients():
    pairs = pd.DataFrame({"donor": ["u03", "u03", "u05"], "recipient": ["u60", "u61", "u67"]})
    for members in yd.pair_gap_test(panel_of(table(5)), DESIGN, pairs).frames["placebos"]["members"]:
        donors = [pair.split("-")[0] for pair in members.split(";")]
        assert donors[0] == donors[1] != donors[2]


@pytest.mark.parametrize(
    ("change", "pairs", "words"),
    [
        ({}, PAIRS.rename(columns={"donor": "giver"}), r"lack the columns \['donor'\]"),
        ({}, PAIRS.assign(donor="nobody"), "no pair has both"),
        ({}, PAIRS.assign(donor="u68"), r"donors \['u68'\] are themselves treated"),
        ({"pool": "few"}, PAIRS, "is 3, too few for placebo pairs of 3 units on one side, or nobody"),
    ],
)
def test_pairs_that_cannot_be_used_are_refused(change, pairs, words):
    frame = table(6).assign(few=lambda f: f["u"].isin(["u00", *PAIRS["donor"], *PAIRS["recipient"]]))
    with pytest.raises(yd.DesignError, match=words):
        yd.pair_gap_test(panel_of(frame), replace(DESIGN, **change), pairs)
