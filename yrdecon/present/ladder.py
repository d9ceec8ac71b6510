"""The ladder of comparison pools: one estimate against near and far comparisons."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from yrdecon.errors import DesignError
from yrdecon.present.canvas import add_title, new_drawing, settle_layout, tall_enough
from yrdecon.present.facts import Facts, facts_line
from yrdecon.present.figure import Figure
from yrdecon.present.numbers import fixed, needed_decimals, p_text, thousands
from yrdecon.present.style import COMPARISON, GRAY, PALE, Size, figure_style, fold
from yrdecon.present.words import Lang, known_word, word

COLUMNS = ("rung", "n_comparison", "estimate", "conf_low", "conf_high", "rank", "n_compared")


def plot_ladder(
    table: pd.DataFrame, *, lang: Lang = "en", labels: Mapping[str, str] | None = None, size: Size = "page"
) -> Figure:
    """Draw the estimates of `control_pool_ladder` with their intervals, the first rung at the top.

    Each rung tells its number of comparison units, the placebo rank and the smallest attainable p-value. Intervals
    without an end, because too few assignments are compared to reject anything, are pale lines across the figure.
    Rungs that could not be estimated keep their place.

    Parameters
    ----------
    table
        The result of `control_pool_ladder`.
    labels
        Names of rungs as they are to be read.
    size
        ``"column"`` (3.4 inches wide), ``"page"`` (6.3) or ``"slide"`` (10).

    Raises
    ------
    DesignError
        If the table lacks a column, or no rung has an estimate.

    Examples
    --------
    >>> rows = [("all", 33, -0.02, -0.04, 0.03, 6, 38), ("same group", 8, -0.03, -np.inf, np.inf, 8, 12)]
    >>> table = pd.DataFrame(rows, columns=list(COLUMNS))
    >>> plot_ladder(table).alt
    'Estimates by comparison pool: All -0.020; Same group -0.030.'
    """
    _fail_if_table_cannot_be_drawn(table)
    named = labels or {}
    names = [named.get(rung) or known_word(f"rung_{rung.replace(' ', '_')}", lang) or rung for rung in table["rung"]]
    with figure_style(lang, size):
        drawing = new_drawing(size, tall=tall_enough(size, 2.3 * len(table) + 9))
        _draw(drawing.axes[0], table, [_tick(n, r, lang) for n, (_, r) in zip(names, table.iterrows(), strict=True)])
        drawing.axes[0].set_xlabel(fold(word("ladder_axis", lang), size, 0.55))
        treated = set(table.get("n_treated", pd.Series(dtype=int)).dropna().astype(int))
        facts = facts_line(Facts(n_treated=treated.pop() if len(treated) == 1 else None), lang)
        add_title(drawing, f"{word('ladder_title', lang)}\n{facts}".rstrip(), size)
        settle_layout(drawing)
    shown = table["estimate"].notna()
    decimals = needed_decimals(table.loc[shown, "estimate"].tolist(), 3)
    values = [f"{n} {fixed(e, decimals)}" for n, e, s in zip(names, table["estimate"], shown, strict=True) if s]
    separator = "；" if lang == "zh" else "; "
    return Figure(drawing, table, word("alt_ladder", lang).format(values=separator.join(values)))


def _draw(axes: Any, table: pd.DataFrame, ticks: list[str]) -> None:
    height = -np.arange(len(table), dtype=float)
    low, high = table["conf_low"].to_numpy(dtype=float), table["conf_high"].to_numpy(dtype=float)
    estimate = table["estimate"].to_numpy(dtype=float)
    ends = np.concatenate([low, high, estimate, [0.0]])
    ends = ends[np.isfinite(ends)]
    margin = 0.08 * (np.ptp(ends) or 1.0)
    left, right = ends.min() - margin, ends.max() + margin
    open_ended = np.isinf(low) | np.isinf(high)
    for chosen, color in ((open_ended, PALE), (~open_ended, COMPARISON)):
        drawn = chosen & np.isfinite(estimate)
        axes.hlines(height[drawn], np.maximum(low, left)[drawn], np.minimum(high, right)[drawn], color=color)
    axes.plot(estimate, height, "o", color=COMPARISON)
    axes.axvline(0, color=GRAY, lw=0.8, zorder=0.5)
    axes.set(xlim=(left, right), ylim=(height[-1] - 0.6, 0.6))
    axes.set_yticks(height, labels=ticks)
    axes.tick_params(axis="y", length=0)


def _tick(name: str, row: pd.Series, lang: Lang) -> str:
    if not np.isfinite(row["estimate"]):
        return f"{name}\n{word('rung_without_estimate', lang)}"
    rank = word("rank_of", lang).format(k=thousands(int(row["rank"])), n=thousands(int(row["n_compared"])))
    text = word("rung_text", lang).format(n=thousands(int(row["n_comparison"])), rank=rank)
    if "smallest_p_value" in row.index:
        text += word("rung_least", lang).format(p=p_text(row["smallest_p_value"]))
    return f"{name}\n{text}"


def _fail_if_table_cannot_be_drawn(table: pd.DataFrame) -> None:
    lacking = [c for c in COLUMNS if c not in table]
    if lacking:
        raise DesignError(f"the table lacks the columns {lacking}; draw the result of control_pool_ladder")
    if not table["estimate"].notna().any():
        raise DesignError("no rung of the ladder has an estimate; there is nothing to draw")
