"""What raw figures and the harmonized panel must look like; every violation is told at once."""

from __future__ import annotations

from typing import Any

import pandas as pd

from yrdecon.errors import DataError

SHOWN = 12

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
    schema = pa.DataFrameSchema(columns, unique=["city_code", "year"], strict=False)
    try:
        schema.validate(panel, lazy=True)
    except pa.errors.SchemaErrors as error:
        raise DataError(_in_words(error.failure_cases, panel)) from None


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
    return {"multiple_fields_uniqueness": "one row per city and year"}.get(check, "a code of six digits")
