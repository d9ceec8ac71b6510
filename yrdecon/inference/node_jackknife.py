"""Covariance of an estimate on pairs of places from leaving out each place in turn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from types import MappingProxyType
from typing import Any, TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from yrdecon.core.estimate import Estimate
from yrdecon.core.panel import Panel
from yrdecon.errors import EstimationError, YrdeconError
from yrdecon.inference.nodes import Nodes, label_nodes, mark_few_dyads, note_on_separate_nodes, row_nodes
from yrdecon.kernels.dyads import node_jackknife_covariance

FloatArray = NDArray[np.float64]
What = TypeVar("What")

CELL_LABELS = ("term", "cohort", "time", "event_time")


def node_jackknife(
    estimator: Callable[[Panel, What], Estimate],
    panel: Panel,
    design: What,
    *,
    nodes: Nodes = ("origin", "destination"),
) -> Estimate:
    """Estimate on pairs of places, with errors from leaving out each place with all its pairs.

    Parameters
    ----------
    estimator
        Any estimator, or a function of a panel and a design that returns an estimate, such as
        ``lambda p, d: average(event_study(p, d), 0, 4)``; it is called once more than there are nodes.
    design
        What the estimator takes beside the panel: a design, or a formula of `count_regression` or `panel_regression`.
    nodes
        The two columns of the panel with the nodes of each pair; the same name in either is the same node.

    Returns
    -------
    The estimate on all pairs, with the covariance (n-2)/n sum_m (b_m - mean of b)^2 over the n estimates b_m without a
    node, and the t distribution with n-1 degrees of freedom. Frame ``"without_node"`` holds the b_m. Both nodes are
    among its row labels, and it names the column with fewer treated nodes as the cluster. A coefficient that is not
    estimated without one of the nodes has a NaN variance, and the notes say how many.

    Raises
    ------
    EstimationError
        If the design cannot be estimated without one of the nodes.
    DesignError
        If the panel has no such columns, they change within a unit, or fewer than four nodes occur.

    Notes
    -----
    The default for dyadic outcomes: with 41 nodes, shocks to each of them and a treatment of places it rejects a true
    null at 5% in 4-6% of samples, the sandwich of `dyadic_robust` in 10-12%. The factor is right where shocks belong to
    nodes. Where pairs are independent, (n-2)/(2n) would do (Frank and Snijders 1994), and it is conservative, as with
    eight treated pairs that share no place: .5-2.5%.

    References
    ----------
    Arvesen (1969), Annals of Mathematical Statistics; Frank and Snijders (1994), Journal of Official Statistics.

    Examples
    --------
    >>> from yrdecon.core import Design
    >>> from yrdecon.estimators import twfe
    >>> pairs = [(a, b) for a in "abcde" for b in "abcde" if a < b]
    >>> rows = [(a + b, a, b, t, float(t * (a in "ab"))) for a, b in pairs for t in (1, 2)]
    >>> table = pd.DataFrame(rows, columns=["pair", "origin", "destination", "year", "flow"])
    >>> table["cohort"] = np.where(table["pair"].isin(["ab", "cd"]), 2.0, np.inf)
    >>> panel = Panel.from_frame(table, unit="pair", time="year")
    >>> result = node_jackknife(twfe, panel, Design(outcome="flow"))
    >>> result.dof, result.frames["without_node"]["node"].tolist()
    (4.0, ['a', 'b', 'c', 'd', 'e'])
    """
    full = estimator(panel, design)
    found = row_nodes(panel, full, nodes)
    n = len(found.names)
    parts = [_without(node, estimator, panel, design, nodes) for node in found.names]
    without = np.stack([_matched(full, part) for part in parts])
    vcov = node_jackknife_covariance(without)
    lost = int((np.isnan(np.diag(vcov)) & np.isfinite(full.coef)).sum())
    note = (f"{lost} coefficients are not estimated without some node and have no jackknife error",) if lost else ()
    table = pd.concat(
        [full.cells.assign(node=node, estimate=b) for node, b in zip(found.names, without, strict=True)],
        ignore_index=True,
    )
    return replace(
        mark_few_dyads(label_nodes(full, found), panel, found),
        vcov=vcov,
        dof=float(n - 1),
        small_sample=f"jackknife over the nodes in {nodes[0]} and {nodes[1]}, (n-2)/n, n={n} nodes",
        frames=MappingProxyType({**full.frames, "without_node": table}),
        notes=(*full.notes, *note, *note_on_separate_nodes(found)),
    )


def _without(
    node: Any, estimator: Callable[[Panel, What], Estimate], panel: Panel, design: What, nodes: Nodes
) -> Estimate:
    apart = (panel.frame[list(nodes)] != node).all(axis=1)
    try:
        return estimator(replace(panel, frame=panel.frame[apart].reset_index(drop=True)), design)
    except YrdeconError as error:
        raise EstimationError(
            f"without node {node!r} the design cannot be estimated: {error}; the node jackknife needs every node to be "
            "dispensable, use dyadic_robust or leave the node out of the pool"
        ) from error


def _matched(full: Estimate, part: Estimate) -> FloatArray:
    """Return the (k,) coefficients of a part in the order of the full estimate, NaN where it has none."""
    keys = [column for column in CELL_LABELS if column in full.cells]
    if full.cells[keys].equals(part.cells[keys]):
        return part.coef
    labels = pd.MultiIndex.from_frame(part.cells[keys])
    wanted = pd.MultiIndex.from_frame(full.cells[keys])
    if labels.has_duplicates or wanted.has_duplicates:
        raise EstimationError(
            f"the coefficients of {full.method} change with the nodes and {keys} do not tell them apart; "
            "reduce them to one, for example with average() or lincom()"
        )
    return np.asarray(pd.Series(part.coef, index=labels).reindex(wanted), dtype=float)
