"""What the columns of a user's file are: from a TOML file or a mapping."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from os import PathLike
from pathlib import Path
from typing import Any, Literal, get_args

from yrdecon.errors import DataError

Kind = Literal["money", "people", "share", "index"]
Prices = Literal["nominal", "real"]


@dataclass(frozen=True)
class ColumnSpec:
    """One variable: the headers it may have in the file, and what it is.

    Attributes
    ----------
    header
        Accepted headers; the name itself if none is stated.
    unit_of_measure, source, vintage, label_en, label_zh
        As in `Panel.variables`; empty where the file tells.
    kind
        money, people, share or index; a column of stated kind must hold numbers.
    prices
        nominal or real, for money.
    """

    header: tuple[str, ...]
    unit_of_measure: str = ""
    kind: str = ""
    prices: str = ""
    vintage: str = ""
    source: str = ""
    label_en: str = ""
    label_zh: str = ""


@dataclass(frozen=True)
class ColumnMap:
    """The columns of a file: headers of unit, time and group, the sheet, and the variables by name."""

    unit: str | None = None
    time: str | None = None
    group: str | None = None
    sheet: str | None = None
    columns: Mapping[str, ColumnSpec] = field(default_factory=dict)


KEYS = ("unit", "time", "group", "sheet")
OPTIONS = tuple(f.name for f in fields(ColumnSpec))


def read_column_map(columns: str | PathLike[str] | Mapping[str, Any] | None) -> ColumnMap:
    """Return a column map from a TOML file, or from a mapping.

    The file states ``unit``, ``time``, ``group`` and ``sheet`` where they are not recognized, and one table
    ``[columns.NAME]`` a variable. The mapping is the same, or just names with a header or a table of options each.

    Raises
    ------
    DataError
        If the file is missing or no TOML, or a key or a value is unknown.

    Examples
    --------
    >>> found = read_column_map({"gdp": "地区生产总值", "pop": {"header": ["常住人口", "人口"], "kind": "people"}})
    >>> found.columns["pop"].header, found.columns["gdp"].kind
    (('常住人口', '人口'), '')
    """
    if columns is None:
        return ColumnMap()
    table: Mapping[str, Any] = columns if isinstance(columns, Mapping) else _parsed(Path(columns))
    if isinstance(columns, Mapping) and not isinstance(columns.get("columns"), Mapping):
        table = {"columns": columns}
    elif not isinstance(table.get("columns", {}), Mapping):
        raise DataError("columns in the column map must be tables such as [columns.gdp]")
    unknown = [key for key in table if key not in (*KEYS, "columns")]
    if unknown:
        raise DataError(f"the column map has the unknown keys {unknown}; it knows {[*KEYS, 'columns']}")
    for key in KEYS:
        if not isinstance(table.get(key, ""), str):
            raise DataError(f"{key} = {table[key]!r} in the column map must be a header, in quotation marks")
    specs = {str(name): _spec(str(name), entry) for name, entry in table.get("columns", {}).items()}
    return ColumnMap(table.get("unit"), table.get("time"), table.get("group"), table.get("sheet"), specs)


def _parsed(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError as error:
        raise DataError(f"there is no column map {path}; check the path, or give a mapping") from error
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise DataError(f"{path} is no TOML file: {error}") from error


def _spec(name: str, entry: Any) -> ColumnSpec:
    options = entry if isinstance(entry, Mapping) else {"header": entry}
    unknown = [key for key in options if key not in OPTIONS]
    if unknown:
        raise DataError(f"column {name!r} of the column map has the unknown options {unknown}; known: {list(OPTIONS)}")
    header = options.get("header", name)
    headers = (header,) if isinstance(header, str) else tuple(header) if isinstance(header, list | tuple) else ()
    texts = {key: value for key, value in options.items() if key != "header"}
    if not headers or not all(isinstance(text, str) for text in (*headers, *texts.values())):
        raise DataError(f"column {name!r} of the column map must have texts for its options; it has {dict(options)}")
    for key, known in (("kind", get_args(Kind)), ("prices", get_args(Prices))):
        if texts.get(key, known[0]) not in known:
            raise DataError(f"column {name!r} has {key} = {texts[key]!r}; choose one of {list(known)}")
    return ColumnSpec(headers, **texts)
