"""Names, numbers and small tables as the report prints them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from yrdecon.core.panel import Panel
from yrdecon.places.codes import city_table, district_table
from yrdecon.present.numbers import DASH, bracketed, fixed, p_text, thousands
from yrdecon.present.table import Table
from yrdecon.present.words import Lang, known_word, variable_label, word

DECIMALS = 3


def unit_names(panel: Panel, lang: Lang) -> dict[str, str]:
    """Return the name of every unit by its id: that of the panel or of the tables of places, else the id."""
    names = {str(unit): str(unit) for unit in panel.units}
    for table, code in ((city_table(), "city_code"), (district_table(), "district_code")):
        column = next(c for c in table.columns if c.endswith(f"_{lang}") or c == f"name_{lang}")
        known = dict(zip(table[code].astype(str), table[column].astype(str), strict=True))
        names |= {key: name for key, name in known.items() if name}
    return names


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


def comparison_table(caption: str, frame: pd.DataFrame, rows: Sequence[str], lang: Lang) -> Table:
    """Make the table of several comparisons: estimate, interval, rank, and p-value where one of them earns it."""
    lines = [row for _, row in frame.iterrows()]
    columns = {
        "estimate": [number(row["estimate"]) for row in lines],
        "interval_row": [interval(row) for row in lines],
        "rank_row": [rank(row, lang) for row in lines],
    }
    if frame["p_value"].notna().any():
        columns["p_permutation"] = [p_value(row["p_value"]) for row in lines]
    return report_table(caption, rows, columns, lang)
