"""A series as a small line, in SVG."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import numpy as np
from numpy.typing import NDArray

WIDTH, HEIGHT, EDGE = 132, 30, 4


def sparkline_svg(periods: Sequence[int], values: Sequence[float], marked: int | None, alt: str) -> str:
    """Return an SVG of a series, broken where values are missing, with one period marked.

    Examples
    --------
    >>> svg = sparkline_svg([2019, 2020, 2021], [1.0, 10.0, 1.2], 2020, "loans")
    >>> svg.count("<polyline"), svg.count("<circle")
    (1, 1)
    """
    seen = np.isfinite(np.asarray(values, dtype=float))
    x = np.interp(periods, [periods[0], max(periods[-1], periods[0] + 1)], [EDGE, WIDTH - EDGE])
    low, high = (min(np.asarray(values)[seen]), max(np.asarray(values)[seen])) if seen.any() else (0.0, 1.0)
    y = HEIGHT - EDGE - (np.asarray(values, dtype=float) - low) / ((high - low) or 1.0) * (HEIGHT - 2 * EDGE)
    lines = [
        f'<polyline points="{" ".join(f"{x[i]:.1f},{y[i]:.1f}" for i in run)}"/>' for run in _runs(seen) if len(run) > 1
    ]
    dots = [f'<circle cx="{x[i]:.1f}" cy="{y[i]:.1f}" r="1.2"/>' for run in _runs(seen) if len(run) == 1 for i in run]
    if marked is not None and marked in periods and seen[list(periods).index(marked)]:
        i = list(periods).index(marked)
        dots.append(f'<circle class="marked" cx="{x[i]:.1f}" cy="{y[i]:.1f}" r="3"/>')
    head = f'<svg class="spark" role="img" aria-label="{escape(alt)}" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}"'
    return f'{head} height="{HEIGHT}" xmlns="http://www.w3.org/2000/svg">{"".join(lines + dots)}</svg>'


def _runs(seen: NDArray[np.bool_]) -> list[list[int]]:
    """Return the positions of every run of values without a gap."""
    positions = np.flatnonzero(seen)
    breaks = np.flatnonzero(np.diff(positions) > 1) + 1
    return [run.tolist() for run in np.split(positions, breaks) if len(run)]
