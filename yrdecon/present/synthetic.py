"""The figure of a synthetic comparison: paths and gaps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from yrdecon.core.estimate import Estimate
from yrdecon.core.hypothesis import HypothesisTest
from yrdecon.errors import DesignError
from yrdecon.present.canvas import add_legend, add_title, mark_period, new_drawing, settle_layout, whole_ticks
from yrdecon.present.facts import facts_line, facts_of_estimate, facts_of_test
from yrdecon.present.figure import Figure
from yrdecon.present.numbers import thousands
from yrdecon.present.style import COMPARISON, GRAY, PALE, TREATED, Size, figure_style
from yrdecon.present.words import Lang, variable_label, word

SHAPES = {"column": (2, 1), "page": (1, 2), "slide": (1, 2)}
TALL = {"column": 1.75, "page": 1.0, "slide": 1.0}
ROOM = {"column": 0.42, "page": 0.32, "slide": 0.32}
PATH = ("time", "event_time", "observed", "counterfactual", "effect")


def plot_synthetic(
    estimate: Estimate,
    *,
    placebos: HypothesisTest | None = None,
    lang: Lang = "en",
    labels: Mapping[str, str] | None = None,
    size: Size = "page",
) -> Figure:
    """Draw the treated with and without treatment, and the gap between the two.

    Parameters
    ----------
    estimate
        From `synthetic_did`, `synthetic_did_path` or `synthetic_control`, with one adoption date.
    placebos
        The result of `placebo_band` of an estimator with event times, such as `synthetic_did_path`: the gaps of the
        other assignments are drawn as pale lines behind the actual one.
    labels
        Label of the outcome, if the dictionary does not hold it.
    size
        ``"column"`` (3.4 inches wide), ``"page"`` (6.3) or ``"slide"`` (10).

    Raises
    ------
    DesignError
        If the estimate has no path or several adoption dates, or the placebos have no event times.

    Examples
    --------
    >>> from yrdecon.estimators import synthetic_did
    >>> from yrdecon.study.twinning import load_twinning, twinning_design
    >>> plot_synthetic(synthetic_did(load_twinning(), twinning_design())).data["time"].max().item()
    2023
    """
    path = estimate.frames.get("path", pd.DataFrame())
    _fail_if_path_cannot_be_drawn(estimate.method, path, placebos)
    outcome = variable_label(estimate.outcome, lang, labels or {}) or estimate.outcome
    with figure_style(lang, size):
        drawing = new_drawing(size, SHAPES[size], tall=TALL[size])
        _draw_paths(drawing.axes[0], path, outcome, lang)
        _draw_gaps(drawing.axes[1], path, placebos, word("effect_axis", lang).format(outcome=outcome), lang)
        for axes in drawing.axes:
            _mark_periods(axes, path, lang, size)
        add_title(drawing, _title(estimate, placebos, lang), size)
        add_legend(drawing, 1 if size == "column" else 3)
        settle_layout(drawing)
    alt = word("alt_synthetic", lang).format(
        outcome=outcome, first=path["time"].min(), last=path["time"].max(), n=estimate.n_treated
    )
    return Figure(drawing, _data(path, placebos), alt)


def _draw_paths(axes: Any, path: pd.DataFrame, outcome: str, lang: Lang) -> None:
    axes.plot(path["time"], path["observed"], color=TREATED, label=word("synthetic_observed", lang))
    look = {"color": COMPARISON, "ls": "--", "label": word("synthetic_without", lang)}
    axes.plot(path["time"], path["counterfactual"], **look)
    axes.set_ylabel(outcome)


def _draw_gaps(axes: Any, path: pd.DataFrame, placebos: HypothesisTest | None, label: str, lang: Lang) -> None:
    axes.axhline(0, color=GRAY, lw=0.6, zorder=0.5)
    others = _others(path, placebos)
    for i, (_, part) in enumerate(others.groupby("assignment")):
        name = None if i else word("synthetic_placebos", lang).format(n=thousands(others["assignment"].nunique()))
        axes.plot(part["time"], part["estimate"], color=PALE, lw=0.5, zorder=1, label=name)
    axes.plot(path["time"], path["effect"], color=TREATED, zorder=2)
    axes.set_ylabel(label)


def _mark_periods(axes: Any, path: pd.DataFrame, lang: Lang, size: Size) -> None:
    """Shade excluded periods, mark the onset, and leave room for words below what is drawn."""
    onset = float(path.loc[path["event_time"] == 0, "time"].iloc[0]) - 0.5
    axes.axvline(onset, color=GRAY, lw=0.8, ls="--", zorder=0.5)
    low, high = axes.get_ylim()
    axes.set_ylim(low - ROOM[size] * (high - low), high)
    for time in path.loc[path.get("excluded", pd.Series(False, index=path.index)).astype(bool), "time"]:
        mark_period(axes, time, word("excluded", lang), shaded=True)
    axes.set_xlabel(word("year", lang))
    whole_ticks(axes, 6)


def _others(path: pd.DataFrame, placebos: HypothesisTest | None) -> pd.DataFrame:
    if placebos is None:
        return pd.DataFrame({"assignment": [], "time": [], "estimate": []})
    start = path["time"].iloc[0] - path["event_time"].iloc[0]
    paths = placebos.frames["paths"]
    paths = paths[paths["assignment"] > 0]
    return paths.assign(time=paths["event_time"] + start)[["assignment", "time", "estimate"]]


def _title(estimate: Estimate, placebos: HypothesisTest | None, lang: Lang) -> str:
    facts = facts_of_estimate(estimate)
    if placebos is None:
        return facts_line(facts, lang)
    compared = 0 if placebos.draws is None else len(placebos.draws)
    rank = word("rank_of", lang).format(k=thousands(placebos.rank or 0), n=thousands(compared))
    known = replace(facts_of_test(placebos), n_treated=facts.n_treated, n_comparison=facts.n_comparison)
    return f"{word('synthetic_rank', lang).format(rank=rank)}\n{facts_line(known, lang)}"


def _data(path: pd.DataFrame, placebos: HypothesisTest | None) -> pd.DataFrame:
    """Return the path, and below it the gap of every placebo assignment as its effect."""
    others = _others(path, placebos).rename(columns={"estimate": "effect"})
    actual = path.assign(assignment=0)
    return actual if others.empty else pd.concat([actual, others], ignore_index=True).astype({"assignment": int})


def _fail_if_path_cannot_be_drawn(method: str, path: pd.DataFrame, placebos: HypothesisTest | None) -> None:
    lacking = [c for c in PATH if c not in path]
    if lacking:
        raise DesignError(f"{method} has no path with {lacking}; draw synthetic_did or synthetic_control")
    if path["cohort"].nunique() > 1 or not np.isin(0, path["event_time"]):
        raise DesignError("paths are drawn for one adoption date; draw each cohort by itself")
    if placebos is not None and "event_time" not in placebos.frames.get("paths", pd.DataFrame()):
        raise DesignError(
            f"{placebos.name} has no paths by event time; give placebo_band(synthetic_did_path, panel, design, seed=1)"
        )
