"""Units that were renamed or merged carry one name throughout, and every join is told."""

import numpy as np
import pandas as pd
import pytest

import yrdecon as yd
from yrdecon.places.gazetteer import place_names
from yrdecon.present.sentences import in_words

MERGER = (
    ("卢湾区", 2009, 1.0, 0.1),
    ("黄浦区", 2009, 2.0, 0.2),
    ("卢湾区", 2010, 3.0, 0.3),
    ("黄浦区", 2011, 5.0, 0.5),
)


def panel(*rows, **options):
    table = pd.DataFrame(list(rows), columns=["county", "year", "gdp"][: len(rows[0])] + ["share"] * (len(rows[0]) > 3))
    return yd.Panel.from_frame(table, unit="county", time="year", **options)


def history(*rows):
    return pd.DataFrame(list(rows), columns=["before", "after", "year", "kind"][: len(rows[0])])


def values(made):
    return made.frame.replace({np.nan: None}).values.tolist()


def test_a_county_that_became_a_district_is_one_unit_whichever_name_a_year_was_printed_under():
    rows = [
        ("富阳市", 2012, 1.0),
        ("富阳区", 2013, 2.0),
        ("富阳市", 2014, 3.0),
        ("富阳区", 2015, 4.0),
        ("寿县", 2012, 9.0),
    ]
    made = yd.successor_units(panel(*rows), yd.county_changes())
    assert values(made) == [["富阳区", 2012 + i, 1.0 + i] for i in range(4)] + [["寿县", 2012, 9.0]]
    assert made.trail[["unit", "reason"]].values.tolist() == [["富阳区", "富阳市 became 富阳区 in 2014"]]


def test_names_with_their_city_are_joined_too():
    made = yd.successor_units(panel(("杭州市富阳市", 2012, 1.0), ("杭州富阳市", 2012, 2.0)), yd.county_changes())
    assert made.units.tolist() == ["杭州富阳区", "杭州市富阳区"]


def test_a_successor_is_found_under_the_name_that_the_panel_has_for_it():
    rows = [("下关区", 2012, 1.0), ("南京市鼓楼区", 2012, 2.0), ("徐州市鼓楼区", 2012, 4.0)]
    made = yd.successor_units(panel(*rows), yd.county_changes(), add=["gdp"])
    assert values(made) == [["南京市鼓楼区", 2012, 3.0], ["徐州市鼓楼区", 2012, 4.0]]


def test_a_table_of_codes_joins_a_panel_of_codes():
    made = yd.successor_units(panel(("510122", 2014, 1.0), ("510116", 2016, 2.0)), history(("510122", "510116", 2015)))
    assert values(made) == [["510116", 2014, 1.0], ["510116", 2016, 2.0]]


def test_codes_that_a_workbook_keeps_as_numbers_are_those_of_the_panel():
    changes = pd.DataFrame({"before": [510122.0, np.nan], "after": [510116.0, 510117.0], "year": [2015.0, 2016.0]})
    made = yd.successor_units(panel(("510122", 2014, 1.0)), changes.assign(kind=["renamed", "part"]))
    assert made.units.tolist() == ["510116"]


@pytest.mark.parametrize(
    ("add", "words"), [("gdp", "must be a list"), (["x"], "no column 'x'"), ([], "name the columns")]
)
def test_columns_to_add_are_named_in_a_list(add, words):
    with pytest.raises(yd.DataError, match=words):
        yd.successor_units(panel(*MERGER), yd.county_changes(), add=add)


def test_changes_follow_each_other():
    changes = history(("b", "c", 2012, "renamed"), ("a", "b", 2010, "renamed"))
    made = yd.successor_units(panel(("a", 2009, 1.0), ("c", 2012, 2.0)), changes)
    assert values(made) == [["c", 2009, 1.0], ["c", 2012, 2.0]]


def test_merged_districts_are_added_up_before_and_a_sum_that_lacks_one_is_missing():
    made = yd.successor_units(panel(*MERGER), yd.county_changes(), add=["gdp"])
    assert values(made) == [["黄浦区", 2009, 3.0, None], ["黄浦区", 2010, None, None], ["黄浦区", 2011, 5.0, 0.5]]
    cells = made.trail.dropna(subset="time").replace({np.nan: None})
    assert cells[["variable", "time", "before", "after", "reason"]].values.tolist() == [
        ["gdp", 2009, 2.0, 3.0, "卢湾区 added"],
        ["gdp", 2010, None, None, "卢湾区 added"],
    ]


def test_a_new_district_is_the_sum_of_all_its_members():
    rows = [("崇安区", 2014, 1.0), ("南长区", 2014, 2.0), ("北塘区", 2014, 4.0), ("梁溪区", 2015, 8.0)]
    made = yd.successor_units(panel(*rows), yd.county_changes(), add=["gdp"])
    assert values(made) == [["梁溪区", 2014, 7.0], ["梁溪区", 2015, 8.0]]
    without = yd.successor_units(panel(*rows[1:]), yd.county_changes(), add=["gdp"])
    assert values(without) == [["梁溪区", 2014, None], ["梁溪区", 2015, 8.0]]


def test_the_sum_over_units_of_every_year_does_not_change():
    rows = [(name, year, float(len(name) + year % 7)) for name in ("闸北区", "静安区", "寿县") for year in (2013, 2014)]
    before = panel(*rows)
    made = yd.successor_units(before, yd.county_changes(), add=["gdp"])
    assert made.units.tolist() == ["寿县", "静安区"]
    pd.testing.assert_series_equal(*(p.frame.groupby("year")["gdp"].sum() for p in (before, made)))


def test_what_cannot_be_put_right_is_left_alone_and_told():
    rows = [("鄞州区", 2014, 1.0), ("鄞州区", 2017, 2.0), ("黄浦区", 2010, 3.0)]
    made = yd.successor_units(panel(*rows), yd.county_changes())
    assert values(made) == [["鄞州区", 2014, 1.0], ["鄞州区", 2017, 2.0], ["黄浦区", 2010, 3.0]]
    assert made.trail["reason"].tolist() == [
        "卢湾区 joined it in 2011 and has no rows, left alone",
        "part of 江东区 went to 鄞州区 in 2016, left alone",
        "part of 鄞州区 went to 海曙区 in 2016, left alone",
    ]


def test_every_note_is_chinese_in_chinese():
    others = [(name, 2014, 1.0, 0.1) for name in ("鄞州区", "邗江区", "静安区", "叶集区", "富阳市")]
    made = yd.successor_units(panel(*MERGER, *others), yd.county_changes(), add=["gdp"])
    for note in made.trail["reason"]:
        assert not any(letter.isascii() and letter.isalpha() for letter in in_words(note, "zh")), note


def test_group_and_location_survive_a_merger():
    table = pd.DataFrame(list(MERGER), columns=["county", "year", "gdp", "share"]).assign(
        city="上海市", lon=lambda f: np.where(f["county"] == "黄浦区", 121.5, 121.4), lat=31.2
    )
    made = yd.Panel.from_frame(table, unit="county", time="year", location=("lon", "lat"), group="city")
    done = yd.successor_units(made, yd.county_changes(), add=["gdp"]).frame
    assert done[["city", "lon", "lat"]].drop_duplicates().values.tolist() == [["上海市", 121.5, 31.2]]


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_a_history_is_read_from_a_file(tmp_path, ending):
    path = tmp_path / f"changes.{ending}"
    table = history(("双流县", "双流区", 2015))
    table.to_csv(path, index=False, encoding="gbk") if ending == "csv" else table.to_excel(path, index=False)
    made = yd.successor_units(panel(("双流县", 2014, 1.0), ("双流区", 2016, 2.0)), path)
    assert made.units.tolist() == ["双流区"]


@pytest.mark.parametrize(
    ("rows", "changes", "words"),
    [
        ([("a", 2014, 1.0), ("b", 2014, 2.0)], history(("a", "b", 2015)), r"a and b both have rows in \[2014\]"),
        ([("a", 2014, 1.0), ("b", 2014, 2.0)], history(("a", "b", 2015, "merged")), "name the columns that add up"),
        ([("a", 2014, 1.0)], history(("a", "b", 2015), ("a", "c", 2015)), r"\['a'\] become two units in one year"),
        ([("a", 2014, 1.0)], history(("a", "b", "soon")), "row 1 of the table of changes holds 'soon'"),
        ([("a", 2014, 1.0)], history(("a", "", 2015)), "row 1 of the table of changes names no unit"),
        ([("a", 2014, 1.0)], history(("a", "b", 2015, "moved")), r"has the kinds \['moved'\]; choose"),
        ([("a", 2014, 1.0)], history(("a", "b")), r"lacks the columns \['year'\]"),
        ([(1, 2014, 1.0)], history(("1", "2", 2015)), "are numbers; make them texts"),
        (
            [("a", 2014, 1.0)],
            history(("a", "b", 2015)).set_axis(["before", "year", "year"], axis=1),
            "lacks the columns",
        ),
        (
            [("a", 2014, 1.0)],
            history(("a", "b", 2015)).assign(x=1).set_axis(["before", "after", "year", "year"], axis=1),
            "has a column twice",
        ),
        ([("a", 2014, 1.0)], None, "changes=None is neither a table nor a path"),
    ],
)
def test_bad_histories_are_refused_in_words(rows, changes, words):
    with pytest.raises(yd.DataError, match=words):
        yd.successor_units(panel(*rows), changes)


def test_counties_that_became_districts_are_those_by_which_names_are_resolved():
    changes = yd.county_changes()
    names = place_names()
    dated = names[names["rule"].isin(["former", "merged"]) & (names["level"] == "county") & (names["last"] < 9998)]
    known = set(zip(dated["name"], dated["place_zh"], dated["last"] + 1, strict=True))
    whole = changes[changes["kind"] != "part"]
    assert len(whole) == 39
    assert set(zip(whole["before"], whole["after"], whole["year"], strict=True)) <= known
