"""The figure of mean outcomes of treated and comparison units."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from yrdecon.core.design import Design
from yrdecon.core.panel import Panel
from yrdecon.core.sample import Sample, draw_sample
from yrdecon.errors import DesignError
from yrdecon.present.canvas import add_legend, mark_period, new_drawing, settle_layout
from yrdecon.present.facts import Facts, facts_line
from yrdecon.present.figure import Figure
from yrdecon.present.numbers import spans
from yrdecon.present.style import COMPARISON, GRAY, TREATED, Size, figure_style, fold
from yrdecon.present.words import Lang, variable_label, with_labels, word


def plot_trends(
    panel: Panel,
    design: Design,
    *,
    lang: Lang = "en",
    labels: Mapping[str, str] | None = None,
    size: Size = "page",
) -> Figure:
    """Draw the mean outcome of treated and comparison units, each relative to the base periods of the design.

    Without declared base periods the last period before treatment is the base. Excluded periods are shaded.

    Parameters
    ----------
    labels
        Label of the outcome, if the panel and the dictionary do not hold it.
    size
        ``"column"`` (3.4 inches wide), ``"page"`` (6.3) or ``"slide"`` (10).

    Raises
    ------
    DesignError
        If there are several adoption dates.

    Examples
    --------
    >>> from yrdecon.study.twinning import load_twinning, twinning_design
    >>> plot_trends(load_twinning(), twinning_design()).data["time"].max().item()
    2023
    """
    sample = draw_sample(panel, design)
    dates = np.unique(sample.cohort[np.isfinite(sample.cohort)])
    if len(dates) > 1:
        raise DesignError("trends are drawn for one adoption date; draw each cohort by itself")
    base = design.base_periods or (int(sample.periods[sample.periods < dates[0]][-1]),)
    data = _means(sample, base)
    outcome = variable_label(design.outcome, lang, with_labels(panel.variables, lang, labels)) or design.outcome
    with figure_style(lang, size):
        drawing = _draw(
            data, sample, design, word("relative", lang).format(outcome=outcome, base=spans(base)), lang, size
        )
    alt = word("alt_trends", lang).format(
        outcome=outcome,
        first=sample.periods[0],
        last=sample.periods[-1],
        base=spans(base),
        start=sample.first_treated_period,
    )
    return Figure(drawing, data, alt)


def _means(sample: Sample, base: tuple[int, ...]) -> pd.DataFrame:
    rows = pd.DataFrame(
        {
            "time": sample.periods[sample.time],
            "group": np.where(np.isfinite(sample.cohort[sample.unit]), "treated", "comparison"),
            "mean": sample.outcome * sample.weights,
            "weight": sample.weights,
        }
    )
    total = rows.groupby(["group", "time"])[["mean", "weight"]].sum()
    table = (total["mean"] / total["weight"]).rename("mean").reset_index()
    level = table[table["time"].isin(base)].groupby("group")["mean"].mean()
    return table.assign(difference=table["mean"] - table["group"].map(level))


def _draw(data: pd.DataFrame, sample: Sample, design: Design, label: str, lang: Lang, size: Size) -> Any:
    from matplotlib.ticker import MaxNLocator

    drawing = new_drawing(size)
    axes = drawing.axes[0]
    for period in design.exclude_periods:
        mark_period(axes, period, word("excluded", lang), shaded=True)
    axes.axvline(sample.first_treated_period - 0.5, color=GRAY, lw=0.8, ls="--")
    for group, color, style in (("treated", TREATED, "-"), ("comparison", COMPARISON, "--")):
        part = data[data["group"] == group]
        axes.plot(part["time"], part["difference"], style, color=color, marker="o", label=word(group, lang))
    axes.set(xlabel=word("year", lang), ylabel=label)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    n_treated = int(np.isfinite(sample.cohort).sum())
    facts = Facts(n_treated=n_treated, n_comparison=len(sample.units) - n_treated)
    axes.set_title(fold(facts_line(facts, lang), size), loc="left")
    add_legend(drawing, 2)
    settle_layout(drawing)
    return drawing
