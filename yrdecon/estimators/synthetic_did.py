"""Synthetic difference-in-differences."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from yrdecon.core.design import Design
from yrdecon.core.estimate import Estimate
from yrdecon.core.estimator import ManyOutcomes, register
from yrdecon.core.left_out import leave_out_always_treated
from yrdecon.core.panel import Panel
from yrdecon.core.sample import draw_sample
from yrdecon.errors import DesignError
from yrdecon.estimators.synthetic.did_cohorts import (
    BalancedSample,
    CohortFit,
    balanced_sample,
    cohort_estimate,
    fit_cohorts,
    treated_cells,
)
from yrdecon.estimators.synthetic.windows import same_sizes, sample_of_assignments
from yrdecon.kernels.synthetic_did import Solver

FloatArray = NDArray[np.float64]

# weight problems that are solved in one array
TOGETHER = 2_000


def synthetic_did(panel: Panel, design: Design, *, solver: Solver = "reference") -> Estimate:
    """Compare the treated with a weighted average of untreated units, relative to weighted base periods.

    Unit weights are fitted on all periods before treatment that are not excluded; time weights lie on the base
    periods of the design alone, so that ``base_periods=(2020,)`` puts all of it on 2020. With several adoption
    dates each cohort is compared with the units that stay untreated through the last period (the never treated, and
    those treated after the panel ends; ``comparison="not_yet"`` adds no others), and cohorts are weighted by their
    treated cells. Units treated from the first period on, and cohorts without two usable periods before
    treatment and one after, are left out and named.

    Covariates enter as Kranz (2022) proposes and Clarke and others (2023) call projected: slopes are taken from a
    regression with unit and period effects on untreated rows (of the never and the not yet treated), and the outcome
    is adjusted by them before anything is weighted. The joint optimization of slopes and weights in the authors' code
    is not offered.

    Parameters
    ----------
    solver
        ``"reference"`` reproduces the early stopping of the authors' R code; ``"exact"`` solves the weight problems
        to the optimum.

    Returns
    -------
    An estimate with the one cell ``term="att"`` and a covariance of NaN: infer with `permutation_test`, or where
    units are independent with `synthetic_did_jackknife`. Its frames are

    - ``unit_weights`` and ``time_weights``;
    - ``path``: effect by period, placebo effects before treatment, and the mean outcome of the treated with and without
      it; see `synthetic_did_path`;
    - ``cohorts``: effect and share of each cohort, with its treated units and periods;
    - ``fit``: rmspe_before, the root mean square of the gap before treatment around its mean, which the unit weights
      make small; effective_donors, one over the sum of squared weights; noise_level, the standard deviation of first
      differences of the comparison units, which scales the penalty on the weights;
    - ``changes``: of every unit, from weighted base periods to treated periods, with its weight.

    Raises
    ------
    DesignError
        If the panel is not balanced (the missing cells are named), fewer than two units stay untreated, no cohort has
        enough periods, or the design has weights or effects.
    EstimationError
        If the slopes of the covariates are not identified.

    Notes
    -----
    Excluded periods and those of anticipation have no time weight and no part in the unit weights. Units treated within
    the anticipation after the last period are no comparison. Without a standard error `Design.cluster` plays no role.

    References
    ----------
    Arkhangelsky, Athey, Hirshberg, Imbens and Wager (2021), Synthetic difference-in-differences, AER; Kranz (2022),
    Synthetic difference-in-differences with time-varying covariates; Clarke, Pailanir, Athey and Imbens (2023),
    arXiv 2301.11859.

    Examples
    --------
    >>> import pandas as pd
    >>> y = {"a": [1.0, 2.0, 6.0], "b": [0.0, 1.0, 2.0], "c": [2.0, 3.0, 4.0], "d": [1.0, 2.0, 3.0]}
    >>> rows = [(u, t, v, 3.0 if u == "a" else np.inf) for u in y for t, v in zip((1, 2, 3), y[u])]
    >>> panel = Panel.from_frame(pd.DataFrame(rows, columns=["u", "t", "y", "cohort"]), unit="u", time="t")
    >>> round(float(synthetic_did(panel, Design(outcome="y")).coef[0]), 6)
    3.0
    """
    data = balanced_sample(leave_out_always_treated(draw_sample(panel, design)), design)
    fits = fit_cohorts(data, data.sample.cohort[None, :], solver)
    return replace(cohort_estimate(panel, data, fits, solver), method="synthetic_did")


def synthetic_did_draws(panel: Panel, design: Design, cohorts: FloatArray) -> FloatArray:
    """Return (B, 1) effects of `synthetic_did` at (B, N) assignments, all weight problems solved together."""
    sample, cohorts = sample_of_assignments(panel, design, cohorts)
    data = balanced_sample(sample, design)
    effects = np.zeros(len(cohorts))
    for rows in same_sizes(cohorts):
        effects[rows] = _average(fit_cohorts(data, cohorts[rows], "reference"))
    return effects[:, None]


def synthetic_did_pre_effects(panel: Panel, design: Design, cohorts: FloatArray) -> FloatArray:
    """Return (B, P) gaps before treatment, in the periods that carry no base weight by declaration."""
    sample, cohorts = sample_of_assignments(panel, design, cohorts)
    data = balanced_sample(sample, design)
    columns = []
    for rows in same_sizes(cohorts):
        for fit in fit_cohorts(data, cohorts[rows], "reference").values():
            before = fit.block.fit if design.base_periods is None else fit.block.fit & ~fit.block.base
            block = np.full((len(cohorts), int(before.sum())), np.nan)
            block[rows] = fit.result.gaps[:, before]
            columns.append(block)
    return np.concatenate(columns, axis=1)


def synthetic_did_without(panel: Panel, design: Design, cohorts: FloatArray) -> Callable[[float], FloatArray]:
    """Return the function from a constant effect to the (B, 1) effects without it, which keeps the unit weights.

    An effect taken from treated rows leaves outcomes before treatment as they are, unless covariates or several
    adoption dates are in play; the unit weights rest on these alone.
    """
    sample, cohorts = sample_of_assignments(panel, design, cohorts)
    data = balanced_sample(sample, design)
    treated = data.sample.periods >= data.sample.cohort[:, None]
    groups = same_sizes(cohorts)
    known = [fit_cohorts(data, cohorts[rows], "reference") for rows in groups]

    def at(effect: float) -> FloatArray:
        shifted = replace(data, y=data.y - effect * treated)
        effects = np.zeros(len(cohorts))
        for rows, fits in zip(groups, known, strict=True):
            effects[rows] = _average(fit_cohorts(shifted, cohorts[rows], "reference", fits))
        return effects[:, None]

    return at


def synthetic_did_outcomes(panel: Panel, design: Design, cohorts: FloatArray, outcomes: FloatArray) -> ManyOutcomes:
    """Return effects and gaps before treatment of (S, N, T) outcomes at (B, N) assignments with one adoption date.

    Raises
    ------
    DesignError
        If the design has covariates, or the assignments several dates.
    """
    full = draw_sample(panel, design)
    sample, cohorts = sample_of_assignments(panel, design, cohorts)
    if design.covariates or len(np.unique(cohorts[np.isfinite(cohorts)])) != 1:
        raise DesignError("many outcomes at once need a design with one adoption date and without covariates")
    data = balanced_sample(sample, design)
    y = outcomes[:, full.units.get_indexer(sample.units)]
    step = max(1, TOGETHER // len(cohorts))
    parts = [_effects_of_outcomes(data, cohorts, y[start : start + step]) for start in range(0, len(y), step)]
    effects, before = zip(*parts, strict=True)
    return ManyOutcomes(np.concatenate(effects), np.concatenate(before))


def _effects_of_outcomes(data: BalancedSample, cohorts: FloatArray, y: FloatArray) -> tuple[FloatArray, FloatArray]:
    s, b = len(y), len(cohorts)
    repeated = replace(data, y=np.repeat(y, b, axis=0))
    (fit,) = fit_cohorts(repeated, np.tile(cohorts, (s, 1)), "reference").values()
    before = fit.block.fit if data.design.base_periods is None else fit.block.fit & ~fit.block.base
    return fit.result.effect.reshape(s, b), fit.result.gaps[:, before].reshape(s, b, -1)


def _average(fits: Mapping[int, CohortFit]) -> FloatArray:
    return np.average([fit.result.effect for fit in fits.values()], axis=0, weights=treated_cells(fits))


register(
    synthetic_did,
    synthetic_did_outcomes,
    draws=synthetic_did_draws,
    pre_effects=synthetic_did_pre_effects,
    without=synthetic_did_without,
)
