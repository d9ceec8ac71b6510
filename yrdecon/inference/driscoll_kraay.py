"""Standard errors that allow for any correlation between units, and some over time (Driscoll and Kraay 1998)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from yrdecon.core.estimate import Estimate
from yrdecon.errors import DesignError
from yrdecon.estimators.regression.small_sample import cluster_factor
from yrdecon.inference.conley import fail_if_not_lags
from yrdecon.kernels.spatial_hac import by_place_and_period, serial_covariance, spatial_covariance


def driscoll_kraay(estimate: Estimate, *, lags: int | None = None) -> Estimate:
    """Return the estimate with errors correlated between all units of a period, and over periods up to `lags` apart.

    Parameters
    ----------
    lags
        Number of lags, with weights that fall linearly; None is the fourth root of the number of periods, rounded
        down, as in fixest.

    Returns
    -------
    The estimate with T-1 degrees of freedom and, for least squares, the factor of Stata's rule with the
    periods as clusters, as in fixest.

    Raises
    ------
    DesignError
        If the estimate has no influence, there is only one period, or the lags have no meaning.

    Notes
    -----
    Never a default: the sum over periods is consistent as their number grows, while a difference in differences rests
    on a few treated ones. With two treated periods of 14, 8 treated units of 41 and an autocorrelation of .6 it rejects
    a true null at 5% in 40-43% of 2,000 samples, with errors that are independent between units or correlated over
    150 or 400 km alike.

    References
    ----------
    Driscoll and Kraay (1998), Review of Economics and Statistics.

    Examples
    --------
    >>> import pandas as pd
    >>> from yrdecon.core import Design, Panel
    >>> from yrdecon.estimators import twfe
    >>> rows = [(u, t, float(i * t % 5)) for i, u in enumerate("abcdef") for t in range(1, 7)]
    >>> table = pd.DataFrame(rows, columns=["u", "t", "y"])
    >>> table["cohort"] = np.where(table.u.isin(["a", "d"]), 4.0, np.inf)
    >>> estimate = twfe(Panel.from_frame(table, unit="u", time="t"), Design(outcome="y"))
    >>> driscoll_kraay(estimate, lags=1).dof
    5
    """
    if estimate.influence is None:
        raise DesignError(f"{estimate.method} has no influence function; infer with permutation_test")
    time = estimate.units["time"].to_numpy(np.int64)
    periods = len(np.unique(time))
    if periods < 2:
        raise DesignError("Driscoll-Kraay errors sum over periods and need two or more; cluster by another column")
    chosen = int(periods**0.25) if lags is None else lags
    fail_if_not_lags(chosen)
    sums = by_place_and_period(estimate.influence, np.zeros_like(time), time)
    raw = spatial_covariance(sums, np.ones((1, 1))) + serial_covariance(sums, chosen)
    words = f"Driscoll-Kraay {chosen} lags (too small with few treated periods), T={periods}"
    result = replace(estimate, cluster=None, dof=periods - 1, small_sample=words, vcov=raw)
    linear = estimate.linear
    if linear is None:
        return result
    n_regressors = linear.transform.shape[1] + linear.n_covariates
    rule = cluster_factor(estimate.units, "time", linear.effects, n_regressors, "stata")
    return replace(result, vcov=rule.factor * raw, small_sample=f"{words}, {rule.words}")
