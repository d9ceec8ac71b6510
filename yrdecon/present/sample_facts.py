"""What a panel tells about the sample of an estimate: mean of the outcome, R2, filled cells."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from yrdecon.core.estimate import Estimate
from yrdecon.core.panel import Panel


@dataclass(frozen=True)
class SampleFacts:
    """Mean of the outcome, R2 with the fixed effects, and the numbers of filled and of all rows; None if not known."""

    mean: float | None = None
    r_squared: float | None = None
    filled: int | None = None
    n_rows: int | None = None


NOT_KNOWN = SampleFacts()
TRANSFORMED = ("first_difference", "random_effects", "correlated_random_effects")


def sample_facts(estimate: Estimate, panel: Panel) -> SampleFacts:
    """Read the rows of the estimate in the panel; where they are not the rows of the contrast, nothing is known.

    Examples
    --------
    >>> from yrdecon.study.twinning import load_twinning, twinning_design
    >>> from yrdecon.estimators import twfe
    >>> facts = sample_facts(twfe(load_twinning(), twinning_design()), load_twinning())
    >>> facts.n_rows, round(facts.mean, 2)
    (90, 7.97)
    """
    rows = _rows_of(estimate)
    if estimate.outcome not in panel.frame or len(rows) != estimate.n_obs:
        return NOT_KNOWN
    columns = [estimate.outcome, *(["filled"] if _may_be_filled(panel, estimate.outcome) else [])]
    keyed = panel.frame.set_index([panel.unit, panel.time])[columns]
    found = keyed.reindex(pd.MultiIndex.from_frame(rows))
    outcome = found[estimate.outcome].to_numpy(dtype=float)
    if not np.isfinite(outcome).all():
        return NOT_KNOWN
    filled = int(found["filled"].eq(True).sum()) if "filled" in found else None
    return SampleFacts(float(outcome.mean()), _r_squared(estimate, outcome), filled, len(rows))


def _may_be_filled(panel: Panel, outcome: str) -> bool:
    """Return whether the flag of filled cells concerns the outcome: that of the shipped panel is one of population."""
    if "filled" not in panel.frame or "filled" not in panel.variables.index:
        return "filled" in panel.frame
    return outcome in panel.variables.index and "population" in str(panel.variables.loc[outcome, "source"])


def _rows_of(estimate: Estimate) -> pd.DataFrame:
    """Return unit and time of every row; a row that stands for a unit is one in each of its periods."""
    units = estimate.units
    if "last_time" not in units:
        return units[["unit", "time"]]
    spans = [range(int(first), int(last) + 1) for first, last in zip(units["time"], units["last_time"], strict=True)]
    return pd.DataFrame({"unit": units["unit"], "time": spans}).explode("time").astype({"time": int})


def _r_squared(estimate: Estimate, outcome: NDArray[np.float64]) -> float | None:
    if estimate.linear is None or len(estimate.linear.residuals) != len(outcome):
        return None
    linear = estimate.linear
    if linear.is_instrumented or linear.is_reweighted or estimate.method.startswith(TRANSFORMED):
        return None
    weights = estimate.linear.weights
    around = outcome - np.average(outcome, weights=weights)
    total = float(weights @ around**2)
    return 1 - float(weights @ estimate.linear.residuals**2) / total if total > 0 else None
