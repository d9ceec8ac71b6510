"""The figure of gaps between donors and recipients."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from yrdecon.errors import DesignError
from yrdecon.present.canvas import add_title, new_drawing, settle_layout, whole_ticks
from yrdecon.present.facts import Facts, facts_line
from yrdecon.present.figure import Figure
from yrdecon.present.numbers import fixed, spans
from yrdecon.present.style import COMPARISON, GRAY, Size, figure_style
from yrdecon.present.unit_names import short_name
from yrdecon.present.words import Lang, variable_label, word

COLUMNS = ("pair_id", "whole", "first_year", "outcome", "time", "base", "change", "donor_en", "recipient_en")
ACROSS = {"column": 2, "page": 4, "slide": 4}
ROW_INCHES = {"column": 1.25, "page": 1.5, "slide": 2.4}
MOST_PAIRS = 24


def plot_pair_gaps(
    gaps: pd.DataFrame, *, lang: Lang = "en", labels: Mapping[str, str] | None = None, size: Size = "page"
) -> Figure:
    """Draw for each pair how far the donor's outcome moved away from the recipient's since the base period.

    Below zero the gap has narrowed. A star marks donors that are a district, for which the gap is to their city.

    Parameters
    ----------
    gaps
        The result of `pair_gaps`.
    labels
        Label of the outcome, if the dictionary does not hold it.
    size
        ``"column"`` (3.4 inches wide), ``"page"`` (6.3) or ``"slide"`` (10).

    Raises
    ------
    DesignError
        If the table lacks a column, is empty, or holds more than 24 pairs.

    Examples
    --------
    >>> from yrdecon.clean import load_panel
    >>> from yrdecon.policy import load_registry, pair_gaps
    >>> gaps = pair_gaps(load_panel("yrd"), load_registry(), outcome="ln_real_gdp_pc", base=2020)
    >>> len(plot_pair_gaps(gaps).drawing.axes)
    8
    """
    _fail_if_gaps_cannot_be_drawn(gaps)
    pairs = [part for _, part in gaps.groupby("pair_id", sort=False)]
    across = min(ACROSS[size], len(pairs))
    rows = -(-len(pairs) // across)
    outcome = str(gaps["outcome"].iloc[0])
    outcome = variable_label(outcome, lang, labels or {}) or outcome
    base = spans(gaps["base"].astype(int).unique().tolist())
    with figure_style(lang, size):
        drawing = new_drawing(size, (rows, across), share_y=True)
        drawing.set_figheight(round(rows * ROW_INCHES[size] + 0.8 * ROW_INCHES[size], 2))
        for axes, part in zip(drawing.axes, pairs, strict=False):
            _draw_pair(axes, part, lang)
        for axes in drawing.axes[len(pairs) :]:
            axes.remove()
        facts = facts_line(Facts(n_treated=int(gaps["recipient_en"].nunique())), lang)
        starred = "" if gaps["whole"].all() else "\n" + word("gaps_star", lang)
        title = word("gaps_title", lang).format(outcome=outcome, base=base)
        add_title(drawing, f"{title}\n{facts}{starred}", size)
        settle_layout(drawing)
    return Figure(drawing, gaps, word("alt_gaps", lang).format(outcome=outcome, base=base, values=_values(pairs, lang)))


def _draw_pair(axes: Any, part: pd.DataFrame, lang: Lang) -> None:
    axes.axhline(0, color=GRAY, lw=0.6, zorder=0.5)
    axes.axvline(part["first_year"].iloc[0] - 0.5, color=GRAY, lw=0.8, ls="--", zorder=0.5)
    axes.plot(part["time"], part["change"], color=COMPARISON)
    axes.set_title(_name(part, lang), loc="left", fontsize="small", color="black")
    whole_ticks(axes, 3)


def _name(part: pd.DataFrame, lang: Lang) -> str:
    names = [short_name(str(part[f"{role}_{lang}"].iloc[0]), lang) for role in ("donor", "recipient")]
    star = "" if part["whole"].all() else "*"
    return f"{names[0]}{star}–{names[1]}" if lang == "zh" else f"{names[0]}{star} –\n{names[1]}"


def _values(pairs: list[pd.DataFrame], lang: Lang) -> str:
    texts = []
    for part in pairs:
        last = part.dropna(subset="change").tail(1)
        if len(last):
            name = _name(part, lang).replace("\n", " ")
            texts.append(f"{name} {fixed(float(last['change'].iloc[0]), 3)} ({last['time'].iloc[0]})")
    return ("；" if lang == "zh" else "; ").join(texts)


def _fail_if_gaps_cannot_be_drawn(gaps: pd.DataFrame) -> None:
    lacking = [c for c in COLUMNS if c not in gaps]
    if lacking or gaps.empty:
        raise DesignError(f"the table lacks {lacking or 'rows'}; draw the result of pair_gaps")
    if gaps["pair_id"].nunique() > MOST_PAIRS:
        raise DesignError(f"{gaps['pair_id'].nunique()} pairs are too many for one figure; draw {MOST_PAIRS} at most")
