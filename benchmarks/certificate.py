"""Run the certificate, ``python -m benchmarks.certificate``: tables first, then the report from the tables alone."""

from __future__ import annotations

import argparse
import platform
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from functools import partial

import numpy as np
import pandas as pd
import scipy

import yrdecon
from benchmarks.cells import SEED, Cell, all_cells, hard_cells
from benchmarks.certificate_report import REPORTS, write_report
from benchmarks.grades import PROCESSES, grade_probabilities
from benchmarks.methods import DEFAULT
from benchmarks.sizes import rejection_rates
from benchmarks.slow_tests import coverage_cells, interval_coverage, slow_cells, spatial_rates, synthetic_rates

DRAWS = {"sizes": 2_000, "hard": 20_000, "synthetic": 400, "spatial": 200, "coverage": 300, "grades": 400}
FORMAT = "%.6g"


def run_part(part: str, draws: int, workers: int) -> None:
    """Run one part of the certificate and write its table, and what it took."""
    start = time.perf_counter()
    with ProcessPoolExecutor(workers) as pool:
        table = pd.concat(pool.map(partial(_run_one, part, draws), range(len(_jobs(part)))), ignore_index=True)
    _save(table, f"certificate_{part}")
    record = {
        "part": part,
        "draws": draws,
        "seed": SEED,
        "seconds": round(time.perf_counter() - start),
        "workers": workers,
        "yrdecon": yrdecon.__version__,
        "numpy": np.__version__,
        "scipy": scipy.__version__,
        "python": platform.python_version(),
    }
    path = REPORTS / "certificate_runs.csv"
    earlier = pd.read_csv(path).query("part != @part") if path.exists() else pd.DataFrame()
    runs = pd.concat([earlier, pd.DataFrame([record])])
    _save(runs.sort_values("part", key=lambda names: names.map(list(DRAWS).index)), path.stem)


def _run_one(part: str, draws: int, position: int) -> pd.DataFrame:
    return _jobs(part)[position](draws)


def _jobs(part: str) -> list[Callable[[int], pd.DataFrame]]:
    """Return what can be done at the same time, each a function of the number of draws."""
    cells: dict[str, tuple[Callable[[Cell, int], pd.DataFrame], Iterable[Cell]]] = {
        "sizes": (rejection_rates, all_cells()),
        "hard": (partial(rejection_rates, only=(DEFAULT,)), hard_cells()),
        "synthetic": (synthetic_rates, slow_cells(("in_yrd", "in_yrd_clean"))),
        "spatial": (spatial_rates, slow_cells(("in_yrd",))),
        "coverage": (interval_coverage, coverage_cells()),
    }
    if part == "grades":
        return [partial(grade_probabilities, process) for process in PROCESSES]
    function, chosen = cells[part]
    return [partial(function, cell) for cell in chosen]


def _save(table: pd.DataFrame, name: str) -> None:
    table.to_csv(REPORTS / f"{name}.csv", index=False, lineterminator="\n", float_format=FORMAT)


def main() -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", default=list(DRAWS), help=f"of {list(DRAWS)}, or 'report' alone")
    parser.add_argument("--draws", type=int, default=None, help="instead of the usual number")
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    for part in options.parts:
        if part != "report":
            run_part(part, options.draws or DRAWS[part], options.workers)
    write_report()


if __name__ == "__main__":
    main()
