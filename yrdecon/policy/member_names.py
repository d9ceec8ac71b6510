"""Names of the members of pairs."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from yrdecon.places.codes import city_table


def member_names(codes: Iterable[str], pairs: pd.DataFrame, lang: str) -> list[str]:
    """Return the name of each city from the table of cities, of other members from the registry, else the code.

    Examples
    --------
    >>> from yrdecon.policy import load_registry
    >>> member_names(["340400", "310112", "x"], load_registry().pairs, "en")
    ['Huainan', 'Minhang, Shanghai', 'x']
    """
    given: dict[str, str] = {}
    for role in ("donor", "recipient"):
        names = pairs.get(f"{role}_{lang}", pd.Series("", index=pairs.index)).fillna("").astype(str)
        given |= dict(zip(pairs[f"{role}_code"].astype(str), names, strict=True))
    cities = city_table()
    known = dict(zip(cities["city_code"], cities[f"city_{lang}"], strict=True))
    return [known.get(code) or given.get(code) or code for code in codes]
