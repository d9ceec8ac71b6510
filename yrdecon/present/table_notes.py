"""The sentences below a regression table, written from its columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from yrdecon.core.design import parse_effect
from yrdecon.core.hypothesis import HypothesisTest
from yrdecon.present.fit import Fit
from yrdecon.present.formula_labels import term_label
from yrdecon.present.journals import Below, Journal
from yrdecon.present.note_lists import plain_lists
from yrdecon.present.numbers import DASH, thousands
from yrdecon.present.sentences import in_words, phrase
from yrdecon.present.words import Lang, variable_label, word

SHOWN_AS_ROWS = ("assignments compared, smallest attainable", "attainable p-values: read", "have no unit in common")


def regression_notes(
    fits: Sequence[Fit],
    tests: Sequence[HypothesisTest | None],
    rules: Journal,
    lang: Lang,
    labels: Mapping[str, str],
) -> tuple[str, ...]:
    """Say how errors are clustered, why stars are missing, what was permuted, and which labels are not on file."""
    notes = [
        *_on_errors(fits, rules, lang, labels),
        *_on_stars(fits, tests, rules, lang),
        *_by_column([[plain_lists(in_words(note, lang), lang, labels) for note in fit.notes] for fit in fits], lang),
        *_on_tests(tests, lang, labels),
        *_on_filled(fits, lang, labels),
        *_on_labels(fits, lang, labels),
    ]
    return (word("note", lang) + notes[0], *notes[1:]) if notes else ()


def _on_errors(fits: Sequence[Fit], rules: Journal, lang: Lang, labels: Mapping[str, str]) -> list[str]:
    notes = []
    for place, kind in enumerate(rules.below):
        where = word("in_brackets" if place or kind == "interval" else "in_parentheses", lang)
        if kind in ("se", "t") or any(fit.may_have_stars for fit in fits):
            said = [[_on_kind(fit, kind, where, lang, labels)] * _is_shown(fit, kind) for fit in fits]
            notes += _by_column(said, lang)
    if any(not fit.has_errors for fit in fits):
        notes.append(word("note_none", lang).format(dash=DASH))
    withheld = [fit.library == "pyfixest" and not fit.has_errors for fit in fits]
    if any(withheld):
        notes += _by_column([[word("note_withheld", lang)] if w else [] for w in withheld], lang)
    return notes


def _is_shown(fit: Fit, kind: Below) -> bool:
    return fit.has_errors and (kind in ("se", "t") or fit.may_have_stars)


def _on_kind(fit: Fit, kind: Below, where: str, lang: Lang, labels: Mapping[str, str]) -> str:
    if fit.library:
        sentence = word(f"note_{kind}_foreign", lang)
        return sentence.format(kind=fit.errors, library=fit.library, where=where)
    rule = phrase(fit.errors, lang)
    if not fit.cluster:
        return word(f"note_{kind}_other", lang).format(rule=rule, where=where)
    cluster = word("unit", lang) if fit.cluster == "unit" else variable_label(fit.cluster, lang, labels)
    return word(f"note_{kind}", lang).format(cluster=cluster or fit.cluster, rule=rule, where=where)


def _on_stars(fits: Sequence[Fit], tests: Sequence[HypothesisTest | None], rules: Journal, lang: Lang) -> list[str]:
    notes = []
    withheld = bool({"p", "interval"} & set(rules.below))
    few = [f.n_treated_clusters for f in fits if f.n_treated_clusters is not None and not f.may_have_stars]
    if few:
        is_placebo = any(test is not None and test.n_assignments is not None for test in tests)
        advice = word("read_rank" if is_placebo else "read_permutation", lang)
        count = f"{min(few)}" if min(few) == max(few) else f"{min(few)}-{max(few)}"
        notes.append(word("note_few_p" if withheld else "note_few", lang).format(n=count, advice=advice))
    if rules.stars and any(fit.may_have_stars for fit in fits):
        treated = any(fit.has_treatment for fit in fits)
        plain = "note_stars_clusters" if any(fit.cluster for fit in fits) else "note_stars_plain"
        notes.append(word("note_stars" if treated else plain, lang))
    small = [f for f in fits if not f.has_treatment and f.has_errors and not f.may_have_stars]
    if small and (rules.stars or withheld):
        notes.append(word("note_few_clusters", lang).format(n=int(min(f.dof for f in small)) + 1))
    unknown = [fit.has_errors and fit.has_treatment and fit.n_treated_clusters is None for fit in fits]
    if rules.stars:
        notes += _by_column([[word("note_unknown_clusters", lang)] if u else [] for u in unknown], lang)
    if withheld:
        notes += _by_column([[word("note_unknown_p", lang)] if u else [] for u in unknown], lang)
    return notes


def _on_filled(fits: Sequence[Fit], lang: Lang, labels: Mapping[str, str]) -> list[str]:
    """Count the filled cells of the samples whose rows the panel has."""
    label, sentence = variable_label("filled", lang, labels) or "filled", word("note_filled", lang)
    counts = [(fit.facts.filled, fit.facts.n_rows or 0) for fit in fits]
    said = [
        [] if filled is None else [sentence.format(label=label, k=thousands(filled), n=thousands(rows))]
        for filled, rows in counts
    ]
    return _by_column(said, lang)


def _on_tests(tests: Sequence[HypothesisTest | None], lang: Lang, labels: Mapping[str, str]) -> list[str]:
    said = [
        [
            plain_lists(in_words(note, lang), lang, labels)
            for note in test.notes
            if not any(part in note for part in SHOWN_AS_ROWS)
        ]
        if test is not None
        else []
        for test in tests
    ]
    notes = _by_column(said, lang)
    rank_only = [test is not None and test.is_rank_only for test in tests]
    if any(rank_only):
        notes += _by_column([[word("note_rank_only", lang)] if r else [] for r in rank_only], lang)
    return notes


def _on_labels(fits: Sequence[Fit], lang: Lang, labels: Mapping[str, str]) -> list[str]:
    wanted = {fit.outcome for fit in fits}
    wanted |= {t.key.removeprefix("variable:") for f in fits for t in f.terms if t.key.startswith("variable:")}
    effects = [parse_effect(effect) for fit in fits for effect in fit.effects or ()]
    wanted |= {part for effect in effects for part in (*effect.columns, effect.slope) if part} - {"unit", "time"}
    wanted |= {fit.cluster for fit in fits if fit.cluster and not fit.library} - {"unit"}
    wanted -= {key.removeprefix("variable:") for key in labels if key.startswith("variable:")}
    missing = sorted(name for name in wanted if term_label(name, lang, labels) is None)
    return [word("note_missing_labels", lang).format(names=", ".join(missing))] if missing else []


def _by_column(sentences: Sequence[Sequence[str]], lang: Lang) -> list[str]:
    """Return each sentence once, after the numbers of its columns unless it holds for all of them."""
    columns: dict[str, list[int]] = {}
    for number, column in enumerate(sentences, start=1):
        for sentence in column:
            columns.setdefault(sentence, []).append(number)
    notes = []
    for sentence, numbers in columns.items():
        which = (", " if lang == "en" else "、").join(f"({n})" for n in numbers)
        everywhere = len(numbers) == len(sentences)
        notes.append(sentence if everywhere else word("columns", lang).format(which=which, sentence=sentence))
    return notes
