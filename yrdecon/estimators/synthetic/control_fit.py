"""The synthetic controls of the units that are treated at one date."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from yrdecon.core.design import Design
from yrdecon.core.panel import Panel
from yrdecon.core.sample import Sample
from yrdecon.errors import DesignError
from yrdecon.estimators.synthetic.control_options import Match, Options
from yrdecon.estimators.synthetic.predictors import Predictor, PredictorTable, predictor_table
from yrdecon.estimators.synthetic.windows import FEWEST_PERIODS, Windows, windows_around
from yrdecon.kernels.predictor_weights import PredictorProblem, match_predictors
from yrdecon.kernels.ridge_augmentation import augment
from yrdecon.kernels.synthetic_control import (
    DonorProblem,
    cross_validated_distance_penalty,
    follow_near,
    follow_path,
    path_products,
)

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class CohortPaths:
    """What is compared at one date.

    Attributes
    ----------
    date
        First treated period.
    windows
        The periods that are fitted, base, and treated.
    z
        (N, T) outcomes, relative to their mean over the base periods if these are matched.
    own, donors
        Positions of the treated units and of the never treated.
    labels
        R names: the treated units, or ``"pooled"``.
    treated
        (R, N) weights of the treated units in the paths that are followed.
    """

    date: int
    windows: Windows
    z: FloatArray
    own: IntArray
    donors: IntArray
    labels: list[Any]
    treated: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Matched:
    """Predictors with (R, k) importance, and (R, k) standard deviations that they were divided by."""

    table: PredictorTable
    importance: FloatArray
    scale: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class CohortFit:
    """R synthetic controls.

    Attributes
    ----------
    paths
        What was compared.
    weights
        (R, N) weights of the donors.
    gaps
        (R, T) treated outcome less its synthetic counterpart.
    penalties
        The penalties of the method, one for all or one for each; empty where it has none.
    matched
        The predictors, or None where outcomes are matched.
    """

    paths: CohortPaths
    weights: FloatArray
    gaps: FloatArray
    penalties: tuple[float, ...]
    matched: Matched | None


def located(y: FloatArray, windows: Windows, match: Match | tuple[Predictor, ...]) -> FloatArray:
    """Return the (N, T) outcomes that are compared: as they are, or relative to the mean over the base periods."""
    return y - y[:, windows.base].mean(axis=1, keepdims=True) if match == "demeaned" else y


def fit_cohort(panel: Panel, sample: Sample, design: Design, paths: CohortPaths, options: Options) -> CohortFit:
    """Fit the synthetic controls of the units that are treated at a date.

    Raises
    ------
    DesignError
        If a predictor cannot be used.
    """
    matched: Matched | None = None
    penalties: tuple[float, ...] = ()
    if not isinstance(options.match, str):
        weights, matched = _match_predictors(panel, sample, design, paths, options.match)
    elif options.method == "augmented":
        weights, penalties = _augmented(paths, options.penalty)
    elif options.method == "penalized":
        weights, penalties = _penalized(paths, options.penalty)
    else:
        weights = follow_path(_problem(paths), options.penalty)
    return CohortFit(paths, weights, (paths.treated - weights) @ paths.z, penalties, matched)


def cohort_paths(sample: Sample, design: Design, y: FloatArray, date: float, options: Options) -> CohortPaths:
    """Take apart who is compared with whom, when, and in which outcome.

    Raises
    ------
    DesignError
        If fewer than two units were never treated or the periods do not suffice.
    """
    windows = sufficient_windows(sample, design, date)
    donors, own = np.flatnonzero(np.isinf(sample.cohort)), np.flatnonzero(sample.cohort == date)
    fail_if_donors_are_few(len(donors))
    treated, labels = np.eye(len(y))[own], sample.units[own].tolist()
    if options.per == "cohort":
        treated, labels = treated.mean(axis=0, keepdims=True), ["pooled"]
    return CohortPaths(int(date), windows, located(y, windows, options.match), own, donors, labels, treated)


def sufficient_windows(sample: Sample, design: Design, date: float) -> Windows:
    """Return the periods around a date.

    Raises
    ------
    DesignError
        If fewer than two periods can be fitted, none of them is a base period, or no treated period is left.
    """
    windows = windows_around(sample.periods, design, date)
    if windows.fit.sum() < FEWEST_PERIODS or not windows.base.any():
        raise DesignError(
            f"{int(windows.fit.sum())} usable periods lie before {int(date)}; "
            "a fit needs two or more, one of them a base period; widen the panel or exclude fewer periods"
        )
    if not windows.post.any():
        raise DesignError(
            f"no treated period of the units treated in {int(date)} is left; "
            f"exclude fewer periods than {design.exclude_periods}, or leave these units out of the pool"
        )
    return windows


def fail_if_donors_are_few(count: int) -> None:
    """Refuse to weight fewer than two units."""
    if count < 2:
        raise DesignError(
            f"{count} never-treated units are there to weight; synthetic_control needs two or more; widen the pool"
        )


def _problem(paths: CohortPaths) -> DonorProblem:
    donors = np.zeros(paths.treated.shape, dtype=bool)
    donors[:, paths.donors] = True
    return DonorProblem(path_products(paths.z[:, paths.windows.fit]), paths.treated, donors)


def _penalized(paths: CohortPaths, penalty: float | None) -> tuple[FloatArray, tuple[float, ...]]:
    problem = _problem(paths)
    if penalty is None:
        penalty = cross_validated_distance_penalty(problem.gram, paths.z[:, paths.windows.post], problem.donors[0])
    return follow_near(problem, penalty), (penalty,)


def _augmented(paths: CohortPaths, penalty: float | None) -> tuple[FloatArray, tuple[float, ...]]:
    before = paths.z[:, paths.windows.fit]
    found = [augment(path, before[paths.donors], penalty) for path in paths.treated @ before]
    weights = np.zeros(paths.treated.shape)
    weights[:, paths.donors] = [f.weights for f in found]
    return weights, tuple(f.penalty for f in found)


def _match_predictors(
    panel: Panel, sample: Sample, design: Design, paths: CohortPaths, predictors: tuple[Predictor, ...]
) -> tuple[FloatArray, Matched]:
    named = (*(Predictor(column) for column in design.covariates), *predictors)
    table = predictor_table(panel, sample, named, sample.periods[paths.windows.fit])
    before = paths.z[:, paths.windows.fit]
    weights, importance, scale = np.zeros(paths.treated.shape), [], []
    for r, followed in enumerate(paths.treated):
        values = np.vstack([followed @ table.values, table.values[paths.donors]])
        scale.append(values.std(axis=0, ddof=1))
        _fail_if_a_predictor_does_not_vary(table, scale[-1], values)
        predictors_apart = (values[1:] - values[0]) / scale[-1]
        problem = PredictorProblem(predictors_apart, before[paths.donors] - followed @ before)
        match = match_predictors(problem, table.importance)
        weights[r, paths.donors] = match.weights
        importance.append(match.importance)
    return weights, Matched(table, np.array(importance), np.array(scale))


def _fail_if_a_predictor_does_not_vary(table: PredictorTable, scale: FloatArray, values: FloatArray) -> None:
    constant = [
        label for label, s, x in zip(table.labels, scale, np.abs(values).max(axis=0), strict=True) if s <= 1e-12 * x
    ]
    if constant:
        raise DesignError(f"predictors {constant} are the same for all units; take them out")
