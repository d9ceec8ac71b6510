"""The placebo figure: the estimate among those of other assignments."""

from __future__ import annotations

from typing import get_args

from yrdecon.core.hypothesis import HypothesisTest
from yrdecon.errors import DesignError
from yrdecon.present.canvas import add_legend, new_drawing, settle_layout
from yrdecon.present.facts import facts_of_test
from yrdecon.present.figure import Figure
from yrdecon.present.numbers import fixed, needed_decimals, p_text, thousands
from yrdecon.present.placebo_axes import PlaceboForm, draw_placebos
from yrdecon.present.style import Size, figure_format, figure_style, fold
from yrdecon.present.words import Lang, word

DOTS_ACROSS = {"column": 50, "page": 70, "slide": 70}


def plot_placebo(test: HypothesisTest, *, form: PlaceboForm = "auto", lang: Lang = "en", size: Size = "page") -> Figure:
    """Draw the placebo estimates, the actual one as a line, and what its rank is worth.

    The p-value is printed only where the test earns more than a rank.

    Parameters
    ----------
    form
        ``"dots"``: one for each placebo estimate, dark if it is at least as extreme by the test statistic, which need
        not be the estimate. ``"density"``: a kernel density. ``"journal"``: the density, and for each placebo estimate
        on a second axis the share of assignments at least as extreme, which is its own permutation p-value, with a
        line at .10; so it is printed in Chinese journals. ``"auto"``: dots up to 200 assignments, a density above.
    size
        ``"column"`` (3.4 inches wide), ``"page"`` (6.3) or ``"slide"`` (10).

    Raises
    ------
    DesignError
        If the test compared no assignments, or the form is unknown.

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
    if form not in get_args(PlaceboForm):
        raise DesignError(f"form={form!r} is unknown; choose one of {list(get_args(PlaceboForm))}")
    figure_format(size)
    with figure_style(lang, size):
        drawing = new_drawing(size)
        data = draw_placebos(drawing.axes[0], test, form, lang, DOTS_ACROSS[size])
        drawing.axes[0].set_title(_title(test, lang, size), loc="left")
        if any(axes.get_legend_handles_labels()[0] for axes in drawing.axes):
            add_legend(drawing, 2)
        settle_layout(drawing)
    n = len(test.frames["placebos"])
    rank = word("rank_of", lang).format(k=thousands(test.rank or 0), n=thousands(n))
    estimate = fixed(test.estimate, needed_decimals([test.estimate], 3))
    alt = word("alt_placebo", lang).format(count=thousands(n - 1), estimate=estimate, rank=rank)
    return Figure(drawing, data, alt)


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
    n_treated = facts_of_test(test).n_treated
    if n_treated is not None:
        second = word("fact_treated", lang).format(n=n_treated) + ("，" if lang == "zh" else ", ") + second
    return f"{fold(first, size)}\n{fold(second, size)}"
