"""The figure of estimates without one unit or period at a time."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from yrdecon.errors import DesignError
from yrdecon.present.canvas import add_title, new_drawing, settle_layout, tall_enough
from yrdecon.present.facts import facts_line, facts_of_frame
from yrdecon.present.figure import Figure
from yrdecon.present.numbers import fixed, needed_decimals
from yrdecon.present.style import COMPARISON, GRAY, PALE, TREATED, Size, figure_style
from yrdecon.present.unit_names import unit_names
from yrdecon.present.words import Lang, word

FloatArray = NDArray[np.float64]

COLUMNS = ("left_out", "estimate")


def plot_leave_one_out(
    table: pd.DataFrame, *, lang: Lang = "en", labels: Mapping[str, str] | None = None, size: Size = "page"
) -> Figure:
    """Draw the estimate without each unit or period, ordered by size, with the full one as a line.

    Parameters
    ----------
    table
        The result of `leave_one_out`.
    labels
        Names of units as they are to be read.
    size
        ``"column"`` (3.4 inches wide), ``"page"`` (6.3) or ``"slide"`` (10).

    Raises
    ------
    DesignError
        If the table lacks a column, the full estimate, or an estimate without something.

    Examples
    --------
    >>> table = pd.DataFrame({"left_out": ["", "340300", "340400"], "estimate": [-0.03, -0.01, -0.04]})
    >>> plot_leave_one_out(table).alt
    'Estimate -0.030; leaving out one at a time it lies between -0.040 (Huainan) and -0.010 (Bengbu).'
    """
    _fail_if_table_cannot_be_drawn(table)
    full = float(table.loc[table["left_out"] == "", "estimate"].iloc[0])
    rows = table[table["left_out"] != ""].sort_values("estimate", ascending=False, kind="stable")
    names = unit_names(rows["left_out"], lang, labels)
    values = rows["estimate"].to_numpy(dtype=float)
    with figure_style(lang, size):
        drawing = new_drawing(size, tall=tall_enough(size, 1.2 * len(rows) + 7))
        axes, height = drawing.axes[0], -np.arange(len(rows), dtype=float)
        axes.axvline(0, color=GRAY, lw=0.6, zorder=0.5)
        axes.axvline(full, color=TREATED, zorder=1)
        axes.hlines(height, full, values, color=PALE, zorder=1)
        axes.plot(values, height, "o", color=COMPARISON, zorder=2)
        axes.set_yticks(height, labels=_ticks(names, values, lang))
        axes.set_ylim(height[-1] - 0.7, 0.7)
        axes.tick_params(axis="y", length=0)
        axes.set_xlabel(word("left_out_axis", lang))
        title = word("left_out_title", lang).format(value=fixed(full, needed_decimals([full], 3)))
        facts = facts_line(facts_of_frame(table[table["left_out"] == ""]), lang)
        add_title(drawing, f"{title}\n{facts}".rstrip(), size)
        settle_layout(drawing)
    return Figure(drawing, table, _alt(full, values, names, lang))


def _ticks(names: list[str], values: FloatArray, lang: Lang) -> list[str]:
    lost = f" ({word('rung_without_estimate', lang)})"
    return [name if np.isfinite(value) else name + lost for name, value in zip(names, values, strict=True)]


def _alt(full: float, values: FloatArray, names: list[str], lang: Lang) -> str:
    decimals = needed_decimals([full], 3)
    shown = [i for i, v in enumerate(values) if np.isfinite(v)]
    high, low = shown[0], shown[-1]
    return word("alt_left_out", lang).format(
        value=fixed(full, decimals),
        low=fixed(float(values[low]), decimals),
        high=fixed(float(values[high]), decimals),
        lowest=names[low],
        highest=names[high],
    )


def _fail_if_table_cannot_be_drawn(table: pd.DataFrame) -> None:
    lacking = [c for c in COLUMNS if c not in table]
    if lacking:
        raise DesignError(f"the table lacks the columns {lacking}; draw the result of leave_one_out")
    is_full = table["left_out"] == ""
    if is_full.sum() != 1 or not table.loc[~is_full, "estimate"].notna().any():
        raise DesignError("the table needs one full estimate and one with something left out; draw leave_one_out")
