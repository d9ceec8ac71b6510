"""Whether the errors of different units are correlated (Pesaran 2004, 2021)."""

from __future__ import annotations

from types import MappingProxyType

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from yrdecon.core.estimate import Estimate
from yrdecon.core.hypothesis import HypothesisTest
from yrdecon.errors import DesignError
from yrdecon.inference.reduction import linear_fit

FloatArray = NDArray[np.float64]

FEWEST = 3


def pesaran_cd(estimate: Estimate) -> HypothesisTest:
    """Test whether residuals of different units are correlated on average.

    Parameters
    ----------
    estimate
        Of `panel_regression`. Pairs of units count that have three periods or more in common.

    Returns
    -------
    A two-sided normal test, whose estimate is the mean correlation; frame ``"correlations"`` holds that of every pair,
    and frame ``"lagrange_multiplier"`` the test of Breusch and Pagan (1980), for few units and many periods.

    Raises
    ------
    DesignError
        If no pair of units has three periods in common.

    Notes
    -----
    Period effects remove what all units share: with them the test has little power, and can reject a true null (Juodis
    and Reese 2022). `spatial_range` tells how far correlation reaches.

    References
    ----------
    Pesaran (2021), Empirical Economics.

    Examples
    --------
    >>> from yrdecon.core import Panel
    >>> from yrdecon.estimators import panel_regression
    >>> rows = [(u, t, float(i * t % 5), float(i * t * t % 7)) for i, u in enumerate("abcdef", 1) for t in range(1, 7)]
    >>> panel = Panel.from_frame(pd.DataFrame(rows, columns=["u", "t", "y", "x"]), unit="u", time="t")
    >>> len(pesaran_cd(panel_regression(panel, "y ~ x | u")).frames["correlations"])
    15
    """
    table = estimate.units[["unit", "time"]].assign(e=linear_fit(estimate).residuals)
    wide = table.pivot(index="unit", columns="time", values="e")
    correlation, periods = _pairwise(wide.to_numpy(dtype=float))
    first, second = np.triu_indices(len(wide), 1)
    usable = (periods[first, second] >= FEWEST) & np.isfinite(correlation[first, second])
    if not usable.any():
        raise DesignError("no two units have three periods in common, so that their correlation is not told")
    first, second = first[usable], second[usable]
    r, t = correlation[first, second], periods[first, second]
    statistic = float(np.sqrt(1 / len(r)) * (np.sqrt(t) * r).sum())
    multiplier = float((t * r**2).sum())
    pairs = pd.DataFrame({"unit": wide.index[first], "other": wide.index[second], "correlation": r, "periods": t})
    lm = {"statistic": [multiplier], "dof": [len(r)], "p_value": [float(stats.chi2.sf(multiplier, len(r)))]}
    notes = ("period effects remove what all units share, and most of the power of this test",)
    return HypothesisTest(
        name="Pesaran CD test",
        statistic=statistic,
        p_value=float(2 * stats.norm.sf(abs(statistic))),
        null="the errors of different units are not correlated",
        estimate=float(r.mean()),
        frames=MappingProxyType({"correlations": pairs, "lagrange_multiplier": pd.DataFrame(lm)}),
        notes=notes if "time" in linear_fit(estimate).effects else (),
    )


def _pairwise(x: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return (N, N) correlations over the periods that pairs of (N, T) series share, and how many they are."""
    there = np.isfinite(x).astype(float)
    filled = np.where(there > 0, x, 0.0)
    n, sums, squares = there @ there.T, filled @ there.T, filled**2 @ there.T
    variance = n * squares - sums**2
    with np.errstate(divide="ignore", invalid="ignore"):
        return (n * (filled @ filled.T) - sums * sums.T) / np.sqrt(variance * variance.T), n
