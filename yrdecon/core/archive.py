"""Arrays and tables as bytes, and zip files that are the same every time; no pickle."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

_STAMP = (1980, 1, 1, 0, 0, 0)
_PROPERTIES, _DATE = "docProps/core.xml", b"2000-01-01T00:00:00Z"


def array_bytes(value: Any) -> bytes:
    """Write an array in numpy's own format."""
    buffer = io.BytesIO()
    np.save(buffer, np.asarray(value), allow_pickle=False)
    return buffer.getvalue()


def read_array(content: bytes) -> Any:
    """Read what `array_bytes` wrote."""
    return np.load(io.BytesIO(content), allow_pickle=False)


def table_bytes(table: pd.DataFrame) -> bytes:
    """Write a table as CSV; `column_types` tells what the text lost."""
    return str(table.to_csv(index=False, lineterminator="\n")).encode()


def column_types(table: pd.DataFrame) -> dict[str, str]:
    """Return the type of every column in words."""
    return {str(column): str(dtype) for column, dtype in table.dtypes.items()}


def read_table(content: bytes, types: Mapping[str, str]) -> pd.DataFrame:
    """Read what `table_bytes` wrote, to the last digit; missing text comes back as missing."""
    text = [column for column, dtype in types.items() if dtype in ("str", "object", "string")]
    table = pd.read_csv(io.BytesIO(content), dtype=dict.fromkeys(text, "str"))
    return table.astype({c: t for c, t in types.items() if c not in text})


def zip_bytes(parts: Mapping[str, bytes]) -> bytes:
    """Pack named contents in the order of their names, without dates."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in sorted(parts):
            info = zipfile.ZipInfo(name, date_time=_STAMP)
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, parts[name])
    return buffer.getvalue()


def undated(office_file: bytes) -> bytes:
    """Return a Word or Excel file, which is a zip archive, with fixed dates in place of those of its making."""
    parts = read_zip(io.BytesIO(office_file))
    pattern = rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*"
    parts[_PROPERTIES] = re.sub(pattern, rb"\g<1>" + _DATE, parts[_PROPERTIES])
    return zip_bytes(parts)


def read_zip(path: Path | io.BytesIO) -> dict[str, bytes]:
    """Return the contents of a zip file by name."""
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}
