"""The placebo figure: the estimate among those of other assignments."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from yrdecon.core.hypothesis import TIE, HypothesisTest
from yrdecon.errors import DesignError
from yrdecon.present.canvas import add_legend, new_drawing, settle_layout
from yrdecon.present.figure import Figure
from yrdecon.present.numbers import fixed, needed_decimals, p_text, thousands
from yrdecon.present.style import COMPARISON, GRAY, TREATED, Size, figure_style, fold
from yrdecon.present.words import Lang, word

FloatArray = NDArray[np.float64]
FEW_SETS = 200
DOTS_ACROSS = {"column": 50, "page": 70, "slide": 70}
GRID, FINE_BINS = 401, 2_000


def plot_placebo(test: HypothesisTest, *, lang: Lang = "en", size: Size = "page") -> Figure:
    """Draw the placebo estimates, the actual one as a line, and what its rank is worth.

    Up to 200 placebo estimates are drawn as dots, dark if they are at least as extreme by the test statistic, which
    need not be the estimate; more are drawn as a density. The p-value is printed only where the test earns more than
    a rank.

    Parameters
    ----------
    size
        ``"column"`` (3.4 inches wide), ``"page"`` (6.3) or ``"slide"`` (10).

    Raises
    ------
    DesignError
        If the test compared no assignments.

    Examples
    --------
    >>> from yrdecon.estimators import twfe
    >>> from yrdecon.inference import permutation_test
    >>> from yrdecon.study.twinning import load_twinning, twinning_design
    >>> figure = plot_placebo(permutation_test(twfe, load_twinning(), twinning_design(), seed=1))
    >>> figure.alt.split(";")[0]
    'Distribution of 24 placebo estimates'
    """
    if "placebos" not in test.frames:
        raise DesignError(f"{test.name} compared no assignments; draw the result of permutation_test")
    placebos = test.frames["placebos"]
    few = len(placebos) <= FEW_SETS
    others = placebos.loc[~placebos["actual"].astype(bool)]
    with figure_style(lang, size):
        drawing = new_drawing(size)
        data = placebos if few else _density(others["estimate"].to_numpy(dtype=float))
        if few:
            _draw_dots(drawing.axes[0], others, test, lang, size)
        else:
            _draw_density(drawing.axes[0], data, test, lang)
        _finish(drawing, test, lang, size)
    rank = word("rank_of", lang).format(k=thousands(test.rank or 0), n=thousands(len(placebos)))
    estimate = fixed(test.estimate, needed_decimals([test.estimate], 3))
    alt = word("alt_placebo", lang).format(count=thousands(len(others)), estimate=estimate, rank=rank)
    return Figure(drawing, data, alt)


def _draw_dots(axes: Any, others: pd.DataFrame, test: HypothesisTest, lang: Lang, size: Size) -> None:
    estimates = np.sort(others["estimate"].to_numpy(dtype=float))
    statistics = others.sort_values("estimate", kind="stable")["statistic"].to_numpy(dtype=float)
    extreme = statistics >= test.statistic * (1 - TIE)
    width = max(*estimates, test.estimate) - min(*estimates, test.estimate)
    height = _stacked(estimates, width / DOTS_ACROSS[size])
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


def _density(estimates: FloatArray) -> pd.DataFrame:
    """Return a kernel density on a grid; estimates are binned finely first, so that millions cost little."""
    from scipy.stats import gaussian_kde

    counts, edges = np.histogram(estimates, bins=FINE_BINS)
    if np.ptp(estimates) == 0:
        raise DesignError("all placebo estimates are equal; there is no distribution to draw")
    margin = 0.15 * np.ptp(estimates)
    grid = np.linspace(estimates.min() - margin, estimates.max() + margin, GRID)
    density = gaussian_kde((edges[:-1] + edges[1:]) / 2, weights=counts)(grid)
    return pd.DataFrame({"estimate": grid, "density": density})


def _draw_density(axes: Any, data: pd.DataFrame, test: HypothesisTest, lang: Lang) -> None:
    axes.fill_between(data["estimate"], data["density"], color=COMPARISON, alpha=0.25, lw=0)
    axes.plot(data["estimate"], data["density"], color=COMPARISON)
    if np.isclose(test.statistic, abs(test.estimate), rtol=1e-9):
        axes.axvline(-test.estimate, color=TREATED, lw=0.8, ls=":")
    axes.set_ylim(0, float(data["density"].max()) * 1.3)
    axes.set_ylabel(word("density", lang))


def _finish(drawing: Any, test: HypothesisTest, lang: Lang, size: Size) -> None:
    axes = drawing.axes[0]
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
    axes.axvline(0, color=GRAY, lw=0.6, zorder=0.5)
    axes.set_xlabel(word("placebo_axis", lang))
    axes.set_title(_title(test, lang, size), loc="left")
    if axes.get_legend_handles_labels()[0]:
        add_legend(drawing, 2)
    settle_layout(drawing)


def _title(test: HypothesisTest, lang: Lang, size: Size) -> str:
    compared = len(test.frames["placebos"])
    words = {"k": thousands(test.rank or 0), "n": thousands(compared), "least": p_text(test.smallest_p_value)}
    first = word("placebo_text" if test.is_rank_only else "placebo_p", lang).format(**words, p=p_text(test.p_value))
    admissible = test.n_assignments if test.n_assignments is not None else compared
    second = word("placebo_sets", lang).format(admissible=thousands(admissible))
    if admissible > compared:
        second += word("placebo_drawn", lang).format(n=thousands(compared))
    if test.disjoint_sets is not None:
        second += word("placebo_disjoint", lang).format(disjoint=test.disjoint_sets)
    return f"{fold(first, size)}\n{fold(second, size)}"
