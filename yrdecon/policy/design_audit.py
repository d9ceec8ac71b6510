"""Every unit of a panel under a design: in or out, and why."""

from __future__ import annotations

import numpy as np
import pandas as pd

from yrdecon.core.cohorts import cohorts_by_unit
from yrdecon.core.design import Design
from yrdecon.core.panel import Panel, boolean_column
from yrdecon.core.sample import draw_sample


def design_audit(panel: Panel, design: Design) -> pd.DataFrame:
    """List every unit with its part in the comparison and the reason.

    Returns
    -------
    One row per unit: unit, name (where the panel has Chinese or English names), status (treated, comparison or out),
    first_treated, n_periods (with complete data), reason.

    Raises
    ------
    DesignError
        If the design does not fit the panel at all.

    Examples
    --------
    >>> from yrdecon.clean import load_panel
    >>> from yrdecon.policy import assign_cohort, load_registry
    >>> twinned = assign_cohort(load_panel("yrd"), load_registry(), policy="twinning-2021")
    >>> design_audit(twinned, Design(outcome="ln_real_gdp"))["status"].value_counts().to_dict()
    {'comparison': 33, 'treated': 8}
    """
    sample = draw_sample(panel, design)
    cohort = cohorts_by_unit(panel, design.cohort)
    observed = pd.Series(sample.units[sample.unit]).value_counts()
    inside = np.ones(len(panel.frame), dtype=bool) if design.pool is None else boolean_column(panel, design.pool)
    in_pool = pd.Series(inside).groupby(panel.frame[panel.unit]).any()
    first = panel.frame.groupby(panel.unit, sort=False).first()
    rows = []
    for unit in panel.units:
        periods = int(observed.get(unit, 0))
        status, reason = _status(cohort[unit], bool(in_pool[unit]), periods, first.loc[unit], design)
        if periods and periods < len(sample.periods):
            reason += f"; data are missing in {len(sample.periods) - periods} of {len(sample.periods)} periods"
        treated_from = int(cohort[unit]) if np.isfinite(cohort[unit]) else pd.NA
        rows.append((unit, _name(first.loc[unit]), status, treated_from, periods, reason))
    columns = ["unit", "name", "status", "first_treated", "n_periods", "reason"]
    return pd.DataFrame(rows, columns=columns).astype({"first_treated": "Int64"})


def _status(cohort: float, in_pool: bool, periods: int, row: pd.Series, design: Design) -> tuple[str, str]:
    if not in_pool:
        note = str(row.get("pool_note", ""))
        return "out", f"outside the pool {design.pool}" + (f": {note}" if note else "")
    if not periods:
        return "out", f"{design.outcome} or another column of the design is missing in every period"
    partial = str(row.get("partial", ""))
    if np.isfinite(cohort):
        return "treated", f"treated from {int(cohort)}"
    return "comparison", f"not treated as a whole, only its districts {partial}" if partial else "never treated"


def _name(row: pd.Series) -> str:
    names = [str(row[c]) for c in ("city_zh", "city_en") if c in row.index]
    return " ".join(names)
