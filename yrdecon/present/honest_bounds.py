"""The figure of intervals under violations of parallel trends."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from yrdecon.errors import DesignError
from yrdecon.present.canvas import add_title, new_drawing, settle_layout
from yrdecon.present.facts import facts_line, facts_of_frame
from yrdecon.present.figure import Figure
from yrdecon.present.numbers import bracketed, fixed, needed_decimals
from yrdecon.present.style import COMPARISON, GRAY, TREATED, Size, figure_style, fold
from yrdecon.present.words import Lang, variable_label, word

COLUMNS = ("restriction", "m", "conf_low", "conf_high", "breakdown")
KINDS = {"relative magnitudes": "honest_ratio", "smoothness": "honest_bend"}


def plot_honest_bounds(
    table: pd.DataFrame,
    *,
    outcome: str,
    lang: Lang = "en",
    labels: Mapping[str, str] | None = None,
    size: Size = "page",
) -> Figure:
    """Draw the interval under parallel trends in red, and beside it those under ever larger violations.

    One set of axes for each kind of restriction. Its title gives the smallest violation at which zero is no longer
    excluded.

    Parameters
    ----------
    table
        The result of `honest_bounds` or `honest_bounds_from`.
    outcome
        Column of the outcome.
    labels
        Label of the outcome, if the dictionary does not hold it.

    Raises
    ------
    DesignError
        If the table lacks a column, the original interval, or any restricted one.

    Examples
    --------
    >>> rows = [("original", np.nan, 0.1, 0.3, np.nan), ("relative magnitudes", 1.0, -0.1, 0.5, 0.6)]
    >>> plot_honest_bounds(pd.DataFrame(rows, columns=list(COLUMNS)), outcome="ln_real_gdp").alt
    'Interval under parallel trends [0.100, 0.300]; relative magnitudes: zero is no longer excluded from 0.600 on.'
    """
    _fail_if_table_cannot_be_drawn(table)
    kinds = [kind for kind in KINDS if (table["restriction"] == kind).any()]
    label = variable_label(outcome, lang, labels or {}) or outcome
    with figure_style(lang, size):
        stacked = size == "column" and len(kinds) > 1
        shape = (2, 1) if stacked else (1, len(kinds))
        drawing = new_drawing(size, shape, tall=1.7 if stacked else 0.95, share_y=True)
        for axes, kind in zip(drawing.axes, kinds, strict=True):
            _draw_kind(axes, table, kind, lang, size)
        for axes in drawing.axes[:: 1 if stacked else len(kinds)]:
            axes.set_ylabel(word("effect_axis", lang).format(outcome=label))
        facts = facts_line(facts_of_frame(table), lang)
        add_title(drawing, f"{word('honest_title', lang)}\n{facts}".rstrip(), size)
        settle_layout(drawing)
    return Figure(drawing, table, _alt(table, kinds, lang))


def _draw_kind(axes: Any, table: pd.DataFrame, kind: str, lang: Lang, size: Size) -> None:
    rows = table[table["restriction"].isin(["original", kind])].sort_values("m", na_position="first")
    low, high = rows["conf_low"].to_numpy(dtype=float), rows["conf_high"].to_numpy(dtype=float)
    place = np.arange(len(rows), dtype=float)
    colors = [TREATED, *[COMPARISON] * (len(rows) - 1)]
    axes.axhline(0, color=GRAY, lw=0.6, zorder=0.5)
    axes.vlines(place, low, high, color=colors, lw=1.6)
    for ends in (low, high):
        axes.scatter(place, ends, marker="_", color=colors, s=30, lw=1.6)
    decimals = needed_decimals(rows["m"].tolist(), 1)
    ticks = [word("honest_none", lang), *(f"{m:.{decimals}f}" for m in rows["m"].iloc[1:])]
    axes.set_xticks(place, labels=ticks)
    axes.set_xlim(-0.6, len(rows) - 0.4)
    axes.set_xlabel(
        fold(word(f"{KINDS[kind]}_axis", lang), size) if size == "column" else word(f"{KINDS[kind]}_axis", lang)
    )
    axes.set_title(_breakdown(rows, lang), loc="left")


def _breakdown(rows: pd.DataFrame, lang: Lang) -> str:
    value = float(rows["breakdown"].iloc[-1])
    if np.isnan(value):
        return word("honest_never", lang)
    if value == 0:
        return word("honest_always", lang)
    return word("honest_from", lang).format(m=fixed(value, needed_decimals([value], 3)))


def _alt(table: pd.DataFrame, kinds: list[str], lang: Lang) -> str:
    first = table[table["restriction"] == "original"].iloc[0]
    low, high = float(first["conf_low"]), float(first["conf_high"])
    parts = [word("alt_honest", lang).format(interval=bracketed(low, high, needed_decimals([low, high], 3)))]
    for kind in kinds:
        text = _breakdown(table[table["restriction"] == kind], lang)
        text = text[:1].lower() + text[1:]
        parts.append(f"{word(KINDS[kind], lang)}{'：' if lang == 'zh' else ': '}{text}")
    return ("；" if lang == "zh" else "; ").join(parts) + ("。" if lang == "zh" else ".")


def _fail_if_table_cannot_be_drawn(table: pd.DataFrame) -> None:
    lacking = [c for c in COLUMNS if c not in table]
    if lacking:
        raise DesignError(f"the table lacks the columns {lacking}; draw the result of honest_bounds")
    if "original" not in set(table["restriction"]) or not table["restriction"].isin(list(KINDS)).any():
        raise DesignError("the table needs the original interval and a restricted one; draw honest_bounds")
