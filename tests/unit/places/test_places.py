import numpy as np
import pandas as pd
import pytest

import yrdecon as yd
from yrdecon.core.resources import data_path
from yrdecon.places import distance_matrix, district_table


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
        ("Hangzhou", ("unresolved", None)),
        ("合服市", ("unresolved", None)),
    ],
)
def test_names_are_resolved_by_rule_and_never_guessed(name, expected):
    assert rule(name) == expected


def test_candidates_are_given_for_what_is_not_resolved():
    table = yd.resolve_places(["Taizhou", "Hangzhou", "合服市"])
    assert "321200 泰州市" in table["candidates"][0]
    assert "331000 台州市" in table["candidates"][0]
    assert "330100 杭州市" in table["candidates"][1]
    assert "合肥市" in table["candidates"][2]


def test_a_name_outside_the_province_is_not_found():
    assert rule("苏州市", province="安徽省")[0] == "unresolved"


def test_every_published_alias_is_resolved_to_its_city():
    aliases = pd.read_csv(data_path("raw/places/name_aliases.csv"), dtype={"city_code": "str"}, encoding="utf-8-sig")
    aliases = aliases[aliases["city_code"].notna()]
    found = yd.resolve_places(aliases["alias"].tolist())
    known = set(yd.city_table()["city_code"])
    for row, alias in zip(found.itertuples(), aliases.itertuples(), strict=True):
        if alias.city_code in known:
            assert row.city_code == alias.city_code, row.name


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
