"""The weights with which a two-way regression averages effects (de Chaisemartin and D'Haultfoeuille)."""

from __future__ import annotations

import numpy as np
import pandas as pd

from yrdecon.core.design import Design
from yrdecon.core.labels import row_labels
from yrdecon.core.panel import Panel
from yrdecon.core.sample import draw_sample, restrict
from yrdecon.errors import DesignError
from yrdecon.estimators.regression.linear import residualizer


def twfe_weights(panel: Panel, design: Design) -> pd.DataFrame:
    """Show how much the effect of each cohort in each period counts in the coefficient of `twfe`.

    Returns
    -------
    One row per treated cohort and period: cohort, time, event_time, size (rows) and weight. Under parallel trends the
    coefficient is the average of the cells' effects with these weights, which sum to one. Where some are negative the
    coefficient can have the wrong sign although every effect has the same one.

    Raises
    ------
    DesignError
        If treatment does not vary beside the fixed effects, so that `twfe` has no estimate either.

    Notes
    -----
    Rows are those of `twfe`: unbalanced panels are used as they are, units treated throughout are kept, excluded
    periods, periods before treatment that are not declared base periods, and those of anticipation take no part.
    `Design.weights`, covariates and effects enter the regression of treatment; `Design.cluster` plays no role.

    References
    ----------
    de Chaisemartin and D'Haultfoeuille (2020), American Economic Review, theorem 1.

    Examples
    --------
    >>> rows = [(u, t, 0.0, g) for u, g in (("a", 2.0), ("b", 4.0)) for t in (1, 2, 3, 4)]
    >>> panel = Panel.from_frame(pd.DataFrame(rows, columns=["u", "t", "y", "cohort"]), unit="u", time="t")
    >>> twfe_weights(panel, Design(outcome="y", comparison="not_yet"))["weight"].round(2).tolist()
    [0.5, 0.5, -0.5, 0.5]
    """
    full = draw_sample(panel, design)
    sample = restrict(full, full.contrast)
    labels = row_labels(panel, sample, design)
    treated = (labels["time"] >= labels["cohort"]).to_numpy()
    residual = sample.weights * residualizer(labels, sample, design)(treated.astype(float)[:, None])[:, 0]
    total = residual[treated].sum()
    if total <= 1e-10 * sample.weights.sum():
        raise DesignError("treatment does not vary beside the fixed effects; widen the pool or drop an effect")
    rows = labels[treated].astype({"cohort": "int64"}).assign(size=1, weight=residual[treated] / total)
    cells = rows.groupby(["cohort", "time"], as_index=False)[["size", "weight"]].sum()
    cells.insert(2, "event_time", np.asarray(cells["time"] - cells["cohort"]))
    return cells
