"""Show what the benchmark of dynamic panels with few periods found, read from its table."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

from docutils import nodes
from docutils.parsers.rst import Directive
from page_tables import table_of

TABLE = Path(__file__).resolve().parents[2] / "reports" / "certificate_dynamic.csv"
HEADER = (
    "Estimator",
    "Coefficient of the lag",
    "Bias",
    "Spread",
    "Interval holds it, %",
    "Median width",
    "No solution, %",
)


def setup(app: Any) -> dict[str, bool]:
    app.add_directive("few-periods", FewPeriods)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def rows_of(methods: list[str]) -> list[dict[str, str]]:
    """Return the rows of the methods; KeyError names one that the table does not have."""
    with TABLE.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    if missing := set(methods) - {row["method"] for row in rows}:
        raise KeyError(f"{TABLE.name} has no {sorted(missing)}")
    return [row for row in rows if row["method"] in methods]


class FewPeriods(Directive):
    """Tabulate bias, spread and coverage of the named estimators, separated by semicolons."""

    required_arguments = 1
    final_argument_whitespace = True

    def run(self) -> list[nodes.Node]:
        try:
            rows = rows_of([m.strip() for m in self.arguments[0].split(";")])
        except KeyError as problem:
            raise self.error(str(problem)) from None
        size = f"{rows[0]['units']} units and {rows[0]['periods']} periods, {int(rows[0]['draws']):,} samples"
        text = (
            f"The coefficient of the lag and its 95% interval in simulated panels of {size} each; a sample without a "
        )
        text += "solution counts as not held. Made by benchmarks/dynamic_coverage.py."
        return [nodes.paragraph("", text), table_of(HEADER, [_shown(row) for row in rows], numbers_from=1)]


def _shown(row: dict[str, str]) -> tuple[str, ...]:
    share = 100 * int(row["unsolved"]) / int(row["draws"])
    return (
        row["method"],
        row["rho"],
        f"{float(row['bias']):.3f}",
        f"{float(row['spread']):.3f}",
        f"{100 * float(row['coverage_95']):.1f}",
        f"{float(row['median_width']):.3f}",
        f"{share:.1f}",
    )
