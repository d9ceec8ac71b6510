"""The one signature of every estimator, and the registry of kernels that evaluate many assignments at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from yrdecon.core.cohorts import cohorts_by_unit
from yrdecon.core.design import Design
from yrdecon.core.estimate import Estimate
from yrdecon.core.panel import Panel
from yrdecon.core.sample import draw_sample
from yrdecon.errors import DesignError

FloatArray = NDArray[np.float64]


class Estimator(Protocol):
    """A function from a panel and a design to an estimate."""

    def __call__(self, panel: Panel, design: Design, /) -> Estimate:
        """Estimate the design on the panel."""
        ...


class BatchKernel(Protocol):
    """A function that evaluates an estimator at many assignments at once."""

    def __call__(self, panel: Panel, design: Design, cohorts: FloatArray, /) -> FloatArray:
        """Return (B, k) coefficients for (B, N) first treated periods in the order of the sample's units."""
        ...


class ShiftKernel(Protocol):
    """A function that prepares an estimator at many assignments for the removal of constant effects."""

    def __call__(self, panel: Panel, design: Design, cohorts: FloatArray, /) -> Callable[[float], FloatArray]:
        """Return the function from a constant effect to the (B, k) coefficients without it."""
        ...


@dataclass(frozen=True, eq=False)
class ManyOutcomes:
    """Effects (S, B) of S outcomes at B assignments, and those before treatment (S, B, P) where the kernel has them."""

    effects: FloatArray
    before: FloatArray | None = None


class OutcomeKernel(Protocol):
    """A function that evaluates an estimator at many outcomes and assignments at once."""

    def __call__(self, panel: Panel, design: Design, cohorts: FloatArray, outcomes: FloatArray, /) -> ManyOutcomes:
        """Return the effects of (S, N, T) outcomes, by units and periods of the sample, at (B, N) assignments."""
        ...


@dataclass(frozen=True)
class RegisteredEstimator:
    """An estimator with its batch kernels, where it has them.

    Attributes
    ----------
    draws
        Coefficients at many assignments, (B, k).
    pre_effects
        Placebo effects of many assignments before treatment, (B, P), if they differ from those of a plain
        difference in differences.
    without
        Coefficients at many assignments after a constant effect is taken from the treated rows, if work can be shared
        between effects.
    errors
        Standard errors at many assignments, (B, k).
    outcomes
        The single coefficient at many outcomes and assignments, for designs without anticipation and covariates.
    """

    function: Callable[..., Estimate]
    draws: BatchKernel | None
    pre_effects: BatchKernel | None
    without: ShiftKernel | None = None
    errors: BatchKernel | None = None
    outcomes: OutcomeKernel | None = None


ESTIMATORS: dict[str, RegisteredEstimator] = {}


def register(
    function: Callable[..., Estimate],
    outcomes: OutcomeKernel | None = None,
    *,
    draws: BatchKernel | None = None,
    pre_effects: BatchKernel | None = None,
    without: ShiftKernel | None = None,
    errors: BatchKernel | None = None,
) -> None:
    """Enter an estimator in the registry, so that the contract suite and the higher-order functions know it."""
    ESTIMATORS[function.__name__] = RegisteredEstimator(function, draws, pre_effects, without, errors, outcomes)


def registered(estimator: Estimator) -> RegisteredEstimator | None:
    """Return the registry's entry of an estimator, None for one that is not registered."""
    entry = ESTIMATORS.get(getattr(estimator, "__name__", ""))
    return entry if entry is not None and entry.function is estimator else None


def estimate_assignments(estimator: Estimator, panel: Panel, design: Design, cohorts: FloatArray) -> FloatArray:
    """Evaluate an estimator at many assignments, by its batch kernel where it has one and one by one otherwise.

    Parameters
    ----------
    cohorts
        (B, N) first treated periods, in the order of the units of ``draw_sample(panel, design)``.

    Returns
    -------
    (B, k) coefficients.

    Raises
    ------
    DesignError
        If the number of columns is not the number of units in the sample.
    """
    _fail_if_shape_is_wrong(panel, design, cohorts)
    entry = registered(estimator)
    if entry is not None and entry.draws is not None:
        return entry.draws(panel, design, cohorts)
    return estimate_one_by_one(estimator, panel, design, cohorts)


def errors_of_assignments(estimator: Estimator, panel: Panel, design: Design, cohorts: FloatArray) -> FloatArray:
    """Return the (B, k) standard errors of an estimator at (B, N) assignments, as `estimate_assignments` does effects.

    Raises
    ------
    DesignError
        If the number of columns is not the number of units in the sample.
    """
    _fail_if_shape_is_wrong(panel, design, cohorts)
    entry = registered(estimator)
    if entry is not None and entry.errors is not None:
        return entry.errors(panel, design, cohorts)
    return errors_one_by_one(estimator, panel, design, cohorts)


def estimate_one_by_one(estimator: Estimator, panel: Panel, design: Design, cohorts: FloatArray) -> FloatArray:
    """Evaluate an estimator at each assignment in turn; the slow path that every batch kernel must equal."""
    return np.asarray([estimator(p, design).coef for p in _assigned(panel, design, cohorts)])


def errors_one_by_one(estimator: Estimator, panel: Panel, design: Design, cohorts: FloatArray) -> FloatArray:
    """Take the standard errors of each assignment in turn; the slow path that every batch kernel must equal."""
    return np.asarray([estimator(p, design).std_error for p in _assigned(panel, design, cohorts)])


def _assigned(panel: Panel, design: Design, cohorts: FloatArray) -> Iterator[Panel]:
    units = draw_sample(panel, design).units
    position = units.get_indexer(pd.Index(panel.frame[panel.unit]))
    for assignment in cohorts:
        yield panel.assign(**{design.cohort: np.where(position >= 0, assignment[position], np.inf)})


def estimate_without(
    estimator: Estimator, panel: Panel, design: Design, cohorts: FloatArray
) -> Callable[[float], FloatArray]:
    """Return the function from a constant effect to what `estimate_assignments` gives without it.

    The effect is taken from the rows that the panel's own cohorts treat, whatever the assignment.
    """
    entry = registered(estimator)
    if entry is not None and entry.without is not None:
        return entry.without(panel, design, cohorts)
    shifted = outcome_without(panel, design)
    return lambda effect: estimate_assignments(estimator, shifted(effect), design, cohorts)


def errors_without(
    estimator: Estimator, panel: Panel, design: Design, cohorts: FloatArray
) -> Callable[[float], FloatArray]:
    """Return the function from a constant effect to what `errors_of_assignments` gives without it."""
    shifted = outcome_without(panel, design)
    return lambda effect: errors_of_assignments(estimator, shifted(effect), design, cohorts)


def outcome_without(panel: Panel, design: Design) -> Callable[[float], Panel]:
    """Return the function from a constant effect to the panel without it in the rows that its own cohorts treat."""
    own = cohorts_by_unit(panel, design.cohort).reindex(panel.frame[panel.unit]).to_numpy(dtype=float)
    treated = (panel.frame[panel.time].to_numpy() >= own).astype(float)
    outcome = panel.frame[design.outcome].to_numpy(dtype=float)
    return lambda effect: panel.assign(**{design.outcome: outcome - effect * treated})


def _fail_if_shape_is_wrong(panel: Panel, design: Design, cohorts: FloatArray) -> None:
    n_units = len(draw_sample(panel, design).units)
    if cohorts.ndim != 2 or cohorts.shape[1] != n_units:
        raise DesignError(
            f"assignments must have one column for each of the {n_units} units; they have shape {cohorts.shape}"
        )
