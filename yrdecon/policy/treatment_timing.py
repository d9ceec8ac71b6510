"""Which unit was treated when, cell by cell."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from yrdecon.core.cohorts import cohorts_by_unit
from yrdecon.core.design import Design
from yrdecon.core.panel import Panel, boolean_column
from yrdecon.core.sample import draw_sample


def treatment_timing(panel: Panel, design: Design, *, others: Sequence[str] = ()) -> pd.DataFrame:
    """Tell for every unit and period what it is in a design.

    Parameters
    ----------
    others
        Boolean columns of other policies in force, such as those of `assign_policies`.

    Returns
    -------
    One row per unit and period of the panel, early cohorts first: unit, cohort, time, status and n_others, the number
    of other policies in force. Status is ``treated``, ``excluded`` (a period that the design leaves out),
    ``base`` (a declared base period), ``untreated``, ``missing`` (no complete row), or ``out`` (of the pool).

    Raises
    ------
    DesignError
        If the design does not fit the panel.
    DataError
        If a column of another policy is missing or not true or false.

    Examples
    --------
    >>> from yrdecon.study.twinning import load_twinning, twinning_design
    >>> table = treatment_timing(load_twinning(), twinning_design())
    >>> table["status"].value_counts()["treated"].item()
    16
    """
    sample = draw_sample(panel, design)
    keys = pd.MultiIndex.from_product([panel.units, panel.periods], names=["unit", "time"])
    cells = keys.to_frame(index=False)
    cohort = cells["unit"].map(cohorts_by_unit(panel, design.cohort)).fillna(np.inf).astype(float)
    complete = pd.MultiIndex.from_frame(sample.frame[[panel.unit, panel.time]])
    inside = np.ones(len(panel.frame), dtype=bool) if design.pool is None else boolean_column(panel, design.pool)
    in_pool = cells["unit"].isin(panel.frame.loc[inside, panel.unit])
    status = np.select(
        [
            ~in_pool,
            ~keys.isin(complete),
            cells["time"].isin(design.exclude_periods),
            cells["time"] >= cohort,
            cells["time"].isin(design.base_periods or ()),
        ],
        ["out", "missing", "excluded", "treated", "base"],
        "untreated",
    )
    rows = pd.MultiIndex.from_frame(panel.frame[[panel.unit, panel.time]])
    in_force = np.sum([boolean_column(panel, name) for name in others], axis=0) if others else np.zeros(len(rows))
    counts = pd.Series(in_force, index=rows).reindex(keys).fillna(0).to_numpy(dtype=int)
    table = cells.assign(cohort=cohort, status=status, n_others=counts)
    order = table.assign(out=~in_pool).sort_values(["cohort", "out", "unit", "time"], kind="stable").index
    return table.loc[order, ["unit", "cohort", "time", "status", "n_others"]].reset_index(drop=True)
