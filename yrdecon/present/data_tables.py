"""Tables of the data: summary statistics and pairs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from yrdecon.core.panel import Panel
from yrdecon.errors import DesignError
from yrdecon.places.codes import city_table
from yrdecon.policy.registry import Registry, policy_row
from yrdecon.present.numbers import thousands
from yrdecon.present.table import Table
from yrdecon.present.words import Lang, variable_label, word

STATISTICS = ("mean", "sd", "min", "median", "max")


def summary_table(
    panel: Panel, columns: Sequence[str], *, lang: Lang = "en", labels: Mapping[str, str] | None = None
) -> Table:
    """Summarize columns: number of observations, mean, standard deviation, minimum, median, maximum.

    Raises
    ------
    DesignError
        If a column is missing or not numeric.

    Examples
    --------
    >>> from yrdecon.clean import load_panel
    >>> summary_table(load_panel("yrd"), ["real_growth_pct"]).body.iloc[0, 0]
    '779'
    """
    rows = []
    for column in columns:
        if column not in panel.frame or not pd.api.types.is_numeric_dtype(panel.frame[column]):
            raise DesignError(
                f"column {column!r} is missing or not numeric; the panel has {panel.frame.columns.tolist()}"
            )
        x = panel.frame[column].dropna()
        values = (x.mean(), x.std(), x.min(), x.median(), x.max())
        rows.append([thousands(len(x)), *(f"{v:,.{_decimals(values)}f}" for v in values)])
    header = [word("observations", lang), *(word(s, lang) for s in STATISTICS)]
    body = pd.DataFrame(rows, columns=header, dtype="str")
    body.index = pd.Index([variable_label(c, lang, labels or {}) or c for c in columns])
    missing = [c for c in columns if variable_label(c, lang, labels or {}) is None]
    notes = (word("note_missing_labels", lang).format(names=", ".join(missing)),) if missing else ()
    return Table(body, notes, "", lang)


def pairs_table(registry: Registry, *, policy: str = "twinning-2021", lang: Lang = "en") -> Table:
    """List the pairs of a policy with names where the units are known places.

    Examples
    --------
    >>> from yrdecon.policy import load_registry
    >>> pairs_table(load_registry()).body.shape
    (8, 3)
    """
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


def _names(pairs: pd.DataFrame, role: str, lang: Lang) -> list[str]:
    """Return names from the registry, else from the table of cities, else the code."""
    cities = city_table()
    known = dict(zip(cities["city_code"], cities["city_zh" if lang == "zh" else "city_en"], strict=True))
    codes = pairs[f"{role}_code"].astype(str)
    given = pairs.get(f"{role}_{lang}", pd.Series("", index=pairs.index))
    return [str(name) or known.get(code, code) for name, code in zip(given.fillna(""), codes, strict=True)]


def _decimals(values: tuple[float, ...]) -> int:
    """Return three decimals for small numbers and none for large ones, the same for a whole row."""
    largest = max(abs(v) for v in values)
    return 3 if largest < 100 else 1 if largest < 10_000 else 0
