"""Effects as the gap to outcomes imputed from untreated rows (Borusyak, Jaravel and Spiess)."""

from __future__ import annotations

from dataclasses import replace

from yrdecon.core.design import Design
from yrdecon.core.estimate import Estimate
from yrdecon.core.estimator import register
from yrdecon.core.panel import Panel
from yrdecon.estimators.imputed import imputed_estimate


def imputation(panel: Panel, design: Design) -> Estimate:
    """Fit unit and time effects and covariates on untreated rows, and average what treated rows exceed them by.

    Returns
    -------
    An estimate with one cell per ``cohort`` and ``time`` and its ``size`` in rows, by which `aggregate` weights. Errors
    are the conservative ones of the paper: residuals of treated rows are taken around their cell's mean. Unbalanced
    panels are used as they are; treated rows whose unit or period has no untreated row cannot be imputed and are left
    out and counted.

    Raises
    ------
    DesignError
        If no treated row can be imputed.
    EstimationError
        If the covariates are collinear with the fixed effects on untreated rows.

    References
    ----------
    Borusyak, Jaravel and Spiess (2024), Review of Economic Studies, theorems 1-3.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> rows = [(u, t, float(t >= g) + 0.5 * t, g) for u, g in (("a", 2), ("b", 3), ("c", np.inf)) for t in (1, 2, 3)]
    >>> panel = Panel.from_frame(pd.DataFrame(rows, columns=["u", "t", "y", "cohort"]), unit="u", time="t")
    >>> from yrdecon.estimators.aggregate import aggregate
    >>> aggregate(imputation(panel, Design(outcome="y")), None).coef.round(6).tolist()
    [1.0]
    """
    return replace(imputed_estimate(panel, design, ("cohort", "time")), method="imputation")


register(imputation)
