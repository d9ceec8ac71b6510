"""Critical values of simultaneous bands."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

QUARTILE = 0.6744897501960817


def sup_t_critical(deviations: FloatArray, scale: FloatArray, level: float) -> float:
    """Return the quantile of the largest studentized deviation.

    Parameters
    ----------
    deviations
        (B, k) draws of estimate less truth.
    scale
        (k,) standard errors, positive.
    level
        Coverage of the band; the quantile is an order statistic, not interpolated.
    """
    largest = np.abs(deviations / scale).max(axis=1)
    return float(np.quantile(largest, level, method="inverted_cdf"))


def interquartile_scale(deviations: FloatArray) -> FloatArray:
    """Return (k,) standard errors from the interquartile range of (B, k) draws, as if they were normal."""
    low, high = np.quantile(deviations, [0.25, 0.75], axis=0, method="inverted_cdf")
    return np.asarray((high - low) / (2 * QUARTILE))


def multiplied_influence(influence: FloatArray, multipliers: FloatArray) -> FloatArray:
    """Return (B, k) sums of (n, k) influence under (B, n) multipliers of mean zero and variance one."""
    return multipliers @ influence


def multivariate_t(vcov: FloatArray, dof: float, draws: int, generator: np.random.Generator) -> FloatArray:
    """Draw (draws, k) deviations with a (k, k) covariance from the normal distribution, or the t with finite dof."""
    values, vectors = np.linalg.eigh(vcov)
    root = vectors * np.sqrt(np.clip(values, 0, None))
    deviations = generator.standard_normal((draws, len(vcov))) @ root.T
    mixing = np.sqrt(generator.chisquare(dof, draws) / dof) if np.isfinite(dof) else np.ones(draws)
    return np.asarray(deviations / mixing[:, None])
