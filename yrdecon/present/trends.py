"""The figure of mean outcomes of treated and comparison units."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from yrdecon.core.design import Design
from yrdecon.core.panel import Panel
from yrdecon.core.sample import Sample, draw_sample
from yrdecon.errors import DesignError
from yrdecon.present.figure import Figure, settle_layout
from yrdecon.present.style import COMPARISON, HEIGHT, TREATED, WIDTH, figure_style
from yrdecon.present.words import Lang, variable_label, word


def plot_trends(panel: Panel, design: Design, *, lang: Lang = "en", labels: Mapping[str, str] | None = None) -> Figure:
    """Draw the mean outcome of treated and comparison units, each relative to the base periods of the design.

    Without declared base periods the last period before treatment is the base. Excluded periods are shaded.

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
    with figure_style(lang):
        drawing = _draw(data, sample, design, base, lang, labels or {})
    alt = (
        f"Mean {design.outcome} of treated and comparison units, {sample.periods[0]}-{sample.periods[-1]}, "
        f"relative to {_span(base)}; treatment starts in {int(dates[0])}."
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


def _draw(
    data: pd.DataFrame,
    sample: Sample,
    design: Design,
    base: tuple[int, ...],
    lang: Lang,
    labels: Mapping[str, str],
) -> object:
    from matplotlib.figure import Figure as Drawing
    from matplotlib.ticker import MaxNLocator

    drawing = Drawing(figsize=(WIDTH, HEIGHT), layout="constrained")
    axes = drawing.subplots()
    for period in design.exclude_periods:
        axes.axvspan(period - 0.5, period + 0.5, color="#EEEEEE", lw=0, zorder=0)
    axes.axvline(sample.first_treated_period - 0.5, color="#888888", lw=0.8, ls="--")
    for group, color, style in (("treated", TREATED, "-"), ("comparison", COMPARISON, "--")):
        part = data[data["group"] == group]
        axes.plot(
            part["time"], part["difference"], style, color=color, marker="o", ms=3.5, lw=1.5, label=word(group, lang)
        )
    outcome = variable_label(design.outcome, lang, labels) or design.outcome
    axes.set(xlabel=word("year", lang), ylabel=word("relative", lang).format(outcome=outcome, base=_span(base)))
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.legend(loc="upper left")
    settle_layout(drawing)
    return drawing


def _span(base: tuple[int, ...]) -> str:
    return str(base[0]) if len(base) == 1 else f"{base[0]}-{base[-1]}"
