"""The p-values of one permutation test at many outcomes, its assignments drawn once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from yrdecon.core.assignment import Assignment
from yrdecon.core.design import Design
from yrdecon.core.estimator import Estimator, ManyOutcomes, errors_of_assignments, registered
from yrdecon.core.panel import Panel
from yrdecon.core.sample import draw_sample
from yrdecon.diagnostics.outcomes import effects_by_outcome, outcome_kernel, outcome_replacer
from yrdecon.inference.assignments import admissible_assignments
from yrdecon.inference.permutation import permutation_test
from yrdecon.inference.spread import difference_pre_effects, pre_period_spread, root_mean_square
from yrdecon.kernels.calibration import half_shrunk, placebo_p_values

FloatArray = NDArray[np.float64]
PValues = Callable[[FloatArray], FloatArray]
Divisor = Literal["none", "half", "full", "cluster", "other"]

SAME = 1e-9


def permutation_p_values(
    estimator: Estimator,
    panel: Panel,
    design: Design,
    assignment: Assignment,
    *,
    seed: int,
    draws: int,
    probes: FloatArray,
    expected: int,
) -> PValues:
    """Return the function from (S, N, T) outcomes to the (S,) p-values of `permutation_test`.

    Assignments are drawn once, on the actual panel, and no interval is made. The statistic is that of the test on the
    actual panel; where it needs more than estimates, their errors or their spreads before treatment, the test itself is
    run at every outcome.

    Parameters
    ----------
    seed, draws
        Seed and number of sampled assignments.
    probes, expected
        As in `effects_by_outcome`.
    """
    sample = draw_sample(panel, design)
    replaced = outcome_replacer(panel, design, sample)
    test = permutation_test(estimator, panel, design, assignment, seed=seed, draws=draws)
    cohorts = admissible_assignments(panel, sample, assignment, draws=draws, seed=seed).cohorts
    divisor = _divisor(test.frames["placebos"], lambda: _errors(estimator, panel, design, cohorts))
    if divisor == "other":
        return lambda outcomes: np.array(
            [
                permutation_test(estimator, replaced(values), design, assignment, seed=seed, draws=draws).p_value
                for values in outcomes
            ]
        )
    many, entry = outcome_kernel(estimator, design, cohorts), registered(estimator)
    if divisor in ("half", "full") and many is not None and entry is not None and entry.pre_effects is not None:
        return lambda outcomes: _studentized(many(panel, design, cohorts, outcomes), divisor)
    effects = effects_by_outcome(estimator, panel, design, cohorts, probes, expected)
    spread = _spreads(estimator, panel, design, cohorts)

    def p_values(outcomes: FloatArray) -> FloatArray:
        statistics = np.abs(effects(outcomes))
        if divisor == "cluster":
            statistics /= np.stack([_errors(estimator, replaced(values), design, cohorts) for values in outcomes])
        elif divisor != "none":
            own = np.stack([spread(values) for values in outcomes])
            statistics /= half_shrunk(own) if divisor == "half" else own
        return placebo_p_values(statistics)

    return p_values


def _studentized(found: ManyOutcomes, divisor: Divisor) -> FloatArray:
    own = np.sqrt((np.asarray(found.before) ** 2).mean(axis=2))
    return placebo_p_values(np.abs(found.effects) / (half_shrunk(own) if divisor == "half" else own))


def _divisor(placebos: pd.DataFrame, errors: Callable[[], FloatArray]) -> Divisor:
    """Recognize by what the absolute estimates were divided."""
    estimate, statistic, spread = (placebos[c].to_numpy(dtype=float) for c in ("estimate", "statistic", "spread"))
    candidates: dict[Divisor, Callable[[], FloatArray]] = {
        "none": lambda: np.ones(len(spread)),
        "half": lambda: half_shrunk(spread),
        "full": lambda: spread,
        "cluster": errors,
    }
    for name, scale in candidates.items():
        if np.allclose(np.abs(estimate), statistic * scale(), rtol=SAME, atol=0):
            return name
    return "other"


def _errors(estimator: Estimator, panel: Panel, design: Design, cohorts: FloatArray) -> FloatArray:
    return np.asarray(errors_of_assignments(estimator, panel, design, cohorts)[:, 0])


def _spreads(estimator: Estimator, panel: Panel, design: Design, cohorts: FloatArray) -> PValues:
    """Return the function from (N, T) outcomes to the (B,) spreads of `pre_period_spread`."""
    sample = draw_sample(panel, design)
    replaced = outcome_replacer(panel, design, sample)
    entry = registered(estimator)
    if entry is not None and entry.pre_effects is not None:
        return lambda values: pre_period_spread(estimator, replaced(values), design, cohorts)

    def plain(values: FloatArray) -> FloatArray:
        moved = replace(sample, outcome=values[sample.unit, sample.time])
        return root_mean_square(difference_pre_effects(moved, design, cohorts))

    return plain
