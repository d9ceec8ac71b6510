"""Two-stage difference-in-differences (Gardner)."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from yrdecon.core.design import Design
from yrdecon.core.estimate import Estimate
from yrdecon.core.estimator import register
from yrdecon.core.options import fail_if_unknown
from yrdecon.core.panel import Panel
from yrdecon.estimators.counterfactual.imputed import imputed_estimate

By = Literal["event_time", None]


def two_stage(panel: Panel, design: Design, *, by: By = None) -> Estimate:
    """Remove effects fitted on untreated rows, then average what is left of treated rows.

    Parameters
    ----------
    by
        None for one effect, ``term="treated"``; ``"event_time"`` for one effect per event time.

    Returns
    -------
    An estimate with the effects of `imputation` and errors that count the first stage. They differ from the errors of
    `imputation` only in that residuals of treated rows are taken around the second stage's own means. Unbalanced panels
    are used as they are; treated rows whose unit or period has no untreated row are left out and counted, units treated
    from the first period on left out and named.

    Raises
    ------
    DesignError
        If `by` is unknown, or no treated row can be imputed.

    Notes
    -----
    Rows, base and excluded periods, anticipation, weights, covariates, effects and clusters are those of `imputation`:
    all untreated rows are fitted, whatever `Design.comparison`, and those of excluded periods take no part.

    References
    ----------
    Gardner (2021), Two-stage differences in differences, section 3.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> rows = [(u, t, float(t >= g) + 0.5 * t, g) for u, g in (("a", 2), ("b", 3), ("c", np.inf)) for t in (1, 2, 3)]
    >>> panel = Panel.from_frame(pd.DataFrame(rows, columns=["u", "t", "y", "cohort"]), unit="u", time="t")
    >>> two_stage(panel, Design(outcome="y")).coef.round(6).tolist()
    [1.0]
    """
    fail_if_unknown("by", by, By)
    cells = () if by is None else (by,)
    return replace(imputed_estimate(panel, design, cells), method="two_stage")


register(two_stage)
