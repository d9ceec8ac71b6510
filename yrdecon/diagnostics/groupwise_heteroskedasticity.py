"""Whether the errors of all units have one variance."""

from __future__ import annotations

from types import MappingProxyType

import numpy as np
import pandas as pd
from scipy import stats

from yrdecon.core.estimate import Estimate
from yrdecon.core.hypothesis import HypothesisTest
from yrdecon.core.labels import codes_of
from yrdecon.errors import DesignError
from yrdecon.inference.reduction import linear_fit


def groupwise_heteroskedasticity(estimate: Estimate) -> HypothesisTest:
    """Test by the modified Wald statistic whether residuals have the same variance in every unit.

    Parameters
    ----------
    estimate
        Of `panel_regression`.

    Returns
    -------
    A chi-squared test with as many degrees of freedom as units; frame ``"variances"`` holds those of the units.

    Raises
    ------
    DesignError
        If a unit has fewer than two rows, or residuals that are all alike in size.

    Notes
    -----
    Errors need not be normal. With many units and few periods the test rejects a true null too often (Baum 2001): at 5%
    in 6% of samples with 10 units of 200 periods, in 53% with 40 of 40 and in 94% with 41 of 14.

    References
    ----------
    Greene (2018), Econometric Analysis, section 9.7; Baum (2001), Stata Journal.

    Examples
    --------
    >>> from yrdecon.core import Panel
    >>> from yrdecon.estimators import panel_regression
    >>> rows = [(u, t, float(i * t % 5), float(i * t * t % 7)) for i, u in enumerate("abcdef", 1) for t in range(1, 7)]
    >>> panel = Panel.from_frame(pd.DataFrame(rows, columns=["u", "t", "y", "x"]), unit="u", time="t")
    >>> groupwise_heteroskedasticity(panel_regression(panel, "y ~ x | t")).name
    'modified Wald test of groupwise heteroskedasticity, chi2(6)'
    """
    squares, codes = linear_fit(estimate).residuals ** 2, codes_of(estimate.units["unit"])
    counts = np.bincount(codes)
    own = np.bincount(codes, squares) / counts
    spread = np.bincount(codes, (squares - own[codes]) ** 2)
    names = pd.unique(estimate.units["unit"])
    poor = names[(counts < 2) | (spread <= 0)].tolist()
    if poor:
        raise DesignError(
            f"the variance of units {poor[:8]} has no spread, because they have too few rows; leave them out"
        )
    statistic = float(((own - squares.mean()) ** 2 * counts * (counts - 1) / spread).sum())
    frame = pd.DataFrame({"unit": names, "variance": own, "n_rows": counts})
    return HypothesisTest(
        name=f"modified Wald test of groupwise heteroskedasticity, chi2({len(own)})",
        statistic=statistic,
        p_value=float(stats.chi2.sf(statistic, len(own))),
        null="the errors have the same variance in every unit",
        frames=MappingProxyType({"variances": frame}),
    )
