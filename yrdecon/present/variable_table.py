"""What each variable is: name, unit, source and vintage."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from yrdecon.core.panel import Panel
from yrdecon.errors import DesignError
from yrdecon.policy.registry import Registry
from yrdecon.present.bilingual import bilingual
from yrdecon.present.numbers import DASH
from yrdecon.present.table import Table
from yrdecon.present.table_content import TableLang
from yrdecon.present.words import Lang, known_word, variable_label, with_labels, word

COLUMNS = ("name", "unit_of_measure", "source", "vintage")
POLICY = "policy_"


def variable_table(
    panel: Panel,
    columns: Sequence[str] | None = None,
    *,
    registry: Registry | None = None,
    lang: TableLang = "en",
    labels: Mapping[str, str] | None = None,
) -> Table:
    """Describe columns of a panel by what it carries about them, and policy columns by the registry.

    Parameters
    ----------
    columns
        The columns to describe, by default all that the panel describes.
    registry
        Where the names and years of columns such as ``policy_huaihe_belt`` are found.
    lang
        ``"en"``, ``"zh"``, or ``"both"``.
    labels
        Labels to print instead. A column that nothing describes is listed in the notes.

    Raises
    ------
    DesignError
        If the panel has no such column, or describes none.

    Examples
    --------
    >>> from yrdecon.clean import load_panel
    >>> variable_table(load_panel("yrd"), ["gdp_100m_yuan"]).rows[0][:3]
    ['Nominal GDP, one vintage', 'gdp_100m_yuan', '100 million yuan']
    """
    if lang == "both":
        return bilingual(
            variable_table(panel, columns, registry=registry, lang="zh", labels=labels),
            variable_table(panel, columns, registry=registry, lang="en", labels=labels),
        )
    names = panel.variables.index.tolist() if columns is None else list(columns)
    missing = [name for name in names if name not in panel.frame]
    if missing or not names:
        raise DesignError(f"the panel has no column {missing}; name columns among {panel.frame.columns.tolist()[:60]}")
    known = with_labels(panel.variables, lang, labels) | _policy_labels(names, registry, lang)
    rows = [_row(name, panel, registry, lang) for name in names]
    body = pd.DataFrame(rows, columns=[word(f"column_{column}", lang) for column in COLUMNS], dtype="str")
    found = [variable_label(name, lang, known) for name in names]
    body.index = pd.Index(
        [label or name for label, name in zip(found, names, strict=True)], name=word("variable", lang)
    )
    unlabeled = [name for label, name in zip(found, names, strict=True) if label is None]
    note = word("note", lang) + word("note_missing_labels", lang).format(names=", ".join(unlabeled))
    return Table(body, (note,) if unlabeled else (), "", lang)


def _row(name: str, panel: Panel, registry: Registry | None, lang: Lang) -> list[str]:
    if name in panel.variables.index:
        described = panel.variables.loc[name].fillna("").astype(str)
        return [name, *(_in_words(described[column], lang) for column in COLUMNS[1:])]
    policy = _policy_of(name, registry)
    if policy is None:
        return [name, DASH, DASH, DASH]
    year = word("from_year", lang).format(year=policy["first_year"])
    return [name, _in_words("true or false", lang), str(policy["issuer"]) or DASH, year]


def _in_words(text: str, lang: Lang) -> str:
    """Return each part of a description in the language, as far as the dictionary has it."""
    if not text:
        return DASH
    logs = text.startswith("log ")
    parts = [known_word(part, lang) or part for part in text.removeprefix("log ").split("; ")]
    joined = ("；" if lang == "zh" else "; ").join(parts)
    return word("unit_in_logs", lang).format(unit=joined) if logs else joined


def _policy_of(name: str, registry: Registry | None) -> pd.Series | None:
    if registry is None or not name.startswith(POLICY):
        return None
    slugs = registry.policies["policy"].str.replace("-", "_").str.replace(":", "_")
    found = registry.policies[slugs == name.removeprefix(POLICY)]
    return None if found.empty else found.iloc[0]


def _policy_labels(names: Sequence[str], registry: Registry | None, lang: Lang) -> dict[str, str]:
    policies = {name: _policy_of(name, registry) for name in names}
    return {name: str(policy[f"name_{lang}"]) for name, policy in policies.items() if policy is not None}
