"""What raw figures and the harmonized panel must look like; every violation is told at once."""

from __future__ import annotations

from typing import Any

import pandas as pd

from yrdecon.errors import DataError

SHOWN = 12
SOURCES = ("yearbook", "history", "gdp_revised", "population", "census", "fdi", "co2")
FIRST_YEAR, LAST_YEAR = 1990, 2030

BOUNDS = {
    "real_growth_pct": (-40, 40),
    "real_gdp_index_2010": (5, 1000),
    "gdp_100m_yuan": (1, 60_000),
    "gdp_first_published_100m_yuan": (1, 60_000),
    "population_resident_10k": (1, 3_500),
    "share_primary_pct": (-1, 80),
    "share_secondary_pct": (1, 100),
    "share_tertiary_pct": (1, 100),
    "lon": (73, 136),
    "lat": (3, 54),
    "year": (1949, 2100),
    "pm25_ugm3": (1, 300),
}


def fail_if_figures_are_malformed(figures: pd.DataFrame) -> None:
    """Check the long table of raw figures: known source, code of six digits, plausible year, finite value, unique keys.

    Raises
    ------
    DataError
        With all violations in words.
    """
    import pandera.pandas as pa

    schema = pa.DataFrameSchema(
        {
            "source": pa.Column(checks=pa.Check.isin(SOURCES)),
            "city_code": pa.Column(checks=pa.Check.str_matches(r"^\d{6}$")),
            "year": pa.Column(checks=pa.Check.in_range(FIRST_YEAR, LAST_YEAR)),
            "value": pa.Column(float, checks=pa.Check.in_range(-1e12, 1e12)),
        },
        unique=["source", "city_code", "year", "variable"],
    )
    _validate(schema, figures)


def fail_if_panel_is_implausible(panel: pd.DataFrame) -> None:
    """Check keys, codes and the range of every bounded column of a harmonized panel.

    Raises
    ------
    DataError
        With all violations in words: column, city, year, value, expectation.
    """
    import pandera.pandas as pa

    columns: dict[str, Any] = {
        name: pa.Column(checks=pa.Check.in_range(*bounds), nullable=True, required=False, coerce=False)
        for name, bounds in BOUNDS.items()
    }
    columns["city_code"] = pa.Column(checks=pa.Check.str_matches(r"^\d{6}$"))
    _validate(pa.DataFrameSchema(columns, unique=["city_code", "year"], strict=False), panel)


def _validate(schema: Any, table: pd.DataFrame) -> None:
    import pandera.pandas as pa

    try:
        schema.validate(table, lazy=True)
    except pa.errors.SchemaErrors as error:
        raise DataError(_in_words(error.failure_cases, table)) from None


def _in_words(cases: pd.DataFrame, panel: pd.DataFrame) -> str:
    lines = []
    for case in cases.head(SHOWN).itertuples(index=False):
        where = ""
        if pd.notna(case.index) and int(case.index) in panel.index:
            row = panel.loc[int(case.index)]
            where = f" of {row.get('city_code', '?')} in {row.get('year', '?')}"
        lines.append(
            f"{case.column}{where} is {case.failure_case!r}, expected {_expectation(str(case.check), case.column)}"
        )
    more = f"\nand {len(cases) - SHOWN} more" if len(cases) > SHOWN else ""
    return f"{len(cases)} cells contradict the schema; correct them at the source:\n" + "\n".join(lines) + more


def _expectation(check: str, column: str) -> str:
    if column in BOUNDS:
        return "a number between {:g} and {:g}".format(*BOUNDS[column])
    if column == "source":
        return f"one of {list(SOURCES)}"
    if column == "value":
        return "a finite number"
    return "one row per key" if "unique" in check else "a code of six digits"
