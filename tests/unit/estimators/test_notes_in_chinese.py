"""What estimators leave out and why is told in Chinese as well."""

import re

import pytest

import yrdecon as yd
from yrdecon.present.sentences import in_words


def weightless(toy):
    return toy.assign(w=toy.frame["w"].mask(toy.frame["unit"] == "u09", 0.0))


def without_a_row(toy):
    return toy.assign(kept=(toy.frame["unit"] != "u07") | (toy.frame["time"] != 3)).where("kept")


def without_adoption(toy):
    return toy.assign(kept=(toy.frame["unit"] != "u01") | (toy.frame["time"] != 6)).where("kept")


def alone(toy):
    return toy.assign(cohort=toy.frame["cohort"].mask(toy.frame["unit"] == "u00", 4.0))


@pytest.mark.parametrize(
    ("estimator", "change", "options", "words"),
    [
        (yd.twfe, weightless, {"weights": "w"}, "weight 'w' is zero"),
        (yd.twfe, without_a_row, {}, "have no row"),
        (yd.callaway_santanna, without_a_row, {}, "as the panel is not balanced"),
        (yd.lp_did, without_adoption, {}, "are in no effect"),
        (yd.imputation, alone, {}, "rest on a single treated unit"),
        (yd.callaway_santanna, alone, {}, "rest on a single treated"),
        (yd.sun_abraham, alone, {"comparison": "not_yet"}, "do not serve as comparisons"),
    ],
)
def test_a_note_on_what_is_left_out_has_chinese_words(toy, estimator, change, options, words):
    notes = estimator(change(toy), yd.Design(outcome="y", **options)).notes
    chosen = [note for note in notes if words in note]
    assert chosen
    for note in chosen:
        assert not re.search("[a-z]{2,}", re.sub(r"'[^']*'", "", in_words(note, "zh")))
