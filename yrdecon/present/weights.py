"""The figure of the weights behind a synthetic comparison."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from yrdecon.core.estimate import Estimate
from yrdecon.errors import DesignError
from yrdecon.present.canvas import add_title, new_drawing, settle_layout, whole_ticks
from yrdecon.present.facts import facts_line, facts_of_estimate
from yrdecon.present.figure import Figure
from yrdecon.present.style import COMPARISON, GRAY, Size, figure_format, figure_style, fold
from yrdecon.present.unit_names import unit_names
from yrdecon.present.words import Lang, word

MOST_UNITS, LINE, SMALLEST = 20, 1.6, 5e-4
DOT = 1.5


def plot_weights(
    estimate: Estimate, *, lang: Lang = "en", labels: Mapping[str, str] | None = None, size: Size = "page"
) -> Figure:
    """Draw which comparison units, and which periods before treatment, a synthetic comparison rests on.

    One bar for each unit, or where every treated unit has its own weights, a column of dots whose areas are the
    weights. The twenty units with the largest weights are drawn.

    Parameters
    ----------
    estimate
        An estimate with a frame ``"unit_weights"``, from `synthetic_did` or `synthetic_control`, of one adoption date.
    labels
        Names of units as they are to be read.
    size
        ``"column"`` (3.4 inches wide), ``"page"`` (6.3) or ``"slide"`` (10).

    Raises
    ------
    DesignError
        If the estimate has no unit weights, or several adoption dates.

    Examples
    --------
    >>> from yrdecon.estimators import synthetic_did
    >>> from yrdecon.study.twinning import load_twinning, twinning_design
    >>> plot_weights(synthetic_did(load_twinning(), twinning_design())).alt
    'Weights of 22 comparison units, the largest 0.067 (Tongling).'
    """
    weights = estimate.frames.get("unit_weights", pd.DataFrame())
    if weights.empty or weights["cohort"].nunique() > 1:
        raise DesignError(
            f"{estimate.method} has no unit weights of one adoption date; draw synthetic_did or synthetic_control"
        )
    times = estimate.frames.get("time_weights", pd.DataFrame({"time": [], "weight": []}))
    largest = weights.groupby("unit", sort=False)["weight"].max().sort_values(ascending=False, kind="stable")
    units = largest.index[largest >= SMALLEST][:MOST_UNITS].tolist()
    names = unit_names(units, lang, labels)
    form = figure_format(size)
    tall = max((len(units) + 8) * LINE * form.points / 72, 0.7 * form.height) / form.height
    with figure_style(lang, size):
        drawing = new_drawing(size, (1, 2) if len(times) else (1, 1), tall=tall)
        _draw_units(drawing.axes[0], weights, units, names, lang)
        if len(times):
            _draw_times(drawing.axes[1], times, lang)
        shown = word("weights_title", lang).format(k=len(units), n=len(largest))
        add_title(drawing, fold(f"{facts_line(facts_of_estimate(estimate), lang)}{_comma(lang)}{shown}", size))
        settle_layout(drawing)
    alt = word("alt_weights", lang).format(n=len(largest), weight=f"{largest.iloc[0]:.3f}", unit=names[0])
    kept = [c for c in ("treated_unit", "unit", "time", "weight") if c in weights or c == "time"]
    data = pd.concat([weights, times.drop(columns="cohort", errors="ignore")], ignore_index=True).reindex(columns=kept)
    return Figure(drawing, data, alt)


def _comma(lang: Lang) -> str:
    return "，" if lang == "zh" else ", "


def _draw_units(axes: Any, weights: pd.DataFrame, units: list[object], names: list[str], lang: Lang) -> None:
    height = -np.arange(len(units), dtype=float)
    own = [c for c in weights.get("treated_unit", pd.Series(dtype=object)).unique() if c != ""]
    if len(own) > 1:
        _draw_dots(axes, weights, units, own, lang)
    else:
        axes.barh(height, weights.set_index("unit")["weight"].reindex(units), color=COMPARISON, height=0.7)
        axes.set_xlabel(word("weight", lang))
    axes.set_yticks(height, labels=names)
    axes.set_ylim(0.7 - len(units), 0.7)
    axes.tick_params(axis="y", length=0)


def _draw_dots(axes: Any, weights: pd.DataFrame, units: list[object], own: list[object], lang: Lang) -> None:
    import matplotlib as mpl

    row, column = {u: -i for i, u in enumerate(units)}, {u: i for i, u in enumerate(own)}
    shown = weights[weights["unit"].isin(units) & (weights["weight"] >= SMALLEST)]
    area = shown["weight"] * (DOT * mpl.rcParams["font.size"]) ** 2
    axes.scatter(shown["treated_unit"].map(column), shown["unit"].map(row), s=area, color=COMPARISON, lw=0)
    axes.set_xticks(range(len(own)), labels=unit_names(own, lang), rotation=90)
    axes.set_xlim(-0.7, len(own) - 0.3)
    axes.grid(color="#EEEEEE", lw=0.5, zorder=0)
    axes.set_axisbelow(True)


def _draw_times(axes: Any, times: pd.DataFrame, lang: Lang) -> None:
    axes.bar(times["time"], times["weight"], color=COMPARISON, width=0.7)
    axes.axhline(0, color=GRAY, lw=0.6)
    axes.set(xlabel=word("year", lang), ylabel=word("time_weight", lang), ylim=(0, 1.05))
    whole_ticks(axes, 4)
