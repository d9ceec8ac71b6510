"""Excel workbooks as grids."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

from yrdecon.clean.grid import Grid, Range, squeezed
from yrdecon.core.extras import require
from yrdecon.errors import DataError

ZIP, COMPOUND = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
SHEET_PART = re.compile(r"xl/worksheets/[^/]+\.xml", re.IGNORECASE)
REFERENCE = re.compile(rb"""\br\s*=\s*["']\s*\$?([A-Za-z]*)\$?(\d+)""")
FORMULA = re.compile(
    rb"""<(?:\w+:)?c\s([^>]*)>\s*<(?:\w+:)?f\b(?:[^>]*/>|[^>]*>[^<]*</(?:\w+:)?f>)\s*"""
    rb"""(<(?:\w+:)?v\s*/>|<(?:\w+:)?v>\s*</(?:\w+:)?v>)?\s*</(?:\w+:)?c>"""
)
XLS_PROCESS = Path(__file__).parent / "xls_process.py"
MOST_SECONDS = 300
MOST_DIGITS = 20
MOST_CELLS = 20_000_000
MOST_BYTES = 1 << 31


def workbook_grids(source: str, data: bytes) -> tuple[Grid, ...]:
    r"""Return the sheets of a workbook (xlsx, xlsm, xls) with their merged ranges.

    Raises
    ------
    DataError
        If the workbook is protected by a password, truncated or damaged, holds formulas that were never computed, or
        spans more cells than fit into memory.

    Examples
    --------
    >>> workbook_grids("half.xlsx", b"PK\x03\x04 the rest is lost")
    Traceback (most recent call last):
    yrdecon.errors.DataError: half.xlsx is truncated or damaged (File is not a zip file); copy or download it again
    """
    if ENCRYPTED in data[: 1 << 20] or ENCRYPTED in data[-(1 << 20) :]:
        raise DataError(_protected(source))
    if not data.startswith(ZIP):
        return _old_grids(source, data)
    _fail_if_zip_is_unreadable(source, data)
    calamine = require("python_calamine", "files")
    try:
        book = calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
        sheets = [meta for meta in book.sheets_metadata if "WorkSheet" in str(meta.typ)]
        return tuple(_grid(source, meta, book.get_sheet_by_name(meta.name)) for meta in sheets)
    except calamine.PasswordError as error:
        raise DataError(_protected(source)) from error
    except BaseException as error:  # the library panics on damaged files
        if isinstance(error, KeyboardInterrupt | SystemExit | DataError):
            raise
        raise DataError(_damaged(source, error)) from error


def _old_grids(source: str, data: bytes) -> tuple[Grid, ...]:
    """Read an xls workbook in a process of its own: its reader ends the process if damage makes it want memory."""
    require("python_calamine", "files")
    try:
        done = subprocess.run(
            [sys.executable, str(XLS_PROCESS)], input=data, capture_output=True, timeout=MOST_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise DataError(f"{source} cannot be read as xls ({error}); save it as xlsx") from error
    if done.returncode:
        told = done.stdout.decode("utf-8", "replace") or "its reader gave up"
        raise DataError(_protected(source) if told.startswith("PasswordError") else _damaged(source, told))
    return tuple(
        Grid(
            source,
            sheet["name"],
            tuple(map(tuple, sheet["cells"])),
            tuple(Range(*area) for area in sheet["merged"]),
            hidden=sheet["hidden"],
        )
        for sheet in json.loads(done.stdout)
    )


def _grid(source: str, meta: Any, sheet: Any) -> Grid:
    rows = tuple(map(tuple, sheet.to_python(skip_empty_area=False)))
    merged = tuple(Range(*first, *last) for first, last in sheet.merged_cell_ranges or [])
    return Grid(source, meta.name, rows, merged, hidden=not str(meta.visible).endswith(".Visible"))


def _protected(source: str) -> str:
    return f"{source} is protected by a password; open it in Excel or WPS, remove the password and save it again"


def _damaged(source: str, error: BaseException | str) -> str:
    return f"{source} is truncated or damaged ({squeezed(str(error))[:100]}); copy or download it again"


def _fail_if_zip_is_unreadable(source: str, data: bytes) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            _fail_if_no_workbook(source, archive)
            for name in archive.namelist():
                if SHEET_PART.fullmatch(name):
                    part = archive.read(name)
                    _fail_if_too_wide(source, name, part)
                    _fail_if_not_computed(source, _sheet_name(archive, name), part)
    except DataError:
        raise
    except Exception as error:  # zlib, zipfile and struct each have their own errors
        raise DataError(_damaged(source, error)) from error


def _fail_if_no_workbook(source: str, archive: zipfile.ZipFile) -> None:
    names = {name.lower() for name in archive.namelist()}
    if "xl/workbook.xml" not in names:
        raise DataError(f"{source} is a zip file but no xlsx workbook; unpack it, or save the workbook as xlsx")
    if any(info.flag_bits & 1 for info in archive.infolist()):
        raise DataError(_protected(source))
    if sum(info.file_size for info in archive.infolist()) > MOST_BYTES:
        raise DataError(f"{source} unpacks to more than {MOST_BYTES >> 30} GB; save its sheets as csv files")


def _fail_if_too_wide(source: str, part: str, xml: bytes) -> None:
    found = REFERENCE.findall(xml)
    columns = max((_column_number(letters.upper()) for letters in {letters for letters, _ in found}), default=0)
    rows = max((int(digits[:MOST_DIGITS]) for digits in {digits for _, digits in found}), default=0)
    if rows * columns > MOST_CELLS:
        raise DataError(
            f"{source}, {part} spans {rows} rows by {columns} columns; delete stray cells far from the table, "
            "or save the sheet as csv"
        )


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def _fail_if_not_computed(source: str, sheet: str, xml: bytes) -> None:
    if b"<f" not in xml and b":f" not in xml:
        return
    for found in FORMULA.finditer(xml):
        reference = REFERENCE.search(b" " + found[1])
        empty_text = found[2] is not None and (b't="str"' in found[1] or b"t='str'" in found[1])
        if reference and not empty_text:
            cell = f"{reference[1].decode()}{reference[2].decode()}"
            raise DataError(
                f"{source}, sheet {sheet!r}, cell {cell} holds a formula that was never computed; "
                "open the file in Excel, WPS or LibreOffice and save it again"
            )


def _sheet_name(archive: zipfile.ZipFile, part: str) -> str:
    """Return the name under which a part of the zip is shown, or the part's own."""
    book = archive.read("xl/workbook.xml").decode("utf-8", "replace")
    links = archive.read("xl/_rels/workbook.xml.rels").decode("utf-8", "replace")
    for tag in re.findall(r"<Relationship\b[^>]*>", links):
        target, key = re.search(r'Target="([^"]*)"', tag), re.search(r'Id="([^"]*)"', tag)
        if target and key and part.endswith(target[1].removeprefix("/").removeprefix("xl/")):
            shown = re.search(rf'<(?:\w+:)?sheet\b[^>]*\bname="([^"]*)"[^>]*r:id="{re.escape(key[1])}"', book)
            return shown[1] if shown else part
    return part
