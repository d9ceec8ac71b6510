"""Synthetic control: each treated unit against a weighted average of never-treated ones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from yrdecon.core.adoption import adoption_dates
from yrdecon.core.design import Design
from yrdecon.core.estimate import Estimate
from yrdecon.core.estimator import register
from yrdecon.core.labels import row_labels
from yrdecon.core.left_out import leave_out_always_treated
from yrdecon.core.panel import Panel
from yrdecon.core.sample import Sample, draw_sample
from yrdecon.core.wide import balanced_outcome
from yrdecon.estimators.synthetic.control_draws import fit_placebos, mean_gaps, placebo_data, placebo_effects, refit
from yrdecon.estimators.synthetic.control_fit import (
    CohortFit,
    cohort_paths,
    fit_cohort,
)
from yrdecon.estimators.synthetic.control_frames import synthetic_frames
from yrdecon.estimators.synthetic.control_options import Match, Method, Options, Per, fail_if_design_does_not_fit
from yrdecon.estimators.synthetic.predictors import Predictor

FloatArray = NDArray[np.float64]

METHODS = {
    "simplex": "weights on the simplex",
    "augmented": "weights on the simplex corrected by ridge regression",
    "penalized": "weights on the simplex that also penalize distant donors",
}
MATCHES = {"demeaned": "outcomes relative to their mean over the base periods", "levels": "outcomes in levels"}
IMPORTANCE = {
    True: "predictors are divided by their standard deviations; their weights are a local minimum of the squared gaps",
    False: "predictors are divided by their standard deviations and weighted as given",
}
TIES = "among weights that fit equally well the ones with the smallest sum of squares are taken"


def synthetic_control(
    panel: Panel,
    design: Design,
    *,
    method: Method = "simplex",
    match: Match | tuple[Predictor, ...] = "demeaned",
    per: Per = "unit",
    penalty: float | None = None,
) -> Estimate:
    """Compare the treated with weighted averages of never-treated units that followed the same path before.

    Weights are fitted on all periods before treatment that are neither excluded nor within the anticipation window.
    Effects are averaged over treated cells. With several adoption dates each treated unit has its own date, and all
    are compared with the never treated. Units that are treated from the first period on are left out and named.

    Parameters
    ----------
    method
        ``"simplex"``: non-negative weights that sum to one (Abadie, Diamond and Hainmueller 2010). ``"augmented"``:
        the imbalance they leave is corrected by ridge regression, which extrapolates, so that weights may be negative
        (Ben-Michael, Feller and Rothstein 2021). ``"penalized"``: donors far from the treated unit cost, which avoids
        averages of unlike donors (Abadie and L'Hour 2021).
    match
        What is matched. ``"demeaned"``: outcomes relative to each unit's mean over the base periods, which is a
        synthetic control with an intercept (Doudchenko and Imbens 2016; Ferman and Pinto 2021); a poor unit need not
        lie among rich donors. ``"levels"``: the outcomes themselves. A tuple of `Predictor`: their means, beside
        those of `Design.covariates` over all fitted periods, in levels and weighted so that the outcome before
        treatment is followed best. Covariates have little say beside all lags of the outcome: name a few.
    per
        ``"unit"``: one synthetic control for each treated unit. ``"cohort"``: one for the mean of the units treated
        at a date.
    penalty
        ``"simplex"``: coefficient of the sum of squared weights; None takes the smallest weights among those of best
        fit. ``"augmented"``: ridge penalty; None chooses it by leaving out periods before treatment, with the
        one-standard-error rule. ``"penalized"``: cost of distance; None chooses it by predicting untreated units after
        treatment from each other.

    Returns
    -------
    An estimate with the one cell ``term="att"`` and a covariance of NaN: infer with `permutation_test`. Its frames are
    ``unit_weights``; ``path`` (mean outcome of a cohort, observed and without treatment, and the gap between them);
    ``counterfactual`` (the same for each treated unit); ``cohorts`` (effect and share of each); ``fit`` (root mean
    squared gaps before and after, their ratio, one over the sum of squared weights, and the standard deviation of the
    outcome before); ``time_weights`` of the base periods if ``match="demeaned"``; and with predictors
    ``predictor_weights`` and ``predictor_balance``.

    Raises
    ------
    DesignError
        If the panel is not balanced (the missing cells are named), fewer than two units were never treated, fewer
        than two periods can be fitted, options contradict each other, or the design has weights, effects, covariates
        without `match` predictors, or base periods where levels are matched.

    Notes
    -----
    Donors are the never treated, and `Design.comparison` must say so. Without a standard error `Design.cluster` plays
    no role.

    References
    ----------
    Abadie, Diamond and Hainmueller (2010), Synthetic control methods for comparative case studies, JASA.
    Ferman and Pinto (2021), Synthetic controls with imperfect pretreatment fit, Quantitative Economics.

    Examples
    --------
    >>> y = {"a": [1.0, 2.0, 6.0], "b": [0.0, 1.0, 2.0], "c": [2.0, 3.0, 4.0], "d": [1.0, 4.0, 1.0]}
    >>> rows = [(u, t, v, 3.0 if u == "a" else np.inf) for u in y for t, v in zip((1, 2, 3), y[u])]
    >>> panel = Panel.from_frame(pd.DataFrame(rows, columns=["u", "t", "y", "cohort"]), unit="u", time="t")
    >>> round(float(synthetic_control(panel, Design(outcome="y"), match="levels").coef[0]), 6)
    3.0
    """
    options = Options(method, match, per, penalty)
    fail_if_design_does_not_fit(design, options)
    sample = leave_out_always_treated(draw_sample(panel, design))
    y = balanced_outcome(sample, "synthetic_control")
    dates = adoption_dates(sample.cohort, sample.periods)
    paths = [cohort_paths(sample, design, y, date, options) for date in dates]
    fits = [fit_cohort(panel, sample, design, path, options) for path in paths]
    cells = np.array([len(path.own) * path.windows.post.sum() for path in paths])
    shares = cells / cells.sum()
    effects = [fit.gaps[:, fit.paths.windows.post].mean() for fit in fits]
    return Estimate(
        coef=np.array([float(shares @ effects)]),
        vcov=np.full((1, 1), np.nan),
        cells=pd.DataFrame({"term": ["att"]}),
        units=row_labels(panel, sample, design),
        method="synthetic_control",
        outcome=design.outcome,
        n_obs=_cells_used(sample, fits),
        frames=synthetic_frames(sample, design, fits, shares, options),
        small_sample="no analytic standard error; infer by permutation",
        notes=(*sample.notes, *_notes(fits, options)),
    )


def synthetic_control_draws(panel: Panel, design: Design, cohorts: FloatArray) -> FloatArray:
    """Return (B, 1) effects of `synthetic_control` at (B, N) assignments, all weight problems solved together."""
    data = placebo_data(panel, design, cohorts)
    return placebo_effects(fit_placebos(data), data.y)


def synthetic_control_pre_effects(panel: Panel, design: Design, cohorts: FloatArray) -> FloatArray:
    """Return (B, P) mean gaps before treatment, in the periods that are not base periods by declaration."""
    data = placebo_data(panel, design, cohorts)
    columns = []
    for placebo in fit_placebos(data):
        windows = placebo.windows
        before = windows.fit if design.base_periods is None else windows.fit & ~windows.base
        block = np.full((len(cohorts), int(before.sum())), np.nan)
        block[placebo.rows] = mean_gaps(placebo, data.y)[:, before]
        columns.append(block)
    return np.concatenate(columns, axis=1)


def synthetic_control_without(panel: Panel, design: Design, cohorts: FloatArray) -> Callable[[float], FloatArray]:
    """Return the function from a constant effect to the (B, 1) effects without it, which keeps the weights.

    An effect taken from treated rows leaves the fitted periods as they are, unless several adoption dates are in play.
    """
    data = placebo_data(panel, design, cohorts)
    placebos = fit_placebos(data)
    treated = data.sample.periods >= data.sample.cohort[:, None]

    def at(effect: float) -> FloatArray:
        shifted = replace(data, y=data.y - effect * treated)
        touched = [treated[:, placebo.windows.fit].any() for placebo in placebos]
        again = [refit(p, shifted) if is_touched else p for p, is_touched in zip(placebos, touched, strict=True)]
        return placebo_effects(again, shifted.y)

    return at


def _cells_used(sample: Sample, fits: list[CohortFit]) -> int:
    used = np.zeros((len(sample.units), len(sample.periods)), dtype=bool)
    for paths in (fit.paths for fit in fits):
        used[np.ix_(np.union1d(paths.own, paths.donors), paths.windows.fit | paths.windows.post)] = True
    return int(used.sum())


def _notes(fits: list[CohortFit], options: Options) -> list[str]:
    matched = MATCHES[options.match] if isinstance(options.match, str) else "predictors"
    notes = [f"{METHODS[options.method]}; matched are {matched}; one synthetic control per {options.per}"]
    penalties = sorted({penalty for fit in fits for penalty in fit.penalties})
    if options.penalty is not None:
        notes.append(f"penalty {options.penalty:.6g}")
    elif penalties:
        notes.append(f"penalty by cross-validation: {', '.join(f'{p:.6g}' for p in penalties)}")
    elif isinstance(options.match, str):
        notes.append(TIES)
    tables = [fit.matched.table for fit in fits if fit.matched]
    notes.extend(dict.fromkeys(n for table in tables for n in (IMPORTANCE[table.importance is None], *table.notes)))
    return notes


register(
    synthetic_control,
    draws=synthetic_control_draws,
    pre_effects=synthetic_control_pre_effects,
    without=synthetic_control_without,
)
