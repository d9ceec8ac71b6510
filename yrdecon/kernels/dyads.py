"""Covariances of estimates from pairs of nodes, whose errors are shared by all pairs that meet in a node."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from yrdecon.kernels.sandwich import sum_by_cluster

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

ROUNDING = 1e-12


def dyadic_covariance(influence: FloatArray, first: IntArray, second: IntArray) -> FloatArray:
    """Return the (k, k) sum of the products of influence over all pairs of rows that have a node in common.

    Parameters
    ----------
    influence
        (n, k) influence of the rows.
    first, second
        (n,) codes 0, 1, ... of the two nodes of each row; their order does not matter, and they may be the same.

    Notes
    -----
    With u_m the sum over the dyads that meet in node m and s_d the sum over the rows of dyad d, it is
    sum_m u_m u_m' - sum_d s_d s_d', d over the dyads of two nodes, which the first sum counts twice (Aronow, Samii and
    Assenova 2015; Cameron and Miller 2014). The difference need not be positive; where all dyads meet in one node only
    rounding is left of it, which is returned as zero.
    """
    low, high = np.minimum(first, second), np.maximum(first, second)
    size = int(high.max()) + 1
    codes, dyad = np.unique(low * size + high, return_inverse=True)
    sums = sum_by_cluster(influence, dyad.astype(np.int64))
    one, two = codes // size, codes % size
    apart = one != two
    by_node = np.zeros((size, influence.shape[1]))
    np.add.at(by_node, one, sums)
    np.add.at(by_node, two[apart], sums[apart])
    covariance = by_node.T @ by_node - sums[apart].T @ sums[apart]
    nothing = np.abs(np.diag(covariance)) <= ROUNDING * (by_node**2).sum(axis=0)
    covariance[nothing], covariance[:, nothing] = 0.0, 0.0
    return np.asarray(covariance)


def without_negative_eigenvalues(covariance: FloatArray) -> FloatArray:
    """Return the (k, k) matrix with its negative eigenvalues at zero; rows of zeros and of NaN stay as they are."""
    kept = np.isfinite(np.diag(covariance)) & (np.diag(covariance) != 0)
    values, vectors = np.linalg.eigh(covariance[np.ix_(kept, kept)])
    if values.min(initial=0.0) >= -ROUNDING * values.max(initial=0.0):
        return covariance
    clipped = covariance.copy()
    clipped[np.ix_(kept, kept)] = (vectors * np.maximum(values, 0.0)) @ vectors.T
    return clipped


def node_jackknife_covariance(without: FloatArray) -> FloatArray:
    """Return (n - 2) / n times the (k, k) sum of squares, around their mean, of the (n, k) estimates without a node."""
    nodes = len(without)
    deviations = without - without.mean(axis=0)
    return np.asarray((nodes - 2) / nodes * deviations.T @ deviations)
