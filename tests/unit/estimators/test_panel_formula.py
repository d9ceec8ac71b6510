import numpy as np
import pandas as pd
import pytest

import yrdecon as yd
from yrdecon.estimators.panels.columns import evaluate
from yrdecon.estimators.panels.formula import fail_if_names_are_unknown, parse_formula

FRAME = pd.DataFrame(
    {
        "city": ["a", "a", "a", "b", "b"],
        "year": [1, 2, 4, 1, 2],
        "y": [1.0, 2.0, 3.0, 5.0, 4.0],
        "x": [1.0, np.nan, 2.0, 4.0, 3.0],
        "kind": ["p", "q", "p", None, "q"],
        "产出": [1, 2, 3, 4, 2],
        "D": [1, 0, 1, 1, 0],
        "north": [True, False, True, True, False],
    }
)


@pytest.fixture
def panel():
    return yd.Panel.from_frame(FRAME, unit="city", time="year")


@pytest.mark.parametrize(
    ("text", "position", "why"),
    [
        ("y ~ x | city | d ~ z | more", 21, "at most three parts"),
        ("y + x", 0, "needs one '~'"),
        ("y ~ x ~ z", 6, "needs one '~'"),
        ("y ~ ", 2, "both sides"),
        ("y ~ log(x", 7, "never closed"),
        ("y ~ x)", 5, "closes nothing"),
        ("y ~ 'x", 4, "never closed"),
        ("y ~ x | city +", 13, "missing"),
        ("y ~ x | city year", 8, "joined by"),
        ("y ~ x | city[", 12, "never closed"),
    ],
)
def test_a_formula_that_cannot_be_read_points_at_the_character(text, position, why):
    with pytest.raises(yd.DesignError, match=why) as caught:
        parse_formula(text)
    assert str(caught.value).splitlines()[-2:] == [f"  {text}", "  " + " " * position + "^"]


@pytest.mark.parametrize(
    ("text", "name", "hint"),
    [
        ("y ~ xx | city", "xx", "did you mean 'x'"),
        ("y ~ lg(x) | city", "lg", "did you mean 'log'"),
        ("y ~ x | city + yearx", "yearx", "did you mean 'year'"),
        ("y ~ x | city | x ~ unheard_of", "unheard_of", "its columns are"),
    ],
)
def test_an_unknown_name_is_pointed_at_and_a_similar_one_suggested(text, name, hint):
    with pytest.raises(yd.DesignError, match=hint) as caught:
        fail_if_names_are_unknown(parse_formula(text), FRAME.columns)
    assert str(caught.value).splitlines()[-1].index("^") == 2 + text.index(name)


def test_the_pointer_counts_chinese_characters_twice_as_a_terminal_shows_them():
    with pytest.raises(yd.DesignError) as caught:
        fail_if_names_are_unknown(parse_formula("产出 ~ 产量"), FRAME.columns)
    assert str(caught.value).splitlines()[-1] == "  " + " " * 7 + "^"


@pytest.mark.parametrize("text", ["y ~ x +", "y ~ x x", "y ~ x ** y ** 2.5"])
def test_what_formulaic_cannot_read_is_pointed_at_too(panel, text):
    with pytest.raises(yd.DesignError, match=r"\^"):
        yd.panel_regression(panel, text, model="pooled")


def test_keywords_strings_and_functions_are_no_columns():
    fail_if_names_are_unknown(
        parse_formula("y ~ i(kind, ref='nowhere') + np.sqrt(x) | `city` + city^year"), FRAME.columns
    )


def test_lags_and_differences_do_not_bridge_a_gap(panel):
    found = evaluate(panel, "L(产出, 0:2) + D(产出) + L(产出, -1)")
    assert found.columns.tolist() == ["Intercept", "产出", "L(产出, 1)", "L(产出, 2)", "D(产出)", "L(产出, -1)"]
    lag, lag2, change, lead = (found[c].tolist() for c in ["L(产出, 1)", "L(产出, 2)", "D(产出)", "L(产出, -1)"])
    np.testing.assert_equal(lag, [np.nan, 1, np.nan, np.nan, 4])
    np.testing.assert_equal(lag2, [np.nan, np.nan, 2, np.nan, np.nan])
    np.testing.assert_equal(change, [np.nan, 1, np.nan, np.nan, -2])
    np.testing.assert_equal(lead, [2, np.nan, np.nan, 2, np.nan])


def test_lags_of_logs_and_of_differences_are_what_they_say(panel):
    found = evaluate(panel, "L(log(产出)) + L(D(产出), 1)")
    assert found.columns.tolist() == ["Intercept", "L(log(产出), 1)", "L(D(产出), 1)"]
    assert found["L(log(产出), 1)"][1] == 0.0
    assert found["L(D(产出), 1)"].isna().all()


def test_a_missing_category_is_missing_and_not_the_base(panel):
    for part in ("kind", "C(kind)", "i(kind, ref='p')"):
        assert evaluate(panel, part).iloc[3].isna().all()


def test_dummies_and_their_products_are_named_after_their_values(panel):
    assert evaluate(panel, "i(year, ref=1)").columns.tolist() == ["Intercept", "year::2", "year::4"]
    assert evaluate(panel, "i(year, y, ref=[1, 2])")["year::4:y"].tolist() == [0, 0, 3, 0, 0]
    with pytest.raises(yd.DesignError, match="no value of 'kind'"):
        evaluate(panel, "i(kind, ref='z')")


def test_truth_values_are_one_variable(panel):
    assert evaluate(panel, "north")["north"].tolist() == [1, 0, 1, 1, 0]


def test_a_column_that_is_also_called_as_a_function_is_refused(panel):
    assert evaluate(panel, "D").columns.tolist() == ["Intercept", "D"]
    with pytest.raises(yd.DesignError, match="copy the column"):
        evaluate(panel, "D + D(x)")


def test_lags_that_are_no_whole_numbers_are_refused(panel):
    with pytest.raises(yd.DesignError, match="whole numbers in their order"):
        evaluate(panel, "L(x, 2:1)")
