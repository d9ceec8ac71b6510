"""Names of places to codes, without guessing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import get_close_matches
from functools import lru_cache
from typing import Literal

import pandas as pd

from yrdecon.errors import DataError
from yrdecon.places.codes import PROVINCES_EN
from yrdecon.places.gazetteer import NOW, SOME_YEAR, PlaceName, place_names
from yrdecon.places.romanized import romanized_key, romanized_names

MISREAD = {
    "麥庄市": "枣庄市",
    "荷泽市": "菏泽市",
    "深河市": "漯河市",
    "常徳市": "常德市",
    "脩州市": "儋州市",
    "那曲冇": "那曲市",
}
INVISIBLE = re.compile(r"[\s\u200b-\u200f\u2060\ufeff]+")
RULES = ("code", "exact", "suffix", "qualified", "alias", "former", "merged", "romanized")
LEVELS = ("province", "prefecture", "county", "any")
COLUMNS = ("name", "code", "city_code", "level", "place_zh", "rule", "candidates")

Level = Literal["province", "prefecture", "county", "any"]


def resolve_places(
    names: Sequence[str], *, year: int | None = None, level: Level = "prefecture", province: str | None = None
) -> pd.DataFrame:
    """Find the six-digit codes of names of places.

    White space and invisible characters are removed; then a name is looked up as a code, as misread print, exactly,
    without its suffix, with the names of what it belongs to ("安徽省宿州市", "南京市鼓楼区"), in the published table of
    aliases, among former names (襄樊市, 江都市), and as a romanized name. The first of these that knows the name
    decides: one place is the answer, several are ambiguous. Nothing is matched because it looks alike.

    Parameters
    ----------
    year
        Take names as they stood in this year: 枞阳县 is 340823 in 2014 and 340722 in 2015, a county of the year before
        it moved. Names of today are accepted for earlier years too, as long as nothing else had them; without a year,
        names of today come first and former ones after them. A change counts from the year of its approval.
    level
        ``"prefecture"`` (with the municipalities), ``"province"``, ``"county"`` (districts and counties of the Yangtze
        River Delta only), or ``"any"``, at which 吉林 is ambiguous.
    province
        Accept only places of this province (any of its names).

    Returns
    -------
    One row per name in order: name, code, city_code (that of the prefecture it is or lies in), level, place_zh, rule
    (code, exact, misread, suffix, qualified, alias, former or romanized; or abolished, ambiguous or unresolved, without
    codes), candidates.

    Raises
    ------
    DataError
        If there is no such level or province.

    Examples
    --------
    >>> resolve_places(["宿州", "Suzhou"])[["city_code", "rule", "candidates"]].fillna("").values.tolist()
    [['341300', 'suffix', ''], ['', 'ambiguous', '320500 苏州市 (Jiangsu); 341300 宿州市 (Anhui)']]
    >>> resolve_places(["枞阳县"], level="county", year=2014)[["code", "city_code"]].values.tolist()
    [['340823', '340800']]
    """
    if level not in LEVELS:
        raise DataError(f"there is no level {level!r} of places; choose one of {list(LEVELS)}")
    inside = None if province is None else _province(province)
    rows = {
        name: _resolve(INVISIBLE.sub("", str(name)), str(name), year, level, inside) for name in dict.fromkeys(names)
    }
    table = pd.DataFrame([(name, *rows[name]) for name in names], columns=list(COLUMNS))
    return table.astype(dict.fromkeys(COLUMNS, "str"))


def _resolve(
    name: str, printed: str, year: int | None, level: Level, province: str | None
) -> tuple[str | None, str | None, str | None, str | None, str, str]:
    known = [p for p in _lookup(MISREAD.get(name, name), printed) if province in (None, p.province)]
    known = [p for p in known if level in ("any", p.level)]
    for eligible in _in_order(known, year):
        places = _distinct(_first_rule(eligible))
        if len(places) > 1:
            return None, None, None, None, "ambiguous", "; ".join(_shown(p) for p in places)
        if places and places[0].code is None:
            return None, None, None, None, "abolished", _gone(places[0])
        if places:
            found = places[0]
            rule = "misread" if name in MISREAD else found.rule
            return found.code, found.city_code, found.level, found.place_zh, rule, ""
    return None, None, None, None, *_not_found(name, printed, known, level, province)


def _in_order(known: list[PlaceName], year: int | None) -> list[list[PlaceName]]:
    """Return names that hold in the year, then those of today; without a year, those of today, then former ones."""
    today = [p for p in known if p.last == NOW]
    if year is not None:
        return [[p for p in known if p.first <= year <= p.last], today]
    gone = [p._replace(code=None) for p in known if p.last < NOW and _is_gone(p)]
    former = [p for p in known if p.last < NOW and p.rule in ("former", "alias")]
    return [today + gone if today else [], former, gone]


def _is_gone(place: PlaceName) -> bool:
    """Tell an abolished prefecture and a merged district from a county that has another code since it moved."""
    return place.rule == "merged" or (place.level == "prefecture" and place.rule in ("exact", "suffix"))


def _first_rule(places: list[PlaceName]) -> list[PlaceName]:
    return next((hits for rule in RULES if (hits := [p for p in places if p.rule == rule])), [])


def _distinct(places: list[PlaceName]) -> list[PlaceName]:
    """Keep one row per code; a municipality is a province and a prefecture of one code."""
    return list({(p.code or p.place_zh): p for p in reversed(places)}.values())[::-1]


def _not_found(name: str, printed: str, known: list[PlaceName], level: Level, province: str | None) -> tuple[str, str]:
    if known:
        return "unresolved", "; ".join(f"{_shown(p)}, so named {_span(p)}" for p in _distinct(known))
    other = _distinct(_lookup(MISREAD.get(name, name), printed))
    if other:
        return "unresolved", "; ".join(_shown(p) for p in other[:5])
    official = {
        p.name: p for p in _by_name_of_level(level) if province in (None, p.province) and p.rule == "exact" and p.code
    }
    close = get_close_matches(name, official, n=3, cutoff=0.3)
    return "unresolved", "; ".join(f"{official[c].code} {c}" for c in close)


def _lookup(name: str, printed: str) -> list[PlaceName]:
    if re.fullmatch(r"\d{6}", name):
        return [p._replace(rule="code") for p in _by_code().get(name, [])]
    return _by_name().get(name, []) or romanized_names().get(romanized_key(printed.strip()), [])


def _shown(place: PlaceName) -> str:
    province = PROVINCES_EN[place.province]
    where = f"{province}, {place.level}" if place.level != "prefecture" else province
    return f"{place.code} {place.place_zh} ({where})" if place.code else f"{place.place_zh}, {_gone(place)}"


def _gone(place: PlaceName) -> str:
    if place.rule == "merged":
        return f"merged into {place.place_zh} in {place.last + 1}; its code of then is not in the tables"
    return f"abolished in {place.last + 1}; not added to a successor"


def _span(place: PlaceName) -> str:
    return f"until {place.last}" if place.last < SOME_YEAR else f"from {place.first}"


def _province(name: str) -> str:
    found = resolve_places([name], level="province").iloc[0]
    if found["rule"] in ("ambiguous", "unresolved"):
        raise DataError(f"there is no province {name!r}; write it as 安徽省, 安徽 or Anhui")
    return str(found["place_zh"])


@lru_cache(maxsize=1)
def _by_name() -> dict[str, list[PlaceName]]:
    found: dict[str, list[PlaceName]] = {}
    table = place_names().astype(object)
    for row in table.where(table.notna(), None).itertuples(index=False, name=None):
        place = PlaceName(*row)
        found.setdefault(place.name, []).append(place)
    return found


@lru_cache(maxsize=1)
def _by_code() -> dict[str, list[PlaceName]]:
    found: dict[str, list[PlaceName]] = {}
    for places in _by_name().values():
        for place in places:
            if place.rule == "exact" and place.code:
                found.setdefault(place.code, []).append(place)
    return found


@lru_cache(maxsize=4)
def _by_name_of_level(level: Level) -> list[PlaceName]:
    return [p for places in _by_name().values() for p in places if level in ("any", p.level)]
