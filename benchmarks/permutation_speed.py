"""Time permutation inference on the 41 x 14 panel: ``python -m benchmarks.permutation_speed``."""

from __future__ import annotations

import os
import platform
import statistics
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

import yrdecon as yd
from yrdecon.core.estimator import estimate_assignments
from yrdecon.core.sample import draw_sample
from yrdecon.kernels.blocks import nearest_blocks
from yrdecon.kernels.resample import random_orders
from yrdecon.places.distances import unit_distances

FloatArray = NDArray[np.float64]

REPEATS = 7
TWFE_ASSIGNMENTS, SDID_ASSIGNMENTS = 10_000, 1_000
LIMITS = {"twfe": 0.1, "synthetic_did": 1.0}


def free_assignments(panel: yd.Panel, design: yd.Design, count: int, seed: int) -> FloatArray:
    """Return (B, N) first treated periods, any cities as likely."""
    cohort = draw_sample(panel, design).cohort
    return cohort[random_orders(np.zeros(len(cohort), dtype=np.int64), count, np.random.default_rng(seed))]


def contiguous_assignments(panel: yd.Panel, design: yd.Design, count: int, seed: int) -> FloatArray:
    """Return (B, N) first treated periods of nearest-neighbor blocks, drawn again and again."""
    sample = draw_sample(panel, design)
    treated = np.isfinite(sample.cohort)
    blocks = nearest_blocks(unit_distances(panel, sample), int(treated.sum()))
    chosen = np.random.default_rng(seed).integers(0, len(blocks), count)
    return np.where(blocks[chosen], sample.cohort[treated][0], np.inf)


def median_seconds(call: Callable[[], object], clock: Callable[[], float]) -> float:
    """Return the median time of seven calls after one to warm up, by a clock of the wall or of the processor."""
    call()
    times = []
    for _ in range(REPEATS):
        start = clock()
        call()
        times.append(clock() - start)
    return statistics.median(times)


def main() -> None:
    """Print one line per case."""
    panel, headline = yd.load_twinning(), yd.twinning_design()
    design = replace(headline, pool="in_yrd")
    load = f", load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    print(f"{platform.python_version()}, numpy {np.__version__}, {os.cpu_count()} cores{load}")
    for name, estimator, count in (
        ("twfe", yd.twfe, TWFE_ASSIGNMENTS),
        ("synthetic_did", yd.synthetic_did, SDID_ASSIGNMENTS),
    ):
        for kind, make in (("free", free_assignments), ("contiguous", contiguous_assignments)):
            cohorts = make(panel, design, count, 1)
            call = partial(estimate_assignments, estimator, panel, design, cohorts)
            wall, processor = (median_seconds(call, clock) for clock in (time.perf_counter, time.process_time))
            found = f"{wall:.3f} s, {processor:.3f} s of processor time"
            print(f"{name}: {count:,} {kind} assignments in {found} (limit {LIMITS[name]:g} s)")


if __name__ == "__main__":
    main()
