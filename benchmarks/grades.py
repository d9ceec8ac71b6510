"""How often each evidence grade is given at effects of which the truth is known."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from zlib import crc32

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks.cells import SEED, actual_eight
from benchmarks.collapsed import Collapsed, collapse
from benchmarks.methods import DRAWS
from benchmarks.processes import Process, simulate
from benchmarks.settings import Setting, make_setting, pool_cities, with_outcome
from benchmarks.synthetic_tests import synthetic_blocks, synthetic_contrasts
from yrdecon.estimators.aggregate import aggregate
from yrdecon.estimators.matrix_completion import matrix_completion
from yrdecon.estimators.synthetic_control import synthetic_control
from yrdecon.study import grade as study
from yrdecon.study.plan import Decision

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

HEADLINE, NATIONAL = "in_yrd_clean", "in_national"
POOLS = (HEADLINE, "in_anhui", "in_huaihe", NATIONAL)
EFFECTS = (0.0, 0.02, 0.04, 0.06)
CALIBRATED_LEVEL, ROUNDING = 0.10, 1e-12
BATCH, CALIBRATION_DRAWS = 100, 600
PROCESSES = (
    Process("growth", 0.6, 0.0),
    Process("growth", 0.6, 225.0),
    Process("growth", 0.6, 650.0),
    Process("growth", 0.6, 225.0, province=1.0),
    Process("growth", 0.6, 225.0, gradient=1.0),
)
GRADIENT = Process("growth", 0.6, 225.0, gradient=1.0)


@dataclass(frozen=True, eq=False)
class Evidence:
    """What the rule reads, in S simulated studies.

    Attributes
    ----------
    p_values
        (E, S) of the headline estimator in the headline pool, at E effects.
    by_pool
        (4, S) headline estimates in the comparison pools, without an effect.
    by_estimator
        (4, S) estimates in the headline pool, without an effect.
    left_out
        (S, L) differences in differences in the headline pool without one unit at a time.
    """

    p_values: FloatArray
    by_pool: FloatArray
    by_estimator: FloatArray
    left_out: FloatArray


def grade_probabilities(process: Process, draws: int) -> pd.DataFrame:
    """Return one row per effect: the shares of simulated studies that are graded strong, suggestive, contrary.

    All estimators take their weights from untreated cells, so that an effect shifts each estimate by itself.
    """
    threshold = calibrated_threshold(CALIBRATION_DRAWS)
    parts = [gather_evidence(process, BATCH, batch) for batch in range(draws // BATCH)]
    rows = []
    for position, effect in enumerate(EFFECTS):
        grades = np.concatenate([_grades(part, position, threshold) for part in parts])
        shares = {name: float((grades == name).mean()) for name in ("strong", "suggestive", "contrary", "inconclusive")}
        rows.append({"process": str(process), "effect": effect, "draws": len(grades), **shares})
    return pd.DataFrame(rows).assign(suggestive_threshold=threshold)


@cache
def calibrated_threshold(draws: int) -> float:
    """Return the largest p-value at which the headline test rejects a true null in at most 10% under a gradient."""
    setting = make_setting(actual_eight(), "2020", HEADLINE)
    generator = np.random.default_rng([SEED, crc32(b"calibration")])
    panels = collapse(setting, simulate(GRADIENT, setting, draws, generator))
    p_values = synthetic_blocks(panels, (0.0,), DRAWS, 0)[0]
    attained = np.unique(p_values)
    rates = np.array([(p_values <= p + ROUNDING).mean() for p in attained])
    return float(attained[rates <= CALIBRATED_LEVEL].max(initial=0.0))


def gather_evidence(process: Process, draws: int, batch: int) -> Evidence:
    """Simulate the country and estimate everything that the rule asks for, without an effect."""
    country = make_setting(actual_eight(), "2020", "located")
    generator = np.random.default_rng([SEED, crc32(f"grade|{process}".encode()), batch])
    delta = country.panel.units.isin(pool_cities("in_yrd").index)
    y = simulate(process, country, draws, generator, scaled_by=np.asarray(delta))
    pools = {pool: make_setting(actual_eight(), "2020", pool) for pool in POOLS}
    panels = {pool: collapse(s, y[:, country.panel.units.get_indexer(s.panel.units)]) for pool, s in pools.items()}
    headline = panels[HEADLINE]
    synthetic = [_synthetic(found) for found in panels.values()]
    others = [_estimates(headline.setting, one) for one in headline.y]
    return Evidence(
        synthetic_blocks(headline, EFFECTS, DRAWS, 0),
        np.stack(synthetic),
        np.stack([headline.estimates, synthetic[0], *np.transpose(others)]),
        _left_out(headline),
    )


def _synthetic(panels: Collapsed) -> FloatArray:
    contrasts = synthetic_contrasts(panels, panels.setting.treated[None, :])[:, 0]
    return np.asarray((contrasts * panels.change).sum(axis=1))


def _estimates(setting: Setting, y: FloatArray) -> FloatArray:
    panel = with_outcome(setting, y)
    completed = aggregate(matrix_completion(panel, setting.design), None)
    return np.array([completed.coef[0], synthetic_control(panel, setting.design).coef[0]])


def _left_out(panels: Collapsed) -> FloatArray:
    """Return (S, N) differences in differences, each without one unit."""
    treated = panels.setting.treated
    sizes = treated.sum(), (~treated).sum()
    ones, others = panels.change[:, treated].mean(axis=1), panels.change[:, ~treated].mean(axis=1)
    moved = np.where(treated, panels.change - ones[:, None], others[:, None] - panels.change)
    return np.asarray(panels.estimates[:, None] - moved / np.where(treated, sizes[0] - 1, sizes[1] - 1))


def _grades(evidence: Evidence, position: int, threshold: float) -> NDArray[np.str_]:
    effect = EFFECTS[position]
    pools = evidence.by_pool + effect
    found = study.Evidence(
        p_value=evidence.p_values[position],
        pools=pools,
        attains=np.isin(POOLS, (HEADLINE, NATIONAL)),
        estimators=evidence.by_estimator + effect,
        left_out=evidence.left_out.T + effect,
        threshold=threshold,
        holds_size=True,
        breakdown=np.full(len(pools[0]), np.inf),
    )
    return study.evidence_grades(found, Decision())
