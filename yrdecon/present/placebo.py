"""The placebo figure: the estimate among those of other assignments."""

from __future__ import annotations

import numpy as np

from yrdecon.core.hypothesis import HypothesisTest
from yrdecon.errors import DesignError
from yrdecon.present.figure import Figure, settle_layout
from yrdecon.present.numbers import fixed, p_text, thousands
from yrdecon.present.style import COMPARISON, HEIGHT, TREATED, WIDTH, figure_style
from yrdecon.present.words import Lang, word

FEW_SETS = 200
BINS = 40


def plot_placebo(test: HypothesisTest, *, lang: Lang = "en") -> Figure:
    """Draw the placebo estimates, the actual one as a line, and what its rank is worth.

    The p-value is printed only where the test earns more than a rank.

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
    data = test.frames["placebos"]
    with figure_style(lang):
        drawing = _draw(test, lang)
    alt = (
        f"Distribution of {len(data) - 1} placebo estimates; the actual estimate {fixed(test.estimate, 4)} "
        f"has rank {test.rank} of {len(data)} by the test statistic."
    )
    return Figure(drawing, data, alt)


def _draw(test: HypothesisTest, lang: Lang) -> object:
    from matplotlib.figure import Figure as Drawing

    data = test.frames["placebos"]
    placebo = data.loc[~data["actual"], "estimate"].to_numpy()
    drawing = Drawing(figsize=(WIDTH, HEIGHT), layout="constrained")
    axes = drawing.subplots()
    bins = BINS if len(placebo) > FEW_SETS else 15
    counts, edges = np.histogram(placebo, bins=bins)
    axes.stairs(counts, edges, fill=True, color=COMPARISON, alpha=0.35)
    if len(placebo) <= FEW_SETS:
        axes.plot(placebo, [-0.04 * counts.max()] * len(placebo), "|", color=COMPARISON, ms=7, alpha=0.8)
    axes.axvline(test.estimate, color=TREATED, lw=1.8)
    axes.set_ylim(top=counts.max() * 1.2)
    left = test.estimate < (axes.get_xlim()[0] + axes.get_xlim()[1]) / 2
    axes.annotate(
        word("actual", lang).format(value=fixed(test.estimate, 3)),
        (test.estimate, 0.95),
        xycoords=("data", "axes fraction"),
        xytext=(5 if left else -5, 0),
        textcoords="offset points",
        ha="left" if left else "right",
        va="top",
        color=TREATED,
    )
    axes.set(xlabel=word("placebo_axis", lang), ylabel=word("count", lang))
    axes.set_title(_title(test, lang), loc="left", color="#555555", fontsize=8)
    settle_layout(drawing)
    return drawing


def _title(test: HypothesisTest, lang: Lang) -> str:
    n = thousands(len(test.frames["placebos"]))
    if test.is_rank_only:
        return word("placebo_text", lang).format(k=test.rank, n=n, p=p_text(test.smallest_p_value))
    return word("placebo_p", lang).format(p=p_text(test.p_value), n=n)
