"""The table of estimates, with the inference that few treated units allow."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from yrdecon.core.estimate import Estimate
from yrdecon.core.hypothesis import HypothesisTest
from yrdecon.errors import DesignError
from yrdecon.present.fit import Fit, own_fit
from yrdecon.present.foreign import foreign_fit
from yrdecon.present.formula_labels import term_label
from yrdecon.present.journals import journal_rules
from yrdecon.present.table import Table
from yrdecon.present.table_notes import regression_notes
from yrdecon.present.table_rows import coefficient_rows, description_rows, test_rows
from yrdecon.present.words import Lang


def regression_table(
    models: Mapping[str, Any],
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
        Estimates by column title, also fitted models of statsmodels, linearmodels and pyfixest. Columns are numbered,
        and spanned by the label of their outcome.
    tests
        Tests by the same titles: of permutation tests the placebo rank, the interval by inversion and, only where more
        than a rank is earned, the p-value; of others their name, p-value and interval.
    lang
        ``"en"`` or ``"zh"``.
    journal
        Preset for decimals, for what stands in parentheses, and for stars; see `JOURNALS`. Whatever the preset, a
        column with fewer than ten treated clusters, or an unknown number of them, gets no star.
    labels
        Labels of outcomes, terms, clusters and effects that the dictionary does not hold, or that should be printed
        instead. What has no label is printed by its name and listed in the notes.

    Returns
    -------
    A table whose ``caption`` can be replaced with `dataclasses.replace`.

    Raises
    ------
    DesignError
        If there is no model, a model cannot be read, a test has no column, or the preset is unknown.

    Examples
    --------
    >>> import numpy as np
    >>> rows = pd.DataFrame({"unit": ["a", "b"], "time": [1, 1], "cohort": [1.0, np.inf]})
    >>> cells = pd.DataFrame({"term": ["att"]})
    >>> toy = Estimate(np.array([0.02]), np.full((1, 1), np.nan), cells, rows, "synthetic_did", "ln_real_gdp", 2)
    >>> print(regression_table({"SDID": toy}).body.iloc[0, 0])
    0.020
    """
    rules, labels = journal_rules(journal), labels or {}
    fits, results = _fits(models), tests or {}
    _fail_if_tests_are_stray(models, results)
    ordered = [results.get(name) for name in models]
    rows = [
        *coefficient_rows(fits, rules, lang, labels),
        *test_rows(ordered, rules, lang),
        *description_rows(fits, lang, labels),
    ]
    header = [
        (term_label(fit.outcome, lang, labels) or fit.outcome, f"({number}) {name}")
        for number, (name, fit) in enumerate(zip(models, fits, strict=True), start=1)
    ]
    body = pd.DataFrame([list(row.cells) for row in rows], columns=pd.MultiIndex.from_tuples(header), dtype="str")
    body.index = pd.Index([row.label for row in rows])
    return Table(body, regression_notes(fits, ordered, rules, lang, labels), "", lang)


def _fits(models: Mapping[str, Any]) -> list[Fit]:
    if not models:
        raise DesignError('a table needs at least one estimate; pass a mapping such as {"DiD": estimate}')
    fits, foreign = [], []
    for name, model in models.items():
        try:
            fits.append(own_fit(model) if isinstance(model, Estimate) else foreign_fit(model))
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
