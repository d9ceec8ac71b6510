"""Treated and comparison units before treatment, side by side."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from yrdecon.errors import DesignError
from yrdecon.present.bilingual import bilingual
from yrdecon.present.numbers import DASH, fixed, thousands
from yrdecon.present.table import Table
from yrdecon.present.table_content import TableLang
from yrdecon.present.words import LANGUAGES, Lang, variable_label, word

GROUPS = ("treated", "comparison")
MEASURES = ("standardized_difference", "normalized_difference", "variance_ratio")


def balance_table(frame: pd.DataFrame, *, lang: TableLang = "en", labels: Mapping[str, str] | None = None) -> Table:
    """Print what `balance` returned: means and standard deviations of both groups, and how far they are apart.

    Parameters
    ----------
    lang
        ``"en"``, ``"zh"``, or ``"both"``.
    labels
        Labels of covariates that the dictionary does not hold, or that should be printed instead.

    Raises
    ------
    DesignError
        If the frame is not one of `balance`.

    Examples
    --------
    >>> from yrdecon.diagnostics import balance
    >>> from yrdecon.study.twinning import load_twinning, twinning_design
    >>> balance_table(balance(load_twinning(), twinning_design(), ["ln_real_gdp"])).rows
    [['Log real GDP', '7.331', '8.075', '0.276', '0.830', '-1.204', '-0.851', '0.111']]
    """
    if lang == "both":
        return bilingual(*(balance_table(frame, lang=one, labels=labels) for one in LANGUAGES["both"]))
    numbers = [f"{kind}_{group}" for kind in ("mean", "sd") for group in GROUPS]
    needed = ["covariate", *numbers, *MEASURES, "n_treated", "n_comparison"]
    lacking = [column for column in needed if column not in frame]
    if lacking or frame.empty:
        raise DesignError(f"the frame lacks {lacking or 'rows'}; pass what balance(panel, design, covariates) returned")
    rows = [
        [*(_number(row[n], _decimals(row)) for n in numbers), *(_number(row[m], 3) for m in MEASURES)]
        for row in frame.to_dict("records")
    ]
    counts = frame[["n_treated", "n_comparison"]].drop_duplicates()
    header = [(word(kind, lang), word(group, lang)) for kind in ("mean", "sd") for group in GROUPS]
    header += [("", word(measure, lang)) for measure in MEASURES]
    if len(counts) > 1:
        columns = zip(rows, frame["n_treated"], frame["n_comparison"], strict=True)
        rows = [[*row, thousands(int(one)), thousands(int(other))] for row, one, other in columns]
        header += [(word("units", lang), word(group, lang)) for group in GROUPS]
    known = labels or {}
    body = pd.DataFrame(rows, columns=pd.MultiIndex.from_tuples(header), dtype="str")
    body.index = pd.Index(
        [variable_label(c, lang, known) or c for c in frame["covariate"]], name=word("variable", lang)
    )
    return Table(body, _notes(frame, counts, lang, known), "", lang)


def _decimals(row: Mapping[str, float]) -> int:
    largest = max(abs(row["mean_treated"]), abs(row["mean_comparison"]))
    return 3 if largest < 100 else 1 if largest < 10_000 else 0


def _number(value: float, decimals: int) -> str:
    return DASH if np.isnan(value) else f"{float(fixed(value, decimals)):,.{decimals}f}"


def _notes(frame: pd.DataFrame, counts: pd.DataFrame, lang: Lang, labels: Mapping[str, str]) -> tuple[str, ...]:
    notes = []
    if len(counts) == 1:
        one, other = counts.iloc[0]
        notes.append(word("note_balance_counts", lang).format(treated=thousands(one), comparison=thousands(other)))
    notes.append(word("note_balance", lang))
    missing = [c for c in frame["covariate"] if variable_label(c, lang, labels) is None]
    if missing:
        notes.append(word("note_missing_labels", lang).format(names=", ".join(missing)))
    return (word("note", lang) + notes[0], *notes[1:])
