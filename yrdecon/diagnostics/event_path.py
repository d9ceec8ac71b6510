"""The consecutive coefficients of an event study around its reference, as sensitivity analyses read them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from yrdecon.core.estimate import Estimate
from yrdecon.errors import DesignError

FloatArray = NDArray[np.float64]
Target = Literal["average", "first"]


@dataclass(frozen=True, eq=False)
class EventPath:
    """Coefficients without the reference between them, P before and Q after.

    Attributes
    ----------
    coef, vcov
        (P + Q,) coefficients in the order of time, and their covariance.
    n_pre
        P.
    target
        (Q,) weights of the effect of interest on the coefficients after the reference.
    """

    coef: FloatArray
    vcov: FloatArray
    n_pre: int
    target: FloatArray

    @property
    def time(self) -> FloatArray:
        """(P + Q,) periods since the reference."""
        return np.concatenate([np.arange(-self.n_pre, 0.0), np.arange(1.0, len(self.coef) - self.n_pre + 1)])

    @property
    def spread(self) -> float:
        """Standard error of the target."""
        after = self.vcov[self.n_pre :, self.n_pre :]
        return float(np.sqrt(self.target @ after @ self.target))

    @property
    def effect(self) -> float:
        """The target as it was estimated."""
        return float(self.target @ self.coef[self.n_pre :])


def event_path(estimate: Estimate, target: Target) -> EventPath:
    """Read an estimate with event times as a path around one reference.

    Raises
    ------
    DesignError
        If it has no covariance, several references, gaps in event time, or nothing at or after treatment.
    """
    fail_if_target_is_unknown(target)
    cells = estimate.cells
    if "event_time" not in cells or "cohort" in cells:
        raise DesignError(f"{estimate.method} has no event times; give an event study, or aggregate by event time")
    if np.isnan(estimate.std_error).all():
        raise DesignError(f"{estimate.method} has no covariance; use honest_bounds_from with a placebo covariance")
    time = cells["event_time"].to_numpy(dtype=float)
    at = _reference(estimate, time)
    kept = np.flatnonzero(time != at)[np.argsort(time[time != at])]
    expected = np.setdiff1d(np.arange(time.min(), time.max() + 1), [at])
    if len(kept) != len(expected) or (time[kept] != expected).any():
        raise DesignError(f"event times {time[kept].astype(int).tolist()} have gaps; take consecutive ones")
    excluded = cells.get("excluded", pd.Series(False, index=cells.index)).to_numpy(dtype=bool)[kept]
    n_pre = int((time[kept] < at).sum())
    counted = (time[kept][n_pre:] >= 0) & ~excluded[n_pre:]
    if not counted.any():
        raise DesignError("no event time at or after treatment is left; widen the window")
    weights = counted / counted.sum() if target == "average" else np.eye(len(counted))[np.argmax(counted)]
    return EventPath(estimate.coef[kept], estimate.vcov[np.ix_(kept, kept)], n_pre, np.asarray(weights))


def fail_if_target_is_unknown(target: str) -> None:
    """Refuse a target that is neither the average nor the first effect."""
    if target not in get_args(Target):
        raise DesignError(f"target={target!r} is unknown; choose one of {list(get_args(Target))}")


def _reference(estimate: Estimate, time: FloatArray) -> float:
    """Return the reference; estimates by imputation have none among their cells and are read as measured from -1."""
    marked = estimate.cells.get("reference", pd.Series(False, index=estimate.cells.index)).to_numpy(dtype=bool)
    if marked.sum() > 1:
        raise DesignError(f"the references {time[marked].astype(int).tolist()} are several; estimate with a single one")
    return float(time[marked][0]) if marked.any() else -1.0
