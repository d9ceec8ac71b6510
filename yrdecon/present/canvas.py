"""The parts that all figures share: an empty drawing, shaded periods, the legend, a layout that stays."""

from __future__ import annotations

from typing import Any

from yrdecon.present.style import GRAY, SHADE, Size, figure_format


def new_drawing(size: Size) -> Any:
    """Return a drawing of the size with one set of axes; call inside `figure_style`."""
    from matplotlib.figure import Figure as Drawing

    form = figure_format(size)
    drawing = Drawing(figsize=(form.width, form.height), layout="constrained")
    drawing.get_layout_engine().set(w_pad=0.07, h_pad=0.07)
    drawing.subplots()
    return drawing


def mark_period(axes: Any, period: float, text: str, *, shaded: bool) -> None:
    """Write a word upright at the foot of a period, and shade the period if it takes no part."""
    if shaded:
        axes.axvspan(period - 0.5, period + 0.5, color=SHADE, lw=0, zorder=0)
    place = {"xycoords": ("data", "axes fraction"), "ha": "center", "va": "bottom", "rotation": 90}
    axes.annotate(text, (period, 0.02), fontsize="small", color=GRAY, **place)


def add_legend(drawing: Any, columns: int) -> None:
    """Put the legend below the axes, where it covers nothing."""
    drawing.legend(loc="outside lower center", ncols=columns, handlelength=1.6, columnspacing=1.5)


def settle_layout(drawing: Any) -> None:
    """Lay a drawing out and fix the axes at rounded positions, so that its bytes do not depend on the solver."""
    for _ in range(3):
        drawing.draw_without_rendering()
    drawing.set_layout_engine("none")
    for axes in drawing.axes:
        axes.set_position([round(float(v), 4) for v in axes.get_position().bounds])
