"""A panel as a Stata file."""

from __future__ import annotations

import datetime
import io
from os import PathLike
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd

from yrdecon.core.atomic import write_atomically
from yrdecon.core.names import some_of
from yrdecon.core.options import fail_if_unknown
from yrdecon.core.panel import Panel
from yrdecon.errors import DataError

Language = Literal["zh", "en"]
RELEASE = 118
STAMP = datetime.datetime(1980, 1, 1)
LONGEST_NAME, LONGEST_LABEL = 32, 80
RESERVED = frozenset({"byte", "double", "float", "if", "in", "int", "long", "using", "with", "_all", "_n", "_N", "str"})


def write_dta(panel: Panel, path: str | PathLike[str], *, lang: Language = "zh") -> Path:
    """Write a panel for Stata 14 and later, labels and units of measure as variable labels.

    The bytes are the same every time. Stata has no infinity: the cohort of units that are never treated is missing
    there, which means the same to `Design`. A name longer than 32 letters loses letters of its longest words.

    Raises
    ------
    DataError
        If a column has a name that Stata does not allow, or values that it cannot hold.

    Examples
    --------
    >>> import tempfile
    >>> from yrdecon.clean.read_panel import read_panel
    >>> table = pd.DataFrame({"county": ["甲县", "乙县"], "year": [2020, 2020], "y": [1.5, 2.0]})
    >>> panel = Panel.from_frame(table, unit="county", time="year")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     read_panel(write_dta(panel, Path(folder) / "panel.dta")).frame.equals(panel.frame)
    True
    """
    fail_if_unknown("lang", lang, Language)
    names = {name: _short(str(name)) for name in panel.frame.columns}
    bad = [name for name, short in names.items() if not short.isidentifier() or short in RESERVED]
    bad += [name for name, short in names.items() if list(names.values()).count(short) > 1]
    if bad:
        raise DataError(
            f"Stata allows no columns named {some_of(bad)}: letters, digits and _, {LONGEST_NAME} that differ; "
            "rename them, for example with the column map of read_panel"
        )
    frame = pd.DataFrame({short: _storable(panel.frame[name]) for name, short in names.items()})
    labels = {names[name]: label for name, label in _labels(panel, lang).items()}
    buffer = io.BytesIO()
    try:
        frame.to_stata(buffer, write_index=False, version=RELEASE, time_stamp=STAMP, variable_labels=labels)
    except (ValueError, TypeError, OverflowError, NotImplementedError) as error:
        raise DataError(f"the panel cannot be written for Stata: {error}") from error
    return write_atomically(Path(path), buffer.getvalue())


def _short(name: str) -> str:
    words = name.split("_")
    while len("_".join(words)) > LONGEST_NAME:
        longest = max(range(len(words)), key=lambda place: len(words[place]))
        words[longest] = words[longest][:-1]
    return "_".join(words)


def _storable(column: pd.Series[Any]) -> pd.Series[Any]:
    if pd.api.types.is_bool_dtype(column):
        return column.astype("int8") if column.notna().all() else column.astype(float)
    if pd.api.types.is_float_dtype(column) or (pd.api.types.is_numeric_dtype(column) and column.isna().any()):
        return column.astype(float).replace(np.inf, np.nan)
    if pd.api.types.is_string_dtype(column) or column.dtype == object:
        return column.astype(object).where(column.notna(), "")
    return column


def _labels(panel: Panel, lang: Language) -> dict[Any, str]:
    labels = {}
    for name in panel.frame.columns:
        if name in panel.variables.index:
            label, unit = (str(panel.variables.loc[name, key]) for key in (f"label_{lang}", "unit_of_measure"))
            labels[name] = (label if not unit or unit in label else f"{label} ({unit})")[:LONGEST_LABEL]
    return labels
