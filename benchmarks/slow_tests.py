"""Tests that take a second a panel, and the intervals of the library itself, with fewer draws."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from benchmarks.cells import Cell, actual_eight, describe_cell
from benchmarks.collapsed import with_effect
from benchmarks.methods import DRAWS
from benchmarks.processes import Process
from benchmarks.settings import make_setting, with_outcome
from benchmarks.sizes import count_rejections, simulated_batches
from benchmarks.synthetic_tests import synthetic_blocks
from yrdecon.core.design import Design
from yrdecon.core.hypothesis import HypothesisTest
from yrdecon.core.panel import Panel
from yrdecon.estimators.twfe import twfe
from yrdecon.inference.conley_taber import conley_taber
from yrdecon.inference.ferman_pinto import ferman_pinto
from yrdecon.inference.permutation import permutation_test
from yrdecon.inference.sign_change import sign_change
from yrdecon.inference.spatial import spatial_model_test
from yrdecon.inference.wild import wild_cluster_bootstrap

COLUMNS = ["method", "effect", "draws", "rate_5", "rate_10"]
EFFECTS = (0.0, 0.02, 0.04, 0.06)
COVERED_EFFECT, COVERED_LEVEL = 0.04, 0.95
INTERVALS: dict[str, Callable[[Panel, Design], HypothesisTest]] = {
    "default": lambda panel, design: permutation_test(twfe, panel, design, seed=1),
    "WCR": lambda panel, design: wild_cluster_bootstrap(twfe(panel, design), draws=DRAWS, seed=1),
    "Conley-Taber": lambda panel, design: conley_taber(panel, design, seed=1),
    "Ferman-Pinto": lambda panel, design: ferman_pinto(panel, design, seed=1, draws=DRAWS),
    "sign change": lambda panel, design: sign_change(panel, design, seed=1),
}


def slow_cells(pools: tuple[str, ...]) -> tuple[Cell, ...]:
    """Return the cells of the synthetic and the spatial test."""
    processes = (
        Process("growth", 0.6, 0.0),
        Process("growth", 0.6, 225.0),
        Process("levels", 0.8, 375.0),
        Process("growth", 0.6, 225.0, province=1.0),
        Process("growth", 0.6, 0.0, gradient=1.0),
    )
    return tuple(
        Cell("slow", "actual eight", pool, "2020", (make_setting(actual_eight(), "2020", pool),), process)
        for pool in pools
        for process in processes
    )


def coverage_cells() -> tuple[Cell, ...]:
    """Return the cells in which intervals are checked."""
    setting = (make_setting(actual_eight()),)
    processes = (Process("levels", 0.6, 0.0), Process("growth", 0.6, 225.0))
    return tuple(Cell("coverage", "actual eight", "in_yrd", "2020", setting, process) for process in processes)


def synthetic_rates(cell: Cell, draws: int) -> pd.DataFrame:
    """Return size and power of synthetic difference-in-differences under half-shrunk blocks."""
    rows: list[tuple[object, ...]] = []
    for batch, panels in enumerate(simulated_batches(cell, draws)):
        found = synthetic_blocks(panels, EFFECTS, DRAWS, batch)
        rows += [
            ("SDID, blocks", effect, len(panels.change), *count_rejections(p))
            for effect, p in zip(EFFECTS, found, strict=True)
        ]
    return _rates(rows, cell)


def spatial_rates(cell: Cell, draws: int) -> pd.DataFrame:
    """Return the size of the spatial model test."""
    rows: list[tuple[object, ...]] = []
    for panels in simulated_batches(cell, draws):
        tests = [spatial_model_test(with_outcome(panels.setting, y), panels.setting.design) for y in panels.y]
        rows.append(("spatial model", 0.0, len(tests), *count_rejections(np.array([t.p_value for t in tests]))))
    return _rates(rows, cell)


def interval_coverage(cell: Cell, draws: int) -> pd.DataFrame:
    """Return how often the library's 95% interval holds an effect of .04, and how often it is finite."""
    rows = []
    for panels in simulated_batches(cell, draws):
        shifted = with_effect(panels, COVERED_EFFECT)
        for name, test in INTERVALS.items():
            found = [test(with_outcome(panels.setting, y), panels.setting.design) for y in shifted.y]
            ends = np.array([(t.conf_low, t.conf_high) for t in found])
            inside = (ends[:, 0] <= COVERED_EFFECT) & (ends[:, 1] >= COVERED_EFFECT)
            width = np.median(ends[:, 1] - ends[:, 0])
            rows.append((name, len(found), inside.sum(), np.isfinite(ends).all(axis=1).sum(), width))
    table = pd.DataFrame(rows, columns=["method", "draws", "coverage", "finite", "median_width"])
    sums = table.groupby("method", sort=False, as_index=False)[["draws", "coverage", "finite"]].sum()
    sums["median_width"] = table.groupby("method", sort=False)["median_width"].mean().to_numpy()
    sums[["coverage", "finite"]] = sums[["coverage", "finite"]].div(sums["draws"], axis=0)
    return sums.assign(level=COVERED_LEVEL, **describe_cell(cell))


def _rates(rows: list[tuple[object, ...]], cell: Cell) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=COLUMNS).groupby(["method", "effect"], sort=False, as_index=False).sum()
    table[["rate_5", "rate_10"]] = table[["rate_5", "rate_10"]].div(table["draws"], axis=0)
    return table.assign(**describe_cell(cell), mechanism="contiguous")
