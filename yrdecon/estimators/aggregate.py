"""Summaries of cohort-by-period effects."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from yrdecon.core.estimate import Estimate
from yrdecon.core.labels import codes_of
from yrdecon.core.options import fail_if_unknown
from yrdecon.errors import DesignError
from yrdecon.estimators.linear_map import map_linearly
from yrdecon.estimators.path import summarize_path
from yrdecon.kernels.sandwich import cluster_covariance

FloatArray = NDArray[np.float64]
ROUNDING = 1e-12
By = Literal["event_time", "cohort", "time", None]


def aggregate(estimate: Estimate, by: By) -> Estimate:
    """Summarize effects of cohorts and periods.

    Cells that carry a column ``size`` are weighted by it as it is; others by the share of their cohort among the
    units, in weight if the units carry one, whose sampling error is then included.

    Parameters
    ----------
    by
        ``"event_time"``, ``"time"``: one effect for each, cohorts weighted by their number of units.
        ``"cohort"``: one effect for each cohort, its treated periods weighted equally.
        None: one effect, all treated cells weighted by cohort size; of a summary by cohort, its cohorts so weighted.
        Cells of excluded periods take no part; an event time that has no others is kept and marked. Synthetic
        comparisons have one effect and a path, which ``"event_time"`` returns without errors.

    Raises
    ------
    DesignError
        If the estimate has no cells by cohort and time, or none that is treated.

    References
    ----------
    Callaway and Sant'Anna (2021), section 3.1 and corollary 2.

    Examples
    --------
    >>> cells = pd.DataFrame({"cohort": [2, 2, 3], "time": [2, 3, 3], "event_time": [0, 1, 0]})
    >>> rows = pd.DataFrame({"unit": list("abcd"), "time": 1, "cohort": [2.0, 2.0, 3.0, np.inf]})
    >>> toy = Estimate(np.array([1.0, 2.0, 4.0]), np.eye(3), cells, rows, "toy", "y", 4)
    >>> aggregate(toy, "event_time").coef.tolist()
    [2.0, 2.0]
    """
    fail_if_unknown("by", by, By)
    cells = estimate.cells
    if by == "event_time" and "cohort" not in cells and "path" in estimate.frames:
        return summarize_path(estimate)
    by_cohort = by is None and "cohort" in cells and "time" not in cells
    if not by_cohort and not {"cohort", "time", "event_time"} <= set(cells.columns):
        raise DesignError(f"{estimate.method} has no effects by cohort and time; use average() or lincom() instead")
    labels = np.zeros(len(cells), dtype=int) if by is None else cells[by].to_numpy()
    used = np.ones(len(cells), dtype=bool) if by_cohort else _used(cells, by)
    if not used.any():
        raise DesignError(f"{estimate.method} has no treated cell to summarize")
    targets = np.unique(labels[used])
    matrix = np.zeros((len(targets), len(cells)))
    shares = _cohort_shares(estimate)
    own = cells["size"].to_numpy(dtype=float) if "size" in cells else shares.sum(axis=0)
    sizes = np.ones(len(cells)) if by == "cohort" else own
    for row, target in enumerate(targets):
        chosen = used & (labels == target)
        matrix[row, chosen] = sizes[chosen] / sizes[chosen].sum()
    summary = _labels(cells, by, targets) if by else pd.DataFrame({"term": ["overall"]})
    result = map_linearly(estimate, matrix, summary)
    return result if by == "cohort" or "size" in cells else _with_error_of_shares(estimate, result, matrix, shares)


def _used(cells: pd.DataFrame, by: By) -> NDArray[np.bool_]:
    """Tell which cells are summarized: by event time all that are not excluded, and where no other is there, these."""
    excluded = cells.get("excluded", pd.Series(False, index=cells.index)).to_numpy(dtype=bool)
    event_time = cells["event_time"].to_numpy()
    if by == "event_time":
        return np.asarray(~excluded | ~np.isin(event_time, event_time[~excluded]))
    return np.asarray((event_time >= 0) & ~excluded)


def _labels(cells: pd.DataFrame, by: By, targets: NDArray[np.int64]) -> pd.DataFrame:
    """Return the values of `by`, and for event times whether all their cells are normalized or excluded."""
    flags = [f for f in ("reference", "excluded") if f in cells and by == "event_time"]
    return cells.groupby(by)[flags].all().reindex(targets).rename_axis(by).reset_index()


def _cohort_shares(estimate: Estimate) -> FloatArray:
    """(rows, k): each row's part of the share of the cell's cohort among all units."""
    units = estimate.units
    rows_of_unit = units.groupby("unit", sort=False)["unit"].transform("size").to_numpy()
    own = units["cohort"].to_numpy()[:, None] == estimate.cells["cohort"].to_numpy()[None, :]
    mass = units.get("weight", pd.Series(1.0, index=units.index)).to_numpy(dtype=float) / rows_of_unit
    return np.asarray(own * mass[:, None] / mass.sum())


def _with_error_of_shares(estimate: Estimate, result: Estimate, matrix: FloatArray, shares: FloatArray) -> Estimate:
    """Add the influence of each row on the cohort shares (Callaway and Sant'Anna 2021, corollary 2)."""
    if estimate.influence is None or result.influence is None or estimate.cluster is None:
        return result
    total = shares.sum(axis=0)
    centered = shares - total / len(shares)
    extra = np.zeros_like(result.influence)
    for column, weights in enumerate(matrix):
        chosen = weights > 0
        mass = total[chosen].sum()
        deviation = estimate.coef[chosen] - result.coef[column]
        moved, size = centered[:, chosen] @ deviation, np.abs(centered[:, chosen]) @ np.abs(deviation)
        extra[:, column] = np.where(np.abs(moved) > ROUNDING * size, moved, 0.0) / mass
    codes = codes_of(estimate.units[estimate.cluster])
    influence = result.influence + extra
    added = cluster_covariance(influence, codes) - cluster_covariance(result.influence, codes)
    return replace(result, influence=influence, vcov=result.vcov + added)
