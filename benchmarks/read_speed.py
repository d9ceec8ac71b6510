"""Time the readers: a text of 300 MB, and the six editions of the yearbook where they are present.

``python -m benchmarks.read_speed [--workbooks FOLDER]``; the figures of the text are invented.
"""

from __future__ import annotations

import argparse
import platform
import resource
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

import yrdecon as yd

MEGABYTES, COLUMNS, PERIODS = 300, 12, 40


def main() -> None:
    """Read the options and print the timings."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workbooks", type=Path)
    options = parser.parse_args()
    print(f"Python {platform.python_version()}, {platform.machine()}")
    if options.workbooks:
        start = time.perf_counter()
        cells = sum(len(yd.read_yearbook(path)) for path in sorted(options.workbooks.glob("china_city_*.xlsx")))
        print(f"yearbooks: {cells} figures in {time.perf_counter() - start:.1f} s")
    with tempfile.TemporaryDirectory() as folder:
        for encoding in ("utf-8", "gbk"):
            path = large_text(Path(folder) / f"{encoding}.csv", encoding)
            start = time.perf_counter()
            panel = yd.read_panel(path)
            seconds = time.perf_counter() - start
            memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
            print(
                f"{encoding}: {path.stat().st_size / 1e6:.0f} MB, {panel!r} in {seconds:.1f} s, {memory:.1f} GB at most"
            )
            path.unlink()


def large_text(path: Path, encoding: str) -> Path:
    """Write invented figures of many units until the file is large enough."""
    generator = np.random.default_rng(1)
    header = ",".join(["城市", "年份", *(f"指标{i}（万元）" for i in range(COLUMNS))])
    unit = 0
    with path.open("w", encoding=encoding) as handle:
        handle.write(header + "\n")
        while path.stat().st_size < MEGABYTES * 1e6:
            values = pd.DataFrame(generator.lognormal(8, 1, (PERIODS * 1000, COLUMNS)).round(4))
            values.insert(0, "unit", [f"第{unit + i // PERIODS}市" for i in range(len(values))])
            values.insert(1, "year", [1980 + i % PERIODS for i in range(len(values))])
            handle.write(values.to_csv(index=False, header=False, lineterminator="\n"))
            unit += 1000
    return path


if __name__ == "__main__":
    main()
