import numpy as np
import pandas as pd
import pytest

import yrdecon as yd


def frame():
    return pd.DataFrame({"u": ["b", "b", "a", "a"], "t": [2, 1, 1, 2], "y": [1.0, 2.0, 3.0, 4.0]})


def build(table, **options):
    return yd.Panel.from_frame(table, unit="u", time="t", **options)


def test_rows_are_sorted_and_the_input_is_left_alone():
    table = frame()
    panel = build(table)
    assert panel.frame["u"].tolist() == ["a", "a", "b", "b"]
    assert panel.periods.tolist() == [1, 2]
    assert table["u"].tolist() == ["b", "b", "a", "a"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda f: f.drop(columns="t"), "no column ['t']"),
        (lambda f: f.assign(t=[1, 1, 1, 2]), "b 1"),
        (lambda f: f.assign(u=["b", None, "a", "a"]), "missing in 1 rows"),
        (lambda f: f.assign(t=[1.5, 1, 1, 2]), "whole numbers"),
        (lambda f: f.assign(t=pd.to_datetime(["2020", "2021", "2020", "2021"])), "dates"),
        (lambda f: f.assign(y=["1", "2", "3", "n/a"]), "n/a"),
        (lambda f: f.iloc[:0], "no rows"),
        (lambda f: pd.concat([f, f["y"]], axis=1), "more than once"),
    ],
)
def test_a_bad_table_is_refused_with_the_offender(change, words):
    with pytest.raises(yd.DataError) as error:
        build(change(frame()))
    assert words in str(error.value)


def test_a_group_must_be_constant_within_units():
    with pytest.raises(yd.DataError, match="'g' must be constant"):
        build(frame().assign(g=["x", "z", "x", "x"]), group="g")


def test_between_where_and_assign_return_new_panels():
    panel = build(frame()).assign(flag=lambda f: f["u"] == "a")
    assert len(panel.between(2, 2).frame) == 2
    assert panel.where("flag").units.tolist() == ["a"]
    with pytest.raises(yd.DataError, match="covers 1-2"):
        panel.between(5, 6)
    with pytest.raises(yd.DataError, match="key of the panel"):
        panel.assign(t=1)
    with pytest.raises(yd.DataError, match="true or false"):
        panel.where("y")


def test_a_panel_of_counties_without_codes_works():
    table = frame().assign(lon=[1.0, 1.0, 2.0, 2.0], lat=0.0, cohort=[2.0, 2.0, np.inf, np.inf])
    panel = build(table, location=("lon", "lat"))
    assert yd.twfe(panel, yd.Design(outcome="y")).coef[0] == pytest.approx(-2.0)


def test_nullable_and_small_integer_types_are_accepted():
    table = frame().astype({"t": "Int64", "y": "Float64"}).assign(cohort=pd.array([2, 2, None, None], dtype="Int64"))
    assert yd.twfe(build(table), yd.Design(outcome="y")).coef[0] == pytest.approx(-2.0)
