"""Gaps in a panel: filled in the open, or left out by name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Literal

import numpy as np
import pandas as pd

from yrdecon.clean.verb import Derivation, cells, derived, numbers_of, recorded
from yrdecon.core.names import some_of
from yrdecon.core.options import fail_if_unknown
from yrdecon.core.panel import Panel
from yrdecon.errors import DataError

Scale = Literal["level", "log"]


def interpolate(panel: Panel, column: str, *, scale: Scale, cohort: str = "cohort") -> Panel:
    """Fill gaps between two values of a unit on a straight line, as ``<column>_filled``.

    The column ``<column>_is_filled`` flags every filled cell, and the trail lists them. Nothing is filled before the
    first or after the last value of a unit. Report results without the filled cells beside those with them.

    Parameters
    ----------
    scale
        The line runs through the values, or through their logarithms.
    cohort
        Column of first treated periods. A gap that a treated unit has in or after its first treated period, or that is
        filled from a value after it, is refused: the filled cell would hold a part of the effect.

    Raises
    ------
    DataError
        If a gap reaches into the treated periods of a unit, or values between which a log line runs are not positive.

    Examples
    --------
    >>> table = pd.DataFrame({"c": ["a"] * 4, "t": [1, 2, 3, 4], "y": [1.0, np.nan, 3.0, np.nan]})
    >>> done = interpolate(Panel.from_frame(table, unit="c", time="t"), "y", scale="level")
    >>> done.frame["y_filled"].tolist(), done.frame["y_is_filled"].tolist()
    ([1.0, 2.0, 3.0, nan], [False, True, False, False])
    """
    fail_if_unknown("scale", scale, Scale)
    values = numbers_of(panel, column)
    if scale == "log" and (values <= 0).any():
        raise DataError(f"column {column!r} holds values that are not positive; fill it with scale='level'")
    line = np.log(values) if scale == "log" else values
    filled = line.groupby(panel.frame[panel.unit], sort=False, group_keys=False).apply(
        lambda own: _between(own, panel.frame.loc[own.index, panel.time])
    )
    after = values.fillna(np.exp(filled) if scale == "log" else filled)
    new = values.isna() & after.notna()
    if cohort in panel.frame.columns:
        _fail_if_treated(panel, column, values, new, panel.frame[cohort])
    rows = cells(panel, "interpolate", f"{column}_filled", values, after).assign(
        reason="between two values of the unit"
    )
    how = Derivation("interpolate", f"{int(new.sum())} gaps of {column} filled, {scale}", column, "Filled", "插值：")
    made = derived(panel, f"{column}_filled", after, how).assign(**{f"{column}_is_filled": new})
    return recorded(made, rows) if len(rows) else made


def balance_panel(panel: Panel, columns: Sequence[str] = ()) -> Panel:
    """Keep the units that have every period of the panel, with a value in each of the columns.

    The trail names every unit that is left out, and why.

    Raises
    ------
    DataError
        If no unit is left.

    Examples
    --------
    >>> table = pd.DataFrame({"c": ["a", "a", "b"], "t": [1, 2, 1], "y": [1.0, 2.0, 3.0]})
    >>> done = balance_panel(Panel.from_frame(table, unit="c", time="t"), ["y"])
    >>> done.units.tolist(), done.trail["reason"].tolist()
    (['a'], ['1 of 2 periods'])
    """
    unknown = [column for column in columns if column not in panel.frame.columns]
    if isinstance(columns, str) or unknown:
        raise DataError(f"the panel has no columns {unknown or [columns]}; give a list of its columns")
    whole = panel.frame[list(columns)].notna().all(axis=1)
    count = whole.groupby(panel.frame[panel.unit], sort=False).sum()
    short = count[count < len(panel.periods)]
    if len(short) == len(count):
        raise DataError(
            f"no unit has all {len(panel.periods)} periods of {list(columns)}; choose fewer columns or periods"
        )
    kept = panel.frame[~panel.frame[panel.unit].isin(short.index)].reset_index(drop=True)
    reasons = [f"{n} of {len(panel.periods)} periods" for n in short]
    rows = pd.DataFrame({"rule": "balance_panel", "unit": short.index, "reason": reasons})
    made = replace(panel, frame=kept)
    return recorded(made, rows) if len(rows) else made


def _between(own: pd.Series[Any], times: pd.Series[Any]) -> pd.Series[Any]:
    line = own.set_axis(times.to_numpy()).interpolate(method="index", limit_area="inside")
    return line.set_axis(own.index)


def _fail_if_treated(
    panel: Panel, column: str, values: pd.Series[Any], new: pd.Series[Any], cohort: pd.Series[Any]
) -> None:
    """Refuse filled cells whose next value is of a treated period."""
    known = panel.frame[panel.time].where(values.notna())
    following = known.groupby(panel.frame[panel.unit], sort=False).bfill()
    wrong = panel.frame.loc[new & (following >= cohort.astype(float)), [panel.unit, panel.time]]
    if len(wrong):
        shown = some_of(f"{unit} {time}" for unit, time in wrong.itertuples(index=False))
        raise DataError(
            f"gaps of {column!r} lie in treated periods, or are filled from them: {shown}; leave them missing, or drop "
            "the units with balance_panel"
        )
