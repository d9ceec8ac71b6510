import pytest
from hypothesis import given
from hypothesis import strategies as st

import yrdecon as yd

names = st.text(alphabet='abcxyz_"\\实际', min_size=1, max_size=8)


@given(
    outcome=names,
    covariates=st.lists(names, unique=True, max_size=3),
    base=st.none() | st.lists(st.integers(1990, 2010), min_size=1, max_size=3),
    excluded=st.lists(st.integers(2011, 2030), max_size=3),
    anticipation=st.integers(0, 3),
    pool=st.none() | names,
)
def test_toml_round_trips_any_design(outcome, covariates, base, excluded, anticipation, pool):
    covariates = [f"c_{c}" for c in covariates]
    design = yd.Design(
        outcome=f"o_{outcome}",
        covariates=tuple(covariates),
        base_periods=None if base is None else tuple(base),
        exclude_periods=tuple(excluded),
        anticipation=anticipation,
        pool=pool,
    )
    assert yd.Design.from_toml(design.to_toml()) == design
    assert hash(yd.Design.from_toml(design.to_toml())) == hash(design)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"covariates": "x"}, "write covariates=('x',)"),
        ({"base_periods": 2020}, "write base_periods=(2020,)"),
        ({"base_periods": ()}, "empty"),
        ({"base_periods": (2020,), "exclude_periods": (2020,)}, "both base and excluded"),
        ({"comparison": "always"}, "choose one of"),
        ({"anticipation": -1}, "whole number"),
        ({"cluster": ""}, "must be a column name"),
        ({"covariates": ("y",)}, "different columns"),
    ],
)
def test_a_wrong_field_is_refused_in_words(options, words):
    with pytest.raises(yd.DesignError) as error:
        yd.Design(**({"outcome": "y"} | options))
    assert words in str(error.value)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("outcome = ", "not valid TOML"),
        ('cohort = "g"', "names no outcome"),
        ('outcome = "y"\npols = "x"', "no field ['pols']"),
    ],
)
def test_a_wrong_file_is_refused_in_words(text, words):
    with pytest.raises(yd.DesignError) as error:
        yd.Design.from_toml(text)
    assert words in str(error.value)


def test_lists_become_tuples():
    assert yd.Design(outcome="y", base_periods=[2020, 2019]).base_periods == (2019, 2020)


@pytest.mark.parametrize(
    "options", [{"kind": "pairs"}, {"kind": "free", "within": "a", "stratify": "b"}, {"kind": "auto", "within": "a"}]
)
def test_an_assignment_without_meaning_is_refused(options):
    with pytest.raises(yd.DesignError):
        yd.Assignment(**options)
