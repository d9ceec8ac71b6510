"""The rows of a regression table: coefficients, permutation tests, and what describes the sample."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from yrdecon.core.design import parse_effect
from yrdecon.core.hypothesis import HypothesisTest
from yrdecon.present.fit import Fit, Term
from yrdecon.present.formula_labels import term_label
from yrdecon.present.journals import Journal
from yrdecon.present.numbers import DASH, bracketed, fixed, needed_decimals, p_text, spans, thousands
from yrdecon.present.sentences import heading
from yrdecon.present.words import Lang, known_word, variable_label, word

STARS = ((0.01, "***"), (0.05, "**"), (0.10, "*"))


@dataclass(frozen=True)
class Row:
    """A label and one text for each column."""

    label: str
    cells: tuple[str, ...]


def coefficient_rows(fits: Sequence[Fit], rules: Journal, lang: Lang, labels: Mapping[str, str]) -> list[Row]:
    """Return two rows for each coefficient: the estimate, and below it its error or t-statistic."""
    columns = [{term.key: term for term in fit.terms} for fit in fits]
    keys = list(dict.fromkeys(key for column in columns for key in column if key != "constant"))
    keys += ["constant"] if any("constant" in column for column in columns) else []
    rows = []
    for key in keys:
        found = [(column.get(key), fit) for column, fit in zip(columns, fits, strict=True)]
        decimals = needed_decimals([_precision(term) for term, _ in found if term is not None], rules.decimals)
        upper = tuple(_estimate_cell(term, fit, rules, decimals) for term, fit in found)
        lower = tuple(_error_cell(term, rules, decimals, lang) for term, _ in found)
        excluded = any(term is not None and term.status == "excluded" for term, _ in found)
        rows += [Row(_term_label(key, excluded, lang, labels), upper), Row("", lower)]
    return rows


def test_rows(tests: Sequence[HypothesisTest | None], rules: Journal, lang: Lang) -> list[Row]:
    """Return rank, p-value where more than a rank is earned, interval, and how fine the p-value can be.

    Tests that compare assignments have rows of their own; others are named, since what they assume differs.
    """
    placebo = [t if t is not None and t.n_assignments is not None else None for t in tests]
    other = [t if t is not None and t.n_assignments is None else None for t in tests]
    named = tests if any(t is not None for t in other) else [None] * len(tests)
    rows = {
        "test": ["" if t is None else heading(t.name, lang) for t in named],
        "rank": [_rank(t, lang) for t in placebo],
        "rank_of_statistic": ["" if t is None or not t.is_rank_only else _rank(t, lang) for t in other],
        "p_permutation": [_earned_p(t) for t in placebo],
        "p_of_test": [_earned_p(t) for t in other],
        "interval": ["" if t is None else _interval(t, rules) for t in placebo],
        "interval_of_test": ["" if t is None or np.isnan(t.conf_low) else _interval(t, rules) for t in other],
        "assignments": ["" if t is None else thousands(t.n_assignments or 0) for t in placebo],
        "disjoint": ["" if t is None or t.disjoint_sets is None else thousands(t.disjoint_sets) for t in tests],
        "smallest_p": ["" if t is None or t.draws is None else p_text(t.smallest_p_value) for t in tests],
    }
    return [Row(word(key, lang), tuple(cells)) for key, cells in rows.items() if any(cells)]


def description_rows(fits: Sequence[Fit], lang: Lang, labels: Mapping[str, str]) -> list[Row]:
    """Return estimator, fixed effects, periods and counts."""
    rows = [Row(word("estimator", lang), tuple(known_word(fit.method, lang) or fit.method for fit in fits))]
    rows += _effect_rows(fits, lang, labels)
    rows.append(Row(word("periods", lang), tuple(_periods_cell(fit, lang) for fit in fits)))
    rows.append(Row(word("base_periods", lang), tuple(spans(fit.base) for fit in fits)))
    counts = {
        "observations": [fit.n_obs for fit in fits],
        "units": [fit.n_units for fit in fits],
        "treated_units": [fit.n_treated for fit in fits],
        "clusters": [fit.n_clusters for fit in fits],
    }
    rows += [
        Row(word(key, lang), tuple(DASH if n is None else thousands(n) for n in numbers))
        for key, numbers in counts.items()
    ]
    effective = (fit.effective_clusters for fit in fits)
    rows.append(Row(word("effective_clusters", lang), tuple(DASH if n is None else fixed(n, 1) for n in effective)))
    return [row for row in rows if set(row.cells) != {DASH} or row.label == word("clusters", lang)]


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


def _error_cell(term: Term | None, rules: Journal, decimals: int, lang: Lang) -> str:
    if term is None:
        return ""
    if term.status == "base" and term.std_error == 0:
        return word("base_cell", lang)
    value, digits = (term.std_error, decimals) if rules.below == "se" else (term.statistic, rules.decimals)
    return f"({fixed(value, digits)})" if np.isfinite(value) else DASH


def _term_label(key: str, excluded: bool, lang: Lang, labels: Mapping[str, str]) -> str:
    kind, _, value = key.partition(":")
    if kind == "variable":
        return term_label(value, lang, labels) or value
    text = word(kind, lang) if not value else word(f"{kind}_term", lang).format(value=value)
    return word("excluded_term", lang).format(term=text) if excluded else text


def _rank(test: HypothesisTest | None, lang: Lang) -> str:
    if test is None or test.draws is None:
        return ""
    return word("rank_of", lang).format(k=thousands(test.rank or 0), n=thousands(len(test.draws)))


def _earned_p(test: HypothesisTest | None) -> str:
    return "" if test is None or test.is_rank_only else p_text(test.p_value)


def _interval(test: HypothesisTest, rules: Journal) -> str:
    ends = [abs(v) for v in (test.conf_low, test.conf_high) if np.isfinite(v)]
    return bracketed(test.conf_low, test.conf_high, needed_decimals(ends[-1:], rules.decimals))


def _periods_cell(fit: Fit, lang: Lang) -> str:
    if fit.n_periods_used is None or fit.n_periods_used >= len(fit.periods):
        return spans(fit.periods)
    return word("periods_used", lang).format(periods=spans(fit.periods), used=fit.n_periods_used)


def _effect_rows(fits: Sequence[Fit], lang: Lang, labels: Mapping[str, str]) -> list[Row]:
    """Return yes or no for each effect; effects that share a label share a row."""
    shared: dict[str, set[str]] = {}
    for name in dict.fromkeys(["unit", "time", *(name for fit in fits for name in fit.effects or ())]):
        shared.setdefault(effect_label(name, lang, labels), set()).add(name)
    rows = []
    for label, same in shared.items():
        cells = [
            DASH if fit.effects is None else word("yes" if same & set(fit.effects) else "no", lang) for fit in fits
        ]
        rows.append(Row(label, tuple(cells)))
    return rows


def effect_label(name: str, lang: Lang, labels: Mapping[str, str]) -> str:
    """Return the label of a fixed effect; ``a^b`` is the combination of two."""
    if name in ("unit", "time") and name not in labels:
        return word(f"{name}_effects", lang)
    effect = parse_effect(name)
    levels = " × ".join(_column_label(part, lang, labels) for part in effect.columns)
    if effect.slope:
        return word("slopes_of", lang).format(levels=levels, variable=_column_label(effect.slope, lang, labels))
    return word("effects_of", lang).format(name=levels)


def _column_label(name: str, lang: Lang, labels: Mapping[str, str]) -> str:
    return word(name, lang) if name in ("unit", "time") else variable_label(name, lang, labels) or name
