"""A panel from a user's own files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from os import PathLike
from pathlib import Path
from typing import Any

import pandas as pd

from yrdecon.clean.column_map import ColumnMap, ColumnSpec, read_column_map
from yrdecon.clean.presets import header_key
from yrdecon.clean.raw_tables import raw_tables
from yrdecon.clean.tidy import Tidy, tidy
from yrdecon.clean.totals import with_totals_told
from yrdecon.clean.units import conversion
from yrdecon.core.panel import VARIABLE_COLUMNS, Panel
from yrdecon.errors import DataError

SUFFIXES = frozenset({".xlsx", ".xlsm", ".xls", ".csv", ".tsv", ".txt", ".dta", ".parquet", ".htm", ".html"})
DESCRIBED = (*VARIABLE_COLUMNS, "kind", "prices")


def read_panel(
    path: str | PathLike[str],
    columns: str | PathLike[str] | Mapping[str, Any] | None = None,
    *,
    unit: str | None = None,
    time: str | None = None,
    group: str | None = None,
    sheet: str | None = None,
) -> Panel:
    r"""Read a panel from Excel, text, Stata or parquet, or from a folder of such files.

    The format is told by the bytes of a file, the encoding of text (UTF-8, GBK, UTF-16) by the whole of it. A table is
    long (a column of years), wide (years in the headers, alone or with a name: 2010, gdp_2010), one row per indicator,
    or one sheet or file a year; sheets and files are put together, hidden sheets are not read. The columns of units
    and years are recognized by the headers of common sources (CSMAR, CNRDS, EPS, city and provincial yearbooks) or
    named. Rows of totals (全省, 合计) are left out, and the trail names them.

    Parameters
    ----------
    columns
        Which columns to take and what they are: a TOML file, or a mapping of names to headers or tables of options
        (header, unit_of_measure, kind, prices, vintage, source, label_en, label_zh). Without it every column is taken
        under its header. Values are converted from the unit a header prints (万元) to a stated unit_of_measure (亿元).
    unit, time, group
        Headers of the columns of units, of periods, and of a group that is constant within units.
    sheet
        Read this sheet only.

    Returns
    -------
    A panel; `Panel.variables` holds what map, headers and labels tell, with the columns kind and prices.

    Raises
    ------
    DataError
        If a file cannot be read, a cell is not what it must be, or a key occurs twice: one message with file, sheet
        and cell.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder) / "gdp.csv"
    ...     _ = file.write_bytes("城市,年份,地区生产总值(亿元)\n合肥市,2020,10046\n芜湖市,2020,3753\n".encode("gbk"))
    ...     panel = read_panel(file, {"gdp": "地区生产总值"})
    >>> panel.frame.values.tolist(), panel.variables.loc["gdp", ["unit_of_measure", "kind"]].tolist()
    ([['合肥市', 2020, 10046.0], ['芜湖市', 2020, 3753.0]], ['亿元', 'money'])
    """
    known = read_column_map(columns)
    known = ColumnMap(unit or known.unit, time or known.time, group or known.group, sheet or known.sheet, known.columns)
    parts = [tidy(table, known) for file in _files(Path(path)) for table in raw_tables(file, known)]
    parts = _with_variables(parts, known)
    frame = _joined(parts)
    names = [str(name) for name in parts[0].frame.index.names]
    panel = Panel.from_frame(frame.rename_axis(names).reset_index(), unit=names[0], time=names[1], group=known.group)
    _fail_if_a_unit_has_two_names(panel.units)
    totals = [(name, part.where) for part in parts for name in part.totals]
    return with_totals_told(panel.describe(_variable_table(parts)), totals)


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    found = sorted(p for p in path.iterdir() if p.suffix.lower() in SUFFIXES and not p.name.startswith((".", "~$")))
    if not found:
        raise DataError(f"the folder {path} holds no file to read; known endings are {sorted(SUFFIXES)}")
    return found


def _with_variables(parts: list[Tidy], columns: ColumnMap) -> list[Tidy]:
    """Leave out tables without a mapped variable, and refuse variables that are missing, everywhere or in places."""
    filled = [part for part in parts if len(part.variables)]
    for name, spec in columns.columns.items():
        having = [part for part in filled if name in part.variables]
        if not having:
            seen = parts[0].headers
            raise DataError(
                f"{parts[0].where} has no column {list(spec.header)} for {name!r}; its headers are {list(seen)[:12]}; "
                "correct the column map"
            )
        beside = {other for part in having for other in part.variables}
        lacking = next((p for p in filled if name not in p.variables and beside & set(p.variables)), None)
        if lacking is not None:
            raise DataError(
                f"{lacking.where} has no column {list(spec.header)} for {name!r}, {having[0].where} has; its headers "
                f"are {list(lacking.headers)[:12]}; add the header it has there to the column map, or leave it out"
            )
    return filled or parts


def _joined(parts: list[Tidy]) -> pd.DataFrame:
    if len(parts) == 1:
        return parts[0].frame
    _fail_if_one_variable_has_two_units(parts)
    names = dict.fromkeys(name for part in parts for name in part.frame.columns)
    return pd.DataFrame({name: _stacked(name, [p for p in parts if name in p.frame.columns]) for name in names})


def _fail_if_one_variable_has_two_units(parts: list[Tidy]) -> None:
    """Refuse GDP（万元） in one table beside GDP（亿元） in another, which would be two half-empty variables."""
    seen: dict[str, tuple[str, Tidy]] = {}
    for part in parts:
        for name, spec in part.variables.items():
            key = header_key(name)
            first, other = seen.setdefault(key, (name, part))
            if first == name or first in part.variables or name in other.variables or not key:
                continue
            units = other.variables[first].unit_of_measure, spec.unit_of_measure
            if conversion(*units) is not None and units[0] != units[1]:
                raise DataError(
                    f"{key!r} is in {units[0]} in {other.where} and in {units[1]} in {part.where}; map it with "
                    f"unit_of_measure = {units[0]!r} in the column map, to which printed units are converted"
                )


def _fail_if_a_unit_has_two_names(units: pd.Index[Any]) -> None:
    known = set(map(str, units))
    twice = [name for name in known if f"{name}市" in known]
    if twice:
        raise DataError(
            f"{min(twice)} and {min(twice)}市 are two units of the panel ({len(twice)} such pairs); write one name "
            "throughout, such as that of resolve_places"
        )


def _stacked(name: str, parts: list[Tidy]) -> pd.Series[Any]:
    units = {part.variables[name].unit_of_measure: part.where for part in parts if name in part.variables}
    if len(units) > 1:
        (one, here), (other, there) = list(units.items())[:2]
        raise DataError(
            f"{name!r} is in {one or 'an unstated unit'} in {here} and in {other or 'an unstated unit'} in {there}; "
            f"state unit_of_measure = {(one or other)!r} for it in the column map, to which printed units are converted"
        )
    stacked = pd.concat([part.frame[name].rename_axis(["unit", "time"]) for part in parts])
    repeated = stacked.index[stacked.index.duplicated()]
    if len(repeated):
        key = repeated[0]
        places = [part.where for part in parts if key in part.frame.index]
        raise DataError(
            f"{name!r} of {key[0]} {key[1]} stands in {places[0]} and in {places[1]}; read one of them, with sheet= or "
            "by moving the other file"
        )
    return stacked


def _variable_table(parts: list[Tidy]) -> pd.DataFrame:
    known: dict[str, ColumnSpec] = {}
    for part in parts:
        known = dict(part.variables) | known
    rows = {name: {key: asdict(spec)[key] for key in DESCRIBED} for name, spec in known.items()}
    table = pd.DataFrame.from_dict(rows, orient="index", columns=list(DESCRIBED), dtype="str")
    return table.rename_axis("name")
