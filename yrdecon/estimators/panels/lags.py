"""Lags and differences that know the gaps of a panel."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from yrdecon.core.labels import codes_of
from yrdecon.core.panel import Panel

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


def rows_before(panel: Panel, periods: int) -> IntArray:
    """Return for every row the position of the row of the same unit so many periods before, -1 where there is none.

    Examples
    --------
    >>> table = pd.DataFrame({"u": ["a", "a", "a", "b"], "t": [1, 2, 4, 5]})
    >>> rows_before(Panel.from_frame(table, unit="u", time="t"), 1).tolist()
    [-1, 0, -1, -1]
    """
    unit, time = codes_of(panel.frame[panel.unit]), panel.frame[panel.time].to_numpy(dtype=np.int64)
    return positions_before(unit, time, periods)


def positions_before(unit: IntArray, time: IntArray, periods: int) -> IntArray:
    """Return what `rows_before` does for (n,) units 0, 1, ... and times in any order."""
    start, span = int(time.min()), int(time.max() - time.min()) + 1
    key, wanted = unit * span + (time - start), time - start - periods
    order = np.argsort(key, kind="stable")
    place = np.minimum(np.searchsorted(key[order], unit * span + wanted), len(key) - 1)
    found = (key[order][place] == unit * span + wanted) & (wanted >= 0) & (wanted < span)
    return np.where(found, order[place], -1).astype(np.int64)


def lagged(panel: Panel, values: Any, periods: int) -> pd.Series[Any]:
    """Return values so many periods before, missing where the unit has no row in that period."""
    rows = rows_before(panel, periods)
    numbers = np.asarray(values, dtype=float)
    return pd.Series(np.where(rows >= 0, numbers[rows], np.nan), index=panel.frame.index)
