"""Two-way fixed-effects difference-in-differences."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from yrdecon.core.design import Design
from yrdecon.core.estimate import Estimate
from yrdecon.core.estimator import ManyOutcomes, errors_one_by_one, estimate_one_by_one, register
from yrdecon.core.labels import codes_of, row_labels
from yrdecon.core.names import some_of
from yrdecon.core.panel import Panel
from yrdecon.core.sample import Sample, draw_sample, restrict
from yrdecon.errors import DesignError
from yrdecon.estimators.regression.linear import fit_linear, independent_effects, residualizer, varying_slopes
from yrdecon.estimators.regression.small_sample import SmallSample, cluster_factor
from yrdecon.kernels.assignments import (
    assignment_effects,
    assignment_errors,
    outcome_effects,
    prepare_assignments,
    prepare_errors,
)

FloatArray = NDArray[np.float64]


def twfe(panel: Panel, design: Design, *, ssc: SmallSample = "fixest") -> Estimate:
    """Regress the outcome on being treated, with unit and time effects.

    The one coefficient, ``term="treated"``, is the difference in differences between the treated periods and the
    base periods when there is a single adoption date; with staggered adoption and effects that vary it is a weighted
    average whose weights can be negative (Goodman-Bacon 2021).

    Parameters
    ----------
    ssc
        Small-sample rule of the clustered covariance; see `cluster_factor`.

    Returns
    -------
    An estimate clustered by `Design.cluster`, the unit by default. Unbalanced panels are used as they are. Units that
    are treated from the first period on are kept; they serve as comparisons and the notes name them.

    Raises
    ------
    DesignError
        If the panel does not offer the comparison that the design asks for.
    EstimationError
        If the effect is collinear with the fixed effects.

    Notes
    -----
    Every row that is not treated in its period is a comparison, whatever `Design.comparison`. Excluded periods, periods
    before treatment that are not among declared base periods, and those of a unit's anticipation take no part.
    `Design.weights` weight the regression, `Design.covariates` and `Design.effects` enter it.

    References
    ----------
    Goodman-Bacon (2021), Difference-in-differences with variation in treatment timing, Journal of Econometrics.

    Examples
    --------
    >>> table = pd.DataFrame({"u": ["a", "a", "b", "b", "c", "c"], "t": [1, 2] * 3, "y": [0.0, 2.0, 0.0, 1.0, 1.0, 1.0],
    ...                       "cohort": [2.0, 2.0] + [np.inf] * 4})
    >>> round(float(twfe(Panel.from_frame(table, unit="u", time="t"), Design(outcome="y")).coef[0]), 6)
    1.5
    """
    full = draw_sample(panel, design)
    sample = restrict(full, full.contrast)
    cohort = sample.cohort[sample.unit]
    treated = (sample.periods[sample.time] >= cohort).astype(float)
    estimate = fit_linear(panel, sample, design, pd.DataFrame({"treated": treated}), ssc)
    return replace(estimate, method="twfe", notes=(*estimate.notes, *_note_on_always_treated(sample)))


def twfe_draws(panel: Panel, design: Design, cohorts: FloatArray) -> FloatArray:
    """Return (B, 1) coefficients of `twfe` for (B, N) assignments, as a ratio of quadratic forms."""
    if design.anticipation:
        return estimate_one_by_one(twfe, panel, design, cohorts)
    full = draw_sample(panel, design)
    sample = restrict(full, full.contrast)
    units = row_labels(panel, sample, design)
    residualize = residualizer(units, sample, design)
    prepared = prepare_assignments(
        residualize, sample.outcome, sample.weights, sample.unit, sample.periods[sample.time], np.unique(cohorts)
    )
    return assignment_effects(prepared, cohorts[:, full.units.get_indexer(sample.units)])[:, None]


def twfe_outcomes(panel: Panel, design: Design, cohorts: FloatArray, outcomes: FloatArray) -> ManyOutcomes:
    """Return (S, B) coefficients of `twfe` for (S, N, T) outcomes, by units and periods, and (B, N) assignments.

    Raises
    ------
    DesignError
        If the design has anticipation, for which rows differ between assignments.
    """
    if design.anticipation:
        raise DesignError("many outcomes at once need a design without anticipation; estimate them one by one")
    full = draw_sample(panel, design)
    sample = restrict(full, full.contrast)
    residualize = residualizer(row_labels(panel, sample, design), sample, design)
    unit, time = sample.unit, sample.periods[sample.time]
    prepared = prepare_assignments(residualize, sample.outcome, sample.weights, unit, time, np.unique(cohorts))
    residuals = residualize(outcomes[:, full.unit, full.time][:, full.contrast].T)
    own = cohorts[:, full.units.get_indexer(sample.units)]
    return ManyOutcomes(outcome_effects(prepared, residuals, sample.weights, unit, time, own))


def twfe_errors(panel: Panel, design: Design, cohorts: FloatArray) -> FloatArray:
    """Return (B, 1) clustered standard errors of `twfe` for (B, N) assignments."""
    if design.anticipation:
        return errors_one_by_one(twfe, panel, design, cohorts)
    full = draw_sample(panel, design)
    sample = restrict(full, full.contrast)
    units = row_labels(panel, sample, design)
    cluster = design.cluster or "unit"
    effects = (*independent_effects(units, design), *varying_slopes(design))
    rule = cluster_factor(units, cluster, effects, 1 + sample.covariates.shape[1], "fixest")
    prepared = prepare_errors(
        residualizer(units, sample, design),
        sample.outcome,
        sample.weights,
        sample.unit,
        sample.periods[sample.time],
        np.unique(cohorts),
        codes_of(units[cluster]),
    )
    errors = assignment_errors(prepared, cohorts[:, full.units.get_indexer(sample.units)])
    return np.asarray(np.sqrt(rule.factor) * errors[:, None])


def _note_on_always_treated(sample: Sample) -> tuple[str, ...]:
    always = sample.units[sample.cohort <= sample.periods[0]].tolist()
    if not always:
        return ()
    return (f"{len(always)} units are treated throughout and serve as comparisons: {some_of(always)}",)


register(twfe, twfe_outcomes, draws=twfe_draws, errors=twfe_errors)
