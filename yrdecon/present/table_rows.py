"""The rows of a regression table below its coefficients: tests, and what describes the sample."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from yrdecon.core.design import parse_effect
from yrdecon.core.hypothesis import HypothesisTest
from yrdecon.present.fit import MOMENT_TESTS, Fit
from yrdecon.present.journals import Journal
from yrdecon.present.layout import Layout, Value
from yrdecon.present.numbers import DASH, bracketed, fixed, needed_decimals, p_text, spans, thousands
from yrdecon.present.row import Row
from yrdecon.present.sentences import heading
from yrdecon.present.words import Lang, known_word, variable_label, word


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
    return _rows(rows, lang)


def description_rows(
    fits: Sequence[Fit], shown: Sequence[str], decimals: int, lang: Lang, labels: Mapping[str, str]
) -> list[Row]:
    """Return estimator, controls, fixed effects, periods, counts, mean of the outcome and R2, as far as known."""
    first = {
        "estimator": [known_word(fit.method, lang) or fit.method for fit in fits],
        "controls": _controls(fits, shown, lang),
    }
    later = {
        "periods": [_periods_cell(fit, lang) for fit in fits],
        "base_periods": [spans(fit.base) for fit in fits],
        "observations": [_count(fit.n_obs) for fit in fits],
        "units": [_count(fit.n_units) for fit in fits],
        "treated_units": [_count(fit.n_treated) for fit in fits],
        "clusters": [_count(fit.n_clusters) for fit in fits],
        "effective_clusters": [_number(fit.effective_clusters, 1) for fit in fits],
        "outcome_mean": [_number(fit.facts.mean, decimals) for fit in fits],
        "r_squared": [_number(fit.r_squared, 3) for fit in fits],
        "within_r_squared": [_number(fit.within_r_squared, 3) for fit in fits],
        "instruments": [_count(int(fit.moments["instruments"]) if fit.moments else None) for fit in fits],
        **{key: [_number(fit.moments.get(key), 3) for fit in fits] for key in MOMENT_TESTS.values()},
    }
    rows = [*_rows(first, lang), *_effect_rows(fits, lang, labels), *_rows(later, lang)]
    return [row for row in rows if set(row.cells) != {DASH} or row.key == "clusters"]


def added_rows(layout: Layout, titles: Sequence[str], decimals: int, lang: Lang) -> list[Row]:
    """Return the detectable effects and the rows that the caller adds."""
    rows = []
    effects = [_detectable(layout.detectable.get(title)) for title in titles]
    for kind in dict.fromkeys(kind for column in effects for kind in column):
        cells = tuple(_number(column[kind], decimals) if kind in column else "" for column in effects)
        rows.append(Row(word(kind, lang), cells, kind))
    for label, values in layout.rows.items():
        cells = tuple(_value(values.get(title, ""), decimals, lang) for title in titles)
        rows.append(Row(known_word(label, lang) or label, cells, label))
    return rows


def _rows(texts: Mapping[str, Sequence[str]], lang: Lang) -> list[Row]:
    return [Row(word(key, lang), tuple(cells), key) for key, cells in texts.items() if any(cells)]


def _count(value: int | None) -> str:
    return DASH if value is None else thousands(value)


def _number(value: float | None, decimals: int) -> str:
    return DASH if value is None or np.isnan(value) else fixed(value, decimals)


def _controls(fits: Sequence[Fit], shown: Sequence[str], lang: Lang) -> list[str]:
    """Return yes where variables are controlled for out of sight; nothing if that holds for no column."""
    variables = [{t.key for t in fit.terms if t.key.startswith("variable:")} for fit in fits]
    hidden = [bool(fit.n_covariates or own - set(shown)) for fit, own in zip(fits, variables, strict=True)]
    if not any(hidden):
        return []
    unknown = [fit.n_covariates is None or bool(own) for fit, own in zip(fits, variables, strict=True)]
    return [
        word("yes", lang) if is_hidden else DASH if is_unknown else word("no", lang)
        for is_hidden, is_unknown in zip(hidden, unknown, strict=True)
    ]


def _detectable(given: float | pd.DataFrame | None) -> dict[str, float]:
    """Return the detectable effects by the key of their row."""
    if given is None:
        return {}
    if isinstance(given, pd.DataFrame):
        values = zip(given["mechanism"], given["minimum_detectable_effect"], strict=True)
        return {f"detectable_{mechanism}": float(value) for mechanism, value in values}
    return {"detectable_effect": float(given)}


def _value(value: Value, decimals: int, lang: Lang) -> str:
    if isinstance(value, bool | np.bool_):
        return word("yes" if value else "no", lang)
    if isinstance(value, int | np.integer):
        return thousands(int(value))
    return _number(value, decimals) if value is None or isinstance(value, float) else str(value)


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
        rows.append(Row(label, tuple(cells), "effects"))
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
