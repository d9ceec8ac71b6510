"""The distribution of placebo estimates: a smooth density, and what each of them would have been worth."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import gaussian_kde

from yrdecon.core.hypothesis import TIE, HypothesisTest
from yrdecon.errors import DesignError

FloatArray = NDArray[np.float64]

GRID, FINE_BINS, MARGIN = 401, 2_000, 0.15
MOST_POINTS = 500


def placebo_distribution(test: HypothesisTest) -> pd.DataFrame:
    """Smooth the placebo estimates, and rank each as if it were the actual one.

    Returns
    -------
    Rows of kind ``"density"``: estimate on a grid, and density (Gaussian kernel, bandwidth of Scott). Rows of kind
    ``"placebo"``: estimate and p_value, the share of all assignments whose statistic is at least as large as this
    one's; of more than 500 every k-th in the order of the estimates.

    Raises
    ------
    DesignError
        If the test compared no assignments, or all placebo estimates are equal.

    Examples
    --------
    >>> from yrdecon.estimators import twfe
    >>> from yrdecon.inference import permutation_test
    >>> from yrdecon.study.twinning import load_twinning, twinning_design
    >>> table = placebo_distribution(permutation_test(twfe, load_twinning(), twinning_design(), seed=1))
    >>> table["kind"].value_counts().to_dict()
    {'density': 401, 'placebo': 24}
    """
    if "placebos" not in test.frames:
        raise DesignError(f"{test.name} compared no assignments; take the result of permutation_test")
    placebos = test.frames["placebos"]
    actual = placebos["actual"].to_numpy(dtype=bool)
    estimates = placebos["estimate"].to_numpy(dtype=float)
    grid, density = _smooth(estimates[~actual])
    worth = pd.DataFrame({"estimate": estimates, "p_value": _shares(placebos["statistic"].to_numpy(dtype=float))})
    points = worth[~actual].sort_values("estimate", kind="stable")
    kept = np.unique(np.linspace(0, len(points) - 1, min(len(points), MOST_POINTS)).round().astype(int))
    curve = pd.DataFrame({"kind": "density", "estimate": grid, "density": density})
    return pd.concat([curve, points.iloc[kept].assign(kind="placebo")], ignore_index=True)


def _smooth(estimates: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return a grid and the density on it; estimates are binned finely first, so that millions cost little."""
    reach = np.ptp(estimates)
    if reach == 0:
        raise DesignError("all placebo estimates are equal; there is no distribution to draw")
    counts, edges = np.histogram(estimates, bins=FINE_BINS)
    grid = np.linspace(estimates.min() - MARGIN * reach, estimates.max() + MARGIN * reach, GRID)
    return grid, np.asarray(gaussian_kde((edges[:-1] + edges[1:]) / 2, weights=counts)(grid))


def _shares(statistics: FloatArray) -> FloatArray:
    """Return the share of statistics at least as large as each, ties included."""
    ordered = np.sort(statistics)
    below = np.searchsorted(ordered, statistics * (1 - TIE), side="left")
    return np.asarray(1 - below / len(statistics))
