"""Histories of units: which became which, and when."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from os import PathLike
from typing import Any

import pandas as pd

from yrdecon.clean.cells import unit_names
from yrdecon.clean.files import read_grids
from yrdecon.clean.numbers import parse_year
from yrdecon.core.names import some_of
from yrdecon.errors import DataError
from yrdecon.places.gazetteer import without_suffix

NEEDED = ("before", "after", "year")
COLUMNS = (*NEEDED, "kind", "city")
KINDS = ("renamed", "merged", "part")


@dataclass(frozen=True)
class Change:
    """Units that became another one in a year, under the names that a panel has for them."""

    before: tuple[str, ...]
    after: str
    year: int
    kind: str


def changes_of(table: pd.DataFrame | str | PathLike[str], units: Iterable[Any]) -> Iterator[Change]:
    """Yield the changes that touch units of a panel, in the order of years; mergers into one unit together.

    A name may stand with its city before it, with or without 市. What a change makes of a unit is known to later ones.

    Raises
    ------
    DataError
        If the table lacks a column, a year is none, a kind is unknown, or a unit becomes two.

    Examples
    --------
    >>> table = pd.DataFrame([["双流县", "双流区", 2015]], columns=["before", "after", "year"])
    >>> list(changes_of(table, ["双流县", "郫县"]))
    [Change(before=('双流县',), after='双流区', year=2015, kind='renamed')]
    """
    given = frozenset(map(str, units))
    known = set(given)
    changes = _checked(table if isinstance(table, pd.DataFrame) else _read(table))
    alone = changes.index.astype(str)
    together = changes["city"] + " " + changes["after"] + " " + changes["year"].astype(str)
    for _, rows in changes.groupby(together.where(changes["kind"] == "merged", alone), sort=False):
        first = rows.iloc[0]
        city = str(first["city"])
        prefixes = tuple(dict.fromkeys(("", city, without_suffix(city, "prefecture"))))
        for prefix in prefixes:
            before = tuple(prefix + name for name in rows["before"] if name)
            after = prefix + first["after"] if first["after"] else ""
            if after and known & set(before):
                after = next((p + first["after"] for p in (prefix, *prefixes) if p + first["after"] in given), after)
            if known & set(before) or (first["kind"] != "renamed" and after in known):
                yield Change(before, after, int(first["year"]), str(first["kind"]))
                known |= {after} if first["kind"] != "part" else set()


def _checked(table: pd.DataFrame) -> pd.DataFrame:
    lacking = [name for name in NEEDED if name not in table.columns]
    if lacking:
        raise DataError(
            f"the table of changes lacks the columns {lacking}; it has {some_of(table.columns)}, and needs before, "
            "after and year"
        )
    if any(list(table.columns).count(name) > 1 for name in COLUMNS):
        raise DataError(f"the table of changes has a column twice: {some_of(table.columns)}; keep one of them")
    texts = {name: table[name].astype(object) if name in table.columns else "" for name in COLUMNS}
    found = pd.DataFrame(texts, index=table.index).fillna("").apply(unit_names).astype("str")
    found["kind"] = found["kind"].replace("", "renamed")
    found["year"] = [_year(text, row) for row, text in enumerate(found["year"], 1)]
    unknown = sorted(set(found["kind"]) - set(KINDS))
    if unknown:
        raise DataError(f"the table of changes has the kinds {unknown}; choose renamed, merged or part")
    whole = found[found["kind"] != "part"]
    bare = whole[(whole["before"] == "") | (whole["after"] == "")]
    if len(bare):
        raise DataError(f"row {bare.index[0] + 1} of the table of changes names no unit before or after; write both")
    twice = whole.loc[whole.duplicated(["city", "before", "year"]), "before"]
    if len(twice):
        raise DataError(f"{some_of(twice)} become two units in one year; give such a split the kind part")
    return found.sort_values("year", kind="stable", ignore_index=True)


def _year(text: str, row: int) -> int:
    try:
        year = parse_year(text)
    except ValueError:
        year = None
    if year is None:
        raise DataError(f"row {row} of the table of changes holds {text!r} where a year is due; write the year")
    return year


def _read(path: str | PathLike[str]) -> pd.DataFrame:
    if not isinstance(path, str | PathLike):
        raise DataError(f"changes={path!r} is neither a table nor a path; give county_changes() or a table of your own")
    grid = read_grids(path)[0]
    rows = [[grid.text(row, column).strip() for column in range(grid.width)] for row in range(grid.height)]
    return pd.DataFrame(rows[1:], columns=rows[0] if rows else [])
