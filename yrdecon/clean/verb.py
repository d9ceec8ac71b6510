"""What the verbs that derive columns share: a column of numbers, values of other periods, and the trail."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from yrdecon.core.panel import TRAIL_COLUMNS, Panel
from yrdecon.errors import DataError


@dataclass(frozen=True)
class Derivation:
    """How a column was made.

    Attributes
    ----------
    rule, reason
        As in `Panel.trail`.
    source
        The column it was made of, whose labels it takes with the words before them.
    words_en, words_zh
        What stands before the label.
    unit_of_measure, vintage
        Of the new column; None keeps those of the source.
    """

    rule: str
    reason: str
    source: str
    words_en: str
    words_zh: str
    unit_of_measure: str | None = None
    vintage: str | None = None


def numbers_of(panel: Panel, column: str) -> pd.Series[Any]:
    """Return a column of the panel as numbers.

    Raises
    ------
    DataError
        If there is no such column, or it holds no numbers.
    """
    if column not in panel.frame.columns:
        raise DataError(f"the panel has no column {column!r}; its columns are {panel.frame.columns.tolist()[:40]}")
    values = panel.frame[column]
    if not pd.api.types.is_numeric_dtype(values) or column in (panel.unit, panel.time):
        raise DataError(f"column {column!r} must hold numbers to be reckoned with; it holds {values.iloc[0]!r}")
    return values.astype(float)


def at_period(panel: Panel, values: pd.Series[Any], times: Any) -> pd.Series[Any]:
    """Return, for every row, the value of its unit in another period; missing where the panel has none."""
    units, own = panel.frame[panel.unit], panel.frame[panel.time]
    known = pd.Series(values.to_numpy(), index=pd.MultiIndex.from_arrays([units, own]))
    wanted = pd.MultiIndex.from_arrays([units, pd.Series(times, index=own.index, dtype="int64")])
    return known.reindex(wanted).set_axis(values.index)


def derived(panel: Panel, name: str, values: pd.Series[Any], how: Derivation) -> Panel:
    """Add a column with its description and a row of trail.

    Raises
    ------
    DataError
        If the panel has a column of this name already.
    """
    if name in panel.frame.columns:
        raise DataError(f"the panel has a column {name!r} already; drop or rename it first")
    made = replace(panel.assign(**{name: values}), variables=_described(panel, name, how))
    return recorded(made, pd.DataFrame([{"rule": how.rule, "variable": name, "reason": how.reason}]))


def recorded(panel: Panel, rows: pd.DataFrame) -> Panel:
    """Append rows to the trail."""
    rows = rows.reindex(columns=list(TRAIL_COLUMNS)).astype(object)
    return replace(panel, trail=pd.concat([panel.trail, rows], ignore_index=True) if len(panel.trail) else rows)


def cells(panel: Panel, rule: str, variable: str, before: pd.Series[Any], after: pd.Series[Any]) -> pd.DataFrame:
    """Return the rows of trail for cells whose value changed, in the order of the panel."""
    changed = ~((before == after) | (before.isna() & after.isna()))
    keys = panel.frame.loc[changed, [panel.unit, panel.time]].set_axis(["unit", "time"], axis=1)
    return keys.assign(rule=rule, variable=variable, before=before[changed], after=after[changed]).reset_index(
        drop=True
    )


def _described(panel: Panel, name: str, how: Derivation) -> pd.DataFrame:
    if how.source not in panel.variables.index:
        return panel.variables
    row = panel.variables.loc[how.source].copy()
    row["label_en"] = f"{how.words_en} {row['label_en']}".strip()
    row["label_zh"] = f"{how.words_zh}{row['label_zh']}"
    for key, value in (("unit_of_measure", how.unit_of_measure), ("vintage", how.vintage)):
        row[key] = row[key] if value is None else value
    kept = panel.variables.drop(index=name, errors="ignore")
    return pd.concat([kept, row.rename(name).to_frame().T.astype(kept.dtypes)]).rename_axis(panel.variables.index.name)
