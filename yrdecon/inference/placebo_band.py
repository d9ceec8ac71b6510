"""Bands that hold for all coefficients together, from placebo assignments."""

from __future__ import annotations

from types import MappingProxyType

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from yrdecon.core.assignment import Assignment
from yrdecon.core.design import Design
from yrdecon.core.estimate import Estimate
from yrdecon.core.estimator import Estimator, estimate_assignments
from yrdecon.core.hypothesis import TIE, HypothesisTest
from yrdecon.core.panel import Panel
from yrdecon.core.sample import draw_sample
from yrdecon.errors import DesignError
from yrdecon.inference.assignments import admissible_assignments
from yrdecon.inference.inversion import fail_if_level_is_wrong
from yrdecon.kernels.placebo_bands import PlaceboBand, placebo_band_of, standardized_maximum

FloatArray = NDArray[np.float64]


def placebo_band(
    estimator: Estimator,
    panel: Panel,
    design: Design,
    assignment: Assignment | None = None,
    *,
    seed: int,
    draws: int = 999,
    level: float = 0.95,
) -> HypothesisTest:
    """Put a band around all coefficients of an estimate, as wide as placebo assignments need it.

    Parameters
    ----------
    estimator
        Any function from a panel and a design to an estimate, for example `event_study`.
    assignment
        The mechanism; None is ``Assignment("auto")``.
    seed, draws
        Seed and number of sampled assignments where they are not enumerated.
    level
        Probability with which the largest standardized placebo coefficient stays inside.

    Returns
    -------
    A joint test that no coefficient differs from zero: its statistic is the largest coefficient relative to the
    standard deviation of its placebos. Frame ``"band"`` holds the cells with estimate, std_error (of the placebos),
    conf_low and conf_high, NaN in excluded periods; frame ``"paths"`` the cells with the estimate of every assignment,
    the actual one first.

    Raises
    ------
    DesignError
        If fewer than two placebo assignments are there, or a coefficient is not identified in one of them.

    Notes
    -----
    Alvarez and Ferman (2023) prove this for one treated unit and weakly dependent ones around it; for blocks, size is
    established by simulation. The quantile is among the placebos alone, without the actual assignment.

    References
    ----------
    Alvarez and Ferman (2023), arXiv 2006.16997.

    Examples
    --------
    >>> from yrdecon.estimators import event_study
    >>> noise = np.random.default_rng(1).normal(size=(12, 5))
    >>> rows = [(u, t, noise[u, t], 3.0 if u < 2 else np.inf) for u in range(12) for t in range(5)]
    >>> panel = Panel.from_frame(pd.DataFrame(rows, columns=["u", "t", "y", "cohort"]), unit="u", time="t")
    >>> test = placebo_band(event_study, panel, Design(outcome="y"), seed=1)
    >>> test.frames["band"].columns.tolist()[-4:]
    ['estimate', 'std_error', 'conf_low', 'conf_high']
    """
    fail_if_level_is_wrong(level)
    compared = admissible_assignments(
        panel, draw_sample(panel, design), assignment or Assignment(), draws=draws, seed=seed
    )
    if len(compared.cohorts) < 3:
        raise DesignError("a band needs two or more placebo assignments; loosen within, stratify or exclude")
    actual = estimator(panel, design)
    coefficients = estimate_assignments(estimator, panel, design, compared.cohorts)
    _fail_if_not_identified(coefficients)
    shown = ~_excluded(actual)
    band = placebo_band_of(coefficients[1:, shown], level)
    statistics = np.append(standardized_maximum(coefficients[:1, shown], band.spread), band.largest)
    return HypothesisTest(
        name=f"joint placebo test, {compared.kind} assignments",
        statistic=float(statistics[0]),
        p_value=float(np.mean(statistics >= statistics[0] * (1 - TIE))),
        null="no unit's outcome was changed by the treatment in any period",
        draws=statistics,
        n_assignments=compared.n_admissible,
        disjoint_sets=compared.disjoint_sets,
        frames=MappingProxyType({"band": _frame(actual, shown, band), "paths": _paths(actual, coefficients)}),
        notes=(
            compared.reason,
            f"the band is {band.critical:.2f} placebo standard deviations wide on each side, so that "
            f"{level:.0%} of {len(band.largest):,} placebo estimates lie inside in all periods",
        ),
    )


def _frame(actual: Estimate, shown: NDArray[np.bool_], band: PlaceboBand) -> pd.DataFrame:
    spread = np.full(len(actual.coef), np.nan)
    spread[shown] = band.spread
    half = band.critical * spread
    return actual.cells.reset_index(drop=True).assign(
        estimate=actual.coef, std_error=spread, conf_low=actual.coef - half, conf_high=actual.coef + half
    )


def _paths(actual: Estimate, coefficients: FloatArray) -> pd.DataFrame:
    draws, k = coefficients.shape
    cells = actual.cells.iloc[np.tile(np.arange(k), draws)].reset_index(drop=True)
    return cells.assign(assignment=np.repeat(np.arange(draws), k), estimate=coefficients.ravel())


def _excluded(estimate: Estimate) -> NDArray[np.bool_]:
    if "excluded" not in estimate.cells:
        return np.zeros(len(estimate.coef), dtype=bool)
    return np.asarray(estimate.cells["excluded"].to_numpy(dtype=bool))


def _fail_if_not_identified(coefficients: FloatArray) -> None:
    lost = int(np.isnan(coefficients).any(axis=1).sum())
    if lost:
        raise DesignError(
            f"a coefficient is not identified in {lost} of {len(coefficients)} assignments; restrict them"
        )
