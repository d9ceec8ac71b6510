"""Any table file as grids, told apart by its bytes and not by its name."""

from __future__ import annotations

import csv
from os import PathLike
from pathlib import Path

from yrdecon.clean.encodings import read_text
from yrdecon.clean.grid import Grid
from yrdecon.clean.html_table import html_grids
from yrdecon.clean.workbook import COMPOUND, ZIP, workbook_grids
from yrdecon.errors import DataError

SEPARATORS = ",\t;|"
LONGEST_FIELD = 1 << 24


def read_grids(path: str | PathLike[str]) -> tuple[Grid, ...]:
    """Read a workbook, a web page saved as a workbook, or a text table.

    Raises
    ------
    DataError
        If there is no such file, or it cannot be read; the message says why and what to do.

    Examples
    --------
    >>> read_grids("nowhere.xlsx")
    Traceback (most recent call last):
    yrdecon.errors.DataError: there is no file nowhere.xlsx; check the path
    """
    file = existing_file(path)
    with file.open("rb") as handle:
        head = handle.read(512)
    if not head.strip():
        raise DataError(f"{file.name} is empty; export it again")
    if is_workbook(head):
        return workbook_grids(file.name, file.read_bytes())
    text = read_text(file)
    if text.lstrip()[:1] == "<":
        return _page(file.name, text)
    return (text_grid(file.name, text),)


def existing_file(path: str | PathLike[str]) -> Path:
    """Return the path of a file that is there.

    Raises
    ------
    DataError
        If it is not, or is a folder.
    """
    file = Path(path)
    if not file.is_file():
        raise DataError(f"there is no file {path}; {'that is a folder' if file.is_dir() else 'check the path'}")
    return file


def is_workbook(head: bytes) -> bool:
    """Tell whether the first bytes are those of an Excel workbook."""
    return head.startswith((ZIP, COMPOUND))


def separator_of(line: str) -> str:
    r"""Return the character that separates the fields of a line; a comma if none does.

    Examples
    --------
    >>> separator_of("城市\t年份\tGDP")
    '\t'
    """
    return max(SEPARATORS, key=line.count)


def text_grid(source: str, text: str) -> Grid:
    """Return a text table as a grid; short rows are filled with empty cells.

    Raises
    ------
    DataError
        If a quotation mark is never closed, or a line is no row of a table.
    """
    first = next((line for line in text.splitlines() if line.strip()), "")
    previous = csv.field_size_limit(LONGEST_FIELD)
    try:
        rows = list(csv.reader(text.splitlines(keepends=True), delimiter=separator_of(first), strict=True))
    except csv.Error as error:
        raise DataError(f"{source} is no table of separated fields ({error}); save it anew as csv or xlsx") from error
    finally:
        csv.field_size_limit(previous)
    width = max(map(len, rows), default=0)
    return Grid(source, "", tuple((*row, *[""] * (width - len(row))) for row in rows))


def _page(source: str, text: str) -> tuple[Grid, ...]:
    grids = html_grids(source, text)
    if not grids:
        raise DataError(f"{source} is a web page without a table; download the table itself as xlsx or csv")
    return grids
