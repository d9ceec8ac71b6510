"""Read the raw figures of every source into one long table, resolving names and numbers."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from yrdecon.clean.indicators import HISTORY, VOID, VOID_REASON, YEARBOOK, indicator_name, unit_factor
from yrdecon.clean.trail import AUDIT_COLUMNS, join_trails
from yrdecon.errors import DataError
from yrdecon.places.names import resolve_places

NUMBER = re.compile(r"-?\d+(\.\d+)?")
NOT_CITIES = {"中国": "a row for the country", "三沙市": "no figures"}
NOT_IN_PRINT = ("code", "romanized")
EDITIONS = range(2019, 2025)
LONG = ["source", "city_code", "year", "variable", "value"]


@dataclass(frozen=True, eq=False)
class Figures:
    """All figures, long: source, city_code, year, variable, value; and the audit of what did not enter."""

    table: pd.DataFrame
    audit: pd.DataFrame

    def series(self, source: str, variable: str) -> pd.Series[Any]:
        """Return one variable of one source, indexed by city_code and year."""
        rows = self.table[(self.table["source"] == source) & (self.table["variable"] == variable)]
        values: pd.Series[Any] = rows.set_index(["city_code", "year"])["value"].sort_index()
        return values


def read_figures(raw: Path) -> Figures:
    """Read every source below a folder of raw figures.

    Rules: a cell is a number only if it is digits with an optional sign and decimal point (R1); a city printed twice
    keeps its first row (R1); units are those in the variables' names (R2); names are resolved without guessing (R0).

    Raises
    ------
    DataError
        If a file is missing, or holds names that cannot be resolved: all of them are listed with candidates.
    """
    parts = [
        *(_yearbook(raw / "city_yearbook" / f"yearbook_{edition}.csv", edition) for edition in EDITIONS),
        _history(raw / "city_history" / "history_2000_2017.csv"),
        _wide(
            raw,
            "gdp_revised",
            "gdp_revised/gdp_revised.csv",
            "城市",
            "年份",
            {"名义GDP(亿元)": ("gdp_100m_yuan", 1.0), "GDP指数(上年=100)": ("gdp_index", 1.0)},
        ),
        _wide(
            raw,
            "population",
            "population/population_resident.csv",
            "城市",
            "年份",
            {"常住人口(万人)": ("population_resident_10k", 1.0), "行政区域土地面积(平方公里)": ("land_area_km2", 1.0)},
        ),
        _wide(raw, "fdi", "foreign_investment/fdi.csv", "地级市", "year", {"外商直接投资": ("fdi_10k_usd", 100.0)}),
        _wide(raw, "co2", "co2_edgar/co2_edgar.csv", "城市", "年份", {"碳排放量_吨": ("co2_tonnes", 1.0)}),
        _census(raw / "census" / "census_population.csv"),
    ]
    cells = pd.concat(parts, ignore_index=True)
    return _numbers_of_cities(cells)


def _read(path: Path) -> pd.DataFrame:
    if not path.exists():
        raise DataError(f"the raw file {path.name} is missing from {path.parent}; restore data/raw from the repository")
    return pd.read_csv(path, dtype="str", encoding="utf-8-sig", keep_default_na=False)


def _yearbook(path: Path, edition: int) -> pd.DataFrame:
    table = _read(path)
    named = table["indicator_zh"].map(indicator_name).map(YEARBOOK)
    table = table[named.notna()]
    pairs = named.dropna()
    variable = pairs.map(lambda p: p[0])
    factor = [unit_factor(edition, *pair) for pair in pairs]
    return pd.DataFrame(
        {
            "source": "yearbook",
            "edition": edition,
            "name": table["city_as_printed"],
            "year": edition - 1,
            "variable": variable,
            "cell": table["value_as_printed"],
            "factor": factor,
        }
    )


def _history(path: Path) -> pd.DataFrame:
    table = _read(path)
    columns = {c: HISTORY[indicator_name(c)] for c in table.columns if indicator_name(c) in HISTORY}
    return _melt(table, "history", "城市", "年份", columns)


def _wide(
    raw: Path, source: str, relative: str, name: str, year: str, columns: dict[str, tuple[str, float]]
) -> pd.DataFrame:
    return _melt(_read(raw / relative), source, name, year, columns)


def _census(path: Path) -> pd.DataFrame:
    table = _read(path)
    table = table[table["city_code"].str.len() == 6]
    parts = []
    for year in (2010, 2020):
        columns = {f"popu_{year}": ("population_resident_10k", 1e-4)}
        parts.append(_melt(table.assign(year=str(year)), "census", "city", "year", columns))
    return pd.concat(parts, ignore_index=True)


def _melt(
    table: pd.DataFrame, source: str, name: str, year: str, columns: dict[str, tuple[str, float]]
) -> pd.DataFrame:
    _fail_if_columns_are_missing(table, [name, year, *columns], source)
    parts = [
        pd.DataFrame(
            {
                "source": source,
                "edition": 0,
                "name": table[name],
                "year": table[year].astype(int),
                "variable": variable,
                "cell": table[column],
                "factor": factor,
            }
        )
        for column, (variable, factor) in columns.items()
    ]
    return pd.concat(parts, ignore_index=True)


def _numbers_of_cities(cells: pd.DataFrame) -> Figures:
    cells = cells.assign(cell=cells["cell"].str.strip())
    cells, unknown = _with_codes(cells[cells["cell"] != ""].reset_index(drop=True))
    void = [v in VOID.get(e, ()) for v, e in zip(cells["variable"], cells["edition"], strict=True)]
    is_number = cells["cell"].map(lambda c: NUMBER.fullmatch(c) is not None)
    keys = ["source", "city_code", "year", "variable"]
    twice = cells.duplicated(keys) & is_number
    audit = join_trails(
        [
            unknown,
            _dropped(cells[void], "void column", VOID_REASON),
            _dropped(cells[~is_number], "R1 numbers", "not a number as printed"),
            _dropped(
                cells[twice & is_number & ~pd.Series(void)], "R1 numbers", "the city is printed twice in this column"
            ),
        ]
    )
    kept = cells[is_number & ~twice & ~pd.Series(void)]
    value = kept["cell"].astype(float) * kept["factor"]
    return Figures(kept.assign(value=value)[LONG].reset_index(drop=True), audit)


def _with_codes(cells: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    found = resolve_places(cells["name"].unique().tolist()).set_index("name")
    found.loc[found["rule"].isin(NOT_IN_PRINT), "city_code"] = None
    code = cells["name"].map(found["city_code"])
    rule = cells["name"].map(found["rule"])
    stripped = cells["name"].str.strip()
    known_exclusion = (rule == "abolished") | stripped.isin(NOT_CITIES) | (cells["source"] == "census")
    _fail_if_names_are_unresolved(found.loc[cells.loc[code.isna() & ~known_exclusion, "name"].unique()])
    misread = cells[(rule == "misread") & ~cells.duplicated(["source", "edition", "name"])]
    repaired = _rows(misread.assign(city_code=code[misread.index]), "R0 key").assign(
        before=misread["name"].tolist(), after=code[misread.index].tolist(), reason="misread name of the city"
    )
    lost = cells[code.isna()]
    reason = lost["name"].map(found["candidates"]).where(rule[lost.index] == "abolished", "not a prefecture-level city")
    excluded = _rows(lost.assign(city_code=lost["name"]), "R0 key").assign(
        before=lost["cell"].tolist(), after="", reason=reason.tolist()
    )
    audit = join_trails([repaired.assign(variable="city_code"), excluded])[list(AUDIT_COLUMNS)]
    return cells.assign(city_code=code)[code.notna()].reset_index(drop=True), audit


def _rows(cells: pd.DataFrame, rule: str) -> pd.DataFrame:
    table = cells[["city_code", "year", "variable"]].reset_index(drop=True)
    return table.assign(rule=rule, before="", after="", reason="")


def _dropped(cells: pd.DataFrame, rule: str, reason: str) -> pd.DataFrame:
    return _rows(cells, rule).assign(before=cells["cell"].tolist(), reason=reason)[list(AUDIT_COLUMNS)]


def _fail_if_columns_are_missing(table: pd.DataFrame, columns: list[str], source: str) -> None:
    missing = [c for c in columns if c not in table.columns]
    if missing:
        raise DataError(f"the raw table of {source} lacks the columns {missing}; it has {table.columns.tolist()}")


def _fail_if_names_are_unresolved(found: pd.DataFrame) -> None:
    if len(found):
        shown = "; ".join(f"{name!r} (near: {row.candidates or 'nothing'})" for name, row in found.head(10).iterrows())
        raise DataError(f"{len(found)} names are no known city: {shown}; correct them at the source or add an alias")
