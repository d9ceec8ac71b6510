"""How many clusters an estimate really rests on, and how much each of them counts."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from yrdecon.core.estimate import Estimate
from yrdecon.errors import DesignError
from yrdecon.inference.reduction import cluster_codes, fail_if_instrumented, fit_by_cluster
from yrdecon.kernels.clustered import adjusted_scores, leverage, partial_leverage
from yrdecon.kernels.sandwich import sum_by_cluster

FloatArray = NDArray[np.float64]


def cluster_diagnostics(estimate: Estimate, by: str | None = None) -> pd.DataFrame:
    """Return what makes cluster-robust errors reliable or not, one row per coefficient.

    Parameters
    ----------
    by
        Column of ``Estimate.units``; None is the cluster of the estimate.

    Returns
    -------
    The labels of the coefficients with

    - ``n_clusters`` and ``n_treated_clusters``;
    - ``effective_clusters``, the G* of Carter, Schnepel and Steigerwald (2017) for errors that are independent within
      clusters: 12.2 with 8 of 41 clusters treated, 1.05 with one. Compare it, not the number of clusters, with rules
      of thumb;
    - ``dof``, the Bell-McCaffrey degrees of freedom of CR2, missing where CR2 is undefined;
    - ``largest_leverage``, ``largest_partial_leverage`` and ``largest_change``, the largest of `cluster_leverage`.

    Coefficients that are normalized to zero rest on no cluster and have missing values.

    Raises
    ------
    DesignError
        If the estimate is not a least-squares regression, or the column does not label its rows.

    References
    ----------
    Carter, Schnepel and Steigerwald (2017), Review of Economics and Statistics; MacKinnon, Nielsen and Webb (2023),
    Journal of Econometrics.

    Examples
    --------
    >>> from yrdecon.core import Design, Panel
    >>> from yrdecon.estimators import twfe
    >>> rows = [(u, t, float(i * t % 5)) for i, u in enumerate("abcdef") for t in (1, 2, 3)]
    >>> table = pd.DataFrame(rows, columns=["u", "t", "y"]).assign(cohort=lambda f: np.where(f.u < "c", 3.0, np.inf))
    >>> found = cluster_diagnostics(twfe(Panel.from_frame(table, unit="u", time="t"), Design(outcome="y")))
    >>> found[["n_treated_clusters", "effective_clusters", "dof"]].round(2).values.tolist()
    [[2.0, 4.0, 2.08]]
    """
    column = _column(estimate, by)
    rows = cluster_leverage(estimate, column)
    codes = cluster_codes(estimate, column)
    k, groups = len(estimate.coef), int(codes.max()) + 1
    shares, changes = (rows[name].to_numpy().reshape(k, groups) for name in ("partial_leverage", "change"))
    found = adjusted_scores(fit_by_cluster(estimate, codes), 0.5)
    used = shares.sum(axis=1) > 0
    concentration = (shares**2).sum(axis=1)
    return estimate.cells.reset_index(drop=True).assign(
        n_clusters=groups,
        n_treated_clusters=int(rows["treated"].to_numpy()[:groups].sum()),
        effective_clusters=np.divide(1.0, concentration, out=np.full(k, np.nan), where=used),
        dof=np.where(used & found.identified, found.dof, np.nan),
        largest_leverage=rows["leverage"].max(),
        largest_partial_leverage=np.where(used, shares.max(axis=1), np.nan),
        largest_change=np.where(used & found.identified, np.abs(changes).max(axis=1), np.nan),
    )


def cluster_leverage(estimate: Estimate, by: str | None = None) -> pd.DataFrame:
    """Return how much each cluster counts, one row per coefficient and cluster.

    Returns
    -------
    The labels of the coefficients with ``cluster``, whether it has a ``treated`` row, ``n_rows``, and

    - ``leverage``: the trace of its part of the hat matrix, effects that lie within clusters left out;
    - ``partial_leverage``: its share in the squared regressor of the coefficient, net of all others; these sum to one;
    - ``change``: by how much the coefficient changes when the cluster is left out, missing where it is not identified
      without one of the clusters.

    Raises
    ------
    DesignError
        If the estimate is not a least-squares regression, or the column does not label its rows.

    References
    ----------
    MacKinnon, Nielsen and Webb (2023), Stata Journal, "Leverage, influence, and the jackknife in clustered regression
    models".

    Examples
    --------
    >>> from yrdecon.core import Design, Panel
    >>> from yrdecon.estimators import twfe
    >>> rows = [(u, t, float(i * t % 5)) for i, u in enumerate("abcdef") for t in (1, 2, 3)]
    >>> table = pd.DataFrame(rows, columns=["u", "t", "y"]).assign(cohort=lambda f: np.where(f.u < "c", 3.0, np.inf))
    >>> estimate = twfe(Panel.from_frame(table, unit="u", time="t"), Design(outcome="y"))
    >>> cluster_leverage(estimate)["partial_leverage"].round(3).tolist()
    [0.333, 0.333, 0.083, 0.083, 0.083, 0.083]
    """
    column = _column(estimate, by)
    codes = cluster_codes(estimate, column)
    fail_if_instrumented(estimate, "cluster_leverage")
    fit = fit_by_cluster(estimate, codes)
    found = adjusted_scores(fit, 1.0)
    changes = np.where(found.identified, -found.scores, np.nan)
    groups, k = changes.shape
    cohort = estimate.units.get("cohort", pd.Series(np.inf, index=estimate.units.index))
    treated = np.bincount(codes, (estimate.units["time"] >= cohort).to_numpy(dtype=float)) > 0
    repeated = estimate.cells.loc[estimate.cells.index.repeat(groups)].reset_index(drop=True)
    return repeated.assign(
        cluster=np.tile(pd.unique(estimate.units[column]), k),
        treated=np.tile(treated, k),
        n_rows=np.tile(np.bincount(codes), k),
        leverage=np.tile(np.bincount(codes, leverage(fit)), k),
        partial_leverage=sum_by_cluster(partial_leverage(fit), codes).T.ravel(),
        change=changes.T.ravel(),
    )


def _column(estimate: Estimate, by: str | None) -> str:
    column = by or estimate.cluster
    if column is None:
        raise DesignError(f"the estimate has no cluster; name one of {estimate.units.columns.tolist()}")
    return column
