"""The assignments that a permutation test compares with the actual one, and why these."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import factorial, prod

import numpy as np
from numpy.typing import NDArray

from yrdecon.core.assignment import Assignment
from yrdecon.core.panel import Panel
from yrdecon.core.sample import Sample
from yrdecon.errors import DesignError
from yrdecon.inference.choice import Choice, Studentize, choose_mechanism
from yrdecon.inference.geometry import compactness, measure_distances, require_distances, treated_groups
from yrdecon.inference.strata import Strata, declared_strata, excluded_units, treated_dates
from yrdecon.kernels.blocks import most_disjoint, nearest_blocks
from yrdecon.kernels.relocation import (
    all_relocations,
    blocks_of_sizes,
    count_relocations,
    least_separation,
    random_relocations,
)
from yrdecon.kernels.resample import all_choices, all_shuffles, count_choices, random_orders

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

MOST_ENUMERATED = 2_000_000
# entries of the table of assignments by units, half a gigabyte of numbers
MOST_ENTRIES = 90_000_000
MOST_RELOCATED = 200_000
MOST_PACKED = 400
SEPARATION = 0.75


@dataclass(frozen=True, eq=False)
class AssignmentSet:
    """First treated periods (B, N) of all compared assignments, the actual one first.

    Attributes
    ----------
    n_admissible
        Number of assignments that the mechanism admits; larger than B if they were sampled.
    disjoint_sets
        Largest number of treated sets without a common unit; None where sets are not tied to a place. Staggered cohorts
        are shuffled freely, but where the treated are neighbors only so many sets carry information of their own.
    kind, reason
        The mechanism, and in words why and how it was used.
    studentize
        The statistic that goes with the mechanism.
    """

    cohorts: FloatArray
    n_admissible: int
    disjoint_sets: int | None
    kind: str
    reason: str
    studentize: Studentize = "none"


def admissible_assignments(
    panel: Panel, sample: Sample, assignment: Assignment, *, draws: int, seed: int
) -> AssignmentSet:
    """List, or sample, the assignments that could have happened instead.

    ``Assignment("auto")`` decides in this order:

    - several adoption dates: whole cohorts are shuffled, dates kept;
    - one treated unit: it is compared with every other;
    - treated units closer together than the tenth percentile of random sets: blocks of nearest neighbors;
    - treated units in several distant groups: each group is moved elsewhere as a block of neighbors, the groups at
      least three quarters as far apart as they are;
    - ten or more treated and effective units, scattered: any set of units, as a check of other tests;
    - fewer, scattered: units are exchanged within each group of the panel or, where that leaves fewer than 20
      assignments, within terciles of the outcome in the base periods, else freely;
    - neither coordinates nor borders: within each group of the panel, else freely.

    Raises
    ------
    DesignError
        If the geometry is asked for and coordinates are missing, an excluded unit is treated, or only the actual
        assignment is admissible.
    """
    excluded = excluded_units(panel, sample, assignment)
    if assignment.kind == "auto":
        choice = choose_mechanism(panel, sample, assignment, excluded, seed)
    else:
        spatial = assignment.kind in ("contiguous", "relocated")
        choice = Choice(assignment, None, "half" if spatial else "none", "")
    result = _assignments(panel, sample, choice.assignment, choice.strata, excluded, draws, seed)
    why = f"{choice.reason}: " if choice.reason else ""
    caution = _caution(panel, sample, choice.assignment, seed)
    disjoint = result.disjoint_sets
    if caution and result.kind == "cohorts":
        # neighbors that adopt together: shuffles mean no more than the treated sets that have room beside each other
        disjoint = len(sample.units) // int(np.isfinite(sample.cohort).sum())
    reason = why + result.reason + caution
    return replace(result, reason=reason, studentize=choice.studentize, disjoint_sets=disjoint)


def _assignments(
    panel: Panel,
    sample: Sample,
    assignment: Assignment,
    strata: Strata | None,
    excluded: BoolArray,
    draws: int,
    seed: int,
) -> AssignmentSet:
    if assignment.kind == "contiguous":
        result = _contiguous(panel, sample, assignment, excluded)
    elif assignment.kind == "relocated":
        result = _relocated(panel, sample, assignment, excluded, draws, seed)
    else:
        given = strata or declared_strata(panel, sample, assignment)
        apart = Strata(np.where(excluded, given.codes.max() + 1, given.codes), given.words)
        staggered = assignment.kind == "cohorts" or len(treated_dates(sample)) > 1
        result = (_shuffled_cohorts if staggered else _free)(sample, apart, draws, seed)
    if len(result.cohorts) < 2:
        raise DesignError("only the actual assignment is admissible; loosen within, stratify or exclude")
    return result


def _caution(panel: Panel, sample: Sample, assignment: Assignment, seed: int) -> str:
    """Say so where sets of any units are compared with a treated set of neighbors."""
    treated = np.isfinite(sample.cohort)
    if assignment.kind in ("contiguous", "relocated") or treated.sum() < 2:
        return ""
    unknown = panel.location is not None and sample.frame[list(panel.location)].isna().any(axis=None)
    if assignment.adjacency is None and unknown:
        return ""
    geometry = measure_distances(panel, sample, assignment)
    if geometry is None or not (compact := compactness(geometry, treated, seed)).is_close:
        return ""
    return (
        f"; the treated units are neighbors ({compact.actual:.0f} {geometry.measure} apart on average), and shuffling "
        "units freely rejects a true null too often when neighbors share shocks"
    )


def _contiguous(panel: Panel, sample: Sample, assignment: Assignment, excluded: BoolArray) -> AssignmentSet:
    date = _one_date(sample, "contiguous blocks")
    geometry = require_distances(panel, sample, assignment)
    treated = np.isfinite(sample.cohort)
    usable = np.flatnonzero(~excluded)
    found = nearest_blocks(geometry.distance[np.ix_(usable, usable)], int(treated.sum()))
    members = _with_actual(treated, found, usable)
    ties = ", ties by their order" if geometry.measure == "borders" else ""
    reason = (
        f"each unit with its {int(treated.sum()) - 1} nearest neighbors{ties}, {len(members)} different sets, "
        "all compared"
    )
    cohorts = np.where(members, date, np.inf)
    return AssignmentSet(cohorts, len(members), most_disjoint(members), "contiguous", reason)


def _relocated(
    panel: Panel, sample: Sample, assignment: Assignment, excluded: BoolArray, draws: int, seed: int
) -> AssignmentSet:
    date = _one_date(sample, "relocated groups")
    geometry = require_distances(panel, sample, assignment)
    treated = np.isfinite(sample.cohort)
    usable = np.flatnonzero(~excluded)
    groups = treated_groups(geometry, treated)
    sizes = np.bincount(groups).tolist()
    least = SEPARATION * least_separation(geometry.distance[np.ix_(treated, treated)], groups)
    distance = geometry.distance[np.ix_(usable, usable)]
    blocks = blocks_of_sizes(distance, sizes)
    total = count_relocations(blocks)
    if total <= MOST_RELOCATED:
        members = _with_actual(treated, all_relocations(blocks, distance, least), usable)
        admissible, how = len(members), f"{len(members):,} different sets, all compared"
    else:
        generator = np.random.default_rng(seed)
        members = _with_actual(treated, random_relocations(blocks, distance, least, draws, generator), usable)
        admissible, how = total, f"{len(members):,} different sets of up to {total:,} drawn, seed {seed}"
    thinned = members[np.unique(np.linspace(0, len(members) - 1, MOST_PACKED).astype(int))]
    reason = (
        f"groups of {sizes} units, each placed on a unit and its nearest neighbors, {least:.0f} {geometry.measure} or "
        f"more from the others, {how}"
    )
    cohorts = np.where(members, date, np.inf)
    return AssignmentSet(cohorts, admissible, most_disjoint(thinned), "relocated", reason)


def _free(sample: Sample, strata: Strata, draws: int, seed: int) -> AssignmentSet:
    treated = np.isfinite(sample.cohort)
    total = count_choices(strata.codes, treated)
    date = treated_dates(sample)[0]
    ways = f"{total:,} ways to choose {int(treated.sum())} treated units{strata.words}"
    if total <= MOST_ENUMERATED and total * len(treated) <= MOST_ENTRIES:
        members = _with_actual(treated, all_choices(strata.codes, treated), np.arange(len(treated)))
        reason = f"all {ways} are compared"
    else:
        orders = random_orders(strata.codes, draws, np.random.default_rng(seed))
        members = np.vstack([treated, treated[orders]])
        reason = f"{draws:,} of {ways} are drawn, seed {seed}"
    return AssignmentSet(np.where(members, date, np.inf), total, None, "free", reason)


def _shuffled_cohorts(sample: Sample, strata: Strata, draws: int, seed: int) -> AssignmentSet:
    total = _count_shuffles(strata.codes, sample.cohort)
    if total <= draws:
        shuffled = all_shuffles(strata.codes, sample.cohort)
        shuffled = shuffled[(shuffled != sample.cohort).any(axis=1)]
        how = f"all {total:,} shuffles"
    else:
        shuffled = sample.cohort[random_orders(strata.codes, draws, np.random.default_rng(seed))]
        how = f"{draws:,} of {total:,} shuffles"
    seeded = "" if total <= draws else f", seed {seed}"
    reason = f"{how} of whole cohorts{strata.words}, adoption dates kept{seeded}"
    return AssignmentSet(np.vstack([sample.cohort, shuffled]), total, None, "cohorts", reason)


def _with_actual(treated: BoolArray, found: BoolArray, usable: IntArray) -> BoolArray:
    """Put the actual set first and leave it out of (B, n) sets of usable units."""
    members = np.zeros((len(found), len(treated)), dtype=bool)
    members[:, usable] = found
    return np.vstack([treated, members[(members != treated).any(axis=1)]])


def _one_date(sample: Sample, what: str) -> float:
    dates = treated_dates(sample)
    if len(dates) > 1:
        raise DesignError(f"{what} need one adoption date; use Assignment('cohorts') for staggered adoption")
    return float(dates[0])


def _count_shuffles(groups: IntArray, cohort: FloatArray) -> int:
    total = 1
    for group in np.unique(groups):
        sizes = np.unique(cohort[groups == group], return_counts=True)[1]
        total *= factorial(int(sizes.sum())) // prod(factorial(int(s)) for s in sizes)
    return total
