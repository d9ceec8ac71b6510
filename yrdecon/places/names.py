"""Names of cities to codes, without guessing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import get_close_matches
from functools import lru_cache

import pandas as pd

from yrdecon.core.resources import data_path
from yrdecon.places.codes import city_table

MISREAD = {
    "麥庄市": "枣庄市",
    "荷泽市": "菏泽市",
    "深河市": "漯河市",
    "常徳市": "常德市",
    "脩州市": "儋州市",
    "那曲冇": "那曲市",
}
ABOLISHED = {"巢湖市": 2011, "莱芜市": 2019}
INVISIBLE = re.compile(r"[\s\u200b-\u200f\u2060\ufeff]+")


def resolve_places(names: Sequence[str], *, year: int | None = None, province: str | None = None) -> pd.DataFrame:
    """Find the six-digit codes of prefecture-level names.

    White space and invisible characters are removed; then a name is looked up as misread print, exactly, with 市
    appended, and in the dated table of aliases. Romanized names are never matched: a romanized name of two cities is
    ambiguous, any other is unresolved, and both come with candidates. Nothing is matched because it looks alike.

    Parameters
    ----------
    year
        Use aliases valid in this year only.
    province
        Accept only cities of this province (Chinese name).

    Returns
    -------
    One row per name in order: name, city_code (missing unless found), rule (exact, misread, suffix, alias, abolished,
    ambiguous or unresolved), candidates.

    Examples
    --------
    >>> resolve_places(["宿州", "Suzhou"])[["city_code", "rule", "candidates"]].fillna("").values.tolist()
    [['341300', 'suffix', ''], ['', 'ambiguous', '320500 苏州市 (Jiangsu); 341300 宿州市 (Anhui)']]
    """
    known = _known_names(province)
    aliases = _aliases(year)
    rows = {name: _resolve(INVISIBLE.sub("", str(name)), known, aliases) for name in dict.fromkeys(names)}
    table = pd.DataFrame([(name, *rows[name]) for name in names], columns=["name", "city_code", "rule", "candidates"])
    return table.astype({"name": "str", "city_code": "str", "rule": "str", "candidates": "str"})


def _resolve(name: str, known: dict[str, str], aliases: dict[str, str]) -> tuple[str | None, str, str]:
    if name in MISREAD and MISREAD[name] in known:
        return known[MISREAD[name]], "misread", ""
    for rule, candidate in (("exact", name), ("suffix", f"{name}市")):
        if candidate in known:
            return known[candidate], rule, ""
        if candidate in ABOLISHED:
            return None, "abolished", f"abolished in {ABOLISHED[candidate]}; not added to a successor"
    if name in aliases and aliases[name] in known.values():
        return aliases[name], "alias", ""
    romanized = _romanized().get(re.sub(r"[^a-z]", "", name.lower()), [])
    if len(romanized) > 1:
        return None, "ambiguous", "; ".join(romanized)
    close = romanized or [f"{known[c]} {c}" for c in get_close_matches(name, known, n=3, cutoff=0.3)]
    return None, "unresolved", "; ".join(close)


def _known_names(province: str | None) -> dict[str, str]:
    cities = city_table()
    if province is not None:
        cities = cities[cities["province"] == province]
    return dict(zip(cities["city_zh"], cities["city_code"], strict=True))


@lru_cache(maxsize=8)
def _aliases(year: int | None) -> dict[str, str]:
    path = data_path("raw/places/name_aliases.csv")
    table = pd.read_csv(path, dtype={"city_code": "str"}, encoding="utf-8-sig")
    if year is not None:
        table = table[(table["start_year"] <= year) & (table["end_year"] >= year)]
    return dict(zip(table["alias"], table["city_code"], strict=True))


@lru_cache(maxsize=1)
def _romanized() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for row in city_table().itertuples(index=False):
        plain = re.sub(r"\(.*\)|[^a-z]", "", str(row.city_en).lower())
        found.setdefault(plain, []).append(f"{row.city_code} {row.city_zh} ({row.province_en})")
    return found
