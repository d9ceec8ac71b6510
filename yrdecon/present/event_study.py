"""The event-study figure."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from yrdecon.core.estimate import FEW_TREATED, Estimate
from yrdecon.errors import DesignError
from yrdecon.present.figure import Figure, settle_layout
from yrdecon.present.style import HEIGHT, PALE, SERIES, WIDTH, figure_style
from yrdecon.present.words import Lang, variable_label, word

DODGE = 0.14


def plot_event_study(
    estimates: Estimate | Mapping[str, Estimate], *, lang: Lang = "en", labels: Mapping[str, str] | None = None
) -> Figure:
    """Draw effects by event time with pointwise intervals; excluded periods are hollow and shaded.

    Parameters
    ----------
    estimates
        One estimate with event times, or several by their name in the legend.
    labels
        Label of the outcome, if the dictionary does not hold it.

    Raises
    ------
    DesignError
        If an estimate has no event times.

    Examples
    --------
    >>> from yrdecon.estimators import event_study
    >>> from yrdecon.study.twinning import load_twinning, twinning_design
    >>> figure = plot_event_study(event_study(load_twinning(), twinning_design()))
    >>> figure.data["excluded"].sum().item()
    1
    """
    named = {"": estimates} if isinstance(estimates, Estimate) else dict(estimates)
    if not named:
        raise DesignError("there is no estimate to draw")
    data = pd.concat([_tidy(name, estimate) for name, estimate in named.items()], ignore_index=True)
    with figure_style(lang):
        drawing = _draw(data, named, lang, labels or {})
    few = min((e.n_treated_clusters for e in named.values() if e.n_treated_clusters is not None), default=None)
    first = next(iter(named.values()))
    alt = (
        f"Event study of {first.outcome}: effects by year relative to the first treated year, "
        f"{data['event_time'].min()} to {data['event_time'].max()}, {first.n_treated} treated units"
        + (f"; intervals rest on {few} treated clusters and are too narrow." if few and few < FEW_TREATED else ".")
    )
    return Figure(drawing, data, alt)


def _tidy(name: str, estimate: Estimate) -> pd.DataFrame:
    if "event_time" not in estimate.cells:
        raise DesignError(f"{name or estimate.method} has no event times; draw event_study(panel, design)")
    table = estimate.tidy()
    for flag in ("reference", "excluded"):
        table[flag] = table.get(flag, pd.Series(False, index=table.index)).astype(bool)
    return table.assign(estimator=name or estimate.method)


def _draw(data: pd.DataFrame, named: Mapping[str, Estimate], lang: Lang, labels: Mapping[str, str]) -> object:
    from matplotlib.figure import Figure as Drawing
    from matplotlib.ticker import MaxNLocator

    drawing = Drawing(figsize=(WIDTH, HEIGHT), layout="constrained")
    axes = drawing.subplots()
    for event_time in sorted(data.loc[data["excluded"], "event_time"].unique()):
        axes.axvspan(event_time - 0.5, event_time + 0.5, color="#EEEEEE", lw=0, zorder=0)
        axes.annotate(
            word("excluded", lang),
            (event_time, 0.03),
            xycoords=("data", "axes fraction"),
            ha="center",
            va="bottom",
            rotation=90,
            fontsize=7,
            color="#777777",
        )
    axes.axhline(0, color="#888888", lw=0.8)
    axes.axvline(-0.5, color="#888888", lw=0.8, ls="--")
    few = any((e.n_treated_clusters or 0) < FEW_TREATED for e in named.values())
    shifts = (np.arange(len(named)) - (len(named) - 1) / 2) * DODGE
    for color, shift, (name, part) in zip(SERIES, shifts, data.groupby("estimator", sort=False), strict=False):
        x = part["event_time"] + shift
        axes.vlines(x, part["conf_low"], part["conf_high"], color=PALE if few else color, lw=1.4, zorder=1)
        solid = ~(part["excluded"] | part["reference"])
        axes.plot(x[solid], part["estimate"][solid], "o", ms=4.5, color=color, label=name, zorder=3)
        axes.plot(x[~solid], part["estimate"][~solid], "o", ms=4.5, mfc="white", mec=color, zorder=3)
    first = next(iter(named.values()))
    outcome = variable_label(first.outcome, lang, labels) or first.outcome
    axes.set(xlabel=word("years_since", lang), ylabel=word("effect_axis", lang).format(outcome=outcome))
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    key = "pointwise" if few else "pointwise_plain"
    axes.set_title(word(key, lang).format(n=first.n_treated), loc="left", color="#555555", fontsize=8)
    if len(named) > 1:
        axes.legend(loc="upper left")
    settle_layout(drawing)
    return drawing
