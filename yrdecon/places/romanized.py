"""Romanized names of places."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

import pandas as pd

from yrdecon.core.resources import data_path
from yrdecon.places.codes import city_table
from yrdecon.places.gazetteer import PlaceName, place_names

WORDS = re.compile(r"\b(city|municipality|prefecture|province|district|county|autonomous|region|shi|sheng|qu|xian)\b")
ENDINGS = {"county": re.compile(r"(shi|qu|xian)$"), "prefecture": re.compile(r"(shi|diqu)$")}


def romanized_key(name: str) -> str:
    """Return the letters of a romanized name without words such as City, and nothing for a name in Chinese.

    Examples
    --------
    >>> romanized_key("Ma'anshan City"), romanized_key("LU'AN SHI"), romanized_key("六安")
    ('maanshan', 'luan', '')
    """
    if not name.isascii():
        return ""
    return re.sub(r"[^a-z]", "", WORDS.sub("", name.lower()))


@lru_cache(maxsize=1)
def romanized_names() -> dict[str, list[PlaceName]]:
    """Return the places of every romanized name: English names of the yearbook, and pinyin without tones.

    Automatic pinyin is corrected where a character is read otherwise in the name (``readings.csv``).

    Examples
    --------
    >>> [place.place_zh for place in romanized_names()["suzhou"]]
    ['苏州市', '宿州市']
    """
    found: dict[str, list[PlaceName]] = {}
    for place, spelling in _spellings():
        key = romanized_key(spelling)
        for form in dict.fromkeys((key, _short(key, place.level))):
            same = found.setdefault(form, [])
            if form and place not in same:
                same.append(place)
    return found


def _short(key: str, level: str) -> str:
    return ENDINGS[level].sub("", key) if level in ENDINGS else key


def _spellings() -> Iterator[tuple[PlaceName, str]]:
    official = place_names().query("rule == 'exact' and last == 9999").assign(rule="romanized")
    places = {(str(row[2]), str(row[3])): PlaceName(*row) for row in official.itertuples(index=False, name=None)}
    english = city_table().drop_duplicates("province")
    for city, province in zip(english["city_code"], english["province_en"], strict=True):
        yield places["province", f"{city[:2]}0000"], str(province)
    readings = _read("readings.csv").set_index("code")["pinyin"]
    for row in _read("cities.csv").itertuples(index=False):
        code = str(row.city_code)
        yield places["prefecture", code], str(row.name_en_yearbook)
        yield places["prefecture", code], str(readings.get(code, row.pinyin_auto))
    for row in _read("yrd_districts.csv").itertuples(index=False):
        yield places["county", str(row.code)], str(readings.get(row.code, row.pinyin))


def _read(name: str) -> pd.DataFrame:
    return pd.read_csv(data_path(f"raw/places/{name}"), dtype="str", encoding="utf-8-sig", keep_default_na=False)
