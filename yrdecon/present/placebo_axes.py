"""Placebo estimates on one set of axes: as dots, as a density, or as a density with the worth of each."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from yrdecon.core.hypothesis import TIE, HypothesisTest
from yrdecon.diagnostics.placebo_distribution import placebo_distribution
from yrdecon.present.canvas import style_points
from yrdecon.present.numbers import fixed, needed_decimals, thousands
from yrdecon.present.style import COMPARISON, GRAY, PALE, TREATED
from yrdecon.present.words import Lang, word

FloatArray = NDArray[np.float64]
PlaceboForm = Literal["auto", "dots", "density", "journal"]

FEW_SETS = 200
LEVEL = 0.10
ROOM = 1.3


def draw_placebos(axes: Any, test: HypothesisTest, form: PlaceboForm, lang: Lang, across: int) -> pd.DataFrame:
    """Draw the placebo estimates of a test and the actual one; return what was drawn.

    Parameters
    ----------
    form
        ``"auto"`` is dots up to 200 assignments and a density above.
    across
        How many dots fit side by side.
    """
    placebos = test.frames["placebos"]
    if form == "auto":
        form = "dots" if len(placebos) <= FEW_SETS else "density"
    if form == "dots":
        data = placebos
        _draw_dots(axes, placebos[~placebos["actual"].astype(bool)], test, lang, across)
    else:
        data = placebo_distribution(test)
        curve = data[data["kind"] == "density"]
        _draw_density(axes, curve, test, lang)
        if form == "density":
            data = curve[["estimate", "density"]]
        else:
            _draw_worth(axes, data[data["kind"] == "placebo"], test, lang)
    _mark_actual(axes, test, lang)
    return data


def _draw_dots(axes: Any, others: pd.DataFrame, test: HypothesisTest, lang: Lang, across: int) -> None:
    estimates = np.sort(others["estimate"].to_numpy(dtype=float))
    statistics = others.sort_values("estimate", kind="stable")["statistic"].to_numpy(dtype=float)
    extreme = statistics >= test.statistic * (1 - TIE)
    width = max(*estimates, test.estimate) - min(*estimates, test.estimate)
    height = _stacked(estimates, width / across)
    for chosen, key, face in ((extreme, "as_extreme", COMPARISON), (~extreme, "less_extreme", "white")):
        axes.plot(estimates[chosen], height[chosen], "o", color=COMPARISON, mfc=face, label=word(key, lang))
    axes.set_ylim(0.3, max(height.max() * 1.45, 4))
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)


def _stacked(ordered: FloatArray, gap: float) -> FloatArray:
    """Return the lowest height for each point, in their order, at which it does not touch an earlier one."""
    latest: list[float] = []
    heights = []
    for x in ordered:
        level = next((i for i, last in enumerate(latest) if x - last >= gap), len(latest))
        latest[level : level + 1] = [float(x)]
        heights.append(level + 1.0)
    return np.array(heights)


def _draw_density(axes: Any, curve: pd.DataFrame, test: HypothesisTest, lang: Lang) -> None:
    axes.fill_between(curve["estimate"], curve["density"], color=COMPARISON, alpha=0.25, lw=0)
    axes.plot(curve["estimate"], curve["density"], color=COMPARISON)
    if np.isclose(test.statistic, abs(test.estimate), rtol=1e-9):
        axes.axvline(-test.estimate, color=TREATED, lw=0.8, ls=":")
    axes.set_ylim(0, float(curve["density"].max()) * ROOM)
    axes.set_ylabel(word("density", lang))


def _draw_worth(axes: Any, points: pd.DataFrame, test: HypothesisTest, lang: Lang) -> None:
    """Scatter the share of assignments at least as extreme as each on a second axis, as Chinese journals print it."""
    axes.lines[0].set_label(word("density", lang))
    right = axes.twinx()
    right.spines["right"].set_visible(True)
    n, others = len(points), len(test.frames["placebos"]) - 1
    text = word("placebo_worth", lang)
    if n < others:
        text += word("placebo_worth_some", lang).format(k=thousands(n), n=thousands(others))
    size = style_points("lines.markersize") * 0.55
    right.plot(points["estimate"], points["p_value"], "o", color="none", mec=COMPARISON, mew=0.4, ms=size, label=text)
    right.axhline(LEVEL, color=GRAY, lw=0.8, ls="--", zorder=0.5)
    right.set(ylim=(0, ROOM), ylabel=word("placebo_worth_axis", lang))
    right.set_yticks([LEVEL, 0.5, 1.0])
    axes.set_zorder(right.get_zorder() + 1)
    axes.patch.set_visible(False)


def _mark_actual(axes: Any, test: HypothesisTest, lang: Lang) -> None:
    axes.axvline(test.estimate, color=TREATED)
    axes.margins(x=0.06)
    axes.autoscale_view(scaley=False)
    left = test.estimate < sum(axes.get_xlim()) / 2
    value = fixed(test.estimate, needed_decimals([test.estimate], 3))
    axes.annotate(
        word("actual", lang).format(value=value),
        (test.estimate, 0.97),
        xycoords=("data", "axes fraction"),
        xytext=(4 if left else -4, 0),
        textcoords="offset points",
        ha="left" if left else "right",
        va="top",
        color=TREATED,
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.5},
    )
    axes.axvline(0, color=PALE, lw=0.6, zorder=0.5)
    axes.set_xlabel(word("placebo_axis", lang))
