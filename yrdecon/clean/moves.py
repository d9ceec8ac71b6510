"""Counties that moved between cities, and the share of their city that they were."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import pandas as pd

from yrdecon.core.resources import data_path

LAST_QUARTER = 10


class Move(NamedTuple):
    """Counties that one city gave to another.

    ``share`` is that of the origin's residents of 2010, on the borders before, who live in them; figures change
    territory in one of the ``periods``; ``ends`` tells an origin that was abolished.
    """

    origin: str
    destination: str
    share: float
    periods: tuple[int, ...]
    ends: bool


def county_transfers() -> list[Move]:
    """Return the moves whose weights can be had: county and city residents of the census of 2010.

    Cities are counted by the census on the borders of 2020, so that what a city gave is added to what it kept; a city
    that was abolished kept nothing. A change approved in the last quarter may reach figures in the next year.

    Examples
    --------
    >>> [(m.origin, m.destination, round(m.share, 3), m.periods) for m in county_transfers() if m.origin == "341500"]
    [('341500', '340400', 0.18, (2015, 2016))]
    """
    table = _read("raw/places/yrd_boundary_changes.csv")
    residents = table["resident_pop_2010census_persons"].astype(float)
    census = _read("raw/census/census_population.csv").set_index("city_code")["popu_2010"]
    census = pd.to_numeric(census).dropna()
    given = residents.groupby(table["from_city_code"]).sum()
    moves = table.assign(residents=residents).groupby(["from_city_code", "to_city_code", "approval_date"])["residents"]
    rows = moves.sum().reset_index().itertuples(index=False, name=None)
    return [_move(str(origin), str(to), str(day), float(people), given, census) for origin, to, day, people in rows]


def other_breaks(moves: Iterable[Move], units: Iterable[str]) -> list[str]:
    """Return, as code and year, the breaks of the national crosswalk that no move explains, for some cities."""
    explained = {(code, year) for m in moves for code in (m.origin, m.destination) for year in m.periods}
    table = _read("raw/places/boundary_breaks_national.csv")
    known = set(units)
    breaks = [(str(c), int(y)) for c, y in zip(table["city_code"], table["year"], strict=True)]
    return [f"{code} {year}" for code, year in breaks if code in known and (code, year) not in explained]


def _move(
    origin: str, destination: str, approved: str, moved: float, given: pd.Series[float], census: pd.Series[float]
) -> Move:
    share = moved / (float(given[origin]) + float(census.get(origin, 0.0)))
    year, month = int(approved[:4]), int(approved[5:7])
    periods = (year, year + 1) if month >= LAST_QUARTER else (year,)
    return Move(origin, destination, share, periods, ends=origin not in census.index)


def _read(relative: str) -> pd.DataFrame:
    return pd.read_csv(data_path(relative), dtype="str", encoding="utf-8-sig", keep_default_na=False)
