"""What changed between two states of a panel."""

from __future__ import annotations

from typing import Any

import pandas as pd

from yrdecon.clean.verbs.derived import description_of
from yrdecon.core.panel import Panel
from yrdecon.errors import DataError

COLUMNS = ("unit", "time", "variable", "change", "before", "after", "rule")


def audit(before: Panel, after: Panel) -> pd.DataFrame:
    """Compare two states of a panel cell by cell, whatever was done in between.

    Returns
    -------
    One row per difference: unit, time, variable, change, before, after, rule. Changes are ``row dropped``, ``row
    added``, ``column dropped``, ``column added`` (before and after count the cells with a value), ``filled``,
    ``emptied`` and ``changed``. A column that edits another one (`winsorize`, `interpolate`, `crosswalk`) is compared
    with it, cell by cell. The rule is the sentence that the panel carries about the column, or about the rows.

    Raises
    ------
    DataError
        If the panels have other keys.

    Examples
    --------
    >>> from yrdecon.clean.verbs import winsorize
    >>> table = pd.DataFrame({"city": list("abcde"), "year": 2020, "y": [1.0, 2.0, 3.0, 4.0, 100.0]})
    >>> raw = Panel.from_frame(table, unit="city", time="year")
    >>> found = audit(raw, winsorize(raw, "y", share=0.25))
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
    parts = [_rows(old, new, after), *_columns(old, new, after)]
    shared = old.index.intersection(new.index)
    pairs = [(c, c) for c in old.columns.intersection(new.columns, sort=False)]
    edited = {c: str(description_of(after, c)["edited_from"]) for c in new.columns.difference(old.columns, sort=False)}
    pairs += [(origin, c) for c, origin in edited.items() if origin in old.columns]
    parts += [_cells(old.loc[shared, a], new.loc[shared, b], after) for a, b in pairs]
    return pd.DataFrame([row for part in parts for row in part], columns=list(COLUMNS))


def _rows(old: pd.DataFrame, new: pd.DataFrame, after: Panel) -> list[tuple[Any, ...]]:
    said = "; ".join(n for n in after.notes if " dropped: " in n)
    gone = [(*key, None, "row dropped", None, None, said) for key in old.index.difference(new.index)]
    return gone + [(*key, None, "row added", None, None, "") for key in new.index.difference(old.index)]


def _columns(old: pd.DataFrame, new: pd.DataFrame, after: Panel) -> list[list[tuple[Any, ...]]]:
    gone = [(None, None, c, "column dropped", int(old[c].count()), 0, "") for c in old.columns.difference(new.columns)]
    added = [
        (None, None, c, "column added", 0, int(new[c].count()), description_of(after, c)["derivation"])
        for c in new.columns.difference(old.columns, sort=False)
    ]
    return [gone, added]


def _cells(old: pd.Series[Any], new: pd.Series[Any], after: Panel) -> list[tuple[Any, ...]]:
    differs = (old.to_numpy() != new.to_numpy()) & ~(old.isna() & new.isna()).to_numpy()
    rule = description_of(after, str(new.name))["derivation"]
    return [
        (*key, new.name, "filled" if pd.isna(a) else "emptied" if pd.isna(b) else "changed", a, b, rule)
        for key, a, b in zip(old.index[differs], old[differs], new[differs], strict=True)
    ]
