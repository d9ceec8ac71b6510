"""The table of estimates, with the inference that few treated units allow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from yrdecon.core.estimate import Estimate
from yrdecon.core.hypothesis import HypothesisTest
from yrdecon.core.panel import Panel
from yrdecon.errors import DesignError
from yrdecon.present.bilingual import bilingual
from yrdecon.present.coefficients import coefficient_rows, shown_terms
from yrdecon.present.fit import Fit, own_fit
from yrdecon.present.foreign import foreign_fit
from yrdecon.present.formula_labels import term_label
from yrdecon.present.journals import Journal, journal_rules
from yrdecon.present.layout import Layout, fail_if_columns_are_unknown, group_of, layout_rules
from yrdecon.present.row import Row
from yrdecon.present.table import Table
from yrdecon.present.table_content import TableLang
from yrdecon.present.table_notes import regression_notes
from yrdecon.present.table_rows import added_rows, description_rows, test_rows
from yrdecon.present.words import Lang, with_labels

AS_IT_IS = Layout()


def regression_table(
    models: Mapping[str, Any],
    tests: Mapping[str, HypothesisTest] | None = None,
    *,
    lang: TableLang = "en",
    journal: str = "plain",
    labels: Mapping[str, str] | None = None,
    layout: Layout = AS_IT_IS,
) -> Table:
    """Put estimates side by side.

    Parameters
    ----------
    models
        Estimates by column title, also fitted models of statsmodels, linearmodels and pyfixest. Columns are numbered,
        and spanned by the label of their outcome.
    tests
        Tests by the same titles: of permutation tests the placebo rank, the interval by inversion and, only where more
        than a rank is earned, the p-value; of others their name, p-value and interval.
    lang
        ``"en"``, ``"zh"``, or ``"both"`` for Chinese beside English.
    journal
        Preset for decimals, for what stands in parentheses, and for stars; see `JOURNALS`. Whatever the preset, a
        column with fewer than ten treated clusters, or an unknown number of them, gets no star.
    labels
        Labels of outcomes, terms, clusters and effects that the dictionary does not hold, or that should be printed
        instead. What has no label is printed by its name and listed in the notes.
    layout
        What to show, in what order, and what to add.

    Returns
    -------
    A table whose ``caption`` can be replaced with `dataclasses.replace`.

    Raises
    ------
    DesignError
        If there is no model, a model cannot be read, a test or a value of the layout has no column, the layout names
        a term or row that is not there, or the preset is unknown.

    Examples
    --------
    >>> import numpy as np
    >>> rows = pd.DataFrame({"unit": ["a", "b"], "time": [1, 1], "cohort": [1.0, np.inf]})
    >>> cells = pd.DataFrame({"term": ["att"]})
    >>> toy = Estimate(np.array([0.02]), np.full((1, 1), np.nan), cells, rows, "synthetic_did", "ln_real_gdp", 2)
    >>> print(regression_table({"SDID": toy}).body.iloc[0, 0])
    0.020
    """
    if lang == "both":
        return bilingual(
            regression_table(models, tests, lang="zh", journal=journal, labels=labels, layout=layout),
            regression_table(models, tests, lang="en", journal=journal, labels=labels, layout=layout),
        )
    rules, results = layout_rules(layout, journal_rules(journal)), tests or {}
    fits = _fits(models, layout.panel)
    _fail_if_tests_are_stray(models, results)
    fail_if_columns_are_unknown(layout, list(models))
    known = dict(labels or {}) if layout.panel is None else with_labels(layout.panel.variables, lang, labels)
    ordered = [results.get(name) for name in models]
    body = _body(_shown_rows(fits, ordered, list(models), rules, lang, known, layout))
    body.columns = _header(models, fits, lang, known, layout)
    return Table(body, regression_notes(fits, ordered, rules, lang, known), "", lang)


def _shown_rows(
    fits: Sequence[Fit],
    tests: Sequence[HypothesisTest | None],
    titles: Sequence[str],
    rules: Journal,
    lang: Lang,
    labels: Mapping[str, str],
    layout: Layout,
) -> list[Row]:
    terms = shown_terms(fits, layout)
    rows = [
        *coefficient_rows(fits, terms, rules, lang, labels),
        *test_rows(tests, rules, lang),
        *description_rows(fits, terms, rules.decimals, lang, labels),
        *added_rows(layout, titles, rules.decimals, lang),
    ]
    keys = list(dict.fromkeys(row.key for row in rows if row.key not in terms))
    unknown = [key for key in layout.hide if key not in keys]
    if unknown:
        raise DesignError(f"the layout hides {unknown}, which are no rows of this table; its rows are {keys}")
    return [row for row in rows if row.key not in layout.hide]


def _body(rows: Sequence[Row]) -> pd.DataFrame:
    body = pd.DataFrame([list(row.cells) for row in rows], dtype="str")
    body.index = pd.Index([row.label for row in rows])
    return body


def _header(
    models: Mapping[str, Any], fits: Sequence[Fit], lang: Lang, labels: Mapping[str, str], layout: Layout
) -> pd.MultiIndex:
    """Return group if there is any, outcome, and numbered title of each column."""
    header = [
        (group_of(layout, name), term_label(fit.outcome, lang, labels) or fit.outcome, f"({number}) {name}")
        for number, (name, fit) in enumerate(zip(models, fits, strict=True), start=1)
    ]
    return pd.MultiIndex.from_tuples(header if layout.groups else [column[1:] for column in header])


def _fits(models: Mapping[str, Any], panel: Panel | None) -> list[Fit]:
    if not models:
        raise DesignError('a table needs at least one estimate; pass a mapping such as {"DiD": estimate}')
    fits, foreign = [], []
    for name, model in models.items():
        try:
            fits.append(own_fit(model, panel) if isinstance(model, Estimate) else foreign_fit(model))
        except DesignError:
            foreign.append(f"{name}: {type(model).__name__}")
    if foreign:
        raise DesignError(
            f"columns {foreign} are no fitted models; pass what an estimator of yrdecon, statsmodels, linearmodels or "
            "pyfixest returned"
        )
    return fits


def _fail_if_tests_are_stray(models: Mapping[str, Any], tests: Mapping[str, HypothesisTest]) -> None:
    stray = [name for name in tests if name not in models]
    if stray:
        raise DesignError(f"tests {stray} have no column; their names must be among {list(models)}")
