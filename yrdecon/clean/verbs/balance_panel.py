"""The part of a panel that is observed throughout."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

import pandas as pd

from yrdecon.clean.verbs.derived import numbers_of
from yrdecon.core.names import some_of
from yrdecon.core.panel import Panel
from yrdecon.errors import DataError


def balance_panel(panel: Panel, columns: Sequence[str], *, drop: Literal["units", "periods"] = "units") -> Panel:
    """Drop the units, or the periods, that lack a value of any of the columns; what is dropped is named in the notes.

    Parameters
    ----------
    columns
        Columns that must hold a value.
    drop
        ``"units"``: keep the units with all columns in every period. ``"periods"``: keep the periods in which every
        unit has them.

    Raises
    ------
    DataError
        If nothing would be left.

    Examples
    --------
    >>> table = pd.DataFrame({"city": list("aabb"), "year": [2019, 2020] * 2, "y": [1.0, 2.0, None, 4.0]})
    >>> panel = balance_panel(Panel.from_frame(table, unit="city", time="year"), ["y"])
    >>> panel, panel.notes
    (Panel(1 units x 2 periods, 2 rows, city by year 2019-2020), ("1 units without y in every period dropped: ['b']",))
    """
    if drop not in ("units", "periods"):
        raise DataError(f"there is no way to drop {drop!r}; choose 'units' or 'periods'")
    frame = panel.frame
    complete = pd.concat([numbers_of(panel, c).notna() for c in columns], axis=1).all(axis=1)
    key, other = (panel.unit, panel.time) if drop == "units" else (panel.time, panel.unit)
    seen = complete.groupby(frame[key]).sum()
    gone = seen.index[seen < frame[other].nunique()].tolist()
    kept = frame[~frame[key].isin(gone)]
    if kept.empty:
        raise DataError(
            f"no {drop[:-1]} has {list(columns)} throughout; drop {'periods' if drop == 'units' else 'units'} instead, "
            "or choose fewer columns or a shorter span"
        )
    named = ", ".join(columns)
    place = "in every period" if drop == "units" else "in every unit"
    note = f"{len(gone)} {drop} without {named} {place} dropped: {some_of(gone)}"
    return replace(panel, frame=kept.reset_index(drop=True), notes=(*panel.notes, note) if gone else panel.notes)
