"""Cluster-robust covariance of an estimate, by any of its row labels."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import numpy as np
import pandas as pd

from yrdecon.core.estimate import Estimate
from yrdecon.errors import DesignError
from yrdecon.estimators.small_sample import SmallSample, cluster_factor
from yrdecon.kernels.sandwich import cluster_covariance


def cluster_robust(
    estimate: Estimate, by: str, *, kind: Literal["CR1"] = "CR1", ssc: SmallSample = "fixest"
) -> Estimate:
    """Return the estimate with errors clustered by another column.

    Parameters
    ----------
    by
        Column of ``Estimate.units``: unit, time, the panel's group, or the design's cluster.
    kind
        ``"CR1"``, the sandwich of Liang and Zeger (1986) with the named small-sample factor; estimators that are not
        least squares have no parameters to count and take no factor.

    Raises
    ------
    DesignError
        If the estimate carries no influence, or the column is not among its row labels.

    Examples
    --------
    >>> from yrdecon.core import Design, Panel
    >>> from yrdecon.estimators import twfe
    >>> rows = [(u, t, float(i * t % 5)) for i, u in enumerate("abcdef") for t in (1, 2, 3)]
    >>> table = pd.DataFrame(rows, columns=["u", "t", "y"])
    >>> table["region"] = np.where(table.u < "d", "east", "west")
    >>> table["cohort"] = np.where(table.u.isin(["a", "d"]), 3.0, np.inf)
    >>> panel = Panel.from_frame(table, unit="u", time="t", group="region")
    >>> cluster_robust(twfe(panel, Design(outcome="y")), "region").n_clusters
    2
    """
    if kind != "CR1":
        raise DesignError(f"kind={kind!r} is not offered; choose 'CR1'")
    if estimate.influence is None:
        raise DesignError(f"{estimate.method} has no influence function; infer with permutation_test")
    if by not in estimate.units.columns:
        raise DesignError(f"no column {by!r} labels the rows; choose one of {estimate.units.columns.tolist()}")
    codes = pd.factorize(estimate.units[by])[0].astype(np.int64)
    raw = cluster_covariance(estimate.influence, codes)
    linear = estimate.linear
    if linear is None:
        return replace(estimate, vcov=raw, cluster=by)
    n_regressors = linear.transform.shape[1] + linear.n_covariates
    rule = cluster_factor(estimate.units, by, linear.effects, n_regressors, ssc)
    vcov = rule.factor * raw
    return replace(estimate, vcov=vcov, cluster=by, dof=rule.dof, small_sample=rule.words)
