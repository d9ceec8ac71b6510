"""The audit as a page of text: coverage, province sums, jumps, filled cells, boundary breaks."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd

from yrdecon.clean.load import load_panel
from yrdecon.core.panel import Panel
from yrdecon.core.resources import data_path
from yrdecon.errors import DataError

KNOWN_JUMPS = {
    ("340100", "fiscal_revenue_100m_yuan", (2007, 2008, 2009)): "total revenue (财政总收入) in 2007-08",
    ("340500", "fiscal_revenue_100m_yuan", (2013, 2014, 2015, 2016)): "total revenue (财政总收入) in 2013 and 2015",
    ("330100", "loans_100m_yuan", (2010, 2011)): "another concept in 2010",
    ("330200", "loans_100m_yuan", (2010, 2011)): "another concept in 2010",
    ("330600", "loans_100m_yuan", (2010, 2011)): "another concept in 2010",
    ("330900", "loans_100m_yuan", (2010, 2011)): "another concept in 2010",
    ("320800", "loans_100m_yuan", (2010, 2011)): "ten times too large in 2010",
    ("320700", "exports_100m_yuan", (2022, 2023)): "ten times too small in 2022",
    ("320700", "imports_100m_yuan", (2022, 2023)): "ten times too small in 2022",
}
CONCEPTS = {
    "employment_urban_units": "urban units to 2019, non-private only from 2020",
    "average_wage_yuan": "urban units to 2019, non-private only from 2020",
    "imports_100m_yuan": "total trade printed under imports in data year 2022 (Jiangsu)",
    "fdi_10k_usd": "definition changes in 2022 (Anhui)",
}
SHOWN = 15


def coverage(panel: Panel, *, by: Literal["time", "unit", "group"] = "time") -> pd.DataFrame:
    """Return the share of cells with a value, by variable and period, unit or group.

    Raises
    ------
    DataError
        If `by` is something else, or the panel has no group.

    Examples
    --------
    >>> float(coverage(load_panel("yrd")).loc["ln_real_gdp", 2020])
    1.0
    >>> float(coverage(load_panel("yrd"), by="group").loc["ln_real_gdp", "安徽省"])
    1.0
    """
    keys = {"time": panel.time, "unit": panel.unit, "group": panel.group}
    key = keys.get(by)
    if key is None:
        raise DataError(f"coverage by {by!r} is not known here; choose one of {[k for k, c in keys.items() if c]}")
    values = panel.frame.drop(columns=[panel.unit, panel.time, *(panel.location or ())])
    return values.notna().groupby(panel.frame[key]).mean().T


def province_sums(panel: Panel) -> pd.DataFrame:
    """Return the sum of the cities' nominal GDP over the province's, for provinces that are covered whole.

    Examples
    --------
    >>> bool(province_sums(load_panel("yrd")).loc["安徽省"].between(0.99, 1.01).all())
    True
    """
    table = pd.read_csv(data_path("processed/province_gdp.csv"))
    known = table.set_index(["province", "year"])["gdp_100m_yuan"]
    sums = panel.frame.groupby(["province", "year"])["gdp_100m_yuan"].sum(min_count=1)
    ratio = (sums / known.reindex(sums.index)).unstack("year")
    return ratio[ratio.median(axis=1).between(0.9, 1.1)]


def jumps(panel: Panel, *, threshold: float = 0.5) -> pd.DataFrame:
    """Return the largest yearly log changes beyond the city's province median, with their likely cause.

    Parameters
    ----------
    threshold
        Smallest absolute change that is listed.

    Examples
    --------
    >>> jumps(load_panel("yrd"), threshold=2.0)["likely_cause"].value_counts().index[0]
    'ten times too small in 2022'
    """
    frame = panel.frame
    columns = [c for c in frame.columns if c.endswith(("_yuan", "_10k", "_usd", "_units", "_km", "_tonnes"))]
    parts = []
    for column in columns:
        log = np.log(frame[column].where(frame[column] > 0))
        change = log.groupby(frame[panel.unit]).diff()
        gap = frame[panel.time].groupby(frame[panel.unit]).diff()
        relative = change - change.groupby([frame["province"], frame[panel.time]]).transform("median")
        found = frame.loc[(relative.abs() > threshold) & (gap == 1), ["city_code", "city_zh", "year", "boundary_break"]]
        parts.append(found.assign(variable=column, log_change=relative[found.index].round(3)))
    table = pd.concat(parts, ignore_index=True)
    table["likely_cause"] = [_cause(row) for row in table.itertuples(index=False)]
    order = table["log_change"].abs().sort_values(ascending=False, kind="stable").index
    return table.loc[order].drop(columns="boundary_break").reset_index(drop=True)


def audit_report(name: str = "yrd") -> str:
    """Write the audit of a shipped panel as text for a terminal of 100 columns.

    Examples
    --------
    >>> print(audit_report("yrd").splitlines()[0])
    Audit of the panel yrd: 41 cities, 2005-2023
    """
    panel = load_panel(name)
    trail = pd.read_csv(data_path("processed/audit.csv"), dtype="str", keep_default_na=False)
    inside = trail[trail["city_code"].isin(panel.units)]
    filled = panel.frame[panel.frame["filled"]]
    breaks = panel.frame[panel.frame["boundary_break"]]
    sections = [
        f"Audit of the panel {name}: {len(panel.units)} cities, {panel.periods[0]}-{panel.periods[-1]}",
        _titled("Coverage: share of cities with a value", _coverage_text(panel)),
        _titled("Cities' GDP over the province's", province_sums(panel).iloc[:, ::3].round(3).to_string()),
        _titled(f"Largest jumps beyond the province's median (first {SHOWN})", _jumps_text(panel)),
        _titled("Cells touched by a rule", inside.groupby(["rule", "variable"]).size().to_string(header=False)),
        _titled(
            "Filled population cells", f"{len(filled)} cells in {filled['city_code'].nunique()} cities, see audit.csv"
        ),
        _titled("Territory changes", "; ".join(f"{r.city_zh} {r.year}" for r in breaks.itertuples())),
    ]
    return "\n\n".join(sections)


def _coverage_text(panel: Panel) -> str:
    table = coverage(panel)
    full = table.index[(table == 1).all(axis=1)]
    partly = table.drop(index=full).mul(100).round(0).astype(int)
    shown = partly.iloc[:, ::3].rename(columns=str).to_string()
    return f"complete in every year: {len(full)} columns\nin percent, every third year:\n{shown}"


def _jumps_text(panel: Panel) -> str:
    rows = jumps(panel).head(SHOWN).itertuples(index=False)
    lines = [f"{r.year}  {r.variable:<32} {r.log_change:+6.2f}  {r.city_zh}  {r.likely_cause}" for r in rows]
    return "\n".join(["year  variable                      log change  city  likely cause", *lines])


def _cause(row: object) -> str:
    code, variable, year = str(row.city_code), str(row.variable), int(row.year)  # type: ignore[attr-defined]
    for (city, column, years), cause in KNOWN_JUMPS.items():
        if (city, column) == (code, variable) and year in years:
            return cause
    if row.boundary_break:  # type: ignore[attr-defined]
        return "territory changes"
    return CONCEPTS.get(variable, "unexplained")


def _titled(title: str, body: str) -> str:
    return f"{title}\n{'-' * len(title)}\n{body or 'none'}"
