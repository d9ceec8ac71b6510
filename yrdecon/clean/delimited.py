"""Text tables of any size: the header found on their first lines, the body read at once."""

from __future__ import annotations

import csv
from itertools import islice
from pathlib import Path

import pandas as pd

from yrdecon.clean.column_map import ColumnMap
from yrdecon.clean.encodings import text_encoding
from yrdecon.clean.files import LONGEST_FIELD, SEPARATORS
from yrdecon.clean.grid import Grid, squeezed
from yrdecon.clean.raw_table import HeaderRows, RawTable, find_header
from yrdecon.clean.roles import roles_of
from yrdecon.errors import DataError

HEAD = 60


def delimited_table(path: Path, columns: ColumnMap) -> RawTable | Grid:
    """Return the table of a text file, or its first lines if they name no column of units.

    Raises
    ------
    DataError
        If the file is no text, or a line has more fields than the header.
    """
    encoding = text_encoding(path)
    separator = _separator(path, encoding)
    csv.field_size_limit(LONGEST_FIELD)
    head = _head(path, encoding, separator)
    header = find_header(head, columns)
    if header is None:
        return head
    body = _body(path, encoding, separator, header, columns)
    return RawTable(path.name, "", header.title, header.headers, header.labels, header.units, body)


def _separator(path: Path, encoding: str) -> str:
    with path.open(encoding=encoding, newline="") as handle:
        lines = "".join(islice(handle, HEAD))
    return max(SEPARATORS, key=lines.count)


def _head(path: Path, encoding: str, separator: str) -> Grid:
    with path.open(encoding=encoding, newline="") as handle:
        try:
            rows = list(islice(csv.reader(handle, delimiter=separator), HEAD))
        except csv.Error as error:
            raise DataError(_no_table(path, error)) from error
    width = max(map(len, rows), default=0)
    return Grid(path.name, "", tuple((*row, *[""] * (width - len(row))) for row in rows))


def _body(path: Path, encoding: str, separator: str, header: HeaderRows, columns: ColumnMap) -> pd.DataFrame:
    width = len(header.headers)
    roles = roles_of(header.headers, columns)
    text = {column: "str" for column in ((roles.unit, roles.indicator) if roles else ()) if column is not None}
    with path.open(encoding=encoding, newline="") as handle:
        for _ in islice(csv.reader(handle, delimiter=separator), header.first_row):
            pass
        try:
            body = pd.read_csv(
                handle,
                header=None,
                names=range(width + 1),
                index_col=False,
                sep=separator,
                dtype=text,
                keep_default_na=False,
                na_values=[""],
                skip_blank_lines=False,
                low_memory=False,
            )
        except pd.errors.EmptyDataError:
            body = pd.DataFrame(columns=range(width + 1), dtype=object)
        except (pd.errors.ParserError, ValueError, OverflowError, csv.Error) as error:
            raise DataError(_no_table(path, error)) from error
    body.index = pd.RangeIndex(header.first_row, header.first_row + len(body))
    longer = body.index[body[width].notna()]
    if len(longer):
        raise DataError(
            f"line {longer[0] + 1} of {path.name} has more fields than the header ({width}); put texts that hold "
            f"{separator!r} in quotation marks, or save the file as xlsx"
        )
    return body.drop(columns=width)


def _no_table(path: Path, error: Exception) -> str:
    return f"{path.name} is no table of separated fields ({squeezed(str(error))[:120]}); save it anew as csv or xlsx"
