"""Counties that became districts and districts that were merged, with the year."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from yrdecon.core.resources import data_path
from yrdecon.places.codes import city_table, district_table

COLUMNS = ("city", "before", "after", "year", "kind")


def county_changes() -> pd.DataFrame:
    """Return the dated changes of counties and districts of the Yangtze River Delta since 2005.

    Columns are city, before, after, year (of the approval) and kind: ``renamed`` for a county that became a district
    (撤县设区) as a whole, ``merged`` for a district that went into another one as a whole, ``part`` for towns that
    changed sides, or where the source does not name both sides; these cannot be put right. Counties outside the delta
    are not in the table: write their changes into a table with these columns, of which city and kind may be left out.

    Examples
    --------
    >>> changes = county_changes()
    >>> changes[changes["before"].isin(["富阳市", "卢湾区"])].values.tolist()
    [['上海市', '卢湾区', '黄浦区', 2011, 'merged'], ['杭州市', '富阳市', '富阳区', 2014, 'renamed']]
    """
    cities = city_table().set_index("city_code")["city_zh"]
    districts = district_table()
    present = set(zip(districts["city_code"].map(cities), districts["name_zh"], strict=True))
    whole: dict[tuple[str, str], tuple[str, str, str, int, str]] = {}
    parts: list[tuple[str, str, str, int, str]] = []
    for city, before, after, year, kind in _events():
        if kind != "part" and (city, after) in present and (city, before) not in present:
            whole[city, before] = (city, before, after, year, kind)
        elif before != after:
            parts.append((city, before, after, year, "part"))
    merged = {(city, after, year) for city, _, after, year, kind in whole.values() if kind == "merged"}
    parts = [row for row in parts if row[2] or (row[0], row[1], row[3]) not in merged]
    rows = [*whole.values(), *(row for row in parts if row[:2] not in whole)]
    return pd.DataFrame(rows, columns=list(COLUMNS)).sort_values("year", kind="stable", ignore_index=True)


def _events() -> Iterator[tuple[str, str, str, int, str]]:
    """Yield city, one name before, the name after, year and kind, in the order of years."""
    path = data_path("raw/places/yrd_district_changes.csv")
    table = pd.read_csv(path, dtype="str", encoding="utf-8-sig", keep_default_na=False)
    for event in table.sort_values("year", kind="stable").itertuples(index=False):
        kind = "renamed" if event.event_category == "county_to_district" else "merged"
        kind = kind if str(event.unit_scope).startswith("whole") and event.old_county_units else "part"
        for before in str(event.old_county_units).split("、"):
            yield str(event.prefecture_name), before, str(event.new_district_units), int(event.year), kind
