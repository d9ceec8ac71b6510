"""Rejection rates of every test in a cell."""

from __future__ import annotations

from collections.abc import Iterator
from zlib import crc32

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks.cells import SEED, Cell, describe_cell
from benchmarks.collapsed import Collapsed, collapse, with_effect
from benchmarks.methods import DRAWS, applicable_tests
from benchmarks.processes import simulate
from benchmarks.settings import compared_sets

FloatArray = NDArray[np.float64]

BATCH = 200
LEVELS = (0.05, 0.10)
ROUNDING = 1e-12
BATCHES_OF_SLOW = {"conformal": 2}


def rejection_rates(cell: Cell, draws: int, only: tuple[str, ...] = ()) -> pd.DataFrame:
    """Return one row per test, or those of some names, and effect: the share of draws with p at most .05 and .10.

    Draws come in batches of 200, each with new assignments, signs and picks, so that the error of these averages out.
    """
    rows, kinds = [], set()
    for batch, panels in enumerate(simulated_batches(cell, draws)):
        kinds.add(compared_sets(panels.setting, "auto", DRAWS, batch).kind)
        for effect in (0.0, *cell.effects):
            shifted = with_effect(panels, effect) if effect else panels
            tests = applicable_tests(shifted)
            for name, test in ((name, tests[name]) for name in only or tests):
                if batch < BATCHES_OF_SLOW.get(name, batch + 1):
                    rows.append((name, effect, len(panels.change), *count_rejections(test(shifted, batch))))
    columns = ["method", "effect", "draws", "rate_5", "rate_10"]
    table = pd.DataFrame(rows, columns=columns).groupby(["method", "effect"], sort=False, as_index=False).sum()
    table[["rate_5", "rate_10"]] = table[["rate_5", "rate_10"]].div(table["draws"], axis=0)
    return table.assign(**describe_cell(cell), mechanism=" or ".join(sorted(kinds)))


def simulated_batches(cell: Cell, draws: int) -> Iterator[Collapsed]:
    """Draw the panels of a cell; its random numbers depend on its key alone."""
    for batch, start in enumerate(range(0, draws, BATCH)):
        setting = cell.settings[batch % len(cell.settings)]
        generator = np.random.default_rng([SEED, crc32(cell.key.encode()), batch])
        yield collapse(setting, simulate(cell.process, setting, min(BATCH, draws - start), generator))


def count_rejections(p_values: FloatArray) -> tuple[int, ...]:
    """Return how many p-values are at most .05 and .10."""
    return tuple(int((p_values <= level + ROUNDING).sum()) for level in LEVELS)
