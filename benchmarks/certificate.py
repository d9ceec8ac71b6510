"""Run the certificate: ``python -m benchmarks.certificate``; the report is then written from the tables."""

from __future__ import annotations

import argparse
import time
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import pandas as pd

from benchmarks.cells import all_cells
from benchmarks.sizes import rejection_rates

REPORTS = Path(__file__).resolve().parent.parent / "reports"
DRAWS = 2_000
FORMAT = "%.6g"


def run_sizes(draws: int, workers: int) -> pd.DataFrame:
    """Return the rejection rates of every cell."""
    with ProcessPoolExecutor(workers) as pool:
        return pd.concat(pool.map(partial(_rates, draws), [cell.key for cell in all_cells()]), ignore_index=True)


def save(table: pd.DataFrame, name: str) -> None:
    """Write a table of the certificate."""
    table.to_csv(REPORTS / f"{name}.csv", index=False, lineterminator="\n", float_format=FORMAT)


def _rates(draws: int, key: str) -> pd.DataFrame:
    return rejection_rates(next(cell for cell in all_cells() if cell.key == key), draws)


def main() -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=DRAWS)
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    start = time.perf_counter()
    save(run_sizes(options.draws, options.workers), "certificate")
    print(f"{time.perf_counter() - start:.0f} seconds")


if __name__ == "__main__":
    main()
