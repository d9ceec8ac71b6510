"""The event-study figure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from yrdecon.core.estimate import FEW_TREATED, Estimate
from yrdecon.errors import DesignError
from yrdecon.present.canvas import add_legend, mark_period, new_drawing, settle_layout
from yrdecon.present.facts import facts_line, facts_of_estimate, shared_facts
from yrdecon.present.figure import Figure
from yrdecon.present.style import GRAY, PALE, SERIES, Size, figure_format, figure_style, fold
from yrdecon.present.words import Lang, variable_label, word

SPREAD, WIDE_SPREAD, FEW_SERIES = 0.42, 0.78, 5
HORIZON = {"horizon": "event_time"}
BAND_COLUMNS = ("event_time", "conf_low", "conf_high")


def plot_event_study(
    estimates: Estimate | Mapping[str, Estimate],
    *,
    bands: Mapping[str, pd.DataFrame] | None = None,
    lang: Lang = "en",
    labels: Mapping[str, str] | None = None,
    size: Size = "page",
) -> Figure:
    """Draw effects by event time, or responses by horizon, with pointwise 95% intervals.

    Base periods are marked at zero; excluded periods are hollow and shaded; a dashed line marks the onset. With fewer
    than ten treated clusters the intervals are pale and the figure says that they show no more than a shape.

    Parameters
    ----------
    estimates
        One estimate with event times or horizons, or several of a kind by their name in the legend. A synthetic
        difference-in-differences is drawn by its path, without intervals.
    bands
        Wider intervals by the same names, such as simultaneous ones: event_time or horizon, conf_low, conf_high. They
        are drawn as thin lines. The name of a single estimate is ``""``.
    labels
        Label of the outcome, if the dictionary does not hold it.
    size
        ``"column"`` (3.4 inches wide), ``"page"`` (6.3) or ``"slide"`` (10).

    Raises
    ------
    DesignError
        If there are no estimates or too many, one has no event times, event times are mixed with horizons, or a band
        has no estimate.

    Examples
    --------
    >>> from yrdecon.estimators import event_study
    >>> from yrdecon.study.twinning import load_twinning, twinning_design
    >>> figure = plot_event_study(event_study(load_twinning(), twinning_design()))
    >>> figure.data["excluded"].sum().item()
    1
    """
    named = {"": estimates} if isinstance(estimates, Estimate) else dict(estimates)
    bands = {name: band.rename(columns=HORIZON) for name, band in (bands or {}).items()}
    _fail_if_estimates_cannot_be_drawn(named, bands)
    data = pd.concat([_tidy(name, estimate) for name, estimate in named.items()], ignore_index=True)
    with figure_style(lang, size):
        drawing = _draw(data, named, bands, lang, labels or {}, size)
    return Figure(drawing, data, _alt(data, named, lang, labels or {}))


def _tidy(name: str, estimate: Estimate) -> pd.DataFrame:
    table = estimate.tidy().rename(columns=HORIZON)
    table = table if "event_time" in table else _path(name, estimate)
    for flag in ("reference", "excluded"):
        table[flag] = table.get(flag, pd.Series(False, index=table.index)).astype(bool)
    return table.assign(estimator=name or estimate.method)


def _path(name: str, estimate: Estimate) -> pd.DataFrame:
    """Return the effects of a synthetic comparison by event time."""
    path = estimate.frames.get("path", pd.DataFrame({"cohort": []}))
    if path["cohort"].nunique() != 1:
        raise DesignError(
            f"{name or estimate.method} has no event times; draw event_study(panel, design)"
            " or synthetic_did_path(panel, design)"
        )
    weights = estimate.frames.get("time_weights", pd.DataFrame({"time": [], "weight": []}))
    base = path["time"].isin(weights.loc[weights["weight"] == 1, "time"])
    kept = path[[c for c in ("event_time", "excluded") if c in path]]
    return kept.assign(reference=base, estimate=path["effect"], conf_low=np.nan, conf_high=np.nan)


def _draw(
    data: pd.DataFrame,
    named: Mapping[str, Estimate],
    bands: Mapping[str, pd.DataFrame],
    lang: Lang,
    labels: Mapping[str, str],
    size: Size,
) -> Any:
    drawing = new_drawing(size)
    axes = drawing.axes[0]
    axes.axhline(0, color=GRAY, lw=0.8, zorder=0.5)
    if not _is_response(named):
        axes.axvline(-0.5, color=GRAY, lw=0.8, ls="--", zorder=0.5)
    _draw_estimates(axes, data, named, bands, size)
    for flag, key in (("excluded", "excluded"), ("reference", "base")):
        for event_time in sorted(data.loc[data[flag], "event_time"].unique()):
            mark_period(axes, event_time, word(key, lang), shaded=flag == "excluded")
    _label_axes(axes, data, named, lang, labels)
    facts = facts_line(shared_facts(facts_of_estimate(estimate) for estimate in named.values()), lang)
    title = f"{_what_bars_are(data, named, bands, lang)}\n{facts}".rstrip()
    axes.set_title(fold(title, size), loc="left")
    if len(named) > 1:
        for (color, marker), name in zip(SERIES, named, strict=False):
            axes.plot([], [], marker, color=color, label=name)
        add_legend(drawing, min(len(named), 3))
    settle_layout(drawing)
    return drawing


def _draw_estimates(
    axes: Any, data: pd.DataFrame, named: Mapping[str, Estimate], bands: Mapping[str, pd.DataFrame], size: Size
) -> None:
    crowded = len(named) > FEW_SERIES
    spread = WIDE_SPREAD if crowded else SPREAD
    shifts = (np.arange(len(named)) - (len(named) - 1) / 2) * spread / max(len(named), 3)
    pale = _fewest_treated(named) is not None
    for (color, marker), shift, name in zip(SERIES, shifts, named, strict=False):
        part = data[data["estimator"] == (name or named[name].method)]
        look = {"color": color, "marker": marker, "ls": "", "ms": figure_format(size).points / (4 if crowded else 2)}
        _draw_series(axes, part, shift, look, PALE if pale else color)
        if name in bands:
            band = bands[name]
            axes.vlines(band["event_time"] + shift, band["conf_low"], band["conf_high"], color=PALE, lw=0.7, zorder=1)


def _label_axes(
    axes: Any, data: pd.DataFrame, named: Mapping[str, Estimate], lang: Lang, labels: Mapping[str, str]
) -> None:
    from matplotlib.ticker import MaxNLocator

    outcome = next(iter(named.values())).outcome
    outcome = variable_label(outcome, lang, labels) or outcome
    since = "years_since_impulse" if _is_response(named) else "years_since"
    axes.set(xlabel=word(since, lang), ylabel=word("effect_axis", lang).format(outcome=outcome))
    axes.set_xlim(data["event_time"].min() - 0.7, data["event_time"].max() + 0.7)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))


def _draw_series(axes: Any, part: pd.DataFrame, shift: float, look: dict[str, Any], bar: str) -> None:
    x = part["event_time"] + shift
    axes.vlines(x, part["conf_low"], part["conf_high"], color=bar, zorder=1.5)
    plain = ~(part["excluded"] | part["reference"])
    axes.plot(x[plain], part["estimate"][plain], **look, zorder=3)
    axes.plot(x[part["excluded"]], part["estimate"][part["excluded"]], **look, mfc="white", zorder=3)
    axes.plot(
        x[part["reference"]], part["estimate"][part["reference"]], **look | {"marker": "D"}, mfc="white", zorder=3
    )


def _fewest_treated(named: Mapping[str, Estimate]) -> int | None:
    """Return the number of treated clusters of the smallest estimate with intervals, if it is below ten."""
    counts = [e.n_treated_clusters for e in named.values() if e.n_treated_clusters is not None]
    return min(counts) if counts and min(counts) < FEW_TREATED else None


def _what_bars_are(
    data: pd.DataFrame, named: Mapping[str, Estimate], bands: Mapping[str, pd.DataFrame], lang: Lang
) -> str:
    if not np.isfinite(data["conf_low"]).any():
        return word("no_intervals", lang)
    few = _fewest_treated(named)
    thin = word("thin_lines", lang) if bands else ""
    bars = word("pointwise_plain", lang) + thin
    return bars if few is None else bars + word("shape_only", lang).format(n=few)


def _alt(data: pd.DataFrame, named: Mapping[str, Estimate], lang: Lang, labels: Mapping[str, str]) -> str:
    first = next(iter(named.values()))
    few = _fewest_treated(named)
    text = word("alt_response" if _is_response(named) else "alt_event_study", lang).format(
        outcome=variable_label(first.outcome, lang, labels) or first.outcome,
        first=data["event_time"].min(),
        last=data["event_time"].max(),
        n=first.n_treated,
    )
    return text + (word("alt_few", lang).format(n=few) if few is not None else "")


def _is_response(named: Mapping[str, Estimate]) -> bool:
    """Whether cells are horizons after an impulse, and not event times around the onset of a treatment."""
    return all("horizon" in estimate.cells for estimate in named.values())


def _fail_if_estimates_cannot_be_drawn(named: Mapping[str, Estimate], bands: Mapping[str, pd.DataFrame]) -> None:
    if not named:
        raise DesignError("there is no estimate to draw")
    if len(named) > len(SERIES):
        raise DesignError(f"{len(named)} estimates cannot be told apart in one figure; draw {len(SERIES)} at most")
    if any("horizon" in e.cells for e in named.values()) and not _is_response(named):
        raise DesignError(f"{list(named)} mix horizons after an impulse with event times; draw two figures")
    stray = [name for name in bands if name not in named]
    if stray:
        raise DesignError(f"bands {stray} have no estimate; their names must be among {list(named)}")
    for name, band in bands.items():
        lacking = [c for c in BAND_COLUMNS if c not in band]
        if lacking:
            raise DesignError(f"the band of {name!r} lacks the columns {lacking}")
