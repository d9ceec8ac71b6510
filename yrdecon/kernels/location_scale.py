"""Quantiles of location-scale models, by moments."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class LocationScale:
    """Slopes of a conditional quantile.

    Attributes
    ----------
    location, scale
        (k,) slopes of the mean, and of the scale of the errors.
    quantile
        The quantile of the standardized errors.
    coef
        (k,) location + quantile x scale.
    influence
        (n, k) influence of every row on `coef`.
    unusable
        Number of rows whose fitted scale is not positive; they are left out of the quantile.
    """

    location: FloatArray
    scale: FloatArray
    quantile: float
    coef: FloatArray
    influence: FloatArray
    unusable: int


def location_scale_quantile(
    y: FloatArray, x: FloatArray, remove: Callable[[FloatArray], FloatArray], level: float
) -> LocationScale:
    """Estimate the slopes of a conditional quantile of (n,) `y` on (n, k) `x` that effects are removed from.

    Parameters
    ----------
    remove
        Removes the effects from columns; `x` must have full rank afterwards.

    Notes
    -----
    Residuals R of the regression of y, whose absolute values are regressed on the same columns; with the fitted scale s
    the quantile is that of U = R / s (Machado and Santos Silva 2019). With f the density of U at the quantile q, P the
    projection on columns and effects, and W = 2 U (1[U >= 0] - mean 1[U >= 0]) - 1, a row adds
    (level - 1[U < q]) / f - (P 1/s)(R + q s W), over n, to q; x R and x s W to the slopes.
    """
    within = remove(x)
    bread: FloatArray = np.asarray(np.linalg.inv(within.T @ within), dtype=float)
    left = remove(y[:, None])[:, 0]
    location = bread @ (within.T @ left)
    residual = left - within @ location
    size = np.abs(residual)
    left = remove(size[:, None])[:, 0]
    scale = bread @ (within.T @ left)
    fitted = size - (left - within @ scale)
    usable = fitted > 0
    n = int(usable.sum())
    ratio = np.divide(residual, fitted, out=np.zeros_like(fitted), where=usable)
    quantile = float(np.quantile(ratio[usable], level, method="inverted_cdf"))
    inverse = np.divide(1.0, fitted, out=np.zeros_like(fitted), where=usable)
    moved = inverse - _rest(inverse, within, bread, remove)
    spread = size - fitted - residual * np.mean(np.sign(ratio[usable]))
    below = np.where(usable, level - (ratio < quantile), 0.0) / _density(ratio[usable], quantile)
    on_quantile = (below - moved * (residual + quantile * spread)) / n
    slopes = (residual + quantile * spread)[:, None] * (within @ bread)
    coef = location + quantile * scale
    influence = slopes + on_quantile[:, None] * scale
    return LocationScale(location, scale, quantile, coef, influence, int((~usable).sum()))


def _rest(
    column: FloatArray, within: FloatArray, bread: FloatArray, remove: Callable[[FloatArray], FloatArray]
) -> FloatArray:
    left = remove(column[:, None])[:, 0]
    return np.asarray(left - within @ (bread @ (within.T @ left)))


def _density(values: FloatArray, at: float) -> float:
    """Estimate the density at a point by a Gaussian kernel with the bandwidth of Silverman (1986)."""
    quartiles = np.quantile(values, [0.25, 0.75])
    spread = min(float(values.std()), float(quartiles[1] - quartiles[0]) / 1.349)
    width = 0.9 * spread * len(values) ** -0.2
    return float(np.exp(-0.5 * ((values - at) / width) ** 2).mean() / (width * np.sqrt(2 * np.pi)))
