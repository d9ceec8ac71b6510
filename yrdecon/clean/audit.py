"""What changed between two states of a panel."""

from __future__ import annotations

from typing import Any

import pandas as pd

from yrdecon.core.panel import Panel
from yrdecon.errors import DataError

COLUMNS = ("unit", "time", "variable", "change", "before", "after", "rule", "reason")


def audit(before: Panel, after: Panel) -> pd.DataFrame:
    """Compare two states of a panel cell by cell, whatever was done in between, and say what the trail knows of it.

    Returns
    -------
    One row per difference: unit, time, variable, change, before, after, rule, reason. Changes are ``row dropped``,
    ``row added``, ``column dropped``, ``column added`` (before and after count the cells with a value), ``filled``,
    ``emptied`` and ``changed``. Cells that a verb touched in a column it made (`winsorize`, `interpolate`, `crosswalk`)
    are listed as its trail has them. Rule and reason are missing where something else than a verb made the change.

    Raises
    ------
    DataError
        If the panels have other keys.

    Examples
    --------
    >>> from yrdecon.clean import winsorize
    >>> table = pd.DataFrame({"city": list("abcde"), "year": 2020, "y": [1.0, 2.0, 3.0, 4.0, 100.0]})
    >>> raw = Panel.from_frame(table, unit="city", time="year")
    >>> found = audit(raw, winsorize(raw, "y", lower=0.25, upper=0.75))
    >>> found.query("change == 'changed'")[["unit", "before", "after"]].values.tolist()
    [['a', 1.0, 2.0], ['e', 100.0, 4.0]]
    """
    if (before.unit, before.time) != (after.unit, after.time):
        raise DataError(
            f"panels of {before.unit} by {before.time} and of {after.unit} by {after.time} cannot be compared; "
            "give two states of one panel"
        )
    keys = [before.unit, before.time]
    old, new = before.frame.set_index(keys), after.frame.set_index(keys)
    trail = after.trail.iloc[len(before.trail) :]
    rows = [*_rows(old, new, trail), *_columns(old, new, trail)]
    shared = old.index.intersection(new.index)
    for name in old.columns.intersection(new.columns, sort=False):
        rows += _cells(old.loc[shared, name], new.loc[shared, name])
    for row in trail[trail["unit"].notna() & trail["time"].notna()].itertuples(index=False):
        change = _change(row.before, row.after)
        rows.append((row.unit, row.time, row.variable, change, row.before, row.after, row.rule, row.reason))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _rows(old: pd.DataFrame, new: pd.DataFrame, trail: pd.DataFrame) -> list[tuple[Any, ...]]:
    whole = trail[trail["unit"].notna() & trail["time"].isna()].drop_duplicates("unit").set_index("unit")
    rows: list[tuple[Any, ...]] = []
    for unit, time in old.index.difference(new.index):
        said = tuple(whole.loc[unit, ["rule", "reason"]]) if unit in whole.index else (None, None)
        rows.append((unit, time, None, "row dropped", None, None, *said))
    return rows + [(*key, None, "row added", None, None, None, None) for key in new.index.difference(old.index)]


def _columns(old: pd.DataFrame, new: pd.DataFrame, trail: pd.DataFrame) -> list[tuple[Any, ...]]:
    made = trail[trail["unit"].isna()].drop_duplicates("variable").set_index("variable")
    gone = [
        (None, None, c, "column dropped", int(old[c].count()), 0, None, None)
        for c in old.columns.difference(new.columns, sort=False)
    ]
    for name in new.columns.difference(old.columns, sort=False):
        said = tuple(made.loc[name, ["rule", "reason"]]) if name in made.index else (None, None)
        gone.append((None, None, name, "column added", 0, int(new[name].count()), *said))
    return gone


def _cells(old: pd.Series[Any], new: pd.Series[Any]) -> list[tuple[Any, ...]]:
    differs = (old.to_numpy() != new.to_numpy()) & ~(old.isna() & new.isna()).to_numpy()
    return [
        (*key, new.name, _change(a, b), a, b, None, None)
        for key, a, b in zip(old.index[differs], old[differs], new[differs], strict=True)
    ]


def _change(before: Any, after: Any) -> str:
    return "filled" if pd.isna(before) else "emptied" if pd.isna(after) else "changed"
