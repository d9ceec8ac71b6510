"""The figure of treatment timing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from yrdecon.errors import DesignError
from yrdecon.present.canvas import add_legend, add_title, new_drawing, settle_layout, tall_enough, whole_ticks
from yrdecon.present.facts import Facts, facts_line
from yrdecon.present.figure import Figure
from yrdecon.present.style import COMPARISON, INK, PALE, SHADE, TREATED, Size, figure_style
from yrdecon.present.unit_names import unit_names
from yrdecon.present.words import Lang, word

COLUMNS = ("unit", "cohort", "time", "status", "n_others")
LOOKS: dict[str, dict[str, Any]] = {
    "treated": {"facecolor": TREATED},
    "base": {"facecolor": "#AFC0D0"},
    "untreated": {"facecolor": SHADE},
    "excluded": {"facecolor": "white", "hatch": "////"},
    "missing": {"facecolor": "white"},
    "out": {"facecolor": "white", "hatch": "...."},
}
MOST_NAMED = 2


def plot_timing(
    timing: pd.DataFrame, *, lang: Lang = "en", labels: Mapping[str, str] | None = None, size: Size = "page"
) -> Figure:
    """Draw who was treated when: a row for each treated unit, and one for all others that are alike.

    A dot marks cells in which another policy is in force. The figure is as tall as its rows need it.

    Parameters
    ----------
    timing
        The result of `treatment_timing`.
    labels
        Names of units as they are to be read.
    size
        ``"column"`` (3.4 inches wide), ``"page"`` (6.3) or ``"slide"`` (10).

    Raises
    ------
    DesignError
        If the table lacks a column or is empty.

    Examples
    --------
    >>> from yrdecon.policy import treatment_timing
    >>> from yrdecon.study.twinning import load_twinning, twinning_design
    >>> plot_timing(treatment_timing(load_twinning(), twinning_design())).alt
    'Treatment timing: 8 treated units from 2022, 33 others, 2010-2023.'
    """
    lacking = [c for c in COLUMNS if c not in timing]
    if lacking or timing.empty:
        raise DesignError(f"the table lacks {lacking or 'rows'}; draw the result of treatment_timing")
    rows = _rows(timing, lang, labels or {})
    with figure_style(lang, size):
        drawing = new_drawing(size, tall=tall_enough(size, 1.3 * len(rows) + 8))
        _draw_cells(drawing.axes[0], timing, rows, lang)
        n_treated = int(timing.loc[np.isfinite(timing["cohort"]), "unit"].nunique())
        add_title(drawing, facts_line(Facts(n_treated=n_treated), lang), size)
        add_legend(drawing, 3)
        settle_layout(drawing)
    return Figure(drawing, timing, _alt(timing, lang))


def _rows(timing: pd.DataFrame, lang: Lang, labels: Mapping[str, str]) -> dict[str, list[object]]:
    """Return the units of each row by its name; untreated units with the same cells share one."""
    groups: dict[object, list[object]] = {}
    for unit, cells in timing.groupby("unit", sort=False):
        alone = np.isfinite(cells["cohort"].iloc[0])
        key = unit if alone else (tuple(cells["status"]), tuple(cells["n_others"] > 0))
        groups.setdefault(key, []).append(unit)
    rows: dict[str, list[object]] = {}
    for units in groups.values():
        names = ("、" if lang == "zh" else ", ").join(unit_names(units, lang, labels))
        text = names if len(units) <= MOST_NAMED else word("timing_units", lang).format(n=len(units))
        while text in rows:
            text += " "
        rows[text] = units
    return rows


def _draw_cells(axes: Any, timing: pd.DataFrame, rows: Mapping[str, list[object]], lang: Lang) -> None:
    from matplotlib.patches import Rectangle

    for status, look in LOOKS.items():
        if (timing["status"] == status).any():
            label = word(f"timing_{status}", lang)
            axes.add_patch(Rectangle((0, 0), 0, 0, edgecolor=PALE, lw=0.5, label=label, **look))
    for y, units in enumerate(rows.values()):
        for cell in timing[timing["unit"] == units[0]].itertuples(index=False):
            look = {"edgecolor": PALE, "lw": 0.5, **LOOKS[str(cell.status)]}
            axes.add_patch(Rectangle((cell.time - 0.5, -y - 0.42), 1, 0.84, **look))
    _mark_others(axes, timing, rows, lang)
    axes.set(xlim=(timing["time"].min() - 0.6, timing["time"].max() + 0.6), ylim=(0.6 - len(rows), 0.6))
    axes.set_yticks([-y for y in range(len(rows))], labels=[name.rstrip() for name in rows])
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.set_xlabel(word("year", lang))
    whole_ticks(axes, 8)


def _mark_others(axes: Any, timing: pd.DataFrame, rows: Mapping[str, list[object]], lang: Lang) -> None:
    touched = timing[timing["n_others"] > 0]
    if touched.empty:
        return
    height = {units[0]: -y for y, units in enumerate(rows.values())}
    shown = touched[touched["unit"].isin(list(height))]
    for is_dark in (True, False):
        part = shown[(shown["status"] == "treated") == is_dark]
        color = "white" if is_dark else COMPARISON
        label = None if is_dark else word("timing_others", lang)
        axes.plot(part["time"], part["unit"].map(height), ".", color=color, mec=INK if is_dark else color, mew=0.3,
                  label=label)  # fmt: skip


def _alt(timing: pd.DataFrame, lang: Lang) -> str:
    units = timing.groupby("unit", sort=False)["cohort"].first()
    treated = units[np.isfinite(units)].astype(int)
    dates = sorted(set(treated))
    return word("alt_timing", lang).format(
        n=len(treated),
        dates=("、" if lang == "zh" else ", ").join(str(d) for d in dates),
        others=len(units) - len(treated),
        first=timing["time"].min(),
        last=timing["time"].max(),
    )
