"""Re-estimate without each unit, group or period in turn."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal, get_args

import numpy as np
import pandas as pd

from yrdecon.core.design import Design
from yrdecon.core.estimator import Estimator
from yrdecon.core.panel import Panel
from yrdecon.core.sample import Sample, draw_sample
from yrdecon.diagnostics.one_effect import one_effect
from yrdecon.errors import DesignError, YrdeconError

Over = Literal["treated", "comparison", "unit", "time"]


def leave_one_out(estimator: Estimator, panel: Panel, design: Design, *, over: Over = "treated") -> pd.DataFrame:
    """Return the effect without each treated unit, comparison unit, unit or period.

    Effects by cohort and period, or by event time, are summarized in one: `aggregate` over all treated cells, or the
    average from event time zero on.

    Returns
    -------
    One row per omission: left_out, estimate, change (from the full estimate), n_treated and n_comparison (units), and a
    note where the design cannot be estimated without it. The first row, with nothing left out, is the full estimate.

    Raises
    ------
    DesignError
        If `over` is unknown, the full design cannot be estimated, or there are several coefficients without event
        times: give a function of panel and design that returns one.

    Examples
    --------
    >>> from yrdecon.estimators import twfe
    >>> rows = [(u, t, float(u in "ab") * (t == 2) * (1 + (u == "b"))) for u in "abcd" for t in (1, 2)]
    >>> table = pd.DataFrame(rows, columns=["u", "t", "y"]).assign(cohort=lambda f: np.where(f.u < "c", 2.0, np.inf))
    >>> panel = Panel.from_frame(table, unit="u", time="t")
    >>> leave_one_out(twfe, panel, Design(outcome="y"))["estimate"].round(6).tolist()
    [1.5, 2.0, 1.0]
    """
    if over not in get_args(Over):
        raise DesignError(f"over={over!r} is unknown; choose one of {list(get_args(Over))}")
    sample = draw_sample(panel, design)
    single = one_effect(estimator, panel, design)
    full = float(single(panel, design).coef[0])
    column = panel.time if over == "time" else panel.unit
    rows = [("", full, "")]
    for label in _labels(sample, design, over):
        kept = panel.frame[panel.frame[column] != label].reset_index(drop=True)
        try:
            rows.append((str(label), float(single(replace(panel, frame=kept), design).coef[0]), ""))
        except YrdeconError as error:
            rows.append((str(label), np.nan, str(error)))
    table = pd.DataFrame(rows, columns=["left_out", "estimate", "note"])
    counts = _counts(sample, table["left_out"], over)
    return table.assign(change=table["estimate"] - full, **counts)[["left_out", "estimate", "change", *counts, "note"]]


def _counts(sample: Sample, left_out: pd.Series[str], over: Over) -> dict[str, pd.Series[int]]:
    """Return the treated and the comparison units of every row."""
    treated = np.isfinite(sample.cohort)
    sides = {"n_treated": sample.units[treated], "n_comparison": sample.units[~treated]}
    units = left_out if over != "time" else left_out.where(left_out == "")
    return {name: len(side) - units.isin(side.astype(str)).astype(int) for name, side in sides.items()}


def _labels(sample: Sample, design: Design, over: Over) -> list[object]:
    treated = np.isfinite(sample.cohort)
    if over == "time":
        return [
            p
            for p in sample.periods.tolist()
            if p not in (design.base_periods or ()) or len(design.base_periods or ()) > 1
        ]
    chosen = {"treated": treated, "comparison": ~treated, "unit": np.ones_like(treated)}[over]
    return list(sample.units[chosen])
