"""A panel as an Excel workbook."""

from __future__ import annotations

import io
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from yrdecon.core.archive import undated
from yrdecon.core.atomic import write_atomically
from yrdecon.core.extras import require
from yrdecon.core.panel import Panel
from yrdecon.errors import DataError

MOST_ROWS, MOST_COLUMNS = 1_048_576, 16_384
WIDEST = 40


def write_excel(panel: Panel, path: str | PathLike[str]) -> Path:
    """Write a panel to a workbook: the rows on the sheet panel, what the columns are on the sheet variables.

    The bytes are the same every time. A workbook has no infinity: the cohort of units that are never treated is empty
    there, which means the same to `Design`.

    Raises
    ------
    DataError
        If the panel is larger than a sheet, or holds characters that no workbook can.

    Examples
    --------
    >>> import tempfile
    >>> from yrdecon.clean.read_panel import read_panel
    >>> table = pd.DataFrame({"county": ["甲县", "乙县"], "year": [2020, 2020], "y": [1.5, 2.0]})
    >>> panel = Panel.from_frame(table, unit="county", time="year")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     read_panel(write_excel(panel, Path(folder) / "panel.xlsx"), sheet="panel").frame.equals(panel.frame)
    True
    """
    openpyxl = require("openpyxl", "files")
    if len(panel.frame) >= MOST_ROWS or panel.frame.shape[1] > MOST_COLUMNS:
        raise DataError(f"a sheet holds {MOST_ROWS} rows, the panel has {len(panel.frame)}; write parquet or csv")
    book = openpyxl.Workbook()
    try:
        _fill(book.active, "panel", panel.frame)
        _fill(book.create_sheet(), "variables", panel.variables.rename_axis("variable").reset_index())
    except (ValueError, openpyxl.utils.exceptions.IllegalCharacterError) as error:
        raise DataError(f"the panel cannot be written to a workbook: {error!r} holds control characters") from error
    buffer = io.BytesIO()
    book.save(buffer)
    return write_atomically(Path(path), undated(buffer.getvalue()))


def _fill(sheet: Any, title: str, table: pd.DataFrame) -> None:
    sheet.title = title
    sheet.append([str(name) for name in table.columns])
    columns = [table[name].tolist() for name in table.columns]
    for row in zip(*columns, strict=True):
        sheet.append([_cell(value) for value in row])
    sheet.freeze_panes = "B2"
    for cells in sheet.iter_cols(max_row=1):
        letters, shown = cells[0].column_letter, str(cells[0].value)
        width = sum(2 if ord(letter) > 255 else 1 for letter in shown)
        sheet.column_dimensions[letters].width = min(max(width + 2, 10), WIDEST)


def _cell(value: Any) -> Any:
    if isinstance(value, str | bool | int):
        return value
    return None if pd.isna(value) or value in (np.inf, -np.inf) else value
