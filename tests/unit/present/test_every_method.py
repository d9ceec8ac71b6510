"""Every estimator and every test has its words in English and Chinese."""

import re

import pytest
from conftest import make_toy
from contract.test_estimators import DESIGN, NAMES, furnished

import yrdecon as yd
from yrdecon.present.sentences import heading, in_words
from yrdecon.present.words import known_word

# names of people and packages, and of the columns of the panel
STAY = r"Poisson|Abadie|Imbens|dose|eligible|group|ring|time|unit|u\d\d"
TESTS = {
    "permutation": lambda p: yd.permutation_test(yd.twfe, p, DESIGN, yd.Assignment("free"), seed=1),
    "ferman_pinto": lambda p: yd.ferman_pinto(p, DESIGN, seed=1, draws=99),
    "conley_taber": lambda p: yd.conley_taber(p, DESIGN, seed=1),
    "sign_change": lambda p: yd.sign_change(p, DESIGN, seed=1),
    "two_sample_t": lambda p: yd.two_sample_t(p, DESIGN),
    "conformal": lambda p: yd.conformal(p, DESIGN, seed=1),
    "wild": lambda p: yd.wild_cluster_bootstrap(yd.twfe(p, DESIGN), "treated", draws=99, seed=1),
    "wald": lambda p: yd.wald(yd.average(yd.event_study(p, DESIGN), 0, 2), [0]),
}


@pytest.mark.parametrize("name", NAMES)
def test_a_table_names_the_estimator_and_says_its_notes_in_both_languages(name):
    estimate = yd.ESTIMATORS[name].function(furnished(make_toy()), DESIGN)
    assert known_word(estimate.method, "en")
    assert known_word(estimate.method, "zh")
    english = {note: re.findall(r"[A-Za-z]{3,}", re.sub(STAY, "", in_words(note, "zh"))) for note in estimate.notes}
    assert [note for note, words in english.items() if words] == []


@pytest.mark.parametrize("name", TESTS)
def test_a_table_names_every_test_that_is_no_permutation_test(name):
    test, models = TESTS[name](make_toy()), {"x": yd.twfe(make_toy(), DESIGN)}
    table = yd.regression_table(models, tests={"x": test})
    rows = set(table.body.index)
    assert re.search("[一-鿿]", heading(test.name, "zh"))
    if name == "permutation":
        assert {"Placebo rank", "Admissible assignments"} <= rows
        assert not {"Test of no effect", "p-value of the test"} & rows
    else:
        assert not {"Placebo rank", "Permutation p-value", "95% interval by inversion"} & rows
        assert table.body.loc["Test of no effect"].tolist() == [test.name[:1].upper() + test.name[1:]]
        assert "p-value of the test" in rows or test.is_rank_only
    assert not any("*" in text for text in table.body.iloc[0])


def test_tests_of_two_kinds_keep_their_own_rows():
    models = {"a": yd.twfe(make_toy(), DESIGN), "b": yd.twfe(make_toy(), DESIGN)}
    tests = {"a": TESTS["permutation"](make_toy()), "b": TESTS["two_sample_t"](make_toy())}
    body = yd.regression_table(models, tests=tests).body
    assert [bool(text) for text in body.loc["Permutation p-value"]] == [True, False]
    assert [bool(text) for text in body.loc["p-value of the test"]] == [False, True]
    assert all(body.loc["Test of no effect"])
