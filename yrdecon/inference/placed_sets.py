"""Sets of treated units at other places of the map: one block of neighbors, or several groups apart."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from yrdecon.core.assignment import Assignment
from yrdecon.core.panel import Panel
from yrdecon.core.sample import Sample
from yrdecon.errors import DesignError
from yrdecon.inference.assignment_set import AssignmentSet, actual_first
from yrdecon.inference.geometry import require_distances, treated_groups
from yrdecon.inference.strata import declared_strata, treated_dates
from yrdecon.kernels.block_matching import match_places
from yrdecon.kernels.blocks import blocks_within, most_disjoint
from yrdecon.kernels.relocation import (
    all_relocations,
    blocks_of_sizes,
    count_relocations,
    least_separation,
    random_relocations,
)

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

MOST_RELOCATED = 200_000
MOST_PACKED = 400
SEPARATION = 0.75


def contiguous_sets(panel: Panel, sample: Sample, assignment: Assignment, excluded: BoolArray) -> AssignmentSet:
    """Take each unit with its nearest neighbors, and lay the map of adoption dates on every block.

    Raises
    ------
    DesignError
        If distances are missing, or treated units lie in several levels of ``within``.
    """
    geometry = require_distances(panel, sample, assignment)
    levels = declared_strata(panel, sample, assignment)
    treated = np.isfinite(sample.cohort)
    _fail_if_treated_lie_apart(levels.codes[treated], assignment)
    groups = np.where(excluded, -1, levels.codes)
    members = actual_first(treated, blocks_within(geometry.distance, groups, int(treated.sum())))
    ties = ", ties by their order" if geometry.measure == "borders" else ""
    reason = (
        f"each unit with its {int(treated.sum()) - 1} nearest neighbors{levels.words}{ties}, {len(members)} different "
        f"sets, all compared{_words_on_dates(sample)}"
    )
    cohorts = _with_dates(sample.cohort, members, geometry.distance)
    return AssignmentSet(cohorts, len(members), most_disjoint(members), "contiguous", reason)


def relocated_sets(
    panel: Panel, sample: Sample, assignment: Assignment, excluded: BoolArray, draws: int, seed: int
) -> AssignmentSet:
    """Move each distant group of treated units elsewhere as a block of neighbors, the groups about as far apart.

    Raises
    ------
    DesignError
        If distances are missing.
    """
    geometry = require_distances(panel, sample, assignment)
    treated = np.isfinite(sample.cohort)
    usable = np.flatnonzero(~excluded)
    groups = treated_groups(geometry, treated)
    sizes = np.bincount(groups).tolist()
    least = SEPARATION * least_separation(geometry.distance[np.ix_(treated, treated)], groups)
    distance = geometry.distance[np.ix_(usable, usable)]
    blocks = blocks_of_sizes(distance, sizes)
    total = count_relocations(blocks)
    listed = total <= (MOST_RELOCATED if len(treated_dates(sample)) == 1 else draws)
    if listed:
        found = all_relocations(blocks, distance, least)
    else:
        found = random_relocations(blocks, distance, least, draws, np.random.default_rng(seed))
    members = actual_first(treated, _among_all(found, usable, len(treated)))
    admissible, how = len(members), f"{len(members):,} different sets, all compared"
    if not listed:
        admissible, how = total, f"{len(members):,} different sets of up to {total:,} drawn, seed {seed}"
    thinned = members[np.unique(np.linspace(0, len(members) - 1, MOST_PACKED).astype(int))]
    reason = (
        f"groups of {sizes} units, each placed on a unit and its nearest neighbors, {least:.0f} {geometry.measure} or "
        f"more from the others, {how}{_words_on_dates(sample)}"
    )
    cohorts = _with_dates(sample.cohort, members, geometry.distance)
    return AssignmentSet(cohorts, admissible, most_disjoint(thinned), "relocated", reason)


def _with_dates(cohort: FloatArray, members: BoolArray, distance: FloatArray) -> FloatArray:
    """Return (B, N) first treated periods, each set's dates as far from each other as in the first set."""
    own = np.flatnonzero(members[0])
    if len(np.unique(cohort[own])) == 1:
        return np.where(members, cohort[own[0]], np.inf)
    cohorts = np.where(members, 0.0, np.inf)
    cohorts[0] = cohort
    for row, block in zip(cohorts[1:], members[1:], strict=True):
        there = np.flatnonzero(block)
        row[there[match_places(distance[np.ix_(own, own)], distance[np.ix_(there, there)])]] = cohort[own]
    return cohorts


def _among_all(found: BoolArray, usable: IntArray, n: int) -> BoolArray:
    members = np.zeros((len(found), n), dtype=bool)
    members[:, usable] = found
    return members


def _words_on_dates(sample: Sample) -> str:
    if len(treated_dates(sample)) == 1:
        return ""
    return ", adoption dates placed as far from each other as they are"


def _fail_if_treated_lie_apart(codes: IntArray, assignment: Assignment) -> None:
    if len(np.unique(codes)) > 1:
        raise DesignError(
            f"treated units lie in {len(np.unique(codes))} levels of {assignment.within!r}, and blocks inside one "
            "level do not mimic them; leave within out"
        )
