"""How ``Assignment("auto")`` chooses: by adoption dates, the number of treated units, and where they lie."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from yrdecon.core.assignment import Assignment
from yrdecon.core.estimate import FEW_TREATED
from yrdecon.core.hypothesis import FEW_DISJOINT_SETS, FEW_P_VALUES
from yrdecon.core.panel import Panel
from yrdecon.core.sample import Sample
from yrdecon.inference.geometry import (
    Geometry,
    are_groups_compact,
    clustering,
    compactness,
    measure_distances,
    random_sets,
    treated_groups,
)
from yrdecon.inference.strata import Strata, baseline_strata, group_strata, treated_dates
from yrdecon.kernels.blocks import blocks_within, most_disjoint
from yrdecon.kernels.few_treated import effective_units
from yrdecon.kernels.resample import count_choices

Studentize = Literal["auto", "cluster", "half", "full", "none"]
BoolArray = NDArray[np.bool_]

ONE_TREATED = (
    "one treated unit, compared with every other one; ferman_pinto allows their variances to differ, and the rank of a "
    "synthetic control is this test with synthetic_control and studentize='full'"
)
SEVERAL_DATES = "several adoption dates"
CHECK = (
    "{treated} treated and {effective:.1f} effective units: this is the check; report wild_cluster_bootstrap and "
    "cluster_robust(kind='CR2') first if the spatial correlation is of short range"
)


@dataclass(frozen=True, eq=False)
class Choice:
    """A mechanism with everything decided.

    Attributes
    ----------
    assignment
        The declared mechanism with its kind chosen.
    strata
        Units that are exchanged with each other, None for those that the assignment names.
    studentize
        The statistic that goes with it.
    reason
        Why.
    """

    assignment: Assignment
    strata: Strata | None
    studentize: Studentize
    reason: str


def choose_mechanism(panel: Panel, sample: Sample, assignment: Assignment, excluded: BoolArray, seed: int) -> Choice:
    """Choose the assignments that mimic the actual one in number, dates and geometry.

    Raises
    ------
    DesignError
        If coordinates are missing in some units, or a unit shares no declared border.
    """
    treated = np.isfinite(sample.cohort)
    if treated.sum() == 1:
        return Choice(replace(assignment, kind="free"), None, "none", ONE_TREATED)
    dates = f"{SEVERAL_DATES}; " if len(treated_dates(sample)) > 1 else ""
    geometry = measure_distances(panel, sample, assignment)
    if geometry is None:
        return _without_places(panel, sample, assignment, excluded)
    random = random_sets(treated, seed)
    compact = compactness(geometry, treated, random)
    words = (
        f"{dates}treated units are {compact.actual:.{0 if geometry.measure == 'km' else 1}f} "
        f"{geometry.measure} apart on average, the tenth percentile of random sets is "
        f"{compact.threshold:.{0 if geometry.measure == 'km' else 1}f}"
    )
    if compact.is_close:
        return _neighbors(panel, sample, assignment, geometry, excluded, words)
    groups = treated_groups(geometry, treated)
    n_groups = int(groups.max()) + 1
    near = clustering(geometry, treated, random).is_close or are_groups_compact(geometry, treated, groups, seed)
    if near and 2 <= n_groups <= treated.sum() / 2:
        found = f"{words}, but they form {n_groups} groups of neighbors"
        return Choice(replace(assignment, kind="relocated"), None, "half", found)
    return _scattered(panel, sample, assignment, excluded, f"{words}: scattered")


def _neighbors(
    panel: Panel, sample: Sample, assignment: Assignment, geometry: Geometry, excluded: BoolArray, why: str
) -> Choice:
    """Take blocks of neighbors, inside the groups of the panel where the treated lie in one and the map is large.

    Blocks that straddle groups average the shocks of several, those of a treated set in one group do not. On a map with
    room for fewer than ten blocks only a rank is read, for which more blocks are worth more than alike ones.
    """
    blocks, treated = replace(assignment, kind="contiguous"), np.isfinite(sample.cohort)
    groups = group_strata(panel, sample)
    if groups is None or len(np.unique(groups.codes[treated])) > 1:
        return Choice(blocks, None, "half", why)
    size, anywhere = int(treated.sum()), np.where(excluded, -1, 0)
    room = most_disjoint(blocks_within(geometry.distance, anywhere, size))
    inside = blocks_within(geometry.distance, np.where(excluded, -1, groups.codes), size)
    if room < FEW_DISJOINT_SETS or len(inside) < FEW_P_VALUES:
        return Choice(blocks, None, "half", why)
    return Choice(replace(blocks, within=panel.group), None, "half", f"{why}, and they lie in one {panel.group}")


def _scattered(panel: Panel, sample: Sample, assignment: Assignment, excluded: BoolArray, why: str) -> Choice:
    if len(treated_dates(sample)) > 1:
        return Choice(replace(assignment, kind="cohorts"), None, "none", why)
    free = replace(assignment, kind="free")
    n_treated = int(np.isfinite(sample.cohort).sum())
    effective = effective_units(n_treated, len(sample.cohort) - n_treated)
    if n_treated >= FEW_TREATED and effective >= FEW_TREATED:
        return Choice(free, None, "cluster", f"{why}; {CHECK.format(treated=n_treated, effective=effective)}")
    for strata in (group_strata(panel, sample), baseline_strata(sample)):
        if strata is not None and _admits_enough(sample, strata, excluded):
            return Choice(free, strata, "cluster", why)
    return Choice(free, None, "cluster", f"{why}; strata would leave fewer than {FEW_P_VALUES} assignments")


def _without_places(panel: Panel, sample: Sample, assignment: Assignment, excluded: BoolArray) -> Choice:
    if len(treated_dates(sample)) > 1:
        return Choice(replace(assignment, kind="cohorts"), None, "none", SEVERAL_DATES)
    free = replace(assignment, kind="free")
    strata = group_strata(panel, sample)
    if strata is not None and _admits_enough(sample, strata, excluded):
        why = f"neither coordinates nor borders are declared, so units are exchanged within each {panel.group}"
        return Choice(free, strata, "cluster", f"{why}; spatial correlation inside it is assumed away")
    why = "the panel declares no location and no borders, so spatial correlation is assumed away"
    return Choice(free, None, "cluster", why)


def _admits_enough(sample: Sample, strata: Strata, excluded: BoolArray) -> bool:
    codes = np.where(excluded, strata.codes.max() + 1, strata.codes)
    return count_choices(codes, np.isfinite(sample.cohort)) >= FEW_P_VALUES
