"""Tables of the data: summary statistics and pairs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from yrdecon.core.panel import Panel
from yrdecon.errors import DesignError
from yrdecon.places.codes import city_table
from yrdecon.policy.registry import Registry, policy_row
from yrdecon.present.bilingual import bilingual
from yrdecon.present.numbers import DASH, fixed, thousands
from yrdecon.present.table import Table
from yrdecon.present.table_content import TableLang
from yrdecon.present.words import LANGUAGES, Lang, known_word, variable_label, with_labels, word

STATISTICS = ("mean", "sd", "min", "median", "max")
WITHOUT_UNIT = ("", "code", "name", "label", "true or false", "year")


def summary_table(
    panel: Panel,
    columns: Sequence[str],
    *,
    by: str | None = None,
    lang: TableLang = "en",
    labels: Mapping[str, str] | None = None,
) -> Table:
    """Summarize columns: number of observations, mean, standard deviation, minimum, median, maximum.

    Parameters
    ----------
    by
        Column whose levels are summarized one below the other.
    labels
        Labels that the panel does not carry, or that should be printed instead.

    Raises
    ------
    DesignError
        If a column is missing or not numeric, or the grouping column is missing.

    Examples
    --------
    >>> from yrdecon.clean import load_panel
    >>> summary_table(load_panel("yrd"), ["real_growth_pct"]).body.iloc[0, 0]
    '779'
    """
    if lang == "both":
        return bilingual(*(summary_table(panel, columns, by=by, lang=one, labels=labels) for one in LANGUAGES["both"]))
    _fail_if_columns_cannot_be_summarized(panel, columns, by)
    known = with_labels(panel.variables, lang, labels)
    header = [word("observations", lang), *(word(s, lang) for s in STATISTICS)]
    parts: list[pd.DataFrame] = []
    titles = []
    for title, frame in _groups(panel, by, lang, known):
        if title:
            titles.append(sum(map(len, parts)))
            parts.append(pd.DataFrame([[""] * len(header)], columns=header, index=[title], dtype="str"))
        rows = [_statistics(frame[column]) for column in columns]
        names = [_label_with_unit(panel, column, lang, known) for column in columns]
        parts.append(pd.DataFrame(rows, columns=header, index=names, dtype="str"))
    return Table(pd.concat(parts), _notes(panel, columns, lang, known), "", lang, tuple(titles))


def pairs_table(registry: Registry, *, policy: str = "twinning-2021", lang: TableLang = "en") -> Table:
    """List the pairs of a policy with names where the units are known places.

    Examples
    --------
    >>> from yrdecon.policy import load_registry
    >>> pairs_table(load_registry()).body.shape
    (8, 3)
    """
    if lang == "both":
        return bilingual(*(pairs_table(registry, policy=policy, lang=one) for one in LANGUAGES["both"]))
    policy_row(registry, policy)
    pairs = registry.pairs[registry.pairs["policy"] == policy]
    body = pd.DataFrame(
        {
            word("donor", lang): _names(pairs, "donor", lang),
            word("recipient", lang): _names(pairs, "recipient", lang),
            word("first_year", lang): pairs["first_year"].astype(str).tolist(),
        },
        dtype="str",
    )
    body.index = pd.Index([str(i) for i in range(1, len(body) + 1)])
    return Table(body, (), "", lang)


def _groups(panel: Panel, by: str | None, lang: Lang, labels: Mapping[str, str]) -> list[tuple[str, pd.DataFrame]]:
    if by is None:
        return [("", panel.frame)]
    name = variable_label(by, lang, labels) or by
    levels = panel.frame.groupby(by, sort=True)
    binary = set(panel.frame[by].dropna().unique()) <= {True, False}
    shown = {level: word("yes" if level else "no", lang) if binary else str(level) for level, _ in levels}
    colon = ": " if lang == "en" else "："
    return [(f"{name}{colon}{shown[level]}", frame) for level, frame in levels]


def _statistics(column: pd.Series) -> list[str]:
    """Return the count and five numbers with the decimals of the largest."""
    x = column.dropna().astype(float)
    if x.empty:
        return ["0", *[DASH] * len(STATISTICS)]
    values = [float(v) for v in (x.mean(), x.std(), x.min(), x.median(), x.max())]
    largest = max(abs(x.min()), abs(x.max()))
    decimals = 3 if largest < 100 else 1 if largest < 10_000 else 0
    return [thousands(len(x)), *(DASH if np.isnan(v) else f"{float(fixed(v, decimals)):,.{decimals}f}" for v in values)]


def _label_with_unit(panel: Panel, column: str, lang: Lang, labels: Mapping[str, str]) -> str:
    label = variable_label(column, lang, labels) or column
    described = column in panel.variables.index and "unit_of_measure" in panel.variables
    unit = str(panel.variables.loc[column, "unit_of_measure"]) if described else ""
    if unit in WITHOUT_UNIT:
        return label
    shown = known_word(unit.removeprefix("log "), lang) or unit.removeprefix("log ")
    return f"{label} ({shown})" if lang == "en" else f"{label}（{shown}）"


def _notes(panel: Panel, columns: Sequence[str], lang: Lang, labels: Mapping[str, str]) -> tuple[str, ...]:
    notes = []
    sources = [str(panel.variables.loc[c, "source"]) for c in columns if c in panel.variables.index]
    if "filled" in panel.frame and any("population" in source for source in sources):
        filled = thousands(int(panel.frame["filled"].fillna(False).astype(bool).sum()))
        label = variable_label("filled", lang, labels) or "filled"
        notes.append(word("note_filled", lang).format(label=label, k=filled, n=thousands(len(panel.frame))))
    missing = [c for c in columns if variable_label(c, lang, labels) is None]
    if missing:
        notes.append(word("note_missing_labels", lang).format(names=", ".join(missing)))
    return (word("note", lang) + notes[0], *notes[1:]) if notes else ()


def _names(pairs: pd.DataFrame, role: str, lang: Lang) -> list[str]:
    """Return names from the registry, else from the table of cities, else the code."""
    cities = city_table()
    known = dict(zip(cities["city_code"], cities["city_zh" if lang == "zh" else "city_en"], strict=True))
    codes = pairs[f"{role}_code"].astype(str)
    given = pairs.get(f"{role}_{lang}", pd.Series("", index=pairs.index))
    return [str(name) or known.get(code, code) for name, code in zip(given.fillna(""), codes, strict=True)]


def _fail_if_columns_cannot_be_summarized(panel: Panel, columns: Sequence[str], by: str | None) -> None:
    if not columns:
        raise DesignError("there is no column to summarize; name one or more")
    for column in columns:
        if column not in panel.frame or not pd.api.types.is_numeric_dtype(panel.frame[column]):
            raise DesignError(
                f"column {column!r} is missing or not numeric; the panel has {panel.frame.columns.tolist()}"
            )
    if by is not None and by not in panel.frame:
        raise DesignError(f"there is no column {by!r} to group by; the panel has {panel.frame.columns.tolist()}")
