"""What a pre-test for parallel trends would have missed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import stats

from yrdecon.core.estimate import Estimate
from yrdecon.diagnostics.event_path import event_path
from yrdecon.errors import DesignError
from yrdecon.kernels.pretest import mean_after_passing, pass_probability, slope_with_power

MOST_BEFORE = 20


def pretrend_power(estimate: Estimate, *, power: Sequence[float] = (0.5, 0.8), level: float = 0.95) -> pd.DataFrame:
    """Find the linear violations that the usual pre-test detects with given power, and the bias they leave.

    The pre-test rejects parallel trends if any coefficient before treatment is significant on its own.

    Parameters
    ----------
    estimate
        An event study with one reference period and consecutive event times.
    power
        Probabilities of detection.
    level
        Confidence level of the single tests.

    Returns
    -------
    One row per power: slope per period; bias, which such a trend gives to the average effect after treatment;
    bias_after_passing, the same among samples that pass the pre-test; bayes_factor, how much passing speaks for such a
    trend against none; likelihood_ratio of the observed coefficients under the trend against none. A trend whose bias
    is as large as the effect and whose slope is detected half of the time is not ruled out by a pre-test.

    Raises
    ------
    DesignError
        If a power does not lie between the size of the pre-test and one, or the estimate cannot be read as a path.

    References
    ----------
    Roth (2022), American Economic Review: Insights.

    Examples
    --------
    >>> from yrdecon.estimators import event_study, event_window
    >>> from yrdecon.study.twinning import load_twinning, twinning_design
    >>> dynamic = event_window(event_study(load_twinning(), twinning_design()), -6, 1)
    >>> pretrend_power(dynamic)["power"].tolist()
    [0.5, 0.8]
    """
    path = event_path(estimate, "average")
    n_pre = path.n_pre
    if not 1 <= n_pre <= MOST_BEFORE:
        raise DesignError(f"{n_pre} coefficients lie before the reference; take a window with 1 to {MOST_BEFORE}")
    before, time = path.vcov[:n_pre, :n_pre], path.time[:n_pre]
    passed = pass_probability(np.zeros(n_pre), before, level)
    wrong = [p for p in power if not 1 - passed < p < 1]
    if wrong or len(power) == 0:
        raise DesignError(f"power {list(power)} must lie between the size of the pre-test, {1 - passed:.3f}, and 1")
    centered = stats.multivariate_normal(np.zeros(n_pre), before, allow_singular=True)
    rows = []
    for wanted in power:
        slope = slope_with_power(time, before, wanted, level)
        trend = slope * path.time
        after = mean_after_passing(trend, path.vcov, n_pre, level)
        likelihood = centered.logpdf(path.coef[:n_pre] - trend[:n_pre]) - centered.logpdf(path.coef[:n_pre])
        rows.append(
            (
                wanted,
                slope,
                float(path.target @ trend[n_pre:]),
                float(path.target @ after[n_pre:]),
                (1 - wanted) / passed,
                float(np.exp(likelihood)),
            )
        )
    columns = ["power", "slope", "bias", "bias_after_passing", "bayes_factor", "likelihood_ratio"]
    return pd.DataFrame(rows, columns=columns)
