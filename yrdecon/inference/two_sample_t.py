"""t tests of one change per unit with small-sample degrees of freedom."""

from __future__ import annotations

from types import MappingProxyType
from typing import Literal, get_args

import pandas as pd
from scipy import stats

from yrdecon.core.design import Design
from yrdecon.core.hypothesis import HypothesisTest
from yrdecon.core.panel import Panel
from yrdecon.errors import DesignError
from yrdecon.inference.changes import unit_changes
from yrdecon.inference.inversion import fail_if_level_is_wrong
from yrdecon.kernels.few_treated import bell_mccaffrey, ibragimov_mueller, jackknife

Rule = Literal["ibragimov_mueller", "bell_mccaffrey", "jackknife"]

RULES = {"ibragimov_mueller": ibragimov_mueller, "bell_mccaffrey": bell_mccaffrey, "jackknife": jackknife}


def two_sample_t(
    panel: Panel, design: Design, *, rule: Rule = "ibragimov_mueller", level: float = 0.95
) -> HypothesisTest:
    """Compare the mean changes of treated and untreated units by a t test with unequal variances.

    Parameters
    ----------
    rule
        ``"ibragimov_mueller"`` takes one degree of freedom less than the smaller group has units;
        ``"bell_mccaffrey"`` is CR2 with the degrees of freedom of equal variances; ``"jackknife"`` is CV3, leaving
        out one unit at a time.
    level
        Confidence level.

    Returns
    -------
    A two-sided test of no effect on the treated on average. Frame ``"error"`` holds standard error and degrees of
    freedom.

    Raises
    ------
    DesignError
        If only one unit is treated, no unit's change differs from another, there are several adoption dates, a cell
        is missing, or the design asks for more than one change per unit.

    References
    ----------
    Ibragimov and Müller (2016), Review of Economics and Statistics; Bell and McCaffrey (2002), Survey Methodology;
    MacKinnon, Nielsen and Webb (2023), Journal of Econometrics.

    Examples
    --------
    >>> import numpy as np
    >>> rows = [(u, t, float(u * t % 5), 2.0 if u < 3 else np.inf) for u in range(9) for t in (1, 2)]
    >>> panel = Panel.from_frame(pd.DataFrame(rows, columns=["u", "t", "y", "cohort"]), unit="u", time="t")
    >>> two_sample_t(panel, Design(outcome="y")).frames["error"]["dof"].tolist()
    [2.0]
    """
    fail_if_level_is_wrong(level)
    if rule not in get_args(Rule):
        raise DesignError(f"rule={rule!r} is unknown; choose one of {list(get_args(Rule))}")
    changes = unit_changes(panel, design, "two_sample_t")
    if changes.treated.sum() < 2:
        raise DesignError(
            "two_sample_t needs two or more treated units to measure how they vary; use ferman_pinto for a single one"
        )
    found = RULES[rule](changes.change, changes.treated)
    if not found.std_error > 0:
        raise DesignError("all units of each group changed alike, so there is no error to compare the estimate with")
    statistic = changes.estimate / found.std_error
    half = float(stats.t.ppf(0.5 + level / 2, found.dof)) * found.std_error
    return HypothesisTest(
        name=f"two-sample t test, {rule}",
        statistic=statistic,
        p_value=float(2 * stats.t.sf(abs(statistic), found.dof)),
        null="the treatment had no effect on the treated units on average",
        estimate=changes.estimate,
        conf_low=changes.estimate - half,
        conf_high=changes.estimate + half,
        frames=MappingProxyType({"error": pd.DataFrame([{"std_error": found.std_error, "dof": float(found.dof)}])}),
        notes=(f"standard error {found.std_error:.4g}, {found.dof:.2f} degrees of freedom", *changes.notes),
    )
