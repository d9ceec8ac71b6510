"""Show what the certificate found about a method, read from its tables."""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path
from typing import Any

from docutils import nodes
from docutils.parsers.rst import Directive
from page_tables import table_of

REPORTS = Path(__file__).resolve().parents[2] / "reports"
FILES = ("sizes", "synthetic", "spatial")
POOLS = {"in_yrd": "41 cities", "in_yrd_clean": "30 clean cities", "in_national": "239 cities"}
ROWS = (
    ("actual eight", "in_yrd", "growth 0.6, 0 km"),
    ("actual eight", "in_yrd", "growth 0.6, 150 km"),
    ("actual eight", "in_yrd", "growth 0.6, 225 km"),
    ("actual eight", "in_yrd", "growth 0.6, 650 km"),
    ("actual eight", "in_yrd", "growth 0.6, 225 km, province 1"),
    ("actual eight", "in_yrd", "growth 0.6, 0 km, gradient 1"),
    ("actual eight", "in_yrd", "levels 0.8, 375 km"),
    ("actual eight", "in_yrd", "levels 0.8, 375 km, treated sd x 1.5"),
    ("actual eight", "in_yrd_clean", "growth 0.6, 225 km"),
    ("actual eight", "in_yrd_clean", "growth 0.6, 0 km, gradient 1"),
    ("actual eight", "in_national", "growth 0.6, 225 km, province 1"),
    ("random eight", "in_yrd", "levels 0.6, 0 km"),
    ("scattered eight", "in_yrd", "growth 0.6, 225 km"),
    ("eight smallest", "in_yrd", "levels 0.6, 0 km, variance by size"),
    ("eight largest", "in_yrd", "levels 0.6, 0 km, variance by size"),
    ("two groups of four", "in_yrd", "growth 0.6, 225 km"),
    ("four, random", "in_yrd", "levels 0.6, 0 km"),
    ("two, random", "in_yrd", "levels 0.6, 0 km"),
    ("one, random", "in_yrd", "levels 0.6, 0 km"),
    ("one, smallest", "in_yrd", "levels 0.6, 0 km, variance by size"),
    ("one, largest", "in_yrd", "levels 0.6, 0 km, variance by size"),
    ("twelve random, three dates", "in_yrd", "levels 0.6, 0 km"),
    ("twelve neighbors, three dates", "in_yrd", "growth 0.6, 225 km"),
)
ABSENT = "–"
BASES = ("2020", "all earlier")
NOT_COVERED = (
    "The certificate does not simulate this method on its own. Measure how often a test of yours rejects on your own "
    "panel with calibrate()."
)


def setup(app: Any) -> dict[str, bool]:
    app.add_directive("certificate", Certificate)
    app.add_role("rate", rate_role)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


@cache
def found() -> dict[tuple[str, str, str, str], dict[str, str]]:
    """Return the rows without an effect, by method, treated units, pool and process."""
    rows = {}
    for name in FILES:
        for row in _read(name):
            if float(row["effect"]) == 0 and row["base"] in BASES:
                rows[row["method"], row["treated"], row["pool"], row["process"]] = row
    return rows


def rate(method: str, treated: str, pool: str, process: str) -> str:
    """Return a share of false rejections at 5% in percent; KeyError if the certificate has no such cell."""
    return f"{100 * float(found()[method, treated, pool, process]['rate_5']):.1f}"


def rate_role(
    role: str, raw: str, text: str, line: int, inliner: Any, options: Any = None, content: Any = None
) -> tuple[list[nodes.Node], list[nodes.system_message]]:
    """Write one rate: {rate}`CRV1; actual eight; in_yrd; growth 0.6, 225 km`."""
    try:
        method, treated, pool, process = text.split("; ")
        return [nodes.Text(f"{rate(method, treated, pool, process)}%")], []
    except (KeyError, ValueError) as problem:
        message = inliner.reporter.error(f"the certificate has no cell {text!r}: {problem}", line=line)
        return [inliner.problematic(raw, raw, message)], [message]


class Certificate(Directive):
    """Tabulate false rejections of the named methods, separated by semicolons, and what their intervals hold."""

    required_arguments = 1
    final_argument_whitespace = True

    def run(self) -> list[nodes.Node]:
        if self.arguments[0] == "none":
            return [nodes.paragraph("", NOT_COVERED)]
        methods = [m.strip() for m in self.arguments[0].split(";")]
        known = {key[0] for key in found()}
        if missing := [m for m in methods if m not in known]:
            raise self.error(f"the certificate does not know {missing}")
        rows = [
            (treated, POOLS[pool], process, *rates)
            for treated, pool, process in ROWS
            if set(rates := [_shown(m, treated, pool, process) for m in methods]) != {ABSENT}
        ]
        draws = sorted({int(row["draws"]) for key, row in found().items() if key[0] in methods})
        words = " or ".join(f"{d:,}" for d in draws)
        text = f"False rejections of a true null by a test at 5%, in percent, over {words} simulated panels a cell."
        table = table_of(("Treated", "Compared with", "Shocks", *methods), rows, numbers_from=3)
        return [nodes.paragraph("", text), table, *_coverage(methods)]


def _shown(method: str, treated: str, pool: str, process: str) -> str:
    return rate(method, treated, pool, process) if (method, treated, pool, process) in found() else ABSENT


def _coverage(methods: list[str]) -> list[nodes.Node]:
    rows = []
    for row in _read("coverage"):
        if row["method"] in methods:
            shares = [f"{100 * float(row[column]):.0f}" for column in ("coverage", "finite")]
            rows.append((row["method"], row["process"], *shares, f"{float(row['median_width']):.3f}"))
    if not rows:
        return []
    header = ("Test", "Shocks", "Holds the effect, %", "Finite, %", "Median width")
    text = "95% intervals by inversion around an effect of .04, the actual eight among the 41 cities."
    return [nodes.paragraph("", text), table_of(header, rows, numbers_from=2)]


def _read(name: str) -> list[dict[str, str]]:
    with (REPORTS / f"certificate_{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
