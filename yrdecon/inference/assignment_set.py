"""The assignments that a permutation test compares, and why these."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from yrdecon.inference.choice import Studentize

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]


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


def actual_first(treated: BoolArray, found: BoolArray) -> BoolArray:
    """Put the actual set first and leave it out of the (B, N) sets that follow."""
    return np.vstack([treated, found[(found != treated).any(axis=1)]])
