"""Names beside points, none over another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

DIRECTIONS = (0, 180, 90, 270, 45, 135, 315, 225, 20, 160, 200, 340, 65, 115, 245, 295)
REACHES = (4.0, 7.0, 11.0, 16.0, 22.0)
GAP, POINT = 1.0, 3.0


def label_places(
    axes: Any, points: FloatArray, texts: Sequence[str], *, must: Sequence[bool], avoid: FloatArray
) -> list[int]:
    """Write a text near each of (K, 2) points where it covers no other text, no point and little of a path.

    Call it when the layout is settled. A text with no free place is left out unless it must stand.

    Parameters
    ----------
    must
        Which texts have to be written; they take their places first.
    avoid
        (M, 2) points along lines that a text should rather not cover.

    Returns
    -------
    Positions of the texts that were written.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    renderer = FigureCanvasAgg(axes.figure).get_renderer()
    scale = axes.figure.dpi / 72
    at, along = axes.transData.transform(points) / scale, axes.transData.transform(avoid) / scale
    frame = np.asarray(axes.get_window_extent(renderer).extents) / scale
    taken = [np.array([x - POINT, y - POINT, x + POINT, y + POINT]) for x, y in at]
    taken += [np.asarray(t.get_window_extent(renderer).extents) / scale for t in axes.texts if t.get_text()]
    written = []
    for i in sorted(range(len(texts)), key=lambda i: not must[i]):
        note = axes.annotate(texts[i], points[i], xytext=(0, 0), textcoords="offset points", fontsize="small")
        extent = note.get_window_extent(renderer)
        place = _free_place(at[i], np.array([extent.width, extent.height]) / scale, taken, frame, along)
        if place is None and not must[i]:
            note.remove()
            continue
        corner = place if place is not None else at[i] + POINT
        note.set(position=corner - at[i], ha="left", va="bottom")
        size = np.array([extent.width, extent.height]) / scale
        taken.append(np.concatenate([corner - GAP, corner + size + GAP]))
        written.append(i)
    return written


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


def _overlap(a: FloatArray, b: FloatArray) -> bool:
    return bool((a[:2] < b[2:]).all() and (b[:2] < a[2:]).all())
