"""The specification curve."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from yrdecon.core.hypothesis import HypothesisTest
from yrdecon.errors import DesignError
from yrdecon.present.canvas import add_title, new_drawing, settle_layout, style_points
from yrdecon.present.facts import Facts, facts_line, facts_of_test
from yrdecon.present.figure import Figure
from yrdecon.present.numbers import fixed, needed_decimals, p_text, thousands
from yrdecon.present.style import COMPARISON, GRAY, INK, PALE, TREATED, Size, figure_format, figure_style
from yrdecon.present.words import Lang, known_word, variable_label, word

FloatArray = NDArray[np.float64]

NEEDED = ("estimate", "is_headline")
RESULTS = (
    *NEEDED, "std_error", "statistic", "p_value", "conf_low", "conf_high", "rank", "n_compared", "n_treated", "n_obs",
    "n_units", "n_comparison", "smallest_p_value", "disjoint_sets", "n_assignments", "note", "specification", "method",
)  # fmt: skip
LINE, HEADING, REACH = 1.65, 1.4, 3.0


def plot_specification_curve(
    table: pd.DataFrame,
    choices: Sequence[str] | None = None,
    *,
    test: HypothesisTest | None = None,
    lang: Lang = "en",
    labels: Mapping[str, str] | None = None,
    size: Size = "page",
) -> Figure:
    """Draw all estimates in the order of their size, and below them the choices that each rests on.

    The headline is red. Intervals are pale; one that is missing or without an end is not drawn, and one that reaches
    far beyond all estimates is cut. The title counts them, and the rows without an estimate.

    Parameters
    ----------
    table
        One row per specification: estimate, is_headline, conf_low and conf_high where there are intervals, and one
        column for each choice, such as the result of `specification_curve`.
    choices
        The columns of choices; None takes all that hold no result and differ between rows.
    test
        The result of `specification_test`, whose joint rank is printed.
    labels
        Names of choices and of their values, as they are to be read.
    size
        ``"column"`` (3.4 inches wide), ``"page"`` (6.3) or ``"slide"`` (10).

    Raises
    ------
    DesignError
        If the table lacks a column, no row has an estimate, or not exactly one row is the headline.

    Examples
    --------
    >>> rows = [(0.02, "all", True), (0.05, "near", False)]
    >>> table = pd.DataFrame(rows, columns=["estimate", "pool", "is_headline"])
    >>> plot_specification_curve(table).alt
    'Specification curve of 2 estimates from 0.020 to 0.050; the headline 0.020 is number 1 from below.'
    """
    _fail_if_table_cannot_be_drawn(table, choices)
    drawn = table[table["estimate"].notna()].sort_values("estimate", kind="stable").reset_index(drop=True)
    columns = list(choices) if choices is not None else _choices(table)
    listed = table.sort_values("specification", kind="stable") if "specification" in table else table
    rows = [(column, value) for column in columns for value in pd.unique(listed[column])]
    form = figure_format(size)
    title = _title(table, drawn, test, lang)
    line = LINE * form.points / 72
    below, above = (len(rows) + HEADING * len(columns)) * line, (title.count("\n") + 2) * line
    with figure_style(lang, size):
        drawing = new_drawing(size, (2, 1), tall=0.7 + (above + below) / form.height)
        drawing.axes[0].get_gridspec().set_height_ratios([0.55 * form.height, below])
        _draw_curve(drawing.axes[0], drawn, lang)
        _draw_choices(drawing.axes[1], drawn, rows, lang, labels or {})
        add_title(drawing, title, size)
        settle_layout(drawing)
    return Figure(drawing, drawn, _alt(drawn, lang))


def _choices(table: pd.DataFrame) -> list[str]:
    others = [c for c in table.columns if c not in RESULTS]
    return [c for c in others if table[c].nunique(dropna=False) > 1] or others


def _draw_curve(axes: Any, drawn: pd.DataFrame, lang: Lang) -> None:
    place = np.arange(len(drawn), dtype=float)
    headline = drawn["is_headline"].to_numpy(dtype=bool)
    estimate = drawn["estimate"].to_numpy(dtype=float)
    low, high = (
        drawn.get(c, pd.Series(np.nan, index=drawn.index)).to_numpy(dtype=float) for c in ("conf_low", "conf_high")
    )
    closed = np.isfinite(low) & np.isfinite(high)
    axes.axhline(0, color=GRAY, lw=0.6, zorder=0.5)
    axes.vlines(place[closed], low[closed], high[closed], color=PALE, lw=_width(axes, len(drawn)), zorder=1)
    points = min(style_points("lines.markersize"), 1.4 * _width(axes, len(drawn)) + 1)
    axes.plot(place[~headline], estimate[~headline], "o", color=COMPARISON, ms=points, zorder=2)
    axes.plot(place[headline], estimate[headline], "D", color=TREATED, ms=max(points, 3.5), zorder=3)
    bottom, top = _frame(estimate)
    shown = np.concatenate([estimate, low[closed], high[closed], [0.0]])
    room = 0.05 * float(np.ptp(shown))
    axes.set(xlim=(-1, len(drawn)), ylabel=word("effect", lang))
    axes.set_ylim(max(bottom, shown.min() - room), min(top, shown.max() + room))
    axes.set_xticks([])
    axes.spines["bottom"].set_visible(False)


def _frame(estimate: FloatArray) -> tuple[float, float]:
    """Return the ends of the vertical axis, so far beyond estimates and zero that no interval hides their order."""
    low, high = min(estimate.min(), 0.0), max(estimate.max(), 0.0)
    return float(low - REACH * (high - low)), float(high + REACH * (high - low))


def _width(axes: Any, n: int) -> float:
    """Return the width of a line in points, narrower the more there are."""
    return float(np.clip(0.4 * 72 * axes.figure.get_figwidth() / max(n, 1) * 0.6, 0.3, 2.0))


def _draw_choices(
    axes: Any, drawn: pd.DataFrame, rows: list[tuple[str, object]], lang: Lang, labels: Mapping[str, str]
) -> None:
    headline = drawn["is_headline"].to_numpy(dtype=bool)
    heights, ticks, y, last = [], [], 0.0, None
    tall = min(0.75 * style_points("font.size"), 6.0)
    for column, value in rows:
        if column != last:
            y -= HEADING
            axes.annotate(
                _named(column, lang, labels), (0, y), xycoords=("axes fraction", "data"), xytext=(-3, 0),
                textcoords="offset points", ha="right", va="center", color=INK,
            )  # fmt: skip
            last = column
        y -= 1.0
        same = drawn[column].isna() if pd.isna(value) else drawn[column] == value
        for chosen, color in ((same & ~headline, COMPARISON), (same & headline, TREATED)):
            place = np.flatnonzero(chosen)
            axes.plot(place, np.full(len(place), y), "|", color=color, ms=tall, mew=_width(axes, len(drawn)))
        heights.append(y)
        ticks.append(_named(value, lang, labels))
    axes.set_yticks(heights, labels=ticks, color=GRAY)
    axes.set(xlim=(-1, len(drawn)), ylim=(y - 0.7, -0.3))
    axes.tick_params(axis="y", length=0)
    axes.set_xticks([])
    axes.spines[["left", "bottom"]].set_visible(False)


def _named(value: object, lang: Lang, labels: Mapping[str, str]) -> str:
    if isinstance(value, bool | np.bool_):
        return word("yes" if value else "no", lang)
    text = "–" if pd.isna(value) or value == "" else str(value)
    key = f"choice_{text.lower().replace(' ', '_').replace('-', '_')}"
    return labels.get(text) or known_word(key, lang) or known_word(text, lang) or variable_label(text, lang, {}) or text


def _title(table: pd.DataFrame, drawn: pd.DataFrame, test: HypothesisTest | None, lang: Lang) -> str:
    text = word("curve_title", lang).format(n=thousands(len(drawn)))
    lost = len(table) - len(drawn)
    if lost:
        text += word("curve_lost", lang).format(n=thousands(lost))
    ends = drawn.reindex(columns=["conf_low", "conf_high"]).to_numpy(dtype=float)
    bottom, top = _frame(drawn["estimate"].to_numpy(dtype=float))
    opened = int(np.isinf(ends).any(axis=1).sum())
    cut = int((np.isfinite(ends).all(axis=1) & ((ends[:, 0] < bottom) | (ends[:, 1] > top))).sum())
    for key, count in (("curve_open", opened), ("curve_cut", cut)):
        text += word(key, lang).format(n=thousands(count)) if count else ""
    headline = drawn[drawn["is_headline"].astype(bool)].iloc[0]
    joint = "" if test is None else _joint(test, lang)
    return "\n".join(line for line in (text, joint, facts_line(_facts(headline, test), lang)) if line)


def _joint(test: HypothesisTest, lang: Lang) -> str:
    compared = 0 if test.draws is None else len(test.draws)
    words = {"k": thousands(test.rank or 0), "n": thousands(compared), "p": p_text(test.p_value)}
    return word("curve_joint", lang).format(
        rank=word("kind_rank" if test.is_rank_only else "kind_p", lang).format(**words)
    )


def _facts(headline: pd.Series[Any], test: HypothesisTest | None) -> Facts:
    known = {name: _whole(headline.get(name)) for name in ("n_treated", "n_comparison")}
    if test is not None:
        return replace(facts_of_test(test), **known)
    least = headline.get("smallest_p_value")
    return Facts(
        **known,
        n_assignments=_whole(headline.get("n_assignments")),
        n_compared=_whole(headline.get("n_compared")),
        smallest_p=None if least is None or pd.isna(least) else float(least),
    )


def _whole(value: object) -> int | None:
    return None if value is None or pd.isna(value) else int(str(value))


def _alt(drawn: pd.DataFrame, lang: Lang) -> str:
    values = drawn["estimate"].tolist()
    place = int(np.flatnonzero(drawn["is_headline"])[0])
    decimals = needed_decimals([values[place]], 3)
    return word("alt_curve", lang).format(
        n=thousands(len(drawn)),
        low=fixed(values[0], decimals),
        high=fixed(values[-1], decimals),
        headline=fixed(values[place], decimals),
        place=thousands(place + 1),
    )


def _fail_if_table_cannot_be_drawn(table: pd.DataFrame, choices: Sequence[str] | None) -> None:
    lacking = [c for c in (*NEEDED, *(choices or ())) if c not in table]
    if lacking:
        raise DesignError(f"the table lacks the columns {lacking}; draw one row per specification")
    shown = table[table["estimate"].notna()]
    if int(shown["is_headline"].astype(bool).sum()) != 1:
        raise DesignError("exactly one row with an estimate must be the headline; mark it in is_headline")
    if choices is None and not _choices(table):
        raise DesignError("the table has no column of choices; name them, for example choices=['pool']")
