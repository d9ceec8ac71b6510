"""One robustness check: what it is called, what it changes, and the design that results."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from yrdecon.core.design import Design
from yrdecon.core.estimator import Estimator
from yrdecon.core.panel import Panel
from yrdecon.core.sample import draw_sample
from yrdecon.errors import DesignError


@dataclass(frozen=True, eq=False)
class Case:
    """A panel, a design and an estimator to be tested."""

    panel: Panel
    design: Design
    estimator: Estimator


@dataclass(frozen=True, eq=False)
class Check:
    """A check that is made when it is its turn.

    Attributes
    ----------
    key
        Its name in the dictionary of words.
    changed
        What differs from the headline.
    make
        Returns the case; raises an error of ours where it cannot be made.
    """

    key: str
    changed: str
    make: Callable[[Case], Case]


def without_units(case: Case, units: set[str], what: str) -> Case:
    """Leave units out, treated ones as well.

    Raises
    ------
    DesignError
        If none of them takes part.
    """
    sample = draw_sample(case.panel, case.design)
    if not units & set(sample.units.astype(str)):
        raise DesignError(f"no unit of the sample is {what}, so that nothing changes")
    kept = ~case.panel.frame[case.panel.unit].astype(str).isin(units)
    return replace(case, panel=with_rows(case.panel, kept))


def with_rows(panel: Panel, kept: pd.Series) -> Panel:
    """Keep the rows of a mask."""
    return replace(panel, frame=panel.frame[kept].reset_index(drop=True))


def in_pool(case: Case) -> pd.Series:
    """Return which rows of the panel belong to the design's pool."""
    pool = case.design.pool
    frame = case.panel.frame
    return frame[pool].fillna(False).astype(bool) if pool else pd.Series(True, index=frame.index)


def only_start(case: Case) -> int:
    """Return the one first treated period.

    Raises
    ------
    DesignError
        If there are several adoption dates.
    """
    sample = draw_sample(case.panel, case.design)
    dates = np.unique(sample.cohort[np.isfinite(sample.cohort)])
    if len(dates) > 1:
        raise DesignError("the check needs one adoption date; the design has several")
    return int(dates[0])
