"""The path of a synthetic comparison by event time."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from yrdecon.core.estimate import Estimate


def summarize_path(estimate: Estimate) -> Estimate:
    """Average the frame ``"path"`` over cohorts, by their number of treated units, without covariance.

    Event times at which the time weights of every cohort are one are marked ``reference``; those of excluded periods
    ``excluded``.
    """
    path = estimate.frames["path"]
    sizes = estimate.units.groupby("cohort")["unit"].nunique()
    weights = estimate.frames.get("time_weights", pd.DataFrame({"cohort": [], "time": [], "weight": []}))
    rows = path.merge(weights, on=["cohort", "time"], how="left")
    rows = rows.assign(
        size=rows["cohort"].map(sizes),
        reference=rows["weight"].fillna(0.0) == 1,
        excluded=rows.get("excluded", False),
    )
    rows["weighted"] = rows["effect"] * rows["size"]
    cells = rows.groupby("event_time", as_index=False).agg(
        weighted=("weighted", "sum"), size=("size", "sum"), reference=("reference", "all"), excluded=("excluded", "all")
    )
    k = len(cells)
    return replace(
        estimate,
        coef=(cells["weighted"] / cells["size"]).to_numpy(dtype=float),
        vcov=np.full((k, k), np.nan),
        cells=cells[["event_time", "size", "reference", "excluded"]],
        influence=None,
    )
