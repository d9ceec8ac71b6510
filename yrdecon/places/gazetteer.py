"""Every name of provinces, prefectures and counties, with the years in which it held."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any, NamedTuple

import pandas as pd

from yrdecon.core.resources import data_path
from yrdecon.places.codes import PROVINCES_EN, city_table, district_table

ALWAYS, NOW = 0, 9999
SOME_YEAR = NOW - 1
FIRST_ALIAS_YEAR, LAST_ALIAS_YEAR = 2000, 2024
SUFFIXES = {
    "province": ("维吾尔自治区", "壮族自治区", "回族自治区", "自治区", "省", "市"),
    "prefecture": ("市", "地区", "盟"),
    "county": ("新区", "自治县", "区", "县", "市"),
}
ABOLISHED_CODES = {"巢湖市": "341400"}
SPLIT_IN = {"南宁地区": "广西壮族自治区", "柳州地区": "广西壮族自治区"}
RENAMED_AS_IT_MOVED = {"居巢区": "巢湖市"}


class PlaceName(NamedTuple):
    """One name of one place. A place without a code is gone and left none in the tables."""

    name: str
    rule: str
    level: str
    code: str | None
    city_code: str | None
    place_zh: str
    province: str
    first: int
    last: int


def place_names() -> pd.DataFrame:
    """Return names of places: name, rule, level, code, city_code, place_zh, province, first, last.

    Names are official (rule ``exact``), without suffix (``suffix``), with the names of what they belong to
    (``qualified``), published aliases (``alias``), former ones (``former``) and those of districts that were merged
    into the place (``merged``, without a code). ``first`` and ``last`` are years, 0 and 9999 where open, and 9998 for a
    name given up in a year that the tables do not tell. Counties and districts are those of the Yangtze River Delta;
    their former names since 2005 are those of counties that became districts, of districts that were merged and of
    counties that changed prefecture.

    Examples
    --------
    >>> names = place_names()
    >>> names[names["name"] == "襄樊市"][["rule", "code", "place_zh", "last"]].values.tolist()
    [['former', '420600', '襄阳市', 2009]]
    """
    return _gazetteer().copy()


@lru_cache(maxsize=1)
def _gazetteer() -> pd.DataFrame:
    rows = [*_provinces(), *_prefectures(), *_aliases(), *_former_prefectures(), *_counties(), *_former_counties()]
    table = pd.DataFrame(rows, columns=list(PlaceName._fields)).drop_duplicates()
    return table.reset_index(drop=True)


def without_suffix(name: str, level: str) -> str:
    """Return a name without the suffix of its level; names of one character keep it, as 寿县 does.

    Examples
    --------
    >>> without_suffix("宿州市", "prefecture"), without_suffix("寿县", "county")
    ('宿州', '寿县')
    """
    for suffix in SUFFIXES[level]:
        if name.endswith(suffix) and len(name) - len(suffix) > 1:
            return name[: -len(suffix)]
    return name


def _of(place: PlaceName) -> Iterator[PlaceName]:
    """Yield a name and the name without its suffix."""
    yield place
    short = without_suffix(place.name, place.level)
    if short != place.name:
        yield place._replace(name=short, rule="suffix" if place.rule == "exact" else place.rule)


def _qualified(place: PlaceName, *above: str) -> Iterator[PlaceName]:
    for prefix in dict.fromkeys(above):
        yield place._replace(name=prefix + place.name, rule="qualified")


def _provinces() -> Iterator[PlaceName]:
    codes = dict(zip(city_table()["province"], city_table()["city_code"].str[:2] + "0000", strict=True))
    for name in PROVINCES_EN:
        yield from _of(PlaceName(name, "exact", "province", codes[name], None, name, name, ALWAYS, NOW))


def _prefectures() -> Iterator[PlaceName]:
    for city in city_table().itertuples(index=False):
        code, name, province = str(city.city_code), str(city.city_zh), str(city.province)
        for place in _of(PlaceName(name, "exact", "prefecture", code, code, name, province, ALWAYS, NOW)):
            yield place
            if name != province:
                yield from _qualified(place, province, without_suffix(province, "province"))


def _aliases() -> Iterator[PlaceName]:
    known = city_table().set_index("city_code")
    for row in _read("name_aliases.csv").itertuples(index=False):
        code = str(row.city_code)
        if code in known.index:
            name, province = known.loc[code, ["city_zh", "province"]]
            first = int(row.start_year) if int(row.start_year) > FIRST_ALIAS_YEAR else ALWAYS
            last = int(row.end_year) if int(row.end_year) < LAST_ALIAS_YEAR else NOW
            yield PlaceName(str(row.alias), "alias", "prefecture", code, code, name, province, first, last)


def _former_prefectures() -> Iterator[PlaceName]:
    """Yield earlier names of cities that still are, and cities and prefectures that are no more."""
    cities = city_table().set_index("city_zh")
    history = _read("name_history.csv")
    history = history[history["legal_status"] == "active"]
    renamed = history[(history["name_zh"] != history["canonical_name_zh"]) & (history["canonical_name_zh"] != "")]
    for row in renamed.itertuples(index=False):
        years = (int(row.start_year), int(row.end_year))
        yield from _former(str(row.name_zh), str(row.canonical_name_zh), *years, cities)
    events = _read("prefecture_events.csv")
    events = events[
        (events["automatic_continuity"] == "true") & ~events["old_prefecture_name"].isin(renamed["name_zh"])
    ]
    for row in events[events["old_prefecture_name"] != events["new_prefecture_name"]].itertuples(index=False):
        yield from _former(
            str(row.old_prefecture_name), str(row.new_prefecture_name), ALWAYS, int(row.year) - 1, cities
        )
    gone = history[~history["city_code"].isin(cities["city_code"]) & (history["city_code"] == "")]
    for row in gone.itertuples(index=False):
        if int(row.end_year) < 2026 and row.name_zh:
            name, years = str(row.name_zh), (int(row.start_year), int(row.end_year))
            code = ABOLISHED_CODES.get(name)
            province = str(row.province_zh) or SPLIT_IN[name]
            place = PlaceName(name, "exact", "prefecture", code, code, name, province, *years)
            is_city_now = f"{without_suffix(name, 'prefecture')}市" in cities.index
            yield from [place] if is_city_now else _of(place)


def _former(name: str, present: str, first: int, last: int, cities: pd.DataFrame) -> Iterator[PlaceName]:
    if present in cities.index and name:
        code, province = cities.loc[present, ["city_code", "province"]]
        for place in _of(PlaceName(name, "former", "prefecture", code, code, present, province, first, last)):
            if place.name != without_suffix(present, "prefecture"):
                yield place


def _counties() -> Iterator[PlaceName]:
    cities = city_table().set_index("city_code")
    moved = {str(m.to_code): int(m.year) for m in _moves().itertuples(index=False)}
    for row in district_table().itertuples(index=False):
        code, name = str(row.district_code), str(row.name_zh)
        city, province = cities.loc[str(row.city_code), ["city_zh", "province"]]
        first = moved.get(code, ALWAYS)
        for place in _of(PlaceName(name, "exact", "county", code, str(row.city_code), name, province, first, NOW)):
            yield place
            short = without_suffix(city, "prefecture")
            yield from _qualified(place, city, short, *({province + city} if city != province else ()))


def _former_counties() -> Iterator[PlaceName]:
    districts = district_table().merge(city_table()[["city_code", "city_zh", "province"]], on="city_code")
    present = districts.set_index(["city_zh", "name_zh"])
    for move in _moves().itertuples(index=False):
        now = districts[districts["district_code"] == move.to_code].iloc[0]
        name, province, last = str(move.county_zh), str(now["province"]), int(move.year) - 1
        there = PlaceName(
            name, "exact", "county", str(move.from_code), str(move.from_city_code), name, province, ALWAYS, last
        )
        yield from _of(there)
        if name != now["name_zh"]:
            code, above, called = str(now["district_code"]), str(now["city_code"]), str(now["name_zh"])
            yield PlaceName(name, "former", "county", code, above, called, province, last + 1, SOME_YEAR)
    changes = _read("yrd_district_changes.csv").sort_values("year").astype({"year": int})
    whole = changes[changes["unit_scope"].isin(["whole", "whole_county"]) & (changes["new_district_units"] != "")]
    events = {
        (str(row.prefecture_name), old): row
        for row in whole.itertuples(index=False)
        for old in _parts(row.old_county_units)
    }
    for (city, old), row in events.items():
        new = str(row.new_district_units)
        if (city, new) in present.index and (city, old) not in present.index:
            now = present.loc[(city, new)]
            rest = (str(now["city_code"]), new, str(now["province"]), ALWAYS, int(row.year) - 1)
            if row.event_category == "county_to_district":
                yield from _of(PlaceName(old, "former", "county", str(now["district_code"]), *rest))
            else:
                yield from _of(PlaceName(old, "merged", "county", None, *rest))


def _parts(units: object) -> list[str]:
    return [name for name in str(units).split("、") if name]


def _moves() -> pd.DataFrame:
    """Return counties that changed prefecture: name, code before and after, prefecture before, year of effect."""
    table = _read("yrd_boundary_changes.csv")
    districts = district_table()
    stems = districts["name_zh"].map(lambda n: str(n)[:-1])
    after = dict(zip(zip(districts["city_code"], stems, strict=True), districts["district_code"], strict=True))
    names = table["county_zh"].replace(RENAMED_AS_IT_MOVED)
    to_code = [after[(city, name[:-1])] for city, name in zip(table["to_city_code"], names, strict=True)]
    return pd.DataFrame(
        {
            "county_zh": table["county_zh"],
            "from_code": table["county_code_2010"],
            "from_city_code": table["from_city_code"],
            "to_code": to_code,
            "year": table["approval_date"].str[:4].astype(int),
        }
    )


def _read(name: str) -> Any:
    path = data_path(f"raw/places/{name}")
    return pd.read_csv(path, dtype="str", encoding="utf-8-sig", keep_default_na=False)
