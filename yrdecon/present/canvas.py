"""The parts that all figures share: an empty drawing, shaded periods, the legend, a layout that stays."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from yrdecon.present.style import GRAY, SHADE, Size, figure_format, fold

PADDING = 0.09
LINE, LINE_SPACING, WHOLE_WIDTH, APART = 1.35, 1.3, 1.12, 0.4


def new_drawing(size: Size, shape: tuple[int, int] = (1, 1), *, tall: float = 1.0, share_y: bool = False) -> Any:
    """Return a drawing with rows and columns of axes, its height a multiple of the size's; call in `figure_style`."""
    from matplotlib.figure import Figure as Drawing

    form = figure_format(size)
    drawing = Drawing(figsize=(form.width, round(form.height * tall, 2)))
    drawing.set_layout_engine("constrained", w_pad=PADDING, h_pad=PADDING)
    drawing.subplots(*shape, sharey=share_y)
    return drawing


def mark_period(axes: Any, period: float, text: str, *, shaded: bool) -> None:
    """Write a word upright at the foot of a period, and shade the period if it takes no part."""
    if shaded:
        axes.axvspan(period - 0.5, period + 0.5, color=SHADE, lw=0, zorder=0)
    place = {"xycoords": ("data", "axes fraction"), "ha": "center", "va": "bottom", "rotation": 90}
    axes.annotate(text, (period, 0.02), fontsize="small", color=GRAY, **place)


def tall_enough(size: Size, lines: float) -> float:
    """Return the multiple of a size's height that so many lines of text need, one at least."""
    form = figure_format(size)
    return max(lines * LINE * form.points / 72 / form.height, 1.0)


def add_title(drawing: Any, text: str, size: Size) -> None:
    """Write small gray lines above all axes, from the left margin on."""
    folded = fold(text, size, WHOLE_WIDTH)
    drawing.suptitle(folded, x=0.015, ha="left", color=GRAY, fontsize=style_points("axes.titlesize"))


def style_points(setting: str) -> float:
    """Return a size in points of the style in force."""
    import matplotlib as mpl

    return float({str(key): value for key, value in mpl.rcParams.items()}[setting])


def whole_ticks(axes: Any, most: int) -> None:
    """Put ticks of the horizontal axis at whole numbers, so many at most."""
    from matplotlib.ticker import MaxNLocator

    axes.xaxis.set_major_locator(MaxNLocator(nbins=most, integer=True))


def add_legend(drawing: Any, columns: int) -> None:
    """Put the legend below the axes, where it covers nothing."""
    drawing.legend(loc="outside lower center", ncols=columns, handlelength=1.6, columnspacing=1.5)


def settle_layout(drawing: Any) -> None:
    """Lay a drawing out, and fix ticks and rounded positions.

    Its bytes then do not depend on the solver, nor the minus signs on the settings at the time of saving.
    """
    for axes in drawing.axes:
        axes.set(xlim=axes.get_xlim(), ylim=axes.get_ylim())
    for _ in range(2):
        drawing.draw_without_rendering()
        for text in drawing.findobj(lambda artist: hasattr(artist, "set_linespacing")):
            text.set_linespacing(LINE_SPACING)
    for axes in drawing.axes:
        for axis, limits in ((axes.xaxis, axes.get_xlim()), (axes.yaxis, axes.get_ylim())):
            _fix_ticks(axis, *limits)
        _thin_ticks(axes.xaxis)
    drawing.draw_without_rendering()
    drawing.set_layout_engine("none")
    for axes in drawing.axes:
        axes.set_position([round(float(v), 4) for v in axes.get_position().bounds])


def _thin_ticks(axis: Any) -> None:
    """Keep every second label of a horizontal axis of numbers, zero among them, where two of them nearly touch."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    labels = [label for label in axis.get_ticklabels() if label.get_text() and label.get_rotation() == 0]
    renderer = FigureCanvasAgg(axis.figure).get_renderer()  # type: ignore[no-untyped-call]
    boxes = [label.get_window_extent(renderer) for label in labels]
    least = APART * style_points("font.size") * axis.figure.dpi / 72
    if any(right.x0 - left.x1 < least for left, right in pairwise(boxes)):
        places, texts = axis.get_majorticklocs(), [label.get_text() for label in labels]
        first = next((i % 2 for i, place in enumerate(places) if place == 0), 0)
        axis.set_ticks(places[first::2], labels=texts[first::2])


def _fix_ticks(axis: Any, low: float, high: float) -> None:
    places = [place for place in axis.get_majorticklocs() if low <= place <= high]
    axis.set_ticks(places, labels=axis.get_major_formatter().format_ticks(places))
