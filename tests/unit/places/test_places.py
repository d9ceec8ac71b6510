import numpy as np
import pandas as pd
import pytest

import yrdecon as yd
from yrdecon.core.resources import data_path
from yrdecon.places.codes import district_table
from yrdecon.places.distances import distance_matrix


def rule(name, **options):
    row = yd.resolve_places([name], **options).iloc[0]
    return row["rule"], (row["city_code"] if isinstance(row["city_code"], str) else None)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("苏州市", ("exact", "320500")),
        ("宿州", ("suffix", "341300")),
        (" 宿 州\u200b市", ("exact", "341300")),
        ("荷泽市", ("misread", "371700")),
        ("毫州", ("alias", "341600")),
        ("恩施州", ("alias", "422800")),
        ("巢湖", ("abolished", None)),
        ("莱芜市", ("abolished", None)),
        ("Suzhou", ("ambiguous", None)),
        ("taizhou", ("ambiguous", None)),
        ("Hangzhou", ("romanized", "330100")),
        ("Ma'anshan City", ("romanized", "340500")),
        ("XI'AN SHI", ("romanized", "610100")),
        ("Suzhou (Anhui)", ("romanized", "341300")),
        ("Suzhou, Jiangsu", ("romanized", "320500")),
        ("Changzhi", ("romanized", "140400")),
        ("Zhangzhi", ("unresolved", None)),
        ("341300", ("code", "341300")),
        ("安徽省宿州市", ("qualified", "341300")),
        ("襄樊市", ("former", "420600")),
        ("淮阴市", ("former", "320800")),
        ("毕节地区", ("former", "520500")),
        ("南宁地区", ("abolished", None)),
        ("吉林", ("suffix", "220200")),
        ("闵行区", ("unresolved", None)),
        ("合服市", ("unresolved", None)),
    ],
)
def test_names_are_resolved_by_rule_and_never_guessed(name, expected):
    assert rule(name) == expected


def test_candidates_are_given_for_what_is_not_resolved():
    table = yd.resolve_places(["Taizhou", "闵行区", "合服市"])
    assert "321200 泰州市" in table["candidates"][0]
    assert "331000 台州市" in table["candidates"][0]
    assert "310112 闵行区" in table["candidates"][1]
    assert "合肥市" in table["candidates"][2]


def test_a_name_outside_the_province_is_not_found():
    assert rule("苏州市", province="安徽省")[0] == "unresolved"


ALIASES = pd.read_csv(data_path("raw/places/name_aliases.csv"), dtype="str", encoding="utf-8-sig")


def test_every_published_alias_is_resolved_to_its_city_or_refused_with_a_reason():
    known = set(yd.city_table()["city_code"])
    found = yd.resolve_places(ALIASES["alias"].tolist())
    expected = ALIASES["city_code"].where(ALIASES["city_code"].isin(known))
    assert len(ALIASES) == 378
    assert expected.notna().sum() == 375
    assert found["city_code"].fillna("").tolist() == expected.fillna("").tolist()
    assert set(found.loc[expected.isna(), "rule"]) == {"abolished"}
    assert (found.loc[expected.isna(), "candidates"] != "").all()


def test_an_alias_holds_in_its_years():
    for alias in ALIASES.dropna(subset="city_code").itertuples():
        for year in {int(alias.start_year), int(alias.end_year)}:
            assert rule(alias.alias, year=year)[1] == alias.city_code, (alias.alias, year)
    assert rule("襄樊", year=2015)[0] == "unresolved"


def test_every_romanized_name_that_several_cities_share_is_refused_with_all_of_them():
    shared = pd.read_csv(data_path("raw/places/ambiguous_names.csv"), dtype="str", encoding="utf-8-sig")
    assert len(shared) == 10
    for name, cities in shared.groupby("toneless_pinyin"):
        row = yd.resolve_places([name]).iloc[0]
        assert row["rule"] == "ambiguous"
        assert all(code in row["candidates"] for code in cities["city_code"])
        for city in cities.itertuples():
            assert rule(name, province=city.province_zh) in [
                ("romanized", city.city_code),
                ("ambiguous", None) if cities["province_zh"].duplicated(keep=False).any() else (),
            ]


def test_every_name_of_every_city_leads_to_it():
    cities = yd.city_table()
    for column in ("city_zh", "city_code", "city_en"):
        found = yd.resolve_places(cities[column].tolist())
        assert found["city_code"].tolist() == cities["city_code"].tolist()


def test_a_name_is_that_of_its_year():
    assert rule("巢湖市", year=2010) == ("exact", "341400")
    assert rule("巢湖市", year=2011)[0] == "unresolved"
    assert rule("淮安市", year=2005) == ("exact", "320800")
    assert rule("襄樊市", year=2009) == ("former", "420600")
    assert rule("襄樊市", year=2011)[0] == "unresolved"
    assert "襄阳市" in yd.resolve_places(["襄樊市"], year=2011)["candidates"][0]


@pytest.mark.parametrize(
    ("name", "year", "expected"),
    [
        ("南京市鼓楼区", None, "320106"),
        ("江苏省徐州市鼓楼区", None, "320302"),
        ("江都市", None, "321012"),
        ("江都市", 2015, ""),
        ("芜湖县", 2015, "340210"),
        ("枞阳县", 2014, "340823"),
        ("枞阳县", 2015, "340722"),
        ("寿县", 2010, "341521"),
        ("寿县", None, "340422"),
        ("无为县", 2010, "341422"),
        ("无为县", None, "340281"),
        ("居巢区", 2010, "341402"),
        ("巢湖市", None, "340181"),
        ("Minhang District", None, "310112"),
        ("Luhe", None, "320116"),
        ("卢湾区", None, ""),
        ("Gulou", None, ""),
        ("鼓楼区", None, ""),
    ],
)
def test_counties_and_districts_have_dated_names_and_codes(name, year, expected):
    row = yd.resolve_places([name], level="county", year=year).fillna("").iloc[0]
    assert row["code"] == expected
    assert (row["candidates"] != "") == (expected == "")


def test_every_district_is_found_by_its_qualified_name():
    districts = district_table().merge(yd.city_table()[["city_code", "city_zh"]], on="city_code")
    found = yd.resolve_places((districts["city_zh"] + districts["name_zh"]).tolist(), level="county")
    assert found["code"].tolist() == districts["district_code"].tolist()
    assert found["city_code"].tolist() == districts["city_code"].tolist()


def test_a_name_of_two_levels_is_refused_where_both_are_allowed():
    found = yd.resolve_places(["吉林", "北京", "巢湖市"], level="any")
    assert found["rule"].tolist() == ["ambiguous", "suffix", "ambiguous"]
    assert "220000" in found["candidates"][0]
    assert "220200" in found["candidates"][0]
    assert yd.resolve_places(["巢湖市"], level="any", year=2005)["code"].tolist() == ["341400"]
    assert yd.resolve_places(["巢湖市"], level="any", year=2015)["code"].tolist() == ["340181"]


@pytest.mark.parametrize("name", ["安徽省", "安徽", "Anhui", "340000"])
def test_provinces_are_found_by_any_name_and_restrict_cities(name):
    assert yd.resolve_places([name], level="province")["code"].tolist() == ["340000"]
    assert rule("Suzhou", province=name) == ("romanized", "341300")
    with pytest.raises(yd.DataError, match="no province"):
        yd.resolve_places(["合肥"], province="安微")
    with pytest.raises(yd.DataError, match="no level"):
        yd.resolve_places(["合肥"], level="town")


def test_romanized_names_are_not_taken_in_figures_of_yearbooks():
    from yrdecon.clean.figures import NOT_IN_PRINT

    assert rule("Hefei")[0] in NOT_IN_PRINT


def test_the_delta_has_forty_one_cities_and_districts_know_their_city():
    assert yd.city_table()["in_yrd"].sum() == 41
    parents = district_table().set_index("district_code")["city_code"]
    assert parents[["310112", "310117", "310120"]].tolist() == ["310000"] * 3
    assert set(parents) <= set(yd.city_table()["city_code"])


def test_distances_are_symmetric_great_circles():
    km = distance_matrix(np.array([121.47, 118.80, 121.47]), np.array([31.23, 32.06, 31.23]))
    assert np.allclose(km, km.T)
    assert np.allclose(np.diag(km), 0)
    assert 260 < km[0, 1] < 280
