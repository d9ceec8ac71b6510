"""Names beside points, none over another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from yrdecon.present.style import GRAY

FloatArray = NDArray[np.float64]

DIRECTIONS = (0, 180, 90, 270, 45, 135, 315, 225, 20, 160, 200, 340, 65, 115, 245, 295)
REACHES = (4.0, 7.0, 11.0, 16.0, 22.0, 30.0, 40.0, 52.0)
FAR, FINE_DPI = 12.0, 300
GAP, POINT, EDGE = 1.0, 3.0, 6.0


def label_places(
    axes: Any, points: FloatArray, texts: Sequence[str], *, must: Sequence[bool], avoid: FloatArray
) -> list[int]:
    """Write a text near each of (K, 2) points where it covers no other text, no point and little of a path.

    Call it when the layout is settled. A text with no free place is left out unless it must stand.

    Parameters
    ----------
    texts
        An empty one is not written, but its point is kept free.
    must
        Which texts have to be written; they take their places first.
    avoid
        (M, 2) points along lines that a text should rather not cover.

    Returns
    -------
    Positions of the texts that were written.
    """
    figure, dpi = axes.figure, axes.figure.dpi
    figure.set_dpi(FINE_DPI)
    try:
        written = _write(axes, points, texts, must, avoid)
    finally:
        figure.set_dpi(dpi)
    return written


def _write(axes: Any, points: FloatArray, texts: Sequence[str], must: Sequence[bool], avoid: FloatArray) -> list[int]:
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    renderer = FigureCanvasAgg(axes.figure).get_renderer()  # type: ignore[no-untyped-call]
    scale = FINE_DPI / 72
    at, along = axes.transData.transform(points) / scale, axes.transData.transform(avoid) / scale
    width, box = axes.figure.get_figwidth() * 72, axes.get_window_extent(renderer)
    frame = np.array([EDGE, box.y0 / scale, width - EDGE, box.y1 / scale])
    taken = [np.array([x - POINT, y - POINT, x + POINT, y + POINT]) for x, y in at]
    taken += [np.asarray(t.get_window_extent(renderer).extents) / scale for t in axes.texts if t.get_text()]
    written = []
    for i in _crowded_first(at, must):
        if not texts[i]:
            continue
        note = axes.annotate(texts[i], points[i], xytext=(0, 0), textcoords="offset points", fontsize="small")
        extent = note.get_window_extent(renderer)
        size = np.array([extent.width, extent.height]) / scale
        place = _free_place(at[i], size, taken, frame, along)
        if place is None and not must[i]:
            note.remove()
            continue
        corner = place if place is not None else at[i] + POINT
        _pin(note, corner - at[i], size)
        edges = np.clip(at, corner, corner + size)
        away = np.linalg.norm(edges - at, axis=1)
        if away[i] > min(FAR, away.min() + GAP):
            _lead(axes, at[i] * scale, edges[i] * scale)
        taken.append(np.concatenate([corner - GAP, corner + size + GAP]))
        written.append(i)
    return written


def _crowded_first(at: FloatArray, must: Sequence[bool]) -> list[int]:
    """Return the order of writing: what must stand first, and of these what has the nearest neighbor."""
    apart = np.linalg.norm(at[:, None] - at, axis=2) + np.diag(np.full(len(at), np.inf))
    nearest = apart.min(axis=1, initial=np.inf)
    return sorted(range(len(at)), key=lambda i: (not must[i], nearest[i]))


def _free_place(
    point: FloatArray, size: FloatArray, taken: list[FloatArray], frame: FloatArray, along: FloatArray
) -> FloatArray | None:
    """Return the lower left corner of the best free box around a point."""
    best, least = None, np.inf
    for reach in REACHES:
        for rank, degrees in enumerate(DIRECTIONS):
            way = np.array([np.cos(np.radians(degrees)), np.sin(np.radians(degrees))])
            corner = point + way * (reach + size / 2) - size / 2
            box = np.concatenate([corner, corner + size])
            outside = (box[:2] < frame[:2]).any() or (box[2:] > frame[2:]).any()
            if outside or any(_overlap(box, other) for other in taken):
                continue
            covered = ((along > box[:2]) & (along < box[2:])).all(axis=1).sum()
            cost = covered + 0.6 * reach + 0.1 * rank
            if cost < least:
                best, least = corner, cost
    return best


def _lead(axes: Any, point: FloatArray, edge: FloatArray) -> None:
    """Lead from a point to a text that stands far from it or nearer to another one; both in pixels."""
    ends = axes.transData.inverted().transform(np.stack([point, edge]))
    axes.plot(ends[:, 0], ends[:, 1], color=GRAY, lw=0.5, zorder=2.5)


def _pin(note: Any, offset: FloatArray, size: FloatArray) -> None:
    """Hold a text at the side that faces its point, since its width differs a little between formats."""
    (x, ha), (y, va) = (
        _side(float(offset[axis]), float(size[axis]), words)
        for axis, words in enumerate((("left", "right"), ("bottom", "top")))
    )
    note.set(position=(x, y), ha=ha, va=va)


def _side(low: float, extent: float, words: tuple[str, str]) -> tuple[float, str]:
    if low > 0:
        return low, words[0]
    return (low + extent, words[1]) if low + extent < 0 else (low + extent / 2, "center")


def _overlap(a: FloatArray, b: FloatArray) -> bool:
    return bool((a[:2] < b[2:]).all() and (b[:2] < a[2:]).all())
