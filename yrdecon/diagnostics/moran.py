"""Whether neighbors are alike (Moran 1950)."""

from __future__ import annotations

from types import MappingProxyType

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from yrdecon.core.hypothesis import TIE, HypothesisTest
from yrdecon.core.numbers import fail_if_not_finite, fail_if_not_numbers
from yrdecon.core.options import fail_if_not_whole
from yrdecon.core.panel import Panel
from yrdecon.errors import DesignError
from yrdecon.estimators.panels.spatial import fail_if_not_balanced, fitting_weights
from yrdecon.kernels.spatial_dependence import local_moran, moran_values
from yrdecon.kernels.spatial_dependence import moran as moran_moments
from yrdecon.places.spatial_weights import SpatialWeights

FloatArray = NDArray[np.float64]

FEWEST_UNITS = 4
QUADRANTS = np.array([["low-low", "low-high"], ["high-low", "high-high"]])


def moran(panel: Panel, column: str, weights: SpatialWeights, *, seed: int, draws: int = 999) -> HypothesisTest:
    """Test whether values of neighbors are alike, period by period and on average over periods.

    Parameters
    ----------
    column
        Numeric column, complete in the periods of the panel; take ``panel.between(2019, 2019)`` for one period.
    seed
        Seed of the permutations.
    draws
        Number of permutations of whole units over places, 99 or more; the same ones in all periods.

    Returns
    -------
    A one-sided test of positive dependence, whose statistic and estimate are Moran's I averaged over periods. Frame
    ``"periods"`` holds moran, expectation, variance under randomization, statistic and p_value of its normal
    approximation, and p_permutation. Frame ``"local"`` holds the local I of every unit and period, and its quadrant:
    ``"high-low"`` is a high value among low ones.

    Raises
    ------
    DesignError
        If the column is missing, not numeric, incomplete, or the same everywhere in a period, the weights are of other
        units or leave some without a neighbor, or there are fewer than four units.

    Notes
    -----
    Levels of outcomes are alike among neighbors for many reasons; residuals of a regression, added as a column, are
    what errors that ignore neighbors should be held against.

    References
    ----------
    Cliff and Ord (1981), Spatial Processes; Anselin (1995), Geographical Analysis.

    Examples
    --------
    >>> from yrdecon.clean import load_panel
    >>> from yrdecon.places import spatial_weights
    >>> panel = load_panel("yrd").between(2018, 2019)
    >>> round(moran(panel, "ln_real_gdp_pc", spatial_weights(panel), seed=1).statistic, 3)
    0.61
    """
    fail_if_not_whole("seed", seed, 0)
    fail_if_not_whole("draws", draws, 99)
    values, units, periods = _values(panel, column)
    matrix = fitting_weights(weights, units, has_time_effects=False)
    moments = moran_moments(values, matrix)
    orders = np.random.default_rng(seed).permuted(np.tile(np.arange(len(values)), (draws, 1)), axis=1)
    permuted = np.concatenate([moments.values[None, :], moran_values(values[orders], matrix)])
    means = permuted.mean(axis=1)
    statistic = (moments.values - moments.expectation) / np.sqrt(moments.variances)
    table = pd.DataFrame(
        {
            "time": periods,
            "moran": moments.values,
            "expectation": moments.expectation,
            "variance": moments.variances,
            "statistic": statistic,
            "p_value": stats.norm.sf(statistic),
            "p_permutation": _share(permuted),
        }
    )
    return HypothesisTest(
        name="Moran's I",
        statistic=float(means[0]),
        p_value=float(_share(means)),
        null=f"values of {column!r} are placed at random over the units",
        draws=means,
        estimate=float(means[0]),
        frames=MappingProxyType({"periods": table, "local": _local(values, matrix, units, periods)}),
        notes=(f"{draws} permutations of whole units over places, seed {seed}",),
    )


def _values(panel: Panel, column: str) -> tuple[FloatArray, list[object], list[int]]:
    if column not in panel.frame.columns:
        raise DesignError(f"the panel has no column {column!r}; its columns are {panel.frame.columns.tolist()[:60]}")
    fail_if_not_numbers(panel.frame, [column])
    fail_if_not_finite(panel.frame, [column])
    frame = panel.frame[panel.frame[column].notna()]
    if frame.empty:
        raise DesignError(f"column {column!r} is missing in every row; take periods or a column with values")
    units, periods = fail_if_not_balanced(frame[panel.unit], frame[panel.time])
    values = frame[column].to_numpy(dtype=float).reshape(len(units), len(periods))
    if len(units) < FEWEST_UNITS:
        raise DesignError(f"Moran's I needs {FEWEST_UNITS} units or more; there are {len(units)}")
    same = np.ptp(values, axis=0) == 0
    if same.any():
        raise DesignError(f"column {column!r} is the same everywhere in {np.array(periods)[same].tolist()[:8]}")
    return values, units, periods


def _share(draws: FloatArray) -> FloatArray:
    """Return the share of draws, the actual one first, that are at least as high as it."""
    return np.asarray((draws >= draws[0] - TIE * np.abs(draws[0])).mean(axis=0))


def _local(values: FloatArray, weights: FloatArray, units: list[object], periods: list[int]) -> pd.DataFrame:
    apart = values - values.mean(axis=0)
    quadrant = QUADRANTS[(apart > 0).astype(int), (weights @ apart > 0).astype(int)]
    table = pd.DataFrame({"unit": np.repeat(np.array(units, dtype=object), len(periods)), "time": periods * len(units)})
    return table.assign(local_moran=local_moran(values, weights).ravel(), quadrant=quadrant.ravel())
