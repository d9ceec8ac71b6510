"""A table of shares as colored cells, in SVG."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import pandas as pd

ROW, COLUMN, LABELS, HEAD, CHARACTER = 17, 26, 270, 22, 6.0
FULL, EMPTY = (59, 91, 122), (255, 255, 255)
EVERY = 3


def heat_map_svg(shares: pd.DataFrame, labels: Sequence[str], alt: str) -> str:
    """Return shares between 0 and 1 as an SVG of colored cells, dark where full; each cell tells its share.

    Parameters
    ----------
    shares
        One row per label and one column per period.
    alt
        What is shown, for those who cannot see it.

    Examples
    --------
    >>> svg = heat_map_svg(pd.DataFrame({2020: [1.0], 2021: [0.5]}), ["GDP"], "coverage")
    >>> svg.count("<rect"), "GDP 2021: 50%" in svg
    (2, True)
    """
    width, height = LABELS + COLUMN * shares.shape[1] + 4, HEAD + ROW * len(shares) + 4
    parts = [
        f'<svg class="heat" role="img" aria-label="{escape(alt)}" viewBox="0 0 {width} {height}" width="{width}" '
        f'height="{height}" xmlns="http://www.w3.org/2000/svg">'
    ]
    for j, period in enumerate(shares.columns):
        if j % EVERY == 0:
            x = LABELS + COLUMN * j + COLUMN / 2
            parts.append(f'<text x="{x:g}" y="{HEAD - 7}" text-anchor="middle">{escape(str(period))}</text>')
    for i, (label, (_, row)) in enumerate(zip(labels, shares.iterrows(), strict=True)):
        y = HEAD + ROW * i
        parts.append(f'<text x="{LABELS - 8}" y="{y + ROW - 5}" text-anchor="end">{escape(_fitting(label))}</text>')
        parts += [
            f'<rect x="{LABELS + COLUMN * j}" y="{y}" width="{COLUMN - 1}" height="{ROW - 1}" fill="{_color(share)}">'
            f"<title>{escape(label)} {period}: {100 * share:.0f}%</title></rect>"
            for j, (period, share) in enumerate(row.items())
        ]
    return "\n".join([*parts, "</svg>"])


def _fitting(label: str) -> str:
    """Return a label short enough for its column, counting a Chinese character as two."""
    room = LABELS / CHARACTER
    for end in range(len(label), 0, -1):
        shown = label[:end] if end == len(label) else f"{label[:end]}…"
        if sum(1 if c.isascii() else 2 for c in shown) <= room:
            return shown
    return ""


def _color(share: float) -> str:
    return "#" + "".join(f"{round(e + (f - e) * share):02x}" for f, e in zip(FULL, EMPTY, strict=True))
