"""Rows of tables that are sums or means of the others and no place of their own."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import pandas as pd

from yrdecon.clean.grid import bare
from yrdecon.clean.verb import recorded
from yrdecon.core.panel import Panel

RULE = "read_panel"
SUM = "全国|全省|全区|全市|合计|总计|小计|共计|平均|平均值|total|sum|average|mean"
TOTAL = re.compile(rf"(?:{SUM})+", re.IGNORECASE)


def split_totals(body: pd.DataFrame, names: pd.Series[Any]) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Return the rows of places and the names of the totals; where all rows are totals, they are what is wanted.

    Examples
    --------
    >>> names = pd.Series(["全省", "合肥市", "合 计"])
    >>> rows, totals = split_totals(names.to_frame(), names)
    >>> rows[0].tolist(), totals
    (['合肥市'], ('全省', '合 计'))
    """
    total = names.isin([name for name in names.unique() if TOTAL.fullmatch(bare(str(name)))])
    if total.all():
        return body, ()
    return body[~total], tuple(dict.fromkeys(str(name) for name in names[total]))


def with_totals_told(panel: Panel, totals: Iterable[tuple[str, str]]) -> Panel:
    """Record the totals that were left out, by name and the table they stood in."""
    rows = [(RULE, name, f"a total in {where}, left out") for name, where in totals]
    return recorded(panel, pd.DataFrame(rows, columns=["rule", "unit", "reason"])) if rows else panel
