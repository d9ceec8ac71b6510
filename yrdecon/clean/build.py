"""From raw figures to the harmonized panel, its dictionary and its audit."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from yrdecon.clean.boundaries import boundary_breaks
from yrdecon.clean.columns import (
    FROM_BOTH,
    FROM_HISTORY,
    FROM_YEARBOOK,
    foreign_investment,
    imports,
    industry_shares,
    joined_series,
    mean_population,
)
from yrdecon.clean.figures import Figures, read_figures
from yrdecon.clean.growth import growth_source, real_growth, real_index
from yrdecon.clean.population import filled_cells, published_population, resident_population
from yrdecon.clean.trail import join_trails
from yrdecon.clean.variables import variable_table
from yrdecon.clean.vintages import first_published_gdp, gdp_vintage, spliced_gdp
from yrdecon.core.atomic import write_atomically
from yrdecon.places.codes import PROVINCES_EN, city_table

FIRST_YEAR, FIRST_YRD_YEAR, LAST_YEAR = 2000, 2005, 2023


@dataclass(frozen=True, eq=False)
class Built:
    """The national panel as a flat frame, and the audit of every touched cell."""

    national: pd.DataFrame
    audit: pd.DataFrame


def build_panel(raw: Path, processed: Path) -> None:
    """Clean the raw figures and write panels, dictionary, audit and manifest, the same bytes every time.

    Raises
    ------
    DataError
        If raw figures are missing or contradict their schema; all violations are listed.

    Examples
    --------
    >>> build_panel(Path("nowhere"), Path("nowhere"))
    Traceback (most recent call last):
    ...
    yrdecon.errors.DataError: the raw file yearbook_2019.csv is missing from nowhere/city_yearbook; ...
    """
    from yrdecon.clean.schema import fail_if_panel_is_implausible

    built = harmonize(raw)
    fail_if_panel_is_implausible(built.national)
    in_yrd = built.national["city_code"].isin(city_table().query("in_yrd")["city_code"])
    tables = {
        "panel_national.csv": built.national,
        "panel_yrd.csv": built.national[in_yrd & (built.national["year"] >= FIRST_YRD_YEAR)],
        "variables.csv": variable_table().reset_index(),
        "audit.csv": built.audit,
        "province_gdp.csv": _province_gdp(raw),
    }
    written = [write_atomically(processed / name, _csv(table)) for name, table in tables.items()]
    write_atomically(processed / "manifest.csv", manifest(written))


def harmonize(raw: Path) -> Built:
    """Apply every rule and return the national panel in memory."""
    from yrdecon.clean.schema import fail_if_figures_are_malformed

    figures = read_figures(raw)
    fail_if_figures_are_malformed(figures.table)
    places = city_table().set_index("city_code")
    growth = real_growth(figures, places["province"])
    gdp = spliced_gdp(figures, growth.values, places["province"])
    population = resident_population(figures)
    cleaned = [
        growth,
        gdp,
        population,
        *industry_shares(figures),
        foreign_investment(figures),
        imports(figures),
    ]
    plain = [n for n in (*FROM_BOTH, *FROM_HISTORY, *FROM_YEARBOOK) if n != "imports_100m_yuan"]
    cleaned += [joined_series(figures, name) for name in plain]
    series = [
        *(part.values for part in cleaned),
        growth_source(growth),
        real_index(growth.values).rename("real_gdp_index_2010"),
        real_index(figures.series("gdp_revised", "gdp_index") - 100).rename("real_gdp_index_2010_revised"),
        first_published_gdp(figures),
        published_population(figures).values,
        figures.series("co2", "co2_tonnes").rename("co2_tonnes"),
        filled_cells(population),
    ]
    columns = pd.concat(series, axis=1).reindex(_index(figures))
    columns = _derived(columns).assign(
        gdp_vintage=gdp_vintage(columns.index), boundary_break=boundary_breaks(raw, columns.index)
    )
    national = columns.reset_index().merge(places.reset_index(), on="city_code", validate="many_to_one")
    audit = _audit([figures.audit, *(part.audit for part in cleaned)], places)
    return Built(national[variable_table().index.tolist()], audit)


def manifest(files: Iterable[Path]) -> str:
    """Return a table of file, SHA-256 and size."""
    rows = [f"{p.name},{hashlib.sha256(p.read_bytes()).hexdigest()},{p.stat().st_size}" for p in sorted(files)]
    return "\n".join(["file,sha256,bytes", *rows]) + "\n"


def _index(figures: Figures) -> pd.MultiIndex:
    cities = figures.series("gdp_revised", "gdp_100m_yuan").index.get_level_values("city_code").unique()
    years = range(FIRST_YEAR, LAST_YEAR + 1)
    return pd.MultiIndex.from_product([sorted(cities), years], names=["city_code", "year"])


def _derived(columns: pd.DataFrame) -> pd.DataFrame:
    """Add real GDP in yuan of 2010 (R4) and figures per resident (R9)."""
    year = columns.index.get_level_values("year")
    base = columns.loc[year == 2010, "gdp_100m_yuan"].droplevel("year")
    base = base.reindex(columns.index.get_level_values("city_code")).to_numpy()
    real = base * columns["real_gdp_index_2010"] / 100
    people = mean_population(columns["population_resident_10k"].dropna()).reindex(columns.index)
    real_pc = real / people * 1e4
    return columns.assign(
        ln_real_gdp=np.log(real),
        gdp_pc_yuan=columns["gdp_100m_yuan"] / people * 1e4,
        real_gdp_pc_yuan=real_pc,
        ln_real_gdp_pc=np.log(real_pc),
        filled=columns["filled"].eq(True),
    )


def _province_gdp(raw: Path) -> pd.DataFrame:
    """Return the provinces' published GDP, against which the cities are summed."""
    table = pd.read_csv(raw / "gdp_revised" / "provincial_gdp.csv", encoding="utf-8-sig")
    full_names = {name[:2]: name for name in PROVINCES_EN}
    return pd.DataFrame(
        {"province": table["省份"].str[:2].map(full_names), "year": table["year"], "gdp_100m_yuan": table["GDP/亿元"]}
    )


def _audit(parts: list[pd.DataFrame], places: pd.DataFrame) -> pd.DataFrame:
    table = join_trails(parts)
    names = table["city_code"].map(places["city_zh"].to_dict()).fillna(table["city_code"])
    table.insert(1, "city_zh", names)
    keys = ["variable", "rule", "city_code", "year", "reason", "before"]
    return table.sort_values(keys, kind="stable").reset_index(drop=True)


def _csv(table: pd.DataFrame) -> str:
    return str(table.to_csv(index=False, lineterminator="\n"))
