"""One row per unit and period, from a table in any of the known layouts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from yrdecon.clean.body import fail_if_keys_repeat, name_of_table, rows_of_units, year_of_table
from yrdecon.clean.cells import numbers, unit_names, years
from yrdecon.clean.column_map import ColumnMap, ColumnSpec
from yrdecon.clean.described import chosen, described, printed_unit
from yrdecon.clean.raw_table import RawTable
from yrdecon.clean.roles import Roles, roles_of
from yrdecon.clean.totals import split_totals
from yrdecon.clean.units import conversion, is_unit_alone
from yrdecon.core.names import some_of
from yrdecon.errors import DataError

TIME = "year"


@dataclass(frozen=True, eq=False)
class Tidy:
    """Variables by unit and period.

    Attributes
    ----------
    frame
        One row per unit and period, which are its index; one column per variable.
    variables
        What is known of every variable, by name.
    where
        File and sheet, for messages.
    headers
        What the table could give.
    totals
        Rows that are left out, by name.
    """

    frame: pd.DataFrame
    variables: Mapping[str, ColumnSpec]
    where: str
    headers: tuple[str, ...]
    totals: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class _Part:
    """Some cells of one variable: its header and unit of measure, the column, and the key of every cell."""

    header: str
    unit: str
    label: str
    column: int
    keys: pd.MultiIndex
    cells: pd.Series[Any]


def tidy(table: RawTable, columns: ColumnMap) -> Tidy:
    """Read the cells of a table and bring them into one row per unit and period.

    Raises
    ------
    DataError
        If a cell that must be a number or a year is none, a row has no unit, a unit occurs twice in a period, two
        columns have one header, or no year is stated anywhere.
    """
    roles = roles_of(table.headers, columns)
    if roles is None:
        raise DataError(no_unit(table, columns))
    body = rows_of_units(table, roles)
    body, totals = split_totals(body, body[roles.unit])
    parts = list((_indicator_parts if roles.indicator is not None else _column_parts)(table, roles, body))
    if not parts:
        raise DataError(
            f"{table.where} has no other column than that of units; its headers are {some_of(table.headers)}"
        )
    headers = _headers(table, roles, parts)
    series, variables = {}, {}
    for name, (header, spec) in _named(headers, table, columns, roles).items():
        own = [part for part in parts if part.header == header]
        found = described(spec, header, label=own[0].label, unit=own[0].unit, source=roles.source)
        factor = _factor(table, header, own[0], found)
        strict = bool(spec.kind) or bool(roles.years) or roles.indicator is not None
        values = pd.concat([numbers(table, p.cells, strict=strict).set_axis(p.keys) for p in own])
        variables[name], series[name] = found, values if factor == 1 else values * factor
    index = [table.headers[roles.unit], TIME if roles.time is None else table.headers[roles.time]]
    taken = [name for name in series if name in index]
    if taken:
        raise DataError(f"{table.where} has a variable under the name of a key, {some_of(taken)}; rename its header")
    frame = pd.DataFrame(series, index=None if series else parts[0].keys)
    if columns.group and columns.group in table.headers and columns.group not in frame:
        frame[columns.group] = _groups(table, roles, body, columns.group).reindex(frame.index.get_level_values(0)).array
    return Tidy(frame.rename_axis(index), variables, table.where, tuple(headers), totals)


def no_unit(table: RawTable, columns: ColumnMap) -> str:
    """Say that a table names no column of units, or not the one that was asked for."""
    wanted = " and ".join(repr(name) for name in (columns.unit, columns.time) if name)
    asked = f"no column {wanted}" if wanted else "no column of units such as 城市 or city"
    return f"{table.where} has {asked}; its headers are {some_of(table.headers)}; state unit= and time="


def _column_parts(table: RawTable, roles: Roles, body: pd.DataFrame) -> Iterator[_Part]:
    """Yield one part for every column that is a variable, or a year of one."""
    names = unit_names(body[roles.unit])
    if roles.years:
        fail_if_keys_repeat(table, roles, names.to_frame())
        for place, (stem, year) in roles.years.items():
            header = stem or name_of_table(table)
            yield _Part(header, table.units[place], "", place, _keys(names, year), body[place])
        return
    period = years(table, body[roles.time]) if roles.time is not None else year_of_table(table)
    keys = _keys(names, period)
    fail_if_keys_repeat(table, roles, keys.to_frame(index=False).set_axis(body.index))
    for place in body.columns:
        if place not in roles.taken and table.headers[place]:
            yield _Part(table.headers[place], table.units[place], table.labels[place], place, keys, body[place])


def _indicator_parts(table: RawTable, roles: Roles, body: pd.DataFrame) -> Iterator[_Part]:
    """Yield the rows of every indicator, year by year if the years are columns."""
    indicators = unit_names(body[roles.indicator])
    for indicator, rows in body.groupby(indicators, sort=False):
        names = unit_names(rows[roles.unit])
        unit = _measure(table, roles, rows, str(indicator))
        if roles.years:
            fail_if_keys_repeat(table, roles, names.to_frame())
            for place, (_, year) in roles.years.items():
                yield _Part(str(indicator), unit, "", place, _keys(names, year), rows[place])
        else:
            keys = _keys(names, years(table, rows[roles.time]))
            fail_if_keys_repeat(table, roles, keys.to_frame(index=False).set_axis(rows.index))
            yield _Part(str(indicator), unit, "", roles.value or 0, keys, rows[roles.value])


def _keys(names: pd.Series[Any], period: pd.Series[Any] | int) -> pd.MultiIndex:
    periods = period if isinstance(period, pd.Series) else [period] * len(names)
    return pd.MultiIndex.from_arrays([names, periods], names=["unit", "time"])


def _headers(table: RawTable, roles: Roles, parts: list[_Part]) -> list[str]:
    """Return the headers of variables; those of years and indicators once."""
    if not roles.years and roles.indicator is None:
        return [part.header for part in parts]
    repeated = [place for place, found in roles.years.items() if list(roles.years.values()).count(found) > 1]
    if repeated:
        raise DataError(f"{table.where} has several columns for {table.headers[repeated[0]]!r}; rename all but one")
    return list(dict.fromkeys(part.header for part in parts))


def _measure(table: RawTable, roles: Roles, rows: pd.DataFrame, indicator: str) -> str:
    if roles.measure is None:
        return ""
    found = [unit for unit in unit_names(rows[roles.measure]).unique() if unit not in ("", "nan", "None")]
    if len(found) > 1:
        raise DataError(f"{table.where} gives {indicator!r} in several units: {some_of(found)}; convert them first")
    return found[0] if found else ""


def _groups(table: RawTable, roles: Roles, body: pd.DataFrame, group: str) -> pd.Series[Any]:
    """Return the group of every unit."""
    names, groups = unit_names(body[roles.unit]), unit_names(body[table.headers.index(group)])
    pairs = pd.DataFrame({"unit": names, "group": groups}).drop_duplicates()
    changing = pairs.loc[pairs["unit"].duplicated(), "unit"]
    if len(changing):
        raise DataError(f"{table.where} gives {some_of(changing)} several {group!r}; a group is constant within units")
    return pairs.set_index("unit")["group"]


def _factor(table: RawTable, header: str, part: _Part, wanted: ColumnSpec) -> float:
    """Return what the values are multiplied by to be in the unit that the column map states."""
    printed = printed_unit(header, part.label, part.unit)
    if not printed or not is_unit_alone(wanted.unit_of_measure):
        return 1.0
    factor = conversion(printed, wanted.unit_of_measure)
    if factor is None:
        raise DataError(
            f"{table.where} prints {header!r} in {printed}, the column map wants {wanted.unit_of_measure}, which is "
            "another measure; correct the column map"
        )
    return factor


def _named(headers: list[str], table: RawTable, columns: ColumnMap, roles: Roles) -> dict[str, tuple[str, ColumnSpec]]:
    """Return headers by variable; the only header of a table of years alone is the only mapped variable."""
    alone = {stem for stem, _ in roles.years.values()} == {""} and roles.indicator is None
    if alone and len(columns.columns) == 1:
        return {name: (headers[0], spec) for name, spec in columns.columns.items()}
    return chosen(headers, columns, table.where)
