"""A new column of a panel, with its description and the sentence that says how it was made."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import pandas as pd

from yrdecon.core.panel import VARIABLE_COLUMNS, Panel
from yrdecon.errors import DataError

FLAG = "is_"
EDITS = ("winsorize", "interpolate", "crosswalk")
TRAIL_COLUMNS = ("derivation", "edited_from")
_VERBS = Path(__file__).parent / "verbs.toml"


def derive(
    panel: Panel,
    values: pd.Series[Any],
    *,
    verb: str,
    of: str,
    facts: Mapping[str, object],
    unit_of_measure: str | None = None,
) -> Panel:
    """Add the column that a verb makes of another one; source and vintage are those of that one.

    The sentence of how it was made goes to the notes, but for flags, which the sentence of their column names.

    Parameters
    ----------
    verb
        A section of ``verbs.toml``, whose braces are filled with `facts`.
    unit_of_measure
        That of the column it is made of if None.

    Raises
    ------
    DataError
        If the panel has a column of that name.
    """
    words = _verbs()[verb]
    old = description_of(panel, of)
    filled = {"of": of, "label_en": old["label_en"], "label_zh": old["label_zh"], **facts}
    name = words["column"].format_map(filled)
    if name in panel.frame.columns:
        raise DataError(f"the panel has a column {name!r} already; drop or rename it before it is made again")
    derivation = words["derivation"].format_map(filled)
    new = old.to_dict() | {
        "label_en": words["label_en"].format_map(filled),
        "label_zh": words["label_zh"].format_map(filled),
        "derivation": derivation,
        "edited_from": of if verb in EDITS else "",
    }
    if unit_of_measure is not None:
        new["unit_of_measure"] = unit_of_measure
    variables = panel.variables.reindex(columns=_columns(panel), fill_value="")
    variables = pd.concat([variables, pd.DataFrame([new], index=pd.Index([name], name="name"))[_columns(panel)]])
    notes = panel.notes if verb.startswith(FLAG) else (*panel.notes, derivation)
    return replace(panel.assign(**{name: values}), variables=variables, notes=notes)


def description_of(panel: Panel, column: str) -> pd.Series[Any]:
    """Return unit of measure, source, vintage, labels and derivation of a column; its name labels one not described."""
    empty = pd.Series("", index=[*VARIABLE_COLUMNS, *TRAIL_COLUMNS], name=column)
    if column in panel.variables.index:
        return panel.variables.loc[column].reindex(_columns(panel), fill_value="").fillna("")
    return empty.where(~empty.index.isin(["label_en", "label_zh"]), column)


def numbers_of(panel: Panel, column: str) -> pd.Series[Any]:
    """Return a column of numbers.

    Raises
    ------
    DataError
        If there is no such column, or it holds anything but numbers.
    """
    if column not in panel.frame.columns:
        raise DataError(f"the panel has no column {column!r}; its columns are {panel.frame.columns.tolist()[:40]}")
    values = panel.frame[column]
    if not pd.api.types.is_numeric_dtype(values) or pd.api.types.is_bool_dtype(values):
        raise DataError(f"column {column!r} must hold numbers; it holds {values.dropna().unique()[:3].tolist()}")
    return values.astype(float)


def fail_if_not_a_quantity(panel: Panel, column: str, missing: str) -> None:
    """Refuse logs, shares, indices and labels, which cannot be divided among people or places.

    Raises
    ------
    DataError
        If the panel declares such a unit of measure; `missing` says what such a column has not.
    """
    unit = str(description_of(panel, column)["unit_of_measure"])
    if unit.startswith("log ") or unit in ("percent", "label", "code", "name") or "=" in unit:
        raise DataError(f"column {column!r} is in {unit!r} and has no {missing}; give a quantity such as GDP")


def at_period(panel: Panel, values: pd.Series[Any], periods_earlier: int) -> pd.Series[Any]:
    """Return the values that the same units had some periods earlier, missing where the panel lacks that period."""
    keys = pd.MultiIndex.from_frame(panel.frame[[panel.unit, panel.time]])
    wanted = pd.MultiIndex.from_arrays([panel.frame[panel.unit], panel.frame[panel.time] - periods_earlier])
    return pd.Series(pd.Series(values.to_numpy(), index=keys).reindex(wanted).to_numpy(), index=panel.frame.index)


def _columns(panel: Panel) -> list[str]:
    own = [*VARIABLE_COLUMNS, *TRAIL_COLUMNS]
    return [*own, *(c for c in panel.variables.columns if c not in own)]


@lru_cache(maxsize=1)
def _verbs() -> dict[str, dict[str, str]]:
    with _VERBS.open("rb") as handle:
        return tomllib.load(handle)
