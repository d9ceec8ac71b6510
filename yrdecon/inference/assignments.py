"""The assignments that a permutation test compares with the actual one, and why these."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import factorial, prod
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from yrdecon.core.assignment import Assignment, AssignmentKind
from yrdecon.core.panel import Panel, boolean_column
from yrdecon.core.sample import Sample
from yrdecon.errors import DesignError
from yrdecon.kernels.blocks import mean_distance, most_disjoint, nearest_blocks
from yrdecon.kernels.resample import all_choices, count_choices, random_orders
from yrdecon.places.coordinates import distance_matrix

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

MOST_ENUMERATED = 2_000_000
COMPACT_QUANTILE = 0.10
RANDOM_SETS = 2_000


@dataclass(frozen=True, eq=False)
class AssignmentSet:
    """First treated periods (B, N) of all compared assignments, the actual one first.

    Attributes
    ----------
    n_admissible
        Number of assignments that the mechanism admits; larger than B if they were sampled.
    disjoint_sets
        Largest number of blocks without a common unit; None where sets are not tied to a place.
    kind, reason
        The mechanism, and in words why and how it was used.
    """

    cohorts: FloatArray
    n_admissible: int
    disjoint_sets: int | None
    kind: str
    reason: str


def admissible_assignments(
    panel: Panel, sample: Sample, assignment: Assignment, *, draws: int, seed: int
) -> AssignmentSet:
    """List, or sample, the assignments that could have happened instead.

    ``Assignment("auto")`` looks at the treated units: several adoption dates shuffle whole cohorts; a single treated
    unit is compared with every other; treated units that lie closer together than the tenth percentile of random
    sets of their number are compared with blocks of nearest neighbors; others with any set of units.

    Raises
    ------
    DesignError
        If the geometry is asked for and coordinates are missing, an excluded unit is treated, or only the actual
        assignment is admissible.
    """
    if assignment.kind == "auto":
        chosen, why = _choose(panel, sample, seed)
        result = admissible_assignments(panel, sample, replace(assignment, kind=chosen), draws=draws, seed=seed)
        return replace(result, reason=f"{why}: {result.reason}")
    excluded = _excluded(panel, sample, assignment)
    if assignment.kind == "contiguous":
        result = _contiguous(panel, sample, excluded)
    elif assignment.kind == "cohorts" or len(_dates(sample)) > 1:
        result = _shuffled_cohorts(panel, sample, assignment, excluded, draws, seed)
    else:
        result = _free(panel, sample, assignment, excluded, draws, seed)
    if len(result.cohorts) < 2:
        raise DesignError("only the actual assignment is admissible; loosen within, stratify or exclude")
    return replace(result, reason=result.reason + _caution(panel, sample, result.kind, seed))


def _choose(panel: Panel, sample: Sample, seed: int) -> tuple[AssignmentKind, str]:
    if len(_dates(sample)) > 1:
        return "cohorts", "several adoption dates"
    if np.isfinite(sample.cohort).sum() == 1:
        return "free", "one treated unit"
    if panel.location is None:
        return "free", "the panel declares no location, so spatial correlation is assumed away"
    actual, threshold = _compactness(panel, sample, seed)
    words = (
        f"treated units are {actual:.0f} km apart on average, the tenth percentile of random sets is {threshold:.0f}"
    )
    return ("contiguous" if actual < threshold else "free"), words


def _caution(panel: Panel, sample: Sample, kind: str, seed: int) -> str:
    """Say so where sets of any units are compared with a treated set of neighbors."""
    treated = np.isfinite(sample.cohort)
    if kind == "contiguous" or panel.location is None or treated.sum() < 2:
        return ""
    if sample.frame[list(panel.location)].isna().any(axis=None):
        return ""
    actual, threshold = _compactness(panel, sample, seed)
    if actual >= threshold:
        return ""
    return (
        f"; the treated units are neighbors ({actual:.0f} km apart on average), and shuffling units freely "
        "rejects a true null too often when neighbors share shocks"
    )


def _compactness(panel: Panel, sample: Sample, seed: int) -> tuple[float, float]:
    """Return the mean distance among treated units and the tenth percentile of that of random sets."""
    treated = np.isfinite(sample.cohort)
    distance = _distances(panel, sample)
    orders = random_orders(np.zeros(len(treated), dtype=np.int64), RANDOM_SETS, np.random.default_rng(seed))
    actual = float(mean_distance(distance, treated[None, :])[0])
    return actual, float(np.quantile(mean_distance(distance, treated[orders]), COMPACT_QUANTILE))


def _dates(sample: Sample) -> FloatArray:
    return np.unique(sample.cohort[np.isfinite(sample.cohort) & (sample.cohort <= sample.periods[-1])])


def _contiguous(panel: Panel, sample: Sample, excluded: NDArray[np.bool_]) -> AssignmentSet:
    dates = _dates(sample)
    if len(dates) > 1:
        raise DesignError("contiguous blocks need one adoption date; use Assignment('cohorts') for staggered adoption")
    treated = np.isfinite(sample.cohort)
    usable = np.flatnonzero(~excluded)
    distance = _distances(panel, sample)[np.ix_(usable, usable)]
    found = nearest_blocks(distance, int(treated.sum()))
    blocks = np.zeros((len(found), len(treated)), dtype=bool)
    blocks[:, usable] = found
    members = np.vstack([treated, blocks[(blocks != treated).any(axis=1)]])
    reason = (
        f"each unit with its {int(treated.sum()) - 1} nearest neighbors, {len(members)} different sets, all compared"
    )
    cohorts = np.where(members, dates[0], np.inf)
    return AssignmentSet(cohorts, len(members), most_disjoint(members), "contiguous", reason)


def _free(
    panel: Panel, sample: Sample, assignment: Assignment, excluded: NDArray[np.bool_], draws: int, seed: int
) -> AssignmentSet:
    treated = np.isfinite(sample.cohort)
    groups = _groups(panel, sample, assignment)
    groups = np.where(excluded, groups.max() + 1, groups)
    total = count_choices(groups, treated)
    how = _restriction(assignment)
    date = _dates(sample)[0]
    if total <= MOST_ENUMERATED:
        members = all_choices(groups, treated)
        members = np.vstack([treated, members[(members != treated).any(axis=1)]])
        reason = f"all {total:,} ways to choose {int(treated.sum())} treated units{how} are compared"
    else:
        orders = random_orders(groups, draws, np.random.default_rng(seed))
        members = np.vstack([treated, treated[orders]])
        reason = f"{draws:,} of {total:,} ways to choose {int(treated.sum())} treated units{how} are drawn, seed {seed}"
    return AssignmentSet(np.where(members, date, np.inf), total, None, "free", reason)


def _shuffled_cohorts(
    panel: Panel, sample: Sample, assignment: Assignment, excluded: NDArray[np.bool_], draws: int, seed: int
) -> AssignmentSet:
    groups = _groups(panel, sample, assignment)
    groups = np.where(excluded, groups.max() + 1, groups)
    total = _count_shuffles(groups, sample.cohort)
    orders = random_orders(groups, draws, np.random.default_rng(seed))
    cohorts = np.vstack([sample.cohort, sample.cohort[orders]])
    reason = f"{draws:,} shuffles of whole cohorts{_restriction(assignment)}, adoption dates kept, seed {seed}"
    return AssignmentSet(cohorts, total, None, "cohorts", reason)


def _count_shuffles(groups: IntArray, cohort: FloatArray) -> int:
    total = 1
    for group in np.unique(groups):
        sizes = np.unique(cohort[groups == group], return_counts=True)[1]
        total *= factorial(int(sizes.sum())) // prod(factorial(int(s)) for s in sizes)
    return total


def _groups(panel: Panel, sample: Sample, assignment: Assignment) -> IntArray:
    if assignment.within:
        labels = _by_unit(panel, sample, assignment.within)
        return np.asarray(pd.factorize(labels, sort=True)[0].astype(np.int64))
    if assignment.stratify:
        values = _by_unit(panel, sample, assignment.stratify).to_numpy(dtype=float)
        return np.asarray(np.searchsorted(np.quantile(values, [1 / 3, 2 / 3]), values).astype(np.int64))
    return np.zeros(len(sample.units), dtype=np.int64)


def _by_unit(panel: Panel, sample: Sample, column: str) -> pd.Series[Any]:
    if column not in sample.frame.columns:
        raise DesignError(f"the assignment names the column {column!r}, which the panel does not have")
    values = sample.frame.groupby(panel.unit, sort=False)[column]
    levels = values.nunique()
    if (levels != 1).any():
        raise DesignError(
            f"column {column!r} must have one value in every unit; make one from the pre-treatment periods"
        )
    first: pd.Series[Any] = values.first().reindex(sample.units)
    return first


def _restriction(assignment: Assignment) -> str:
    if assignment.within:
        return f" within each {assignment.within}"
    return f" within terciles of {assignment.stratify}" if assignment.stratify else ""


def _excluded(panel: Panel, sample: Sample, assignment: Assignment) -> NDArray[np.bool_]:
    if assignment.exclude is None:
        return np.zeros(len(sample.units), dtype=bool)
    rows = replace(panel, frame=sample.frame)
    flags = pd.Series(boolean_column(rows, assignment.exclude)).groupby(sample.unit).any().to_numpy()
    clash = sample.units[flags & np.isfinite(sample.cohort)]
    if len(clash):
        raise DesignError(f"treated units {clash.tolist()[:8]} are excluded by {assignment.exclude!r}; keep them")
    return np.asarray(flags, dtype=bool)


def _distances(panel: Panel, sample: Sample) -> FloatArray:
    if panel.location is None:
        raise DesignError("contiguous blocks need coordinates; declare location=('lon', 'lat') in Panel.from_frame")
    seats = sample.frame.groupby(panel.unit, sort=False)[list(panel.location)].first().reindex(sample.units)
    lost = seats.index[seats.isna().any(axis=1)].tolist()
    if lost:
        raise DesignError(f"units {lost[:8]} have no coordinates; leave them out of the pool or add them")
    lon, lat = seats.to_numpy(dtype=float).T
    return distance_matrix(lon, lat)
