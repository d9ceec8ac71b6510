"""The coefficients of a regression table: which, in what order, and what stands below each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase

import numpy as np

from yrdecon.errors import DesignError
from yrdecon.present.fit import Fit, Term
from yrdecon.present.formula_labels import term_label
from yrdecon.present.journals import Below, Journal
from yrdecon.present.layout import Layout
from yrdecon.present.numbers import DASH, bracketed, fixed, needed_decimals, p_text
from yrdecon.present.row import Row
from yrdecon.present.words import Lang, word

STARS = ((0.01, "***"), (0.05, "**"), (0.10, "*"))


def coefficient_rows(
    fits: Sequence[Fit], keys: Sequence[str], rules: Journal, lang: Lang, labels: Mapping[str, str]
) -> list[Row]:
    """Return rows for each coefficient: the estimate, and below it error, t-statistic, p-value or interval."""
    columns = [{term.key: term for term in fit.terms} for fit in fits]
    rows = []
    for key in keys:
        found = [(column.get(key), fit) for column, fit in zip(columns, fits, strict=True)]
        decimals = needed_decimals([_precision(term) for term, _ in found if term is not None], rules.decimals)
        excluded = any(term is not None and term.status == "excluded" for term, _ in found)
        cells = tuple(_estimate_cell(term, fit, rules, decimals) for term, fit in found)
        rows.append(Row(_term_label(key, excluded, lang, labels), cells, key))
        for place, kind in enumerate(rules.below):
            digits = rules.decimals if kind == "t" else decimals
            lower = tuple(_cell_below(term, fit, kind, digits, place > 0, lang) for term, fit in found)
            rows.append(Row("", lower, key))
    return rows


def shown_terms(fits: Sequence[Fit], layout: Layout) -> list[str]:
    """Return the keys of the terms that the layout shows, in its order, the constant last unless it is named.

    Raises
    ------
    DesignError
        If the layout names a term that no model has, or leaves none.
    """
    known = list(dict.fromkeys(term.key for fit in fits for term in fit.terms))
    known.sort(key=lambda key: key == "constant")
    named = [*layout.keep, *layout.drop, *layout.order]
    unknown = [pattern for pattern in named if not any(_matches(key, pattern) for key in known)]
    if unknown:
        names = [key.removeprefix("variable:") for key in known]
        raise DesignError(f"no model has the terms {unknown}; they have {names}")
    kept = [key for key in known if not layout.keep or any(_matches(key, p) for p in layout.keep)]
    kept = [key for key in kept if not any(_matches(key, p) for p in layout.drop)]
    if not kept:
        raise DesignError("the layout leaves no term to show; keep one or drop fewer")
    places = [next((i for i, p in enumerate(layout.order) if _matches(key, p)), len(layout.order)) for key in kept]
    return [key for _, key in sorted(zip(places, kept, strict=True), key=lambda pair: pair[0])]


def _matches(key: str, pattern: str) -> bool:
    return fnmatchcase(key, pattern) or fnmatchcase(key.removeprefix("variable:"), pattern)


def _precision(term: Term) -> float:
    """Return the number whose first digits must be seen: the error, or the estimate if there is none."""
    return term.std_error if np.isfinite(term.std_error) else abs(term.estimate)


def _estimate_cell(term: Term | None, fit: Fit, rules: Journal, decimals: int) -> str:
    if term is None:
        return ""
    if term.status == "base" and term.std_error == 0:
        return "0"
    starred = rules.stars and fit.may_have_stars and not term.few and np.isfinite(term.p_value)
    stars = next((s for limit, s in STARS if term.p_value < limit), "") if starred else ""
    return fixed(term.estimate, decimals) + stars


def _cell_below(term: Term | None, fit: Fit, kind: Below, decimals: int, second: bool, lang: Lang) -> str:
    if term is None:
        return ""
    if term.status == "base" and term.std_error == 0:
        return "" if second else word("base_cell", lang)
    if kind in ("p", "interval") and (term.few or not fit.may_have_stars):
        return DASH
    if kind == "interval":
        return bracketed(term.conf_low, term.conf_high, decimals)
    value = {"se": term.std_error, "t": term.statistic, "p": term.p_value}[kind]
    if not np.isfinite(value):
        return DASH
    text = p_text(value) if kind == "p" else fixed(value, decimals)
    return f"[{text}]" if second else f"({text})"


def _term_label(key: str, excluded: bool, lang: Lang, labels: Mapping[str, str]) -> str:
    kind, _, value = key.partition(":")
    if key in labels:
        return labels[key]
    if kind == "variable":
        return term_label(value, lang, labels) or value
    text = word(kind, lang) if not value else word(f"{kind}_term", lang).format(value=value)
    return word("excluded_term", lang).format(term=text) if excluded else text
