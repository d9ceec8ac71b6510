"""The map of pairs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from yrdecon.errors import DesignError
from yrdecon.places.boundaries import boundary_rings
from yrdecon.present.canvas import add_legend, add_title, new_drawing, settle_layout, style_points
from yrdecon.present.facts import Facts, facts_line
from yrdecon.present.figure import Figure
from yrdecon.present.label_places import label_places
from yrdecon.present.style import COMPARISON, GRAY, INK, PALE, TREATED, Size, figure_style
from yrdecon.present.unit_names import short_name
from yrdecon.present.words import Lang, word

FloatArray = NDArray[np.float64]

COLUMNS = ("code", "role", "lon", "lat", "name_en", "name_zh", "donors")
TALL = {"column": 1.5, "page": 1.75, "slide": 1.0}
FILLS = {"recipient": "#EBCFCF", "donor": "#CBD5DF", "comparison": "#F0F0F0", "out": "white"}
MARKS = {
    "recipient": {"marker": "o", "color": TREATED},
    "donor": {"marker": "s", "color": COMPARISON},
    "comparison": {"marker": "o", "color": GRAY},
    "out": {"marker": "o", "color": GRAY, "mfc": "white"},
}
MEMBERS = ("recipient", "donor")
BEND, KM_PER_DEGREE, MARGIN = 0.22, 111.195, 0.03


def plot_pair_map(
    places: pd.DataFrame, *, lang: Lang = "en", labels: Mapping[str, str] | None = None, size: Size = "page"
) -> Figure:
    """Draw donors, recipients and comparison units where they lie, with an arrow from each donor to its recipient.

    A degree of longitude is as long as on the ground at the middle of the map. Cities of the Yangtze River Delta are
    drawn with their simplified shapes, others as points. Members of pairs are named, on a page also
    comparison units where there is room.

    Parameters
    ----------
    places
        The result of `pair_places`.
    labels
        Names by code as they are to be read.
    size
        ``"column"`` (3.4 inches wide), ``"page"`` (6.3) or ``"slide"`` (10).

    Raises
    ------
    DesignError
        If the table lacks a column, or no recipient has a donor.

    Examples
    --------
    >>> from yrdecon.clean import load_panel
    >>> from yrdecon.policy import load_registry, pair_places
    >>> plot_pair_map(pair_places(load_panel("yrd"), load_registry())).alt.split(":")[0]
    'Map of 8 pairs and 28 comparison units'
    """
    lacking = [c for c in COLUMNS if c not in places]
    if lacking or not places["donors"].astype(bool).any():
        raise DesignError(f"the table lacks {lacking or 'recipients with donors'}; draw the result of pair_places")
    own = labels or {}
    names = [own.get(c) or short_name(n, lang) for c, n in zip(places["code"], places[f"name_{lang}"], strict=True)]
    pairs = _pairs(places)
    with figure_style(lang, size):
        drawing = new_drawing(size, tall=TALL[size])
        axes = drawing.axes[0]
        _draw_places(axes, places, lang)
        _draw_arrows(axes, places, pairs)
        _frame(axes, places)
        facts = facts_line(Facts(n_treated=int((places["role"] == "recipient").sum())), lang)
        add_title(drawing, f"{facts}\n{word('map_title', lang)}", size)
        add_legend(drawing, 2 if size == "column" else 4)
        settle_layout(drawing)
        _draw_scale(axes, places, lang)
        _name_places(axes, places, names, pairs, size)
    return Figure(drawing, places, _alt(places, names, pairs, lang))


def _pairs(places: pd.DataFrame) -> list[tuple[int, int]]:
    """Return the rows of donor and recipient of every pair."""
    row = {code: i for i, code in enumerate(places["code"])}
    return [(row[d], i) for i, donors in enumerate(places["donors"]) for d in donors.split(";") if d in row]


def _draw_places(axes: Any, places: pd.DataFrame, lang: Lang) -> None:
    shapes = boundary_rings()
    for place in places.itertuples(index=False):
        for ring in shapes.get(str(place.code), ()):
            axes.fill(ring[:, 0], ring[:, 1], facecolor=FILLS[str(place.role)], edgecolor=PALE, lw=0.5, zorder=0.5)
    for role, look in MARKS.items():
        part = places[places["role"] == role]
        if len(part):
            points = style_points("lines.markersize") * (0.9 if role in MEMBERS else 0.5)
            axes.plot(part["lon"], part["lat"], ls="", ms=points, label=word(f"map_{role}", lang), zorder=3, **look)


def _draw_arrows(axes: Any, places: pd.DataFrame, pairs: list[tuple[int, int]]) -> None:
    spots = places[["lon", "lat"]].to_numpy(dtype=float)
    for donor, recipient in pairs:
        arrow = {
            "arrowstyle": "-|>,head_length=0.35,head_width=0.16",
            "connectionstyle": f"arc3,rad={BEND}",
            "color": INK,
            "lw": 0.8,
            "alpha": 0.75,
            "shrinkA": 2.5,
            "shrinkB": 3.0,
        }
        axes.annotate("", spots[recipient], spots[donor], arrowprops=arrow, zorder=2)


def _frame(axes: Any, places: pd.DataFrame) -> None:
    shapes = boundary_rings()
    rings = [ring for code in places["code"] for ring in shapes.get(str(code), ())]
    spots = np.concatenate([places[["lon", "lat"]].to_numpy(dtype=float), *rings])
    low, high = spots.min(axis=0), spots.max(axis=0)
    room = MARGIN * (high - low).max()
    axes.set(xlim=(low[0] - room, high[0] + room), ylim=(low[1] - room, high[1] + room))
    axes.set_aspect(1 / np.cos(np.radians((low[1] + high[1]) / 2)))
    axes.set_axis_off()


def _draw_scale(axes: Any, places: pd.DataFrame, lang: Lang) -> None:
    """Draw a bar of 100 kilometers, or of 500 on a wide map, in the lower left corner."""
    (left, right), (bottom, top) = axes.get_xlim(), axes.get_ylim()
    degree = KM_PER_DEGREE * np.cos(np.radians(places["lat"].mean()))
    length = 100 if (right - left) * degree < 1500 else 500
    x, y = left + 0.02 * (right - left), bottom + 0.02 * (top - bottom)
    axes.plot([x, x + length / degree], [y, y], color=GRAY, lw=1.2, solid_capstyle="butt", zorder=3)
    text = word("kilometers_text", lang).format(n=length)
    axes.annotate(text, (x, y), xytext=(0, 2), textcoords="offset points", color=GRAY, fontsize="small")


def _name_places(axes: Any, places: pd.DataFrame, names: list[str], pairs: list[tuple[int, int]], size: Size) -> None:
    spots = places[["lon", "lat"]].to_numpy(dtype=float)
    members = places["role"].isin(MEMBERS).to_numpy()
    texts = [name if is_member or size == "page" else "" for name, is_member in zip(names, members, strict=True)]
    written = label_places(axes, spots, texts, must=members.tolist(), avoid=_along(spots, pairs))
    for note, i in zip(axes.texts[-len(written) :], written, strict=True):
        note.set(color=MARKS[places["role"].iloc[i]]["color"], zorder=4)


def _along(spots: FloatArray, pairs: list[tuple[int, int]]) -> FloatArray:
    """Return points along the curved arrows."""
    step = np.linspace(0, 1, 60)[:, None]
    lines = []
    for donor, recipient in pairs:
        a, b = spots[donor], spots[recipient]
        middle = (a + b) / 2 + BEND * np.array([b[1] - a[1], a[0] - b[0]])
        lines.append((1 - step) ** 2 * a + 2 * step * (1 - step) * middle + step**2 * b)
    return np.concatenate(lines)


def _alt(places: pd.DataFrame, names: list[str], pairs: list[tuple[int, int]], lang: Lang) -> str:
    listed = [word("map_pair", lang).format(donor=names[d], recipient=names[r]) for d, r in pairs]
    return word("alt_map", lang).format(
        count=len(pairs),
        comparison=int((places["role"] == "comparison").sum()),
        pairs=("；" if lang == "zh" else "; ").join(listed),
    )
