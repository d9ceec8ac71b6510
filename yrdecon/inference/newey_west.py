"""Standard errors for units that are independent of each other and correlated over time (Newey and West 1987)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from yrdecon.core.estimate import Estimate
from yrdecon.core.labels import codes_of
from yrdecon.errors import DesignError
from yrdecon.estimators.regression.small_sample import cluster_factor
from yrdecon.inference.conley import fail_if_not_lags
from yrdecon.kernels.spatial_hac import by_place_and_period, serial_covariance


def newey_west(estimate: Estimate, *, lags: int | None = None) -> Estimate:
    """Return the estimate with errors of a unit correlated over periods up to `lags` apart.

    Parameters
    ----------
    lags
        Number of lags, with weights that fall linearly; None is the fourth root of the number of periods, rounded
        down, as in fixest. Periods are counted by the calendar, so that a gap is a gap.

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
    Never a default: with few periods it leaves out what `cluster_robust` by unit takes in, correlation of any length.

    References
    ----------
    Newey and West (1987), Econometrica.

    Examples
    --------
    >>> import pandas as pd
    >>> from yrdecon.core import Panel
    >>> from yrdecon.estimators import panel_regression
    >>> rows = [(u, t, float(i * t % 5), float(i * t * t % 7)) for i, u in enumerate("abcdef") for t in range(1, 7)]
    >>> panel = Panel.from_frame(pd.DataFrame(rows, columns=["u", "t", "y", "x"]), unit="u", time="t")
    >>> newey_west(panel_regression(panel, "y ~ x | u + t"), lags=1).dof
    5
    """
    if estimate.influence is None:
        raise DesignError(f"{estimate.method} has no influence function; infer with permutation_test")
    unit, time = codes_of(estimate.units["unit"]), estimate.units["time"].to_numpy(np.int64)
    periods = len(np.unique(time))
    if periods < 2:
        raise DesignError("Newey-West errors need two periods or more; cluster by another column")
    chosen = int(periods**0.25) if lags is None else lags
    fail_if_not_lags(chosen)
    sums = by_place_and_period(estimate.influence, unit, time)
    raw = np.asarray(estimate.influence.T @ estimate.influence) + serial_covariance(sums, chosen)
    words = f"Newey-West {chosen} lags, T={periods}"
    result = replace(estimate, cluster=None, dof=periods - 1, small_sample=words, vcov=raw)
    linear = estimate.linear
    if linear is None:
        return result
    n_regressors = linear.transform.shape[1] + linear.n_covariates
    rule = cluster_factor(estimate.units, "time", linear.effects, n_regressors, "stata")
    return replace(result, vcov=rule.factor * raw, small_sample=f"{words}, {rule.words}")
