"""A panel whose units carry one name throughout, though they were renamed or merged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from os import PathLike
from typing import Any

import pandas as pd

from yrdecon.clean.change_table import Change, changes_of
from yrdecon.clean.verb import numbers_of, recorded
from yrdecon.core.names import some_of
from yrdecon.core.panel import Panel
from yrdecon.errors import DataError

RULE = "successor_units"


def successor_units(
    panel: Panel, changes: pd.DataFrame | str | PathLike[str], *, add: Sequence[str] | None = None
) -> Panel:
    """Give every unit the name of its last successor, so that a county that became a district is one unit throughout.

    A unit that was renamed or became a district (撤县设区) has all its rows under the later name, whichever of the two
    a year was printed under. Units that were merged are added up in the years before. Where only a part changed sides
    nothing is done. The trail holds every join, every cell that was added up, and what was left alone. Group and
    location are those of the last period.

    Parameters
    ----------
    changes
        The history: `county_changes` for the Yangtze River Delta, or a table of your own or its file (csv or xlsx)
        with the columns before, after, year (the first under the later name) and, if wanted, kind (renamed, merged or
        part; renamed without it) and city (units may then be written with it, 南京市鼓楼区). Names are those of the
        panel: codes, if its units are codes.
    add
        Columns that add up over places, such as output and people; needed where units were merged. Other columns of
        numbers are missing in the years that were added up.

    Raises
    ------
    DataError
        If the table lacks a column, a unit becomes two, it has rows under both names in one period, or units were
        merged and no columns to add are named.

    Examples
    --------
    >>> from yrdecon.places import county_changes
    >>> table = pd.DataFrame({"county": ["富阳市", "富阳区"], "year": [2013, 2014], "gdp": [1.0, 2.0]})
    >>> panel = successor_units(Panel.from_frame(table, unit="county", time="year"), county_changes())
    >>> panel.frame.values.tolist(), panel.trail["reason"].tolist()
    ([['富阳区', 2013, 1.0], ['富阳区', 2014, 2.0]], ['富阳市 became 富阳区 in 2014'])
    """
    if isinstance(add, str):
        raise DataError(f"add={add!r} must be a list of columns, such as [{add!r}]")
    for name in add or ():
        numbers_of(panel, name)
    if pd.api.types.is_numeric_dtype(panel.frame[panel.unit]):
        raise DataError(f"the units in {panel.unit!r} are numbers; make them texts, such as codes of six digits")
    made = panel
    for change in changes_of(changes, panel.units):
        made = _kept_apart(made, change) if change.kind == "part" else _joined(made, change, add)
    return _sorted(made)


def _joined(panel: Panel, change: Change, add: Sequence[str] | None) -> Panel:
    """Give units the later name; add up the rows before a merger."""
    units, times = panel.frame[panel.unit], panel.frame[panel.time]
    old, heir = units.isin(change.before), units == change.after
    is_merger = change.kind == "merged"
    if is_merger and not old.any():
        return _noted(
            panel, change.after, f"{_and(change.before)} joined it in {change.year} and has no rows, left alone"
        )
    early = times < change.year if is_merger else pd.Series(data=False, index=times.index)
    _fail_if_both_are_printed(panel, change, old & ~early, heir & ~early)
    summed = (old | heir) & early
    kept = panel.frame[~summed].assign(**{panel.unit: units[~summed].mask(old[~summed], change.after)})
    moved = replace(panel, frame=kept.reset_index(drop=True))
    if not summed.any():
        return _noted(moved, change.after, _became(change))
    if not add:
        raise DataError(
            f"{_and(change.before)} went into {change.after} in {change.year}; name the columns that add up, such as "
            "add=['gdp']; other columns of numbers are missing in the years before"
        )
    return _noted(_with_sums(moved, panel, panel.frame[summed], change, add), change.after, _became(change))


def _with_sums(made: Panel, panel: Panel, rows: pd.DataFrame, change: Change, add: Sequence[str]) -> Panel:
    """Append one row per period for units that were merged later; a sum lacking a member is missing."""
    own = rows[rows[panel.unit] == change.after]
    present = [name for name in change.before if (rows[panel.unit] == name).any()]
    members = len(present) + 1 if len(own) else len(change.before)
    first = pd.concat([own, rows]).drop_duplicates(panel.time).set_index(panel.time, drop=False).sort_index()
    columns = list(add)
    sums = rows.groupby(panel.time)[columns].sum(min_count=members)
    fixed = {panel.unit, panel.time, panel.group, *(panel.location or ())}
    numbers = [c for c in rows.select_dtypes("number").columns if c not in fixed]
    added = first.assign(**{panel.unit: change.after}).astype(dict.fromkeys(numbers, float))
    added[numbers] = sums.reindex(index=added.index, columns=numbers)
    before = own.set_index(panel.time).reindex(added.index)
    trail = pd.concat(
        [
            pd.DataFrame({"time": added.index, "before": before[c].to_numpy(), "after": added[c].to_numpy()}).assign(
                rule=RULE, variable=c, unit=change.after, reason=f"{_and(present)} added"
            )
            for c in columns
        ]
    )
    frame = pd.concat([made.frame.astype(dict.fromkeys(numbers, float)), added], ignore_index=True)
    return recorded(replace(made, frame=frame), trail)


def _kept_apart(panel: Panel, change: Change) -> Panel:
    sides = f"part of {_and(change.before) or 'a neighbor'} went to {change.after or 'a neighbor'} in {change.year}"
    named = next(name for name in (change.after, *change.before) if name in set(panel.units))
    return _noted(panel, named, f"{sides}, left alone")


def _sorted(panel: Panel) -> Panel:
    """Bring rows into the order of a panel, with group and location of a unit as in its last period."""
    frame = Panel.from_frame(panel.frame, unit=panel.unit, time=panel.time).frame
    constant = [*(panel.location or ()), *([panel.group] if panel.group else [])]
    last = {name: frame.groupby(panel.unit, sort=False)[name].transform("last") for name in constant}
    return replace(panel, frame=frame.assign(**last))


def _noted(panel: Panel, unit: str, reason: str) -> Panel:
    return recorded(panel, pd.DataFrame([{"rule": RULE, "unit": unit, "reason": reason}]))


def _became(change: Change) -> str:
    return f"{_and(change.before)} became {change.after} in {change.year}"


def _and(names: Sequence[str]) -> str:
    return "、".join(names)


def _fail_if_both_are_printed(panel: Panel, change: Change, old: pd.Series[Any], heir: pd.Series[Any]) -> None:
    both = set(panel.frame.loc[old, panel.time]) & set(panel.frame.loc[heir, panel.time])
    if both:
        raise DataError(
            f"{_and(change.before)} and {change.after} both have rows in {some_of(sorted(both))}, though one became "
            f"the other in {change.year}; keep one of them, or state kind = merged if {change.after} was there before"
        )
