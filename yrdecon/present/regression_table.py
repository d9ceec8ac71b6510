"""The table of estimates, with the inference that few treated units allow."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from yrdecon.core.estimate import FEW_TREATED, Estimate
from yrdecon.core.hypothesis import HypothesisTest
from yrdecon.errors import DesignError
from yrdecon.present.journals import Journal, journal_rules
from yrdecon.present.numbers import bracketed, fixed, p_text, thousands
from yrdecon.present.table import Table
from yrdecon.present.words import Lang, variable_label, word

STARS = ((0.01, "***"), (0.05, "**"), (0.10, "*"))
NONE = "—"


def regression_table(
    models: Mapping[str, Estimate],
    *,
    tests: Mapping[str, HypothesisTest] | None = None,
    lang: Lang = "en",
    journal: str = "plain",
    labels: Mapping[str, str] | None = None,
) -> Table:
    """Put estimates side by side.

    Parameters
    ----------
    models
        Estimates by column title. Columns are numbered, and spanned by the label of their outcome.
    tests
        Permutation tests by the same titles: placebo rank, interval by inversion and, only where more than a rank is
        earned, the p-value.
    lang
        ``"en"`` or ``"zh"``.
    journal
        Preset for decimals, for what stands in parentheses, and for stars. Whatever the preset, a column with fewer
        than ten treated clusters gets no star.
    labels
        Labels of outcomes and terms that the dictionary does not hold, or that should be printed instead.

    Returns
    -------
    A table whose ``caption`` can be replaced with `dataclasses.replace`.

    Raises
    ------
    DesignError
        If there is no model, a model is no estimate of this package, a test has no column, or the preset is unknown.

    Examples
    --------
    >>> rows = pd.DataFrame({"unit": ["a", "b"], "time": [1, 1], "cohort": [1.0, np.inf]})
    >>> cells = pd.DataFrame({"term": ["att"]})
    >>> toy = Estimate(np.array([0.02]), np.full((1, 1), np.nan), cells, rows, "synthetic_did", "ln_real_gdp", 2)
    >>> print(regression_table({"SDID": toy}).body.iloc[0, 0])
    0.020
    """
    rules = journal_rules(journal)
    tests, labels = tests or {}, labels or {}
    _fail_if_models_are_foreign(models, tests)
    columns = [_column(estimate, tests.get(name), rules, lang, labels) for name, estimate in models.items()]
    order = list(dict.fromkeys(key for column in columns for key in column))
    outcomes = [_outcome(estimate, lang, labels) for estimate in models.values()]
    header = pd.MultiIndex.from_tuples(
        [(outcome, f"({i}) {name}") for i, (outcome, name) in enumerate(zip(outcomes, models, strict=True), start=1)]
    )
    body = pd.DataFrame([[column.get(key, "") for column in columns] for key in order], columns=header, dtype="str")
    body.index = pd.Index([label for label, _ in order])
    return Table(body, _notes(models, tests, rules, lang, labels), "", lang)


Cells = dict[tuple[str, str], str]


def _column(
    estimate: Estimate, test: HypothesisTest | None, rules: Journal, lang: Lang, labels: Mapping[str, str]
) -> Cells:
    """Return cells by (label, key); the key tells rows of equal label apart."""
    cells: Cells = {}
    tidy = estimate.tidy()
    few = _is_few(estimate)
    for row, (label, key) in enumerate(_terms(estimate, lang, labels)):
        line = tidy.iloc[row]
        stars = "" if few or not rules.stars or not np.isfinite(line["p_value"]) else _stars(float(line["p_value"]))
        below = line["std_error"] if rules.below == "se" else line["statistic"]
        cells[(label, key)] = fixed(float(line["estimate"]), rules.decimals) + stars
        cells[("", key)] = f"({fixed(float(below), rules.decimals)})" if np.isfinite(below) else NONE
    if test is not None:
        cells |= _test_cells(test, rules, lang)
    return cells | _size_cells(estimate, lang)


def _terms(estimate: Estimate, lang: Lang, labels: Mapping[str, str]) -> list[tuple[str, str]]:
    cells = estimate.cells
    if "event_time" in cells:
        return [(f"{word('event_time', lang)} {int(e)}", f"event{int(e)}") for e in cells["event_time"]]
    terms = [str(t) for t in cells["term"]]
    effect = word("effect", lang)
    return [(effect, "effect") if t in ("treated", "att") else (variable_label(t, lang, labels) or t, t) for t in terms]


def _test_cells(test: HypothesisTest, rules: Journal, lang: Lang) -> Cells:
    cells: Cells = {}
    if test.draws is not None:
        rank = word("rank_of", lang).format(k=test.rank, n=thousands(len(test.draws)))
        cells[(word("rank", lang), "rank")] = rank
        if not test.is_rank_only:
            cells[(word("p_permutation", lang), "p")] = p_text(test.p_value)
        cells[(word("smallest_p", lang), "smallest")] = p_text(test.smallest_p_value)
    cells[(word("interval", lang), "interval")] = bracketed(test.conf_low, test.conf_high, rules.decimals)
    return cells


def _size_cells(estimate: Estimate, lang: Lang) -> Cells:
    cells = {
        (word("estimator", lang), "estimator"): word(estimate.method, lang),
        (word("unit_effects", lang), "unit_effects"): word("yes", lang),
        (word("time_effects", lang), "time_effects"): word("yes", lang),
        (word("observations", lang), "observations"): thousands(estimate.n_obs),
        (word("units", lang), "units"): thousands(estimate.n_units),
        (word("treated_units", lang), "treated"): thousands(estimate.n_treated),
    }
    if estimate.n_clusters is not None:
        cells[(word("clusters", lang), "clusters")] = thousands(estimate.n_clusters)
    else:
        cells[(word("clusters", lang), "clusters")] = NONE
    return cells


def _notes(
    models: Mapping[str, Estimate],
    tests: Mapping[str, HypothesisTest],
    rules: Journal,
    lang: Lang,
    labels: Mapping[str, str],
) -> tuple[str, ...]:
    notes = []
    clustered = [e for e in models.values() if e.cluster]
    key = "note_se" if rules.below == "se" else "note_t"
    kinds = dict.fromkeys((str(e.cluster), e.small_sample.split(":")[0]) for e in clustered)
    for cluster, rule in kinds:
        name = word("unit", lang) if cluster == "unit" else variable_label(cluster, lang, labels) or cluster
        notes.append(word(key, lang).format(cluster=name, rule=rule))
    few = [e.n_treated_clusters for e in clustered if _is_few(e)]
    if few:
        notes.append(word("note_few", lang).format(n=min(n for n in few if n is not None)))
    if rules.stars and len(few) < len(clustered):
        notes.append(word("note_stars", lang))
    if len(clustered) < len(models):
        notes.append(word("note_none", lang))
    disjoint = [t.disjoint_sets for t in tests.values() if t.disjoint_sets is not None]
    if disjoint:
        shown = f"{min(disjoint)}" if min(disjoint) == max(disjoint) else f"{min(disjoint)}-{max(disjoint)}"
        notes.append(word("note_contiguous", lang).format(disjoint=shown))
    if any(t.draws is not None and t.disjoint_sets is None for t in tests.values()):
        notes.append(word("note_free", lang))
    notes += dict.fromkeys(note + "." for e in models.values() for note in e.notes if "left out" in note)
    missing = sorted({e.outcome for e in models.values() if variable_label(e.outcome, lang, labels) is None})
    if missing:
        notes.append(word("note_missing_labels", lang).format(names=", ".join(missing)))
    return (word("note", lang) + notes[0], *notes[1:]) if notes else ()


def _is_few(estimate: Estimate) -> bool:
    clusters = estimate.n_treated_clusters
    return clusters is None or clusters < FEW_TREATED


def _outcome(estimate: Estimate, lang: Lang, labels: Mapping[str, str]) -> str:
    return variable_label(estimate.outcome, lang, labels) or estimate.outcome


def _stars(p_value: float) -> str:
    return next((stars for limit, stars in STARS if p_value < limit), "")


def _fail_if_models_are_foreign(models: Mapping[str, Estimate], tests: Mapping[str, HypothesisTest]) -> None:
    if not models:
        raise DesignError('a table needs at least one estimate; pass a mapping such as {"DiD": estimate}')
    foreign = [f"{name}: {type(m).__name__}" for name, m in models.items() if not isinstance(m, Estimate)]
    if foreign:
        raise DesignError(f"columns {foreign} are not estimates of yrdecon; pass what an estimator returned")
    stray = [name for name in tests if name not in models]
    if stray:
        raise DesignError(f"tests {stray} have no column; their names must be among {list(models)}")
