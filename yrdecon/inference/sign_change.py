"""The sign-change test of Canay, Romano and Shaikh."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from yrdecon.core.design import Design
from yrdecon.core.hypothesis import TIE, HypothesisTest
from yrdecon.core.panel import Panel
from yrdecon.errors import DesignError
from yrdecon.inference.changes import unit_changes
from yrdecon.inference.inversion import fail_if_level_is_wrong, interval_by_order
from yrdecon.kernels.few_treated import sign_vectors

FloatArray = NDArray[np.float64]

MOST_ENUMERATED = 20


def sign_change(panel: Panel, design: Design, *, seed: int, draws: int = 9_999, level: float = 0.95) -> HypothesisTest:
    """Change the signs of the gaps between treated units and the mean of the untreated.

    Parameters
    ----------
    seed, draws
        Seed and number of random sign changes with more than 20 treated units; up to then all are compared.
    level
        Confidence level of the interval by inversion.

    Returns
    -------
    A two-sided test of no effect on the treated. A change of all signs leaves it as it is, so that the ``2 ** n1``
    changes are compared as ``2 ** (n1 - 1)``, and the p-value is the same.

    Raises
    ------
    DesignError
        If there are several adoption dates, a cell is missing, or the design asks for more than one change per unit.

    Notes
    -----
    The treated may vary to different degrees, but must be independent of each other with errors that are symmetric;
    the mean of the untreated is taken as known. Treated neighbors that share shocks are rejected far too often.

    References
    ----------
    Canay, Romano and Shaikh (2017), Econometrica.

    Examples
    --------
    >>> import pandas as pd
    >>> change = {"a": 2.0, "b": 1.0, "c": -1.0, "d": 0.0, "e": 0.0}
    >>> rows = [(u, t, change[u] * (t == 2), 2.0 if u < "d" else np.inf) for u in change for t in (1, 2)]
    >>> panel = Panel.from_frame(pd.DataFrame(rows, columns=["u", "t", "y", "cohort"]), unit="u", time="t")
    >>> sign_change(panel, Design(outcome="y"), seed=1).p_value
    0.75
    """
    fail_if_level_is_wrong(level)
    if draws < 1:
        raise DesignError(f"draws={draws} must be 1 or more")
    changes = unit_changes(panel, design, "sign_change")
    gaps = changes.change[changes.treated] - changes.change[~changes.treated].mean()
    n = len(gaps)
    if n <= MOST_ENUMERATED:
        signs, how = sign_vectors(n), f"all {2**n:,} sign changes, {2 ** (n - 1):,} up to a change of all"
    else:
        random = np.random.default_rng(seed).choice([-1.0, 1.0], (draws, n))
        signs, how = np.vstack([np.ones(n), random]), f"{draws:,} of {2**n:,} sign changes, seed {seed}"
    means, slopes = signs @ gaps / n, signs.mean(axis=1)
    statistics = np.abs(means)
    low, high = interval_by_order(means, slopes, np.ones(len(signs)), level)
    return HypothesisTest(
        name="sign-change test",
        statistic=float(statistics[0]),
        p_value=float(np.mean(statistics >= statistics[0] * (1 - TIE))),
        null="the treatment had no effect on the treated units, whose errors are independent and symmetric",
        draws=statistics,
        estimate=changes.estimate,
        conf_low=low,
        conf_high=high,
        notes=(f"{how}; smallest attainable p-value {1 / len(signs):.4g}", *changes.notes),
    )
