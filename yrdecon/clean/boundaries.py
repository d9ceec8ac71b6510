"""Changes of territory (R7)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

LAST_QUARTER = 10


def boundary_breaks(raw: Path, index: pd.MultiIndex) -> pd.Series[Any]:
    """Return whether a city's published series change territory in a year.

    National breaks are those of the crosswalk. In the Yangtze River Delta the county that moved is known; a change
    approved in the last quarter is flagged in its year and the next, because sources differ on the year of effect.
    """
    national = pd.read_csv(
        raw / "places" / "boundary_breaks_national.csv", dtype={"city_code": "str"}, encoding="utf-8-sig"
    )
    flagged = {(str(c), int(y)) for c, y in zip(national["city_code"], national["year"], strict=True)}
    for move in county_moves(raw).itertuples(index=False):
        years = (move.year, move.year + 1) if move.month >= LAST_QUARTER else (move.year,)
        flagged |= {(code, year) for code in (move.from_city_code, move.to_city_code) for year in years}
    return pd.Series([key in flagged for key in index], index=index, name="boundary_break")


def county_moves(raw: Path) -> pd.DataFrame:
    """Return the counties that moved between prefectures, when that was approved, and their residents of 2010."""
    path = raw / "places" / "yrd_boundary_changes.csv"
    table = pd.read_csv(path, dtype={"from_city_code": "str", "to_city_code": "str"}, encoding="utf-8-sig")
    approved = pd.to_datetime(table["approval_date"])
    return pd.DataFrame(
        {
            "county_zh": table["county_zh"],
            "from_city_code": table["from_city_code"],
            "to_city_code": table["to_city_code"],
            "year": approved.dt.year.astype("int64"),
            "month": approved.dt.month.astype("int64"),
            "resident_population_2010": table["resident_pop_2010census_persons"],
        }
    )
