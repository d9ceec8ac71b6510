"""Effects as the gap to outcomes imputed from untreated rows (Borusyak, Jaravel and Spiess)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from yrdecon.core.adoption import adoption_dates
from yrdecon.core.design import Design
from yrdecon.core.estimate import Estimate
from yrdecon.core.estimator import estimate_one_by_one, register
from yrdecon.core.options import fail_if_not_whole
from yrdecon.core.panel import Panel
from yrdecon.core.sample import draw_sample, restrict
from yrdecon.core.wide import wide_outcome
from yrdecon.errors import DesignError
from yrdecon.estimators.counterfactual.imputed import imputed_estimate
from yrdecon.estimators.regression.linear import fit_linear
from yrdecon.estimators.regression.small_sample import SmallSample
from yrdecon.kernels.imputation import gaps_to_untreated_fit

FloatArray = NDArray[np.float64]

CHUNK = 1_000


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

    Notes
    -----
    All untreated rows are fitted, those of units treated later as well, whatever `Design.comparison`; with declared
    base periods no other period before the first treatment is. Excluded periods and those of a unit's anticipation take
    no part. `Design.weights` weight the fit and the rows of a cell, `Design.effects` enter the fit, and influence is
    summed by `Design.cluster`, the unit by default. Units treated from the first period on are left out and named. A
    cohort of one unit has an effect, but its own variation is in no standard error; the notes name it.

    References
    ----------
    Borusyak, Jaravel and Spiess (2024), Review of Economic Studies, theorems 1-3.

    Examples
    --------
    >>> rows = [(u, t, float(t >= g) + 0.5 * t, g) for u, g in (("a", 2), ("b", 3), ("c", np.inf)) for t in (1, 2, 3)]
    >>> panel = Panel.from_frame(pd.DataFrame(rows, columns=["u", "t", "y", "cohort"]), unit="u", time="t")
    >>> from yrdecon.estimators.aggregate import aggregate
    >>> aggregate(imputation(panel, Design(outcome="y")), None).coef.round(6).tolist()
    [1.0]
    """
    return replace(imputed_estimate(panel, design, ("cohort", "time")), method="imputation")


def imputation_draws(panel: Panel, design: Design, cohorts: FloatArray) -> FloatArray:
    """Return (B, k) effects of all cells at (B, N) assignments, the period effects of all solved for together."""
    if design.covariates or design.effects or design.weights:
        return estimate_one_by_one(imputation, panel, design, cohorts)
    sample = draw_sample(panel, design)
    y, dates = wide_outcome(sample), adoption_dates(cohorts, sample.periods)
    usable = ~np.isin(sample.periods, design.exclude_periods)
    if design.base_periods is not None:
        usable &= np.isin(sample.periods, design.base_periods) | (sample.periods >= dates[0])
    parts = []
    for start in range(0, len(cohorts), CHUNK):
        own = cohorts[start : start + CHUNK, :, None]
        untreated = np.isfinite(y) & usable & (sample.periods < own - design.anticipation)
        gaps = gaps_to_untreated_fit(y, np.ones(len(y)), untreated)
        columns = []
        for date in dates:
            for position in np.flatnonzero(usable & (sample.periods >= date)):
                gap = np.where(own[:, :, 0] == date, gaps[:, :, position], np.nan)
                count = np.isfinite(gap).sum(axis=1)
                columns.append(np.nansum(gap, axis=1) / np.where(count > 0, count, np.nan))
        parts.append(np.stack(columns, axis=1))
    return np.concatenate(parts)


def imputation_pretrend(panel: Panel, design: Design, *, leads: int = 4, ssc: SmallSample = "fixest") -> Estimate:
    """Regress untreated outcomes on dummies of the last periods before treatment, with unit and time effects.

    No treated row is used, so that the test is independent of the estimated effects under spherical errors. Test the
    leads jointly with `wald`, or by permutation.

    Parameters
    ----------
    leads
        Number of event times before treatment, and before any anticipation, that have a dummy; earlier ones are the
        base.
    ssc
        Small-sample rule of the clustered covariance; see `cluster_factor`.

    Returns
    -------
    An estimate with one cell per ``event_time``. Base periods and the comparison of the design play no role; excluded
    periods and those of anticipation are left out, as are units treated throughout, which have no untreated row.
    Unbalanced panels are used as they are. Weights, covariates, effects and the cluster are those of the design.

    Raises
    ------
    DesignError
        If `leads` is not positive, or no earlier event time is left as the base.
    EstimationError
        If a lead is not identified.

    References
    ----------
    Borusyak, Jaravel and Spiess (2024), Review of Economic Studies, section 4.4.

    Examples
    --------
    >>> rows = [(u, t, 1.0 * (t == 3 and g == 4) + t, g) for u, g in (("a", 4), ("b", np.inf)) for t in range(5)]
    >>> panel = Panel.from_frame(pd.DataFrame(rows, columns=["u", "t", "y", "cohort"]), unit="u", time="t")
    >>> imputation_pretrend(panel, Design(outcome="y"), leads=1, ssc="none").coef.round(6).tolist()
    [1.0]
    """
    fail_if_not_whole("leads", leads, 1)
    full = draw_sample(panel, design)
    time, own = full.periods[full.time], full.cohort[full.unit]
    untreated = time < own - design.anticipation
    sample = restrict(full, untreated & ~np.isin(time, design.exclude_periods))
    own = sample.cohort[sample.unit]
    event_time = np.where(own <= full.periods[-1], sample.periods[sample.time] - own, np.nan) + design.anticipation
    observed = np.unique(event_time[np.isfinite(event_time)]).astype(np.int64)
    seen = [int(e) for e in observed if e >= -leads]
    if not seen or len(seen) == len(observed):
        most = int(-observed[0]) - 1 if len(observed) else 0
        raise DesignError(
            f"leads={leads} leaves no earlier untreated period of the treated as the base; "
            + (f"choose 1 to {most}" if most > 0 else "start the panel earlier")
        )
    dummies = pd.DataFrame({lead: (event_time == lead).astype(float) for lead in seen})
    fit = fit_linear(panel, sample, design, dummies, ssc)
    cells = pd.DataFrame({"event_time": np.array(seen) - design.anticipation, "reference": False, "excluded": False})
    return replace(fit, method="imputation_pretrend", cells=cells)


register(imputation, draws=imputation_draws)
