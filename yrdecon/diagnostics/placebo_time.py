"""Placebo in time: the design at dates at which nothing happened."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from yrdecon.core.assignment import Assignment
from yrdecon.core.design import Design
from yrdecon.core.estimator import Estimator
from yrdecon.core.panel import Panel
from yrdecon.core.sample import draw_sample
from yrdecon.diagnostics.one_effect import one_effect
from yrdecon.diagnostics.placebo_dates import first_date, move_back, placebo_shifts
from yrdecon.diagnostics.summary_row import summary_row
from yrdecon.errors import DesignError
from yrdecon.inference.permutation import permutation_test


def placebo_time(
    estimator: Estimator,
    panel: Panel,
    design: Design,
    assignment: Assignment | None = None,
    *,
    seed: int,
    draws: int = 999,
    periods_back: Sequence[int] | None = None,
) -> pd.DataFrame:
    """Estimate the effect of the treated units at dates before they were treated.

    The whole design is moved back: treatment, base periods and excluded periods. Rows in which a unit is treated, or
    may anticipate it, are left out. An effect at a placebo date that ranks as high among placebo assignments as the
    actual one speaks against the comparison; that there is none does not prove it (see `pretrend_power`).

    Parameters
    ----------
    estimator
        Any estimator. Effects by cohort or event time are summarized in one.
    assignment, seed, draws
        Mechanism, seed and number of sampled assignments of the permutation test at each date.
    periods_back
        By how many periods to move the design. None takes all at which the placebo treatment lasts as long as the
        actual one and ends before it, and the estimator can be computed. Fewer periods give a shorter treatment, whose
        length is told.

    Returns
    -------
    One row per date, the actual one first: periods_back, date (of the first treated units), n_treated_periods,
    estimate, conf_low, conf_high, rank, n_compared, and p_value (empty where the test supports no more than a rank).

    Raises
    ------
    DesignError
        If too few periods lie before treatment, or the design cannot be estimated at a date that is asked for.

    References
    ----------
    Chen, Qi and Yan (陈强、齐霁、颜冠鹏, 2025), Management World 41(2); the first of their four kinds.

    Examples
    --------
    >>> from yrdecon.estimators import twfe
    >>> from yrdecon.study.twinning import load_twinning, twinning_design
    >>> table = placebo_time(twfe, load_twinning(), twinning_design(), seed=1, periods_back=[3, 4])
    >>> table["date"].tolist()
    [2022, 2019, 2018]
    """
    single = one_effect(estimator, panel, design)
    shifts = placebo_shifts(single, panel, design) if periods_back is None else list(periods_back)
    if not shifts:
        raise DesignError(
            "too few periods lie before treatment to move the whole design back in time; start the panel earlier, or "
            "name periods_back, for example [1], for a shorter placebo treatment"
        )
    _fail_if_shifts_are_wrong(shifts)
    rows = []
    for back in (0, *shifts):
        moved, placebo = move_back(panel, design, back)
        test = permutation_test(single, moved, placebo, assignment, seed=seed, draws=draws)
        row = summary_row(test)
        row.insert(0, "n_treated_periods", _treated_periods(moved, placebo))
        row.insert(0, "date", first_date(moved, placebo))
        row.insert(0, "periods_back", back)
        rows.append(row)
    return pd.concat(rows, ignore_index=True)


def _treated_periods(panel: Panel, design: Design) -> int:
    sample = draw_sample(panel, design)
    treated = sample.periods >= sample.first_treated_period
    return int((treated & ~np.isin(sample.periods, design.exclude_periods)).sum())


def _fail_if_shifts_are_wrong(shifts: list[int]) -> None:
    wrong = [b for b in shifts if isinstance(b, bool) or not isinstance(b, int | np.integer) or b < 1]
    if wrong:
        raise DesignError(f"periods_back holds {wrong}; it must hold whole numbers of periods, 1 or more")
