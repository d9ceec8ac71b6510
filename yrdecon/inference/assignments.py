"""The assignments that a permutation test compares with the actual one, and why these."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from yrdecon.core.assignment import Assignment
from yrdecon.core.panel import Panel
from yrdecon.core.sample import Sample
from yrdecon.errors import DesignError
from yrdecon.inference.assignment_set import AssignmentSet
from yrdecon.inference.choice import Choice, choose_mechanism
from yrdecon.inference.geometry import compactness, measure_distances, random_sets
from yrdecon.inference.paired_sets import paired_sets
from yrdecon.inference.placed_sets import contiguous_sets, relocated_sets
from yrdecon.inference.shuffled_sets import free_sets, shuffled_cohorts
from yrdecon.inference.strata import Strata, declared_strata, excluded_units, treated_dates

BoolArray = NDArray[np.bool_]

PLACED = ("contiguous", "relocated")


def admissible_assignments(
    panel: Panel, sample: Sample, assignment: Assignment, *, draws: int, seed: int
) -> AssignmentSet:
    """List, or sample, the assignments that could have happened instead.

    ``Assignment("auto")`` decides in this order:

    - one treated unit: it is compared with every other;
    - treated units closer together than the tenth percentile of random sets: blocks of nearest neighbors, inside the
      groups of the panel if the treated lie in one, 20 blocks do, and the sample has room for ten disjoint ones;
    - treated units in several distant groups of neighbors: each group is moved elsewhere as a block of neighbors, the
      groups at least three quarters as far apart as they are;
    - several adoption dates: blocks and moved groups carry the map of dates with them, so that units of each date are
      as far from each other as they are; scattered units are shuffled by whole cohorts, dates kept;
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
        choice = Choice(assignment, None, "half" if assignment.kind in PLACED else "none", "")
    result = _assignments(panel, sample, choice, excluded, draws, seed)
    why = f"{choice.reason}: " if choice.reason else ""
    caution = _caution(panel, sample, choice.assignment, result, seed)
    disjoint = result.disjoint_sets
    if caution and result.kind == "cohorts":
        # neighbors that adopt together: shuffles mean no more than the treated sets that have room beside each other
        disjoint = len(sample.units) // int(np.isfinite(sample.cohort).sum())
    reason = why + result.reason + caution
    return replace(result, reason=reason, studentize=choice.studentize, disjoint_sets=disjoint)


def _assignments(
    panel: Panel, sample: Sample, choice: Choice, excluded: BoolArray, draws: int, seed: int
) -> AssignmentSet:
    assignment = choice.assignment
    if assignment.kind == "contiguous":
        result = contiguous_sets(panel, sample, assignment, excluded)
    elif assignment.kind == "relocated":
        result = relocated_sets(panel, sample, assignment, excluded, draws, seed)
    elif assignment.kind == "pairs":
        result = paired_sets(panel, sample, assignment, excluded, draws, seed)
    else:
        given = choice.strata or declared_strata(panel, sample, assignment)
        apart = Strata(np.where(excluded, given.codes.max() + 1, given.codes), given.words)
        staggered = assignment.kind == "cohorts" or len(treated_dates(sample)) > 1
        result = (shuffled_cohorts if staggered else free_sets)(sample.cohort, apart, draws, seed)
    if len(result.cohorts) < 2:
        raise DesignError("only the actual assignment is admissible; loosen within, stratify or exclude")
    return result


def _caution(panel: Panel, sample: Sample, assignment: Assignment, result: AssignmentSet, seed: int) -> str:
    """Say so where sets of any units are compared with a treated set of neighbors."""
    treated = np.isfinite(sample.cohort)
    if assignment.kind in PLACED or treated.sum() < 2:
        return ""
    unknown = panel.location is not None and sample.frame[list(panel.location)].isna().any(axis=None)
    if assignment.adjacency is None and unknown:
        return ""
    geometry = measure_distances(panel, sample, assignment)
    if geometry is None:
        return ""
    if assignment.kind == "pairs":
        compact = compactness(geometry, treated, np.isfinite(result.cohorts[1:]))
        rest = "closer together than in nine of ten assignments of the pairs, which"
    else:
        compact = compactness(geometry, treated, random_sets(treated, seed))
        rest = "and shuffling units freely"
    if not compact.is_close:
        return ""
    return (
        f"; the treated units are neighbors ({compact.actual:.0f} {geometry.measure} apart on average), {rest} rejects "
        "a true null too often when neighbors share shocks"
    )
