"""Extreme values pulled in to the cuts of the tails."""

from __future__ import annotations

from typing import Any, Literal

import pandas as pd

from yrdecon.clean.verbs.derived import derive, numbers_of
from yrdecon.core.panel import Panel
from yrdecon.errors import DataError

SCOPES = {"pooled": "over all periods", "period": "period by period"}


def winsorize(panel: Panel, column: str, *, share: float = 0.01, by: Literal["pooled", "period"] = "pooled") -> Panel:
    """Add the column with both tails pulled in to their quantiles, as ``<column>_winsorized``.

    Quantiles interpolate linearly between order statistics. The cells touched in each tail are counted in the trail and
    listed by `audit`.

    Parameters
    ----------
    share
        Share of cells in each tail, between 0 and 0.5.
    by
        ``"pooled"``: the same cuts in all periods. ``"period"``: cuts of each period; they move with the treated, so
        with few of them look at the cells that are touched.

    Raises
    ------
    DataError
        If the share is not between 0 and 0.5.

    Examples
    --------
    >>> table = pd.DataFrame({"city": list("abcde"), "year": 2020, "y": [1.0, 2.0, 3.0, 4.0, 100.0]})
    >>> panel = winsorize(Panel.from_frame(table, unit="city", time="year"), "y", share=0.25)
    >>> panel.frame["y_winsorized"].tolist()
    [2.0, 2.0, 3.0, 4.0, 4.0]
    >>> panel.notes
    ('y winsorized at 25% in each tail, over all periods: 1 cells raised, 1 cells lowered',)
    """
    if by not in SCOPES:
        raise DataError(f"there is no way {by!r} to winsorize; choose one of {sorted(SCOPES)}")
    if not 0 < share < 0.5:
        raise DataError(f"the share of each tail lies between 0 and 0.5, not {share!r}; 0.01 is usual")
    values = numbers_of(panel, column)
    low, high = (_cut(panel, values, quantile, by) for quantile in (share, 1 - share))
    facts = {
        "percent": f"{100 * share:g}",
        "by": SCOPES[by],
        "low": int((values < low).sum()),
        "high": int((values > high).sum()),
    }
    return derive(panel, values.clip(low, high), verb="winsorize", of=column, facts=facts)


def _cut(panel: Panel, values: pd.Series[Any], quantile: float, by: str) -> pd.Series[Any]:
    if by == "pooled":
        return pd.Series(values.quantile(quantile), index=values.index)
    cuts = values.groupby(panel.frame[panel.time]).quantile(quantile)
    return panel.frame[panel.time].map(cuts)
