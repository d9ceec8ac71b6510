"""Assignments of a design in which units come in pairs: partners change places, or whole pairs do."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from yrdecon.core.assignment import Assignment
from yrdecon.core.names import some_of
from yrdecon.core.panel import Panel
from yrdecon.core.sample import Sample
from yrdecon.errors import DesignError
from yrdecon.inference.assignment_set import AssignmentSet
from yrdecon.inference.shuffled_sets import free_sets, shuffled_cohorts
from yrdecon.inference.strata import Strata, pair_codes

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]


def paired_sets(
    panel: Panel, sample: Sample, assignment: Assignment, excluded: BoolArray, draws: int, seed: int
) -> AssignmentSet:
    """Exchange treatment as the pairs allow; the data say how.

    Where partners differ in treatment, as in a paired experiment, they exchange it: n pairs of two have 2^n
    assignments. Where partners share it, the pair is what was chosen, and whole pairs exchange it. Pairs may have more
    than two members. Units without a pair are never placebo-treated.

    Raises
    ------
    DesignError
        If the column is missing or varies within units, a treated unit has no pair, a pair with a treated unit has one
        member only, or partners differ in some pairs and share their treatment in others.
    """
    pair = pair_codes(panel, sample, assignment)
    _fail_if_treated_are_alone(sample, pair, assignment)
    early, late = (_by_pair(pair, sample.cohort, how) for how in ("min", "max"))
    treated = np.isfinite(early)
    split = treated & (early != late)
    if split.any() and (treated & ~split).any():
        whole = np.isin(pair, np.flatnonzero(treated & ~split))
        raise DesignError(
            f"partners differ in treatment in some pairs and share it in others, such as that of "
            f"{some_of(sample.units[whole])}; name a column of pairs of one kind"
        )
    if split.any():
        return _partners(sample.cohort, np.where(excluded, -1, pair), assignment, draws, seed)
    return _whole_pairs(early, pair, np.isin(np.arange(len(early)), pair[excluded]), assignment, draws, seed)


def _partners(cohort: FloatArray, pair: IntArray, assignment: Assignment, draws: int, seed: int) -> AssignmentSet:
    strata = Strata(pair, f" within each {assignment.within}")
    exchange = shuffled_cohorts if _has_several_dates(cohort) else free_sets
    return replace(exchange(cohort, strata, draws, seed), kind="pairs")


def _whole_pairs(
    cohort: FloatArray, pair: IntArray, fixed: BoolArray, assignment: Assignment, draws: int, seed: int
) -> AssignmentSet:
    """Exchange the (P,) first treated periods of whole pairs, and give them to the (N,) units."""
    strata = Strata(fixed.astype(np.int64), "")
    if _has_several_dates(cohort):
        found = shuffled_cohorts(cohort, strata, draws, seed, f"cohorts of a whole {assignment.within}")
    else:
        found = free_sets(cohort, strata, draws, seed, f"levels of {assignment.within}, treated as a whole,")
    untreated = np.full((len(found.cohorts), 1), np.inf)
    return replace(found, cohorts=np.hstack([found.cohorts, untreated])[:, pair], kind="pairs")


def _has_several_dates(cohort: FloatArray) -> bool:
    return len(np.unique(cohort[np.isfinite(cohort)])) > 1


def _by_pair(pair: IntArray, cohort: FloatArray, how: str) -> FloatArray:
    """Return the (P,) smallest or largest first treated period of each pair."""
    inside = pair >= 0
    return np.asarray(pd.Series(cohort[inside]).groupby(pair[inside]).agg(how).to_numpy(dtype=float))


def _fail_if_treated_are_alone(sample: Sample, pair: IntArray, assignment: Assignment) -> None:
    treated = np.isfinite(sample.cohort)
    without = sample.units[treated & (pair < 0)]
    if len(without):
        raise DesignError(f"treated units {some_of(without)} have no {assignment.within!r}; give every one its pair")
    size = np.bincount(pair[pair >= 0])
    alone = sample.units[treated & (size[pair] == 1)]
    if len(alone):
        raise DesignError(
            f"treated units {some_of(alone)} are the only members of their {assignment.within!r} in this pool; give "
            "their comparison units, or the other units of the pair, the same value"
        )
