"""One effect from an estimator that may return many."""

from __future__ import annotations

import numpy as np

from yrdecon.core.design import Design
from yrdecon.core.estimate import Estimate
from yrdecon.core.estimator import Estimator
from yrdecon.core.panel import Panel
from yrdecon.errors import DesignError
from yrdecon.estimators.aggregate import aggregate
from yrdecon.estimators.linear_map import lincom

DIRECT = "treated"


def one_effect(estimator: Estimator, panel: Panel, design: Design) -> Estimator:
    """Return an estimator with one coefficient: itself, or its effects on the treated summarized in one.

    Effects by cohort and period are summarized by `aggregate`; effects by event time are averaged from event time zero
    on, excluded periods left out; beside spillovers the effect on the treated is taken.

    Raises
    ------
    DesignError
        If there are several coefficients and they are not labelled by time.
    """
    if len(estimator(panel, design).coef) == 1:
        return estimator

    def summarized(panel: Panel, design: Design) -> Estimate:
        return _summarize(estimator(panel, design))

    return summarized


def _summarize(estimate: Estimate) -> Estimate:
    cells = estimate.cells
    if "cohort" in cells:
        return aggregate(estimate, None)
    if "event_time" not in cells and DIRECT in (terms := cells["term"].tolist()):
        return lincom(estimate, {terms.index(DIRECT): 1.0}, term=DIRECT)
    if "event_time" not in cells:
        raise DesignError(
            f"{estimate.method} returns {len(estimate.coef)} coefficients without event times; "
            "give a function of panel and design that returns one"
        )
    used = cells["event_time"].to_numpy() >= 0
    if "excluded" in cells:
        used &= ~cells["excluded"].to_numpy(dtype=bool)
    if not used.any():
        raise DesignError(f"{estimate.method} has no effect at or after treatment outside the excluded periods")
    return lincom(estimate, np.asarray(used / used.sum()).tolist(), term="average")
