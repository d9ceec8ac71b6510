"""The two nodes of every row of an estimate on pairs of places."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from yrdecon.core.estimate import FEW_TREATED, Estimate
from yrdecon.core.panel import Panel
from yrdecon.errors import DesignError

IntArray = NDArray[np.int64]
Nodes = tuple[str, str]

FEWEST_NODES = 4
KEYS = ("unit", "time", "cohort")


@dataclass(frozen=True, eq=False)
class RowNodes:
    """The nodes of the rows of an estimate.

    Attributes
    ----------
    columns
        (n, 2) names of the nodes of each row.
    names
        The m nodes that occur; the same name in either column is the same node.
    first, second
        (n,) positions in `names`.
    """

    columns: pd.DataFrame
    names: pd.Index[Any]
    first: IntArray
    second: IntArray


def row_nodes(panel: Panel, estimate: Estimate, nodes: Nodes) -> RowNodes:
    """Look up the nodes of the units of an estimate in its panel.

    Raises
    ------
    DesignError
        If the panel lacks the columns, they change or are missing within a unit of the estimate, or fewer than four
        nodes occur.
    """
    _fail_if_columns_do_not_fit(panel, nodes)
    by_unit = panel.frame.groupby(panel.unit, sort=False)[list(nodes)]
    _fail_if_nodes_change(by_unit.nunique(dropna=False), panel)
    columns = by_unit.first().reindex(estimate.units["unit"]).reset_index(drop=True)
    lost = estimate.units.loc[columns.isna().any(axis=1).to_numpy(), "unit"].unique().tolist()
    if lost:
        raise DesignError(f"units {lost[:5]} have no {nodes[0]} or {nodes[1]} in the panel; add them to its rows")
    codes, names = pd.factorize(pd.concat([columns[nodes[0]], columns[nodes[1]]], ignore_index=True))
    if len(names) < FEWEST_NODES:
        raise DesignError(
            f"columns {list(nodes)} hold the nodes {names.tolist()}; inference by nodes needs {FEWEST_NODES} or more, "
            "because of fewer all pairs have one in common"
        )
    first, second = codes.reshape(2, -1).astype(np.int64)
    return RowNodes(columns, pd.Index(names), first, second)


def label_nodes(estimate: Estimate, found: RowNodes) -> Estimate:
    """Add the nodes to the labels of the rows, and name the column with fewer treated nodes as the cluster."""
    units = estimate.units.reset_index(drop=True)
    units = units.assign(**{str(c): found.columns[c] for c in found.columns if c not in units})
    labelled = replace(estimate, units=units)
    fewest = min(found.columns, key=lambda column: replace(labelled, cluster=column).n_treated_clusters or 0)
    return replace(labelled, cluster=fewest)


def mark_few_dyads(estimate: Estimate, panel: Panel, found: RowNodes) -> Estimate:
    """Mark dummies that set apart fewer than ten dyads, however many flows these have, so that they get no star."""
    if "few" not in estimate.cells:
        return estimate
    dyad = np.minimum(found.first, found.second) * len(found.names) + np.maximum(found.first, found.second)
    keys = pd.MultiIndex.from_frame(estimate.units[["unit", "time"]])
    rows = panel.frame.set_index([panel.unit, panel.time]).loc[keys]
    few = [
        bool(was) or (term in rows and _fewest(rows[term].to_numpy(), dyad) < FEW_TREATED)
        for term, was in zip(estimate.cells["term"], estimate.cells["few"], strict=True)
    ]
    return replace(estimate, cells=estimate.cells.assign(few=few))


def _fewest(column: NDArray[Any], dyad: IntArray) -> float:
    """Return the dyads that a dummy sets apart, infinite for other columns."""
    values = pd.unique(column)
    if len(values) != 2 or not np.isin(values, (0, 1)).all():
        return np.inf
    return float(min(len(np.unique(dyad[column == v])) for v in (0, 1)))


def note_on_separate_nodes(found: RowNodes) -> tuple[str, ...]:
    """Say so where no node occurs in both columns, which is right for flows between two kinds of places only."""
    if np.isin(found.first, found.second).any():
        return ()
    one, two = found.columns.columns
    return (f"no node is both {one} and {two}, so these are taken for two kinds of nodes",)


def _fail_if_columns_do_not_fit(panel: Panel, nodes: Nodes) -> None:
    if len(nodes) != 2 or nodes[0] == nodes[1]:
        raise DesignError(f"nodes={nodes!r} must be two different columns, such as ('origin', 'destination')")
    missing = [column for column in nodes if column not in panel.frame.columns]
    if missing:
        raise DesignError(
            f"the panel has no column {missing} with a node of each pair; name both, for example "
            "nodes=('origin', 'destination')"
        )
    taken = [column for column in nodes if column in KEYS]
    if taken:
        raise DesignError(f"columns {taken} cannot hold nodes, the labels of rows have these names; rename them")


def _fail_if_nodes_change(values: pd.DataFrame, panel: Panel) -> None:
    changing = values.index[(values > 1).any(axis=1)].tolist()
    if changing:
        raise DesignError(
            f"the nodes of a pair must be constant within each {panel.unit}; they change within {changing[:5]}; "
            "let every pair be one unit of the panel"
        )
