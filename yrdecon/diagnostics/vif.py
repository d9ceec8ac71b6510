"""By how much collinearity inflates the variance of each coefficient."""

from __future__ import annotations

import numpy as np
import pandas as pd

from yrdecon.core.estimate import Estimate
from yrdecon.errors import DesignError
from yrdecon.estimators.panels.columns import INTERCEPT
from yrdecon.inference.reduction import linear_fit


def vif(estimate: Estimate) -> pd.DataFrame:
    """Return the variance inflation factor of every regressor.

    Parameters
    ----------
    estimate
        Of `panel_regression`; regressors are taken after its effects are removed, which is what tells the coefficients.

    Returns
    -------
    One row per term: ``term``, ``vif``, one over the share of its variance that the others leave, and ``tolerance``,
    that share. Above ten a coefficient rests on a tenth of its regressor's variance.

    Raises
    ------
    DesignError
        If the estimate is no least-squares regression of terms.

    Examples
    --------
    >>> from yrdecon.core import Panel
    >>> from yrdecon.estimators import panel_regression
    >>> rows = [(u, t, float(i * t % 5), float(i * t * t % 7)) for i, u in enumerate("abcdef", 1) for t in range(1, 7)]
    >>> panel = Panel.from_frame(pd.DataFrame(rows, columns=["u", "t", "y", "x"]), unit="u", time="t")
    >>> vif(panel_regression(panel, "y ~ x | u + t"))["vif"].round(6).tolist()
    [1.0]
    """
    linear = linear_fit(estimate)
    if "term" not in estimate.cells or len(estimate.cells) != linear.regressors.shape[1]:
        raise DesignError(f"{estimate.method} has no terms of a regression; take an estimate of panel_regression")
    terms = estimate.cells["term"].tolist()
    root = np.sqrt(linear.weights)[:, None]
    x = root * linear.regressors
    given = x[:, [t == INTERCEPT for t in terms]]
    kept = [i for i, t in enumerate(terms) if t != INTERCEPT]
    rest = x[:, kept] - given @ np.linalg.lstsq(given, x[:, kept], rcond=None)[0]
    scaled = rest / np.linalg.norm(rest, axis=0)
    factors = np.diag(np.linalg.inv(scaled.T @ scaled))
    return pd.DataFrame({"term": [terms[i] for i in kept], "vif": factors, "tolerance": 1 / factors})
