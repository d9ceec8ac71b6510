"""The figure of a p-value against the range of shocks."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from yrdecon.core.hypothesis import HypothesisTest
from yrdecon.errors import DesignError
from yrdecon.present.canvas import add_legend, add_title, new_drawing, settle_layout
from yrdecon.present.facts import facts_line, facts_of_test
from yrdecon.present.figure import Figure
from yrdecon.present.numbers import p_text
from yrdecon.present.style import COMPARISON, GRAY, INK, PALE, TREATED, Size, figure_style
from yrdecon.present.words import Lang, word

USUAL_LEVEL = 0.05
CURVE, SET = ("theta_km", "p_value"), ("theta_km", "p_value", "likely", "kernels")


def plot_theta(test: HypothesisTest, *, lang: Lang = "en", size: Size = "page") -> Figure:
    """Draw how the p-value of the spatial model depends on how far shocks reach.

    The line lets distance alone explain what units share, persistence at its best. Points are all ranges and
    persistences that the periods before treatment do not rule out; the largest p-value among them is the result.

    Parameters
    ----------
    test
        The result of `spatial_model_test`.
    size
        ``"column"`` (3.4 inches wide), ``"page"`` (6.3) or ``"slide"`` (10).

    Raises
    ------
    DesignError
        If the test is no spatial model test.

    Examples
    --------
    >>> from yrdecon.inference import spatial_model_test
    >>> from yrdecon.study.twinning import load_twinning, twinning_design
    >>> plot_theta(spatial_model_test(load_twinning(), twinning_design())).alt.split(";")[1]
    ' with decay alone p exceeds .05 from a range of 100 km on'
    """
    curve, profile = (test.frames.get(name, pd.DataFrame()) for name in ("by_theta", "profile"))
    if any(c not in curve for c in CURVE) or any(c not in profile for c in SET):
        raise DesignError(f"{test.name} has no profile over ranges; draw the result of spatial_model_test")
    likely = profile[profile["likely"].astype(bool)]
    crossing = _crossing(curve, lang)
    with figure_style(lang, size):
        drawing = new_drawing(size)
        _draw(drawing.axes[0], curve, likely, lang)
        worst = word("theta_worst", lang).format(p=p_text(test.p_value))
        facts = facts_line(facts_of_test(test), lang)
        add_title(drawing, f"{worst}\n{crossing}\n{facts}".rstrip(), size)
        add_legend(drawing, 1 if size == "column" else 3)
        settle_layout(drawing)
    data = pd.concat([curve.assign(set="decay alone"), likely.assign(set="likely")], ignore_index=True)
    return Figure(drawing, data, word("alt_theta", lang).format(p=p_text(test.p_value), crossing=crossing))


def _draw(axes: Any, curve: pd.DataFrame, likely: pd.DataFrame, lang: Lang) -> None:
    axes.axhline(USUAL_LEVEL, color=GRAY, lw=0.8, ls="--", zorder=0.5)
    axes.plot(likely["theta_km"], likely["p_value"], "o", color=PALE, zorder=1, label=word("theta_likely", lang))
    axes.plot(curve["theta_km"], curve["p_value"], "-", color=COMPARISON, zorder=2, label=word("theta_decay", lang))
    worst = likely.loc[likely["p_value"].idxmax()]
    axes.plot(worst["theta_km"], worst["p_value"], "D", color=TREATED, zorder=3, label=word("theta_reported", lang))
    top = max(float(likely["p_value"].max()), float(curve["p_value"].max()), 2 * USUAL_LEVEL)
    axes.set(ylim=(0, 1.12 * top), xlabel=word("theta_axis", lang), ylabel=word("theta_p_axis", lang))
    above = curve.loc[curve["p_value"] > USUAL_LEVEL, "theta_km"]
    if len(above):
        axes.axvline(above.min(), color=COMPARISON, lw=0.8, ls=":", zorder=0.5)
    place = {"xycoords": ("axes fraction", "data"), "ha": "right", "va": "top", "xytext": (0, -2)}
    axes.annotate("p = .05", (1.0, USUAL_LEVEL), textcoords="offset points", fontsize="small", color=INK, **place)


def _crossing(curve: pd.DataFrame, lang: Lang) -> str:
    above = curve.loc[curve["p_value"] > USUAL_LEVEL, "theta_km"]
    if above.empty:
        return word("theta_below", lang)
    if np.isclose(above.min(), 0):
        return word("theta_above", lang)
    return word("theta_from", lang).format(km=f"{above.min():g}")
