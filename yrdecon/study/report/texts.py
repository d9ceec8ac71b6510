"""Names, numbers and small tables as the report prints them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from yrdecon.core.estimate import FEW_TREATED
from yrdecon.policy.member_names import member_names
from yrdecon.present.blocks import Paragraph
from yrdecon.present.numbers import DASH, bracketed, fixed, p_text, thousands
from yrdecon.present.sentences import phrase
from yrdecon.present.table import Table
from yrdecon.present.words import Lang, known_word, variable_label, word
from yrdecon.study.run import Study

DECIMALS = 3


def unit_names(study: Study, lang: Lang) -> dict[str, str]:
    """Return the name of every unit and donor by its id, the id itself where no name is known."""
    pairs = study.material.registry.pairs
    units = [str(u) for u in study.material.headline.panel.units]
    codes = list(dict.fromkeys([*units, *pairs["donor_code"].astype(str), *pairs["recipient_code"].astype(str)]))
    return dict(zip(codes, member_names(codes, pairs, lang), strict=True))


def outcome_name(column: str, lang: Lang) -> str:
    """Return the label of an outcome, its column where there is none."""
    return variable_label(column, lang, {}) or column


def method_name(name: str, lang: Lang) -> str:
    """Return the name of an estimator."""
    return known_word(name, lang) or name


def number(value: float) -> str:
    """Write an estimate; a dash where there is none."""
    return fixed(float(value), DECIMALS) if np.isfinite(value) else DASH


def count(value: float) -> str:
    """Write a count; a dash where there is none."""
    return thousands(int(value)) if pd.notna(value) else DASH


def interval(row: pd.Series) -> str:
    """Write the interval of a row."""
    return bracketed(float(row["conf_low"]), float(row["conf_high"]), DECIMALS)


def rank(row: pd.Series, lang: Lang) -> str:
    """Write the placebo rank of a row."""
    if pd.isna(row["rank"]):
        return DASH
    return word("rank_of", lang).format(k=thousands(int(row["rank"])), n=thousands(int(row["n_compared"])))


def p_value(value: float) -> str:
    """Write a p-value; a dash where none is earned."""
    return p_text(float(value)) if np.isfinite(value) else DASH


def percent(value: float) -> str:
    """Write a share in percent."""
    return f"{100 * value:.1f}%" if np.isfinite(value) else DASH


def grade_name(grade: str, lang: Lang) -> str:
    """Return the name of a grade."""
    return word(f"report_grade_{grade.replace(' ', '_')}", lang)


def whose_errors(study: Study, lang: Lang) -> list[Paragraph]:
    """Say what the errors of the path rest on, and warn of clustered ones below ten treated clusters."""
    window = study.found["before_treatment"].estimates.get("window")
    if window is None:
        return []
    if window.cluster is None:
        return [Paragraph(word("report_placebo_errors", lang).format(how=phrase(window.small_sample, lang)))]
    treated = window.n_treated_clusters
    if treated is None or treated >= FEW_TREATED:
        return []
    return [Paragraph(word("report_too_narrow", lang).format(n=treated))]


def joined(texts: Sequence[str], lang: Lang) -> str:
    """Join parts of a sentence."""
    return ("；" if lang == "zh" else "; ").join(texts)


def report_table(
    caption: str, rows: Sequence[str], columns: Mapping[str, Sequence[str]], lang: Lang, note: str = ""
) -> Table:
    """Make a table of texts from the keys of its columns in the dictionary."""
    body = pd.DataFrame({word(key, lang): list(cells) for key, cells in columns.items()}, dtype="str")
    body.index = pd.Index(list(rows))
    notes = (word("note", lang) + note,) if note else ()
    return Table(body, notes, word(caption, lang), lang)


def comparison_table(caption: str, frame: pd.DataFrame, rows: Sequence[str], lang: Lang, note: str = "") -> Table:
    """Make the table of several comparisons: estimate, interval, rank, and p-value where one of them earns it."""
    lines = [row for _, row in frame.iterrows()]
    columns = {
        "estimate": [number(row["estimate"]) for row in lines],
        "interval_row": [interval(row) for row in lines],
        "rank_row": [rank(row, lang) for row in lines],
    }
    if frame["p_value"].notna().any():
        columns["p_permutation"] = [p_value(row["p_value"]) for row in lines]
    return report_table(caption, rows, columns, lang, note)
