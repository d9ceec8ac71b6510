"""What a header tells of a variable where the column map is silent."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from yrdecon.clean.column_map import ColumnMap, ColumnSpec
from yrdecon.clean.grid import bare, squeezed
from yrdecon.clean.presets import header_key
from yrdecon.clean.units import MONEY, PEOPLE, SHARES, unit_in
from yrdecon.core.names import some_of
from yrdecon.errors import DataError

CHINESE = re.compile(r"[\u4e00-\u9fff]")
NOMINAL = re.compile("当年价|现价|名义|nominal|current price")
REAL = re.compile("不变价|可比价|实际(?:gdp|地区生产|产出|收入|工资)|constant price|real (?:gdp|income|output|wage)")
INDEX = re.compile(r"指数|上年\s*[=＝]\s*100|index", re.IGNORECASE)
GROWTH = re.compile("增长|增速|growth|change", re.IGNORECASE)


def described(spec: ColumnSpec, header: str, *, label: str = "", unit: str = "", source: str = "") -> ColumnSpec:
    """Complete a variable from its header, a label and a unit printed below it, and the source of the file.

    Examples
    --------
    >>> found = described(ColumnSpec(("GDP",)), "地区生产总值(当年价格)(亿元)")
    >>> found.label_zh, found.unit_of_measure, found.kind, found.prices
    ('地区生产总值(当年价格)(亿元)', '亿元', 'money', 'nominal')
    """
    words = [text for text in (label, header) if text]
    chinese = next((text for text in words if CHINESE.search(text)), "")
    english = next((text for text in words if not CHINESE.search(text)), "")
    measure = spec.unit_of_measure or printed_unit(header, label, unit)
    kind = spec.kind or _kind(measure, " ".join(words))
    return replace(
        spec,
        label_zh=spec.label_zh or chinese or english,
        label_en=spec.label_en or english or chinese,
        unit_of_measure=measure,
        kind=kind,
        prices=spec.prices or (_prices(" ".join(words)) if kind == "money" else ""),
        source=spec.source or source,
    )


def printed_unit(header: str, label: str, unit: str) -> str:
    """Return the unit of measure in a header, in a label, or in a cell of its own; empty if none is printed."""
    return unit_in(header) or unit_in(label) or unit


def chosen(headers: Sequence[str], columns: ColumnMap, where: str) -> dict[str, tuple[str, ColumnSpec]]:
    """Return, by name of variable, the header it has in a table and its description; every header if none is mapped.

    Raises
    ------
    DataError
        If two columns have the header of one variable.
    """
    if not columns.columns:
        _fail_if_repeated(headers, headers, where)
        return {header: (header, ColumnSpec((header,))) for header in headers}
    found = {name: (_header_of(spec, headers, where), spec) for name, spec in columns.columns.items()}
    return {name: (header, spec) for name, (header, spec) in found.items() if header is not None}


def _header_of(spec: ColumnSpec, headers: Sequence[str], where: str) -> str | None:
    for wanted in spec.header:
        for key in (squeezed, lambda header: bare(header).lower(), header_key):
            same = [header for header in headers if key(header) == key(wanted)]
            _fail_if_repeated(same, headers, where)
            if same:
                return same[0]
    return None


def _fail_if_repeated(names: Sequence[str], headers: Sequence[str], where: str) -> None:
    repeated = [name for name in dict.fromkeys(names) if list(headers).count(name) > 1]
    if repeated:
        raise DataError(f"{where} has several columns with the headers {some_of(repeated)}; rename all but one")


def _kind(measure: str, words: str) -> str:
    if INDEX.search(words) or INDEX.search(measure):
        return "index"
    if GROWTH.search(words):
        return ""
    for kind, units in (("money", MONEY), ("people", PEOPLE), ("share", SHARES)):
        if measure.endswith(units):
            return kind
    return ""


def _prices(words: str) -> str:
    if REAL.search(words.lower()):
        return "real"
    return "nominal" if NOMINAL.search(words.lower()) else ""
