"""Stata and parquet files: tables that bring their own columns."""

from __future__ import annotations

import io
import warnings
from pathlib import Path
from typing import Any

import pandas as pd

from yrdecon.clean.column_map import ColumnMap
from yrdecon.clean.raw_table import RawTable
from yrdecon.clean.roles import roles_of
from yrdecon.core.extras import require
from yrdecon.errors import DataError

FIRST_UNICODE_RELEASE = 118
OLD_RELEASES = (113, 114, 115)


def is_stata(head: bytes) -> bool:
    """Tell whether the first bytes are those of a Stata file."""
    return head.startswith(b"<stata_dta>") or (len(head) > 3 and head[0] in OLD_RELEASES and head[1] in (1, 2))


def stata_table(path: Path, columns: ColumnMap) -> RawTable:
    """Return a Stata file: variable labels as labels, value labels instead of the codes of the units.

    Texts of releases before 14, and texts that are not Unicode in later ones, are GBK if they are valid as such.

    Raises
    ------
    DataError
        If the file is damaged.
    """
    data = path.read_bytes()
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always", UnicodeWarning)
            frame, labels = _read_stata(data, with_value_labels=False)
        if (roles := roles_of([str(c) for c in frame.columns], columns)) is not None:
            frame = _with_names_of_units(data, frame, str(frame.columns[roles.unit]))
    except Exception as error:  # the reader raises whatever the damaged bytes lead it into
        raise DataError(f"{path.name} is no readable Stata file ({error}); save it again in Stata") from error
    if _release(data) < FIRST_UNICODE_RELEASE or any(w.category is UnicodeWarning for w in caught):
        frame = frame.map(_from_latin).rename(columns=_from_latin)
        labels = {_from_latin(name): _from_latin(label) for name, label in labels.items()}
    return _table(path, frame, tuple(labels.get(str(name), "") for name in frame.columns))


def parquet_table(path: Path) -> RawTable:
    """Return a parquet file; named index columns are columns.

    Raises
    ------
    DataError
        If the file is damaged.
    """
    reader = require("pyarrow.parquet", "files")
    try:
        table = reader.read_table(io.BytesIO(path.read_bytes()))
        table.validate(full=True)  # texts that are no Unicode would be found only where they are used
        frame = table.to_pandas()
    except Exception as error:  # the reader raises whatever the damaged bytes lead it into
        raise DataError(f"{path.name} is no readable parquet file ({error}); write it again") from error
    frame = frame.reset_index() if any(name is not None for name in frame.index.names) else frame
    return _table(path, frame, ("",) * frame.shape[1])


def _table(path: Path, frame: pd.DataFrame, labels: tuple[str, ...]) -> RawTable:
    headers = tuple(map(str, frame.columns))
    body = frame.set_axis(range(frame.shape[1]), axis=1).reset_index(drop=True)
    return RawTable(path.name, "", "", headers, labels, ("",) * len(headers), body, has_cells=False)


def _read_stata(data: bytes, *, with_value_labels: bool) -> tuple[pd.DataFrame, dict[str, str]]:
    with pd.read_stata(io.BytesIO(data), iterator=True, convert_categoricals=with_value_labels) as reader:
        return reader.read(), reader.variable_labels()


def _with_names_of_units(data: bytes, frame: pd.DataFrame, unit: str) -> pd.DataFrame:
    try:
        with warnings.catch_warnings(action="ignore", category=UnicodeWarning):
            labeled, _ = _read_stata(data, with_value_labels=True)
    except ValueError:  # labels that repeat name no unit
        return frame
    if isinstance(labeled[unit].dtype, pd.CategoricalDtype):
        return frame.assign(**{unit: labeled[unit].astype(object)})
    return frame


def _release(data: bytes) -> int:
    if data.startswith(b"<stata_dta>"):
        digits = data[len("<stata_dta><header><release>") :][:3]
        return int(digits) if digits.isdigit() else FIRST_UNICODE_RELEASE
    return data[0]


def _from_latin(value: Any) -> Any:
    if not isinstance(value, str) or value.isascii():
        return value
    try:
        return value.encode("latin-1").decode("gb18030")
    except UnicodeError:
        return value
