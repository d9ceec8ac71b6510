"""Units as a reader knows them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache

from yrdecon.places.codes import city_table, district_table
from yrdecon.present.words import Lang


def unit_names(units: Iterable[object], lang: Lang, labels: Mapping[str, str] | None = None) -> list[str]:
    """Return the caller's name of each unit, else that of the place with its code, else the unit as it is.

    Chinese names of cities lose the last sign, as in figures and tables there.

    Examples
    --------
    >>> unit_names(["340400", "310112", "my town"], "zh"), unit_names(["340400"], "en")
    (['淮南', '闵行区', 'my town'], ['Huainan'])
    """
    own, known = labels or {}, _places(lang)
    return [own.get(str(unit)) or known.get(str(unit), str(unit)) for unit in units]


def short_name(name: str, lang: Lang) -> str:
    """Return a place without the one that contains it, in Chinese also without the last sign of a city.

    Examples
    --------
    >>> short_name("上海市闵行区", "zh"), short_name("Minhang, Shanghai", "en")
    ('闵行区', 'Minhang')
    """
    return name.split(", ")[0] if lang == "en" else re.sub("^.+市(?=.)", "", name).removesuffix("市")


@lru_cache(maxsize=2)
def _places(lang: Lang) -> dict[str, str]:
    cities = city_table()
    named = dict(zip(cities["city_code"], cities[f"city_{lang}"], strict=True))
    if lang == "en":
        return named
    districts = district_table()
    short = {code: short_name(name, lang) for code, name in named.items()}
    return dict(zip(districts["district_code"], districts["name_zh"], strict=True)) | short
