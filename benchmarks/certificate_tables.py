"""The tables of the certificate in Markdown, from its CSV files alone."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from benchmarks.bands import POOL_WORDS, Finding
from benchmarks.methods import DEFAULT, ORDER

HEADS = {"range": "range of shocks", "method": "test", "persistence": "shocks"}
MISSING = "–"


def markdown(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table, the first column to the left and the others centered."""
    lines = ["| " + " | ".join(head) + " |", "|:--|" + ":-:|" * (len(head) - 1)]
    return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in rows)])


def bands_table(findings: Sequence[Finding]) -> str:
    """Return what must hold, what was found, and the verdict."""
    rows = []
    for found in findings:
        band = found.band
        level = "10%" if band.column == "rate_10" else "5%"
        failing = "must fail: " if band.must_fail else ""
        rows.append(
            (
                f"{failing}{band.name}",
                level,
                f"{percent(band.low)} to {percent(band.high)}",
                _range(found.lowest, found.highest),
                f"{found.n_cells - len(found.outside)} of {found.n_cells}",
                found.verdict if found.verdict == "holds" else f"**{found.verdict}**",
            )
        )
    return markdown(("", "level", "band, %", "found, %", "cells inside", ""), rows)


def methods_by_theta(sizes: pd.DataFrame, persistence: str, pool: str) -> str:
    """Return sizes at 5 and 10% of every test, by range, for the actual eight."""
    rows = null(sizes)
    chosen = rows[(rows["section"] == "range") & (rows["persistence"] == persistence) & (rows["pool"] == pool)]
    return _wide(chosen, "method", [name for name in ORDER if name in set(chosen["method"])])


def default_by_theta(sizes: pd.DataFrame, base: str, pool: str) -> str:
    """Return sizes at 5 and 10% of the default, by persistence and range, for the actual eight."""
    rows = null(sizes)
    chosen = rows[rows["section"].isin(("range", "bases")) & (rows["method"] == DEFAULT)]
    chosen = chosen[(chosen["base"] == base) & (chosen["pool"] == pool)]
    return _wide(chosen, "persistence", list(dict.fromkeys(chosen["persistence"])))


def cells_table(sizes: pd.DataFrame, query: str, methods: Sequence[str]) -> str:
    """Return sizes at 5 and 10% of some tests in the cells of a query, one row per cell."""
    chosen = null(sizes).query(query)
    keys = ["treated", "pool", "process", "mechanism"]
    wide = chosen.pivot_table(index=keys, columns="method", values=["rate_5", "rate_10"], sort=False)
    rows = []
    for key, row in wide.iterrows():
        values = [_both(row.get(("rate_5", m)), row.get(("rate_10", m))) for m in methods]
        rows.append((str(key[0]), POOL_WORDS[key[1]], str(key[2]), str(key[3]), *values))
    return markdown(("treated", "compared with", "process", "mechanism of auto", *methods), rows)


def power_table(rates: pd.DataFrame, query: str, methods: Sequence[str]) -> str:
    """Return the rates at 5% by effect, one row per cell and test."""
    chosen = rates[rates["method"].isin(methods)].query(query)
    effects = sorted(chosen["effect"].unique())
    keys = ["pool", "base", "persistence", "theta_km", "process", "method"]
    wide = chosen.pivot_table(index=keys, columns="effect", values="rate_5", sort=False)
    rows = [
        (f"{key[5]}", POOL_WORDS[key[0]], str(key[1]), str(key[4]), *(percent(row[e]) for e in effects))
        for key, row in wide.iterrows()
    ]
    return markdown(("test", "compared with", "base", "process", *(f"{e:g}" for e in effects)), rows)


def coverage_table(coverage: pd.DataFrame) -> str:
    """Return the share of intervals that hold the effect, and how wide they are."""
    rows = [
        (row.method, row.process, percent(row.coverage), percent(row.finite), f"{row.median_width:.3f}", str(row.draws))
        for row in coverage.itertuples(index=False)
    ]
    return markdown(("test", "process", "holds the effect, %", "finite, %", "median width", "draws"), rows)


def grades_table(grades: pd.DataFrame) -> str:
    """Return the shares of grades by process and effect."""
    names = ("strong", "suggestive", "inconclusive", "contrary")
    rows = [
        (row["process"], f"{row['effect']:g}", *(percent(row[name]) for name in names)) for _, row in grades.iterrows()
    ]
    return markdown(("process", "effect", *names), rows)


def runs_table(runs: pd.DataFrame) -> str:
    """Return draws, seed, time and versions of every part."""
    head = ["part", "draws", "seed", "seconds", "workers", "yrdecon", "numpy", "scipy", "python"]
    return markdown(head, [[str(row[name]) for name in head] for _, row in runs.iterrows()])


def null(rates: pd.DataFrame) -> pd.DataFrame:
    """Return the rows without an effect."""
    return rates[rates["effect"] == 0]


def percent(share: float) -> str:
    """Return a share in percent with one decimal, whole numbers without."""
    return f"{100 * share:.1f}".removesuffix(".0")


def _wide(rows: pd.DataFrame, index: str, order: Sequence[str]) -> str:
    thetas = sorted(rows["theta_km"].unique())
    wide = rows.pivot_table(index=index, columns="theta_km", values=["rate_5", "rate_10"]).reindex(order)
    lines = [
        (str(name), *(_both(row["rate_5", theta], row["rate_10", theta]) for theta in thetas))
        for name, row in wide.iterrows()
    ]
    return markdown((HEADS[index], *(f"{theta:g} km" for theta in thetas)), lines)


def _both(five: float | None, ten: float | None) -> str:
    if five is None or pd.isna(five):
        return MISSING
    return f"{100 * five:.1f} / {100 * float(ten or 0.0):.1f}"


def _range(low: float, high: float) -> str:
    return percent(low) if low == high else f"{percent(low)} to {percent(high)}"
