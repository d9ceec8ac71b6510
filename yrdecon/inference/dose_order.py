"""Whether treated units with more of a dose changed more, against every other order of the doses."""

from __future__ import annotations

from math import factorial
from types import MappingProxyType

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from yrdecon.core.design import Design, fail_if_asked
from yrdecon.core.hypothesis import TIE, HypothesisTest
from yrdecon.core.panel import Panel
from yrdecon.errors import DesignError
from yrdecon.estimators.dose_response import dose_response
from yrdecon.kernels.orders import orders_of

FloatArray = NDArray[np.float64]

MOST_LISTED = 50_000
FEWEST = 3


def dose_order_test(
    panel: Panel, design: Design, *, dose: str = "dose", seed: int, draws: int = 9_999
) -> HypothesisTest:
    """Compare the slope of the change of treated units in their dose with that under other orders of the doses.

    Parameters
    ----------
    dose
        Column with the intensity of treatment, as in `dose_response`. Treated units of one adoption date, without
        covariates, weights or further effects.
    seed, draws
        Of sampled orders; up to 50,000 orders, those of eight units, are all compared.

    Returns
    -------
    A test that the dose made no difference to any treated unit. The estimate is the mean of
    ``dose_response(estimand="treated_slope")`` over treated periods: the change of the outcome that goes with one more
    unit of the dose. Frame ``"units"`` holds unit, dose and change. No interval is computed.

    Raises
    ------
    DesignError
        If fewer than three treated units have a dose, doses are all the same, the outcome has gaps, or the design asks
        for what the slope does not take.

    Notes
    -----
    The order is exact only if any treated unit could as well have got the dose of any other. Neighbors that share both
    shocks and doses break this, and no untreated unit enters.

    References
    ----------
    Callaway, Goodman-Bacon and Sant'Anna (2024), Difference-in-differences with a continuous treatment.

    Examples
    --------
    >>> rows = [(u, t, 0.5 * d * (t == 2), d, 2.0) for u, d in (("a", 1.0), ("b", 2.0), ("c", 4.0)) for t in (1, 2)]
    >>> table = pd.DataFrame(rows, columns=["u", "t", "y", "dose", "cohort"])
    >>> test = dose_order_test(Panel.from_frame(table, unit="u", time="t"), Design(outcome="y"), seed=1)
    >>> round(test.estimate, 6), test.rank, len(test.draws)
    (0.5, 1, 6)
    """
    fail_if_asked(design, ("covariates", "weights", "effects", "anticipation"), "dose_order_test", "a design without")
    if draws < 1:
        raise DesignError(f"draws={draws} must be 1 or more")
    slope = dose_response(panel, design, dose=dose, estimand="treated_slope")
    units = _units(panel, design, slope.frames["doses"])
    count = len(units)
    listed = factorial(count) <= MOST_LISTED
    orders = orders_of(count, None if listed else np.random.default_rng(seed), draws)
    centered = (units["dose"] - units["dose"].mean()).to_numpy()
    slopes = centered[orders] @ units["change"].to_numpy() / (centered @ centered)
    statistics = np.abs(slopes)
    how = "all compared" if listed else f"{len(orders) - 1:,} of them drawn, seed {seed}"
    return HypothesisTest(
        name="permutation test, orders of doses",
        statistic=float(statistics[0]),
        p_value=float(np.mean(statistics >= statistics[0] * (1 - TIE))),
        null="the dose made no difference to any treated unit",
        draws=statistics,
        estimate=float(slopes[0]),
        n_assignments=factorial(count),
        frames=MappingProxyType({"units": units}),
        notes=(f"{factorial(count):,} orders of {count} doses among the treated, {how}", *slope.notes[-1:]),
    )


def _units(panel: Panel, design: Design, doses: pd.DataFrame) -> pd.DataFrame:
    """Return unit, dose, and the change from the base periods to treated ones."""
    if doses["cohort"].nunique() > 1:
        raise DesignError(f"dose_order_test needs one adoption date; doses are of {sorted(set(doses['cohort']))}")
    if len(doses) < FEWEST:
        raise DesignError(f"{len(doses)} treated units have a dose; an order needs {FEWEST} or more")
    date = int(doses["cohort"].iloc[0])
    table = panel.frame[panel.frame[panel.unit].isin(doses["unit"])]
    wide = table.pivot(index=panel.unit, columns=panel.time, values=design.outcome).drop(
        columns=list(design.exclude_periods), errors="ignore"
    )
    base = [t for t in wide if t < date] if design.base_periods is None else list(design.base_periods)
    change = wide[[t for t in wide if t >= date]].mean(axis=1, skipna=False) - wide[base].mean(axis=1, skipna=False)
    found = doses[["unit", "dose"]].assign(change=change.reindex(doses["unit"]).to_numpy(dtype=float))
    if found["change"].isna().any():
        raise DesignError(f"the outcome of {found.loc[found['change'].isna(), 'unit'].tolist()} has gaps")
    return found
