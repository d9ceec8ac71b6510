"""Covariance of an estimate on pairs of places that lets all pairs with a place in common share shocks."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from yrdecon.core.estimate import Estimate
from yrdecon.core.panel import Panel
from yrdecon.errors import DesignError
from yrdecon.inference.nodes import Nodes, label_nodes, mark_few_dyads, note_on_separate_nodes, row_nodes
from yrdecon.kernels.dyads import dyadic_covariance, without_negative_eigenvalues


def dyadic_robust(estimate: Estimate, panel: Panel, *, nodes: Nodes = ("origin", "destination")) -> Estimate:
    """Return the estimate with errors that are robust to shocks shared by all pairs with a node in common.

    Parameters
    ----------
    panel
        The panel of the estimate, whose units are pairs.
    nodes
        Its two columns with the nodes of each pair. The order of the two does not matter, so both directions of a flow
        are one dyad; the same name in either column is the same node.

    Returns
    -------
    The estimate with the covariance times n/(n-1), n nodes, and the t distribution with n-1 degrees of freedom. Both
    nodes are among its row labels, and it names the column with fewer treated nodes as the cluster. Negative
    eigenvalues of the covariance are set to zero; a variance of which then nothing is left is NaN, and the notes say
    both.

    Raises
    ------
    DesignError
        If the estimate carries no influence, the panel has no such columns, they change within a unit, or fewer than
        four nodes occur.

    Notes
    -----
    With 41 nodes, shocks to each of them and a treatment of places it rejects a true null at 5% in 10-12% of samples,
    where errors of independent pairs reject in 40-60%; with eight treated pairs that share no place in 5-10%: prefer
    `node_jackknife`. Combine coefficients first, infer then.

    References
    ----------
    Aronow, Samii and Assenova (2015), Political Analysis; Cameron and Miller (2014), Robust inference for dyadic data.

    Examples
    --------
    >>> import pandas as pd
    >>> from yrdecon.core import Design
    >>> from yrdecon.estimators import twfe
    >>> pairs = [(a, b) for a in "abcde" for b in "abcde" if a < b]
    >>> rows = [(a + b, a, b, t, float(t * (a in "ab") + len(pairs) % (ord(b) - 90))) for a, b in pairs for t in (1, 2)]
    >>> table = pd.DataFrame(rows, columns=["pair", "origin", "destination", "year", "flow"])
    >>> table["cohort"] = np.where(table["pair"].isin(["ab", "cd"]), 2.0, np.inf)
    >>> panel = Panel.from_frame(table, unit="pair", time="year")
    >>> dyadic_robust(twfe(panel, Design(outcome="flow")), panel).small_sample
    'dyadic by origin and destination, n/(n-1), n=5 nodes'
    """
    if estimate.influence is None:
        raise DesignError(f"{estimate.method} has no influence function; infer with node_jackknife or permutation_test")
    found = row_nodes(panel, estimate, nodes)
    n = len(found.names)
    raw = dyadic_covariance(estimate.influence, found.first, found.second)
    vcov = n / (n - 1) * without_negative_eigenvalues(raw)
    clipped = not np.array_equal(vcov, n / (n - 1) * raw, equal_nan=True)
    lost = (np.diag(vcov) <= 0) & (estimate.influence != 0).any(axis=0)
    vcov[lost], vcov[:, lost] = np.nan, np.nan
    notes = (
        *(("negative eigenvalues of the dyadic covariance are set to zero",) if clipped else ()),
        *((f"{int(lost.sum())} dyadic variances are not positive and left out",) if lost.any() else ()),
        *note_on_separate_nodes(found),
    )
    return replace(
        mark_few_dyads(label_nodes(estimate, found), panel, found),
        vcov=vcov,
        dof=float(n - 1),
        small_sample=f"dyadic by {nodes[0]} and {nodes[1]}, n/(n-1), n={n} nodes",
        notes=(*estimate.notes, *notes),
    )
