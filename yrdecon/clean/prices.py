"""Constant prices."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import pandas as pd

from yrdecon.clean.verb import Derivation, at_period, derived, numbers_of
from yrdecon.core.names import some_of
from yrdecon.core.options import fail_if_unknown
from yrdecon.core.panel import Panel
from yrdecon.errors import DataError

Chain = Literal["previous", "fixed"]


def deflate(panel: Panel, column: str, *, index: str, base: int) -> Panel:
    """Bring a column of money to the prices of one period, as ``real_<column>``.

    real_t = nominal_t * index_base / index_t, unit by unit. The index must be a level, whatever its base; one that
    compares with the previous year (上年=100) is made a level by `price_base` first.

    Raises
    ------
    DataError
        If the index is not positive or missing in the base period, looks like one with the previous year as 100, or
        the column is described as real already.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"c": ["a", "a"], "t": [1, 2], "y": [10.0, 12.0], "cpi": [100.0, 120.0]})
    >>> deflate(Panel.from_frame(table, unit="c", time="t"), "y", index="cpi", base=1).frame["real_y"].tolist()
    [10.0, 10.0]
    """
    values, level = numbers_of(panel, column), numbers_of(panel, index)
    if _told(panel, column, "prices") == "real":
        raise DataError(f"column {column!r} is in constant prices already; deflate the nominal one")
    if "上年" in _told(panel, index, "unit_of_measure") + _told(panel, index, "label_zh"):
        raise DataError(
            f"{index!r} compares with the previous year; make it a level with price_base(panel, {index!r}, ...)"
        )
    _fail_if_not_positive(panel, index)
    factor = _at_base(panel, index, base) / level
    how = Derivation(
        "deflate",
        f"{column} in prices of {base}, deflated by {index}",
        column,
        "Real",
        "实际",
        vintage=f"prices of {base}",
    )
    return derived(panel, f"real_{column}", values * factor, how)


def price_base(panel: Panel, index: str, *, base: int, chain: Chain) -> Panel:
    """Set a price index to 100 in one period, as ``<index>_<base>``.

    Parameters
    ----------
    chain
        ``"previous"``: the index compares with the previous year (上年=100) and is chained over the years; a missing
        year breaks the chain, and what cannot be linked with the base is missing. ``"fixed"``: it is a level already.

    Raises
    ------
    DataError
        If the index is not positive, or missing in the base period.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"c": ["a"] * 3, "t": [1, 2, 3], "cpi": [103.0, 110.0, 120.0]})
    >>> panel = Panel.from_frame(table, unit="c", time="t")
    >>> price_base(panel, "cpi", base=1, chain="previous").frame["cpi_1"].round(6).tolist()
    [100.0, 110.0, 132.0]
    """
    fail_if_unknown("chain", chain, Chain)
    values = numbers_of(panel, index)
    _fail_if_not_positive(panel, index)
    level = values / _at_base(panel, index, base) * 100 if chain == "fixed" else _chained(panel, index, base)
    how = Derivation("price_base", f"{index} with {base} = 100", index, "", "", unit_of_measure=f"{base}=100")
    return derived(panel, f"{index}_{base}", level, how)


def _chained(panel: Panel, index: str, base: int) -> pd.Series[Any]:
    wide = panel.frame.pivot(index=panel.unit, columns=panel.time, values=index)
    periods = range(min(base, int(panel.periods[0])), max(base, int(panel.periods[-1])) + 1)
    links = wide.reindex(columns=periods) / 100
    level = pd.DataFrame(np.nan, index=links.index, columns=links.columns)
    level[base] = 100.0
    for period in periods[periods.index(base) + 1 :]:
        level[period] = level[period - 1] * links[period]
    for period in reversed(periods[: periods.index(base)]):
        level[period] = level[period + 1] / links[period + 1]
    keys = pd.MultiIndex.from_arrays([panel.frame[panel.unit], panel.frame[panel.time]])
    return level.stack().reindex(keys).set_axis(panel.frame.index)


def _at_base(panel: Panel, index: str, base: int) -> pd.Series[Any]:
    found = at_period(panel, numbers_of(panel, index), base)
    missing = panel.frame.loc[found.isna(), panel.unit].unique()
    if len(missing):
        raise DataError(
            f"{index!r} is missing in {base} for {some_of(missing)}; choose another base, or leave them out"
        )
    return found


def _fail_if_not_positive(panel: Panel, index: str) -> None:
    values = numbers_of(panel, index)
    wrong = panel.frame.loc[values <= 0, panel.unit].unique()
    if len(wrong):
        raise DataError(f"the price index {index!r} must be positive; it is not for {some_of(wrong)}")


def _told(panel: Panel, column: str, key: str) -> str:
    if column not in panel.variables.index or key not in panel.variables.columns:
        return ""
    return str(panel.variables.loc[column, key])
