"""Standard errors that allow for correlation between neighbors (Conley 1999)."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from yrdecon.core.estimate import Estimate
from yrdecon.core.panel import Panel
from yrdecon.errors import DesignError
from yrdecon.inference.cluster import words_on_negative_variance
from yrdecon.kernels.spatial_hac import bartlett, by_place_and_period, serial_covariance, spatial_covariance, uniform
from yrdecon.places.distances import distances_of

FloatArray = NDArray[np.float64]
Kernel = Literal["bartlett", "uniform"]

KERNELS = {"bartlett": bartlett, "uniform": uniform}


def conley(
    estimate: Estimate, panel: Panel, *, cutoff_km: float, lags: int = 0, kernel: Kernel = "bartlett"
) -> Estimate:
    """Return the estimate with errors correlated between units up to a distance, and within units over time.

    Parameters
    ----------
    panel
        A panel with the units of the estimate and their location.
    cutoff_km
        Great-circle distance from which units of the same period count as uncorrelated.
    lags
        Number of periods over which a unit's own errors are correlated, with weights that fall linearly.
    kernel
        ``"bartlett"`` weights fall linearly with distance; ``"uniform"`` counts all pairs up to the cutoff alike, and
        can then give negative variances, which have no standard error and are counted in `small_sample`.

    Returns
    -------
    The estimate with normal intervals and without a small-sample factor.

    Raises
    ------
    DesignError
        If the estimate has no influence, a unit has no coordinates, or an option has no meaning.

    Notes
    -----
    Never a default. With 300 km, 8 treated of 41 cities and independent cities it rejects a true null at 5% in 14-16%
    of samples, in 78% with one treated city, and in 40-51% where the treated cities are neighbors with errors that are
    correlated over 150-400 km: the few treated units are averaged over, not the many pairs.

    References
    ----------
    Conley (1999), Journal of Econometrics; Hsiang (2010), PNAS, for the sum over space and time.

    Examples
    --------
    >>> from yrdecon.core import Design
    >>> from yrdecon.estimators import twfe
    >>> rows = [(u, t, 0.1 * i, float(i * t % 5)) for i, u in enumerate("abcdef") for t in (1, 2, 3)]
    >>> table = pd.DataFrame(rows, columns=["u", "t", "lon", "y"]).assign(lat=30.0)
    >>> table["cohort"] = np.where(table.u.isin(["a", "d"]), 3.0, np.inf)
    >>> panel = Panel.from_frame(table, unit="u", time="t", location=("lon", "lat"))
    >>> conley(twfe(panel, Design(outcome="y")), panel, cutoff_km=20).small_sample
    'Conley bartlett 20 km and 0 lags (too small with few treated units)'
    """
    if estimate.influence is None:
        raise DesignError(f"{estimate.method} has no influence function; infer with permutation_test")
    if kernel not in get_args(Kernel):
        raise DesignError(f"kernel={kernel!r} is unknown; choose one of {list(get_args(Kernel))}")
    if not (np.isfinite(cutoff_km) and cutoff_km > 0):
        raise DesignError(f"cutoff_km={cutoff_km!r} must be a distance in kilometers, for example 150")
    fail_if_not_lags(lags)
    codes, units = pd.factorize(estimate.units["unit"])
    weights = KERNELS[kernel](distances_of(panel, pd.Index(units)) / cutoff_km)
    sums = by_place_and_period(estimate.influence, codes.astype(np.int64), estimate.units["time"].to_numpy(np.int64))
    vcov = spatial_covariance(sums, weights) + serial_covariance(sums, lags)
    words = f"Conley {kernel} {cutoff_km:g} km and {lags} lags (too small with few treated units)"
    result = replace(estimate, vcov=vcov, cluster=None, dof=np.inf)
    return replace(result, small_sample=words + words_on_negative_variance(result))


def fail_if_not_lags(lags: int) -> None:
    """Refuse a number of lags that is not zero or a positive whole number."""
    if isinstance(lags, bool) or not isinstance(lags, int | np.integer) or lags < 0:
        raise DesignError(f"lags={lags!r} must be a whole number of periods, 0 or more")
