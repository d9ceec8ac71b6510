"""Clustered covariances from influence, and the named small-sample rules."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

CANCELED = 1e-10


def sum_by_cluster(values: FloatArray, codes: IntArray) -> FloatArray:
    """Return the (G, k) sums of (n, k) values within clusters."""
    return np.stack([np.bincount(codes, column) for column in values.T], axis=1)


def cluster_covariance(influence: FloatArray, codes: IntArray) -> FloatArray:
    """Return the (k, k) sum over clusters of the outer products of their summed influence (Liang and Zeger 1986).

    Where influence cancels within clusters, as it does with one treated and one other unit, what rounding leaves of
    the sums counts as zero.
    """
    sums = sum_by_cluster(influence, codes)
    sums[np.abs(sums) <= CANCELED * np.abs(influence).sum(axis=0)] = 0.0
    return np.asarray(sums.T @ sums)


def is_nested(inner: IntArray, outer: IntArray) -> bool:
    """Whether every level of `inner` lies within one level of `outer`."""
    levels = np.unique(inner, return_inverse=True)[1]
    last = np.empty(int(levels.max(initial=-1)) + 1, dtype=outer.dtype)
    last[levels] = outer
    return bool((last[levels] == outer).all())


def effective_clusters(regressors: FloatArray, weights: FloatArray, combination: FloatArray, codes: IntArray) -> float:
    """Return how many equal clusters would carry the same information on one combination of coefficients.

    Parameters
    ----------
    regressors
        (n, p) residualized regressors.
    weights
        (n,) regression weights.
    combination
        (p,) weights of the coefficients.
    codes
        (n,) clusters.

    Notes
    -----
    One over the sum of squared shares of the clusters in the squared regressor of the combination, the G* of Carter,
    Schnepel and Steigerwald (2017) for errors that are independent within clusters.
    """
    gram = (regressors * weights[:, None]).T @ regressors
    own = np.sqrt(weights) * (regressors @ np.linalg.pinv(gram) @ combination)
    shares = np.bincount(codes, own**2)
    return float(shares.sum() ** 2 / (shares**2).sum())
