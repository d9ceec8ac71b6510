"""Bands that cover all coefficients of an estimate at once."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from yrdecon.core.estimate import Estimate
from yrdecon.errors import DesignError
from yrdecon.kernels.bands import interquartile_scale, multiplied_influence, multivariate_t, sup_t_critical

FloatArray = NDArray[np.float64]
Law = Literal["covariance", "rademacher"]


def simultaneous_band(
    estimate: Estimate, *, level: float = 0.95, seed: int, draws: int = 99_999, law: Law = "covariance"
) -> pd.DataFrame:
    """Return intervals that contain all coefficients at once with the stated probability.

    Parameters
    ----------
    level
        Probability that the whole band covers.
    seed
        Seed of the draws.
    draws
        Number of draws behind the critical value.
    law
        ``"covariance"`` draws from the normal or t distribution with the covariance of the estimate;
        ``"rademacher"`` flips the signs of the clusters' influences, the multiplier bootstrap of R's did.

    Returns
    -------
    The labels of the coefficients with estimate, std_error, conf_low, conf_high and critical_value. Coefficients that
    are normalized or have no error keep an empty interval and do not widen the others. With fewer than ten treated
    clusters the band is too narrow, like any interval that rests on their covariance: use a placebo distribution.

    Raises
    ------
    DesignError
        If the estimate has no covariance, or no influence where it is needed, or an option has no meaning.

    References
    ----------
    Montiel Olea and Plagborg-Moller (2019), Journal of Applied Econometrics; Callaway and Sant'Anna (2021), Journal of
    Econometrics, algorithm 1.

    Examples
    --------
    >>> rows = pd.DataFrame({"unit": ["a", "b"], "time": [1, 1], "cohort": [1.0, np.inf]})
    >>> cells = pd.DataFrame({"event_time": [0, 1]})
    >>> both = Estimate(np.array([1.0, 3.0]), np.eye(2), cells, rows, "toy", "y", 2)
    >>> simultaneous_band(both, seed=1)["critical_value"].round(1).tolist()
    [2.2, 2.2]
    """
    _fail_if_options_are_unknown(level, draws, law)
    error = estimate.std_error
    # a reference period has a variance of zero or of rounding errors
    free = np.isfinite(error) & (error > 1e-10 * np.nanmax(np.append(error, 0.0)))
    if not free.any():
        raise DesignError(f"{estimate.method} has no standard errors to widen; use a permutation test")
    generator = np.random.default_rng(seed)
    if law == "covariance":
        dof = float(np.min(np.broadcast_to(estimate.dof, len(error))[free]))
        deviations = multivariate_t(estimate.vcov[np.ix_(free, free)], dof, draws, generator)
        scale = error[free]
    else:
        influence = _influence_of_clusters(estimate)[:, free]
        signs = generator.choice(np.array([-1.0, 1.0]), (draws, len(influence)))
        deviations = multiplied_influence(influence, signs)
        scale = interquartile_scale(deviations)
    critical = sup_t_critical(deviations, scale, level)
    half = np.full(len(error), np.nan)
    half[free] = critical * scale
    return estimate.cells.reset_index(drop=True).assign(
        estimate=estimate.coef,
        std_error=error,
        conf_low=estimate.coef - half,
        conf_high=estimate.coef + half,
        critical_value=critical,
    )


def _influence_of_clusters(estimate: Estimate) -> FloatArray:
    if estimate.influence is None or estimate.cluster is None:
        raise DesignError(f"{estimate.method} has no influence function; use law='covariance' or a permutation test")
    codes, levels = pd.factorize(estimate.units[estimate.cluster])
    sums = np.zeros((len(levels), estimate.influence.shape[1]))
    np.add.at(sums, codes, estimate.influence)
    return sums


def _fail_if_options_are_unknown(level: float, draws: int, law: str) -> None:
    if not 0 < level < 1:
        raise DesignError(f"level={level!r} must lie between 0 and 1, for example .95")
    if draws < 100:
        raise DesignError(f"draws={draws} are too few for a critical value; take 1,000 or more")
    if law not in get_args(Law):
        raise DesignError(f"law={law!r} is unknown; choose one of {list(get_args(Law))}")
