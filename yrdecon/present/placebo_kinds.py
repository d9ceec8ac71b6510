"""The four kinds of placebo in one figure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from yrdecon.core.hypothesis import HypothesisTest
from yrdecon.errors import DesignError
from yrdecon.present.canvas import add_legend, add_title, new_drawing, settle_layout, whole_ticks
from yrdecon.present.facts import facts_line, facts_of_test
from yrdecon.present.figure import Figure
from yrdecon.present.numbers import fixed, needed_decimals, p_text, thousands
from yrdecon.present.placebo_axes import draw_placebos
from yrdecon.present.style import COMPARISON, GRAY, PALE, TREATED, Size, figure_style, fold
from yrdecon.present.words import Lang, variable_label, word

NEEDED = ("estimate", "conf_low", "conf_high", "rank", "n_compared", "p_value")
SHAPES = {"column": (4, 1), "page": (2, 2), "slide": (2, 2)}
TALL = {"column": 3.1, "page": 1.75, "slide": 1.3}
DOTS_ACROSS = {"column": 45, "page": 34, "slide": 34}


@dataclass(frozen=True)
class _Look:
    lang: Lang
    size: Size
    labels: Mapping[str, str]


def plot_placebo_kinds(
    time: pd.DataFrame,
    space: HypothesisTest,
    mixed: HypothesisTest,
    external: pd.DataFrame,
    *,
    lang: Lang = "en",
    labels: Mapping[str, str] | None = None,
    size: Size = "page",
) -> Figure:
    """Draw placebos in time, in space, in both, and where the treatment cannot reach, side by side.

    The actual estimate is red in each. Beside estimates at other dates and of other outcomes or groups stands their
    placebo rank; intervals without an end are not drawn.

    Parameters
    ----------
    time, space, mixed, external
        The results of `placebo_time`, `placebo_space`, `placebo_mixed` and `placebo_external`.
    labels
        Labels of outcomes and groups, if the dictionary does not hold them.
    size
        ``"column"`` (3.4 inches wide), ``"page"`` (6.3) or ``"slide"`` (10).

    Raises
    ------
    DesignError
        If a table lacks a column or a test compared no assignments.

    References
    ----------
    Chen, Qi and Yan (陈强、齐霁、颜冠鹏, 2025), Management World 41(2).

    Examples
    --------
    >>> from yrdecon import placebo_external, placebo_mixed, placebo_space, placebo_time, twfe
    >>> from yrdecon.study.twinning import load_twinning, twinning_design
    >>> panel, design = load_twinning(), twinning_design()
    >>> panel = panel.assign(zhejiang=panel.frame["province"] == "浙江省")
    >>> inputs = [f(twfe, panel, design, seed=1) for f in (placebo_time, placebo_space, placebo_mixed)]
    >>> figure = plot_placebo_kinds(*inputs, placebo_external(twfe, panel, design, seed=1, groups=["zhejiang"]))
    >>> figure.data["kind"].unique().tolist()
    ['time', 'space', 'mixed', 'external']
    """
    _fail_if_results_cannot_be_drawn(time, space, mixed, external)
    look = _Look(lang, size, labels or {})
    with figure_style(lang, size):
        drawing = new_drawing(size, SHAPES[size], tall=TALL[size])
        ranks = ("", _rank(space, lang), _rank(mixed, lang), "")
        for axes, kind, rank in zip(drawing.axes, ("time", "space", "mixed", "external"), ranks, strict=True):
            colon = ("：" if lang == "zh" else ": ") if rank else ""
            axes.set_title(f"{word(f'placebo_{kind}', lang)}{colon}{rank}", loc="left", color="black")
        _draw_dates(drawing.axes[0], time, look)
        for axes, test in zip(drawing.axes[1:3], (space, mixed), strict=True):
            draw_placebos(axes, test, "auto", lang, DOTS_ACROSS[size])
        _draw_external(drawing.axes[3], external, look)
        add_title(drawing, facts_line(facts_of_test(space), lang), size)
        if drawing.axes[1].get_legend_handles_labels()[0]:
            add_legend(drawing, 2)
        settle_layout(drawing)
    return Figure(drawing, _data(time, space, mixed, external), _alt(time, space, mixed, external, lang))


def _rank(test: HypothesisTest, lang: Lang) -> str:
    compared = len(test.frames["placebos"])
    words = {"k": thousands(test.rank or 0), "n": thousands(compared), "p": p_text(test.p_value)}
    return word("kind_rank" if test.is_rank_only else "kind_p", lang).format(**words)


def _rank_of_row(row: pd.Series[Any], lang: Lang) -> str:
    return word("rank_of", lang).format(k=thousands(int(row["rank"])), n=thousands(int(row["n_compared"])))


def _draw_dates(axes: Any, time: pd.DataFrame, look: _Look) -> None:
    axes.axhline(0, color=GRAY, lw=0.6, zorder=0.5)
    for is_actual, color in ((False, COMPARISON), (True, TREATED)):
        part = time[(time["periods_back"] == 0) == is_actual]
        closed = part[np.isfinite(part["conf_low"]) & np.isfinite(part["conf_high"])]
        axes.vlines(
            closed["date"], closed["conf_low"], closed["conf_high"], color=color if is_actual else PALE, zorder=1
        )
        axes.plot(part["date"], part["estimate"], "o", color=color, zorder=2)
    for _, row in time.iterrows():
        ends = [row[c] for c in ("conf_high", "estimate") if np.isfinite(row[c])]
        place = {"textcoords": "offset points", "ha": "center", "va": "bottom", "rotation": 90, "fontsize": "small"}
        color = TREATED if row["periods_back"] == 0 else GRAY
        axes.annotate(_rank_of_row(row, look.lang), (row["date"], max(ends)), xytext=(0, 4), color=color, **place)
    low, high = axes.get_ylim()
    axes.set_ylim(low, high + 0.45 * (high - low))
    axes.set(xlabel=word("placebo_date", look.lang), ylabel=word("effect", look.lang))
    whole_ticks(axes, 6)


def _draw_external(axes: Any, external: pd.DataFrame, look: _Look) -> None:
    """Draw ranks and not estimates, since outcomes have different units."""
    height = -np.arange(len(external), dtype=float)
    colors = [TREATED if kind == "actual" else COMPARISON for kind in external["kind"]]
    axes.hlines(height, 0, 1, color=PALE, lw=0.6, zorder=1)
    axes.scatter(external["rank"] / external["n_compared"], height, color=colors, zorder=2)
    ticks = []
    for _, row in external.iterrows():
        name = look.labels.get(row["name"]) or variable_label(row["name"], look.lang, {}) or row["name"]
        named = word("placebo_actual", look.lang) if row["kind"] == "actual" else name
        value = fixed(row["estimate"], needed_decimals([row["estimate"]], 3))
        rank = f"（{_rank_of_row(row, look.lang)}）" if look.lang == "zh" else f" ({_rank_of_row(row, look.lang)})"
        ticks.append(f"{fold(named, look.size, 0.4 if look.size == 'column' else 0.25)}\n{value}{rank}")
    axes.set_yticks(height, labels=ticks, fontsize="small")
    axes.set(xlim=(0, 1), ylim=(height[-1] - 0.6, 0.6), xlabel=word("placebo_share", look.lang))
    axes.tick_params(axis="y", length=0)


def _data(time: pd.DataFrame, space: HypothesisTest, mixed: HypothesisTest, external: pd.DataFrame) -> pd.DataFrame:
    parts = {
        "time": time.rename(columns={"kind": "what"}),
        "space": space.frames["placebos"],
        "mixed": mixed.frames["placebos"],
        "external": external.rename(columns={"kind": "what"}),
    }
    return pd.concat([part.assign(kind=kind) for kind, part in parts.items()], ignore_index=True)


def _alt(time: pd.DataFrame, space: HypothesisTest, mixed: HypothesisTest, external: pd.DataFrame, lang: Lang) -> str:
    return word("alt_kinds", lang).format(
        dates=len(time) - 1,
        space=_rank(space, lang),
        mixed=_rank(mixed, lang),
        external=len(external) - 1,
    )


def _fail_if_results_cannot_be_drawn(
    time: pd.DataFrame, space: HypothesisTest, mixed: HypothesisTest, external: pd.DataFrame
) -> None:
    for name, table, more in (
        ("placebo_time", time, ("periods_back", "date")),
        ("placebo_external", external, ("kind", "name")),
    ):
        lacking = [c for c in (*NEEDED, *more) if c not in table]
        if lacking:
            raise DesignError(f"the table lacks the columns {lacking}; give the result of {name}")
    for name, test in (("placebo_space", space), ("placebo_mixed", mixed)):
        if "placebos" not in test.frames:
            raise DesignError(f"{test.name} compared no assignments; give the result of {name}")
