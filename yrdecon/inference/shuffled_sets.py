"""Sets of any units, or whole cohorts shuffled, wherever the units lie."""

from __future__ import annotations

from math import factorial, prod

import numpy as np
from numpy.typing import NDArray

from yrdecon.inference.assignment_set import AssignmentSet, actual_first
from yrdecon.inference.strata import Strata
from yrdecon.kernels.resample import all_choices, all_shuffles, count_choices, random_orders

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

MOST_ENUMERATED = 2_000_000
# entries of the table of assignments by units, half a gigabyte of numbers
MOST_ENTRIES = 90_000_000


def free_sets(cohort: FloatArray, strata: Strata, draws: int, seed: int, what: str = "treated units") -> AssignmentSet:
    """Choose as many treated units as there are in each stratum, all ways if they are not too many; one date."""
    treated = np.isfinite(cohort)
    total = count_choices(strata.codes, treated)
    ways = f"{total:,} ways to choose {int(treated.sum())} {what}{strata.words}"
    if total <= MOST_ENUMERATED and total * len(treated) <= MOST_ENTRIES:
        members = actual_first(treated, all_choices(strata.codes, treated))
        reason = f"all {ways} are compared"
    else:
        orders = random_orders(strata.codes, draws, np.random.default_rng(seed))
        members = np.vstack([treated, treated[orders]])
        reason = f"{draws:,} of {ways} are drawn, seed {seed}"
    return AssignmentSet(np.where(members, cohort[treated].min(), np.inf), total, None, "free", reason)


def shuffled_cohorts(
    cohort: FloatArray, strata: Strata, draws: int, seed: int, what: str = "whole cohorts"
) -> AssignmentSet:
    """Shuffle first treated periods inside each stratum, all ways if they are no more than the draws."""
    total = _count_shuffles(strata.codes, cohort)
    if total <= draws:
        shuffled = all_shuffles(strata.codes, cohort)
        shuffled = shuffled[(shuffled != cohort).any(axis=1)]
        how = f"all {total:,} shuffles"
    else:
        shuffled = cohort[random_orders(strata.codes, draws, np.random.default_rng(seed))]
        how = f"{draws:,} of {total:,} shuffles"
    seeded = "" if total <= draws else f", seed {seed}"
    reason = f"{how} of {what}{strata.words}, adoption dates kept{seeded}"
    return AssignmentSet(np.vstack([cohort, shuffled]), total, None, "cohorts", reason)


def _count_shuffles(groups: IntArray, cohort: FloatArray) -> int:
    total = 1
    for group in np.unique(groups):
        sizes = np.unique(cohort[groups == group], return_counts=True)[1]
        total *= factorial(int(sizes.sum())) // prod(factorial(int(s)) for s in sizes)
    return total
