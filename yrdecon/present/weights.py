"""The figure of the weights behind a synthetic comparison."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from yrdecon.core.estimate import Estimate
from yrdecon.errors import DesignError
from yrdecon.present.canvas import add_title, new_drawing, settle_layout, style_points, tall_enough
from yrdecon.present.facts import facts_line, facts_of_estimate
from yrdecon.present.figure import Figure
from yrdecon.present.style import COMPARISON, GRAY, SHADE, Size, figure_style, fold
from yrdecon.present.unit_names import unit_names
from yrdecon.present.words import Lang, word

MOST_UNITS, SMALLEST = 20, 5e-4
DOT = 1.2


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
    'Weights of 22 comparison units, the largest 0.064 (Xuancheng).'
    """
    weights = estimate.frames.get("unit_weights", pd.DataFrame())
    if weights.empty or weights["cohort"].nunique() > 1:
        raise DesignError(
            f"{estimate.method} has no unit weights of one adoption date; draw synthetic_did or synthetic_control"
        )
    times = estimate.frames.get("time_weights", pd.DataFrame({"time": [], "weight": []}))
    largest = weights.groupby("unit", sort=False)["weight"].max().sort_values(ascending=False, kind="stable")
    units = largest.index[largest >= SMALLEST][:MOST_UNITS].tolist()
    names = dict(zip(units, unit_names(units, lang, labels), strict=True))
    with figure_style(lang, size):
        drawing = new_drawing(size, (1, 2) if len(times) else (1, 1), tall=tall_enough(size, 1.2 * len(units) + 14))
        _draw_units(drawing.axes[0], weights, names, lang, size)
        if len(times):
            drawing.axes[0].get_gridspec().set_width_ratios([1.5, 1])
            _draw_times(drawing.axes[1], times, lang)
        shown = word("weights_title", lang).format(k=len(units))
        add_title(drawing, f"{facts_line(facts_of_estimate(estimate), lang)}{_comma(lang)}{shown}", size)
        settle_layout(drawing)
    alt = word("alt_weights", lang).format(
        n=len(largest), weight=f"{largest.iloc[0]:.3f}", unit=next(iter(names.values()))
    )
    kept = [c for c in ("treated_unit", "unit", "time", "weight") if c in weights or c == "time"]
    data = pd.concat([weights, times.drop(columns="cohort", errors="ignore")], ignore_index=True).reindex(columns=kept)
    return Figure(drawing, data, alt)


def _comma(lang: Lang) -> str:
    return "，" if lang == "zh" else ", "


def _draw_units(axes: Any, weights: pd.DataFrame, names: Mapping[object, str], lang: Lang, size: Size) -> None:
    height = -np.arange(len(names), dtype=float)
    if "treated_unit" in weights and weights["treated_unit"].nunique() > 1:
        _draw_dots(axes, weights, names, lang, size)
    else:
        axes.barh(height, weights.set_index("unit")["weight"].reindex(list(names)), color=COMPARISON, height=0.7)
        axes.set_xlabel(word("weight", lang))
    axes.set_yticks(height, labels=list(names.values()))
    axes.set_ylim(0.7 - len(names), 0.7)
    axes.tick_params(axis="y", length=0)


def _draw_dots(axes: Any, weights: pd.DataFrame, names: Mapping[object, str], lang: Lang, size: Size) -> None:
    own = weights["treated_unit"].unique().tolist()
    row, column = {u: -i for i, u in enumerate(names)}, {u: i for i, u in enumerate(own)}
    shown = weights[weights["unit"].isin(list(names)) & (weights["weight"] >= SMALLEST)]
    area = shown["weight"] * (DOT * style_points("font.size")) ** 2
    axes.scatter(shown["treated_unit"].map(column), shown["unit"].map(row), s=area, color=COMPARISON, lw=0)
    axes.set_xlabel(fold(word("weight_area", lang).format(most=f"{shown['weight'].max():.3f}"), size, 0.5))
    axes.set_xticks(range(len(own)), labels=unit_names(own, lang), rotation=90, fontsize="small")
    axes.set_xlim(-0.7, len(own) - 0.3)
    axes.grid(color=SHADE, lw=0.5, zorder=0)
    axes.set_axisbelow(True)


def _draw_times(axes: Any, times: pd.DataFrame, lang: Lang) -> None:
    axes.bar(times["time"], times["weight"], color=COMPARISON, width=0.7)
    axes.axhline(0, color=GRAY, lw=0.6)
    axes.set(xlabel=word("year", lang), ylabel=word("time_weight", lang), ylim=(0, 1.05))
    axes.set_xlim(times["time"].min() - 0.8, times["time"].max() + 0.8)
    used = times.loc[times["weight"] >= SMALLEST, "time"].tolist()
    axes.set_xticks(used if len(used) < 3 else [used[0], used[-1]])
