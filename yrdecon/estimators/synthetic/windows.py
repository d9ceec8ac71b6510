"""The periods around an adoption date, and the assignments that can be weighted together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from yrdecon.core.design import Design
from yrdecon.core.panel import Panel
from yrdecon.core.sample import Sample, draw_sample, restrict

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
IntArray = NDArray[np.int64]

FEWEST_PERIODS = 2


@dataclass(frozen=True, slots=True, eq=False)
class Windows:
    """(T,) periods on which weights are fitted, that form the base, and that are treated."""

    fit: BoolArray
    base: BoolArray
    post: BoolArray

    @property
    def suffice(self) -> bool:
        """Whether two periods or more can be fitted, one of them a base period, and one is treated."""
        return bool(self.fit.sum() >= FEWEST_PERIODS and self.base.any() and self.post.any())


def windows_around(periods: IntArray, design: Design, date: float) -> Windows:
    """Return the periods to fit, the base periods and the treated periods of a cohort, without excluded ones."""
    usable = ~np.isin(periods, design.exclude_periods)
    fit = usable & (periods < date - design.anticipation)
    base = fit if design.base_periods is None else fit & np.isin(periods, design.base_periods)
    return Windows(fit, base, usable & (periods >= date))


def same_sizes(cohorts: FloatArray) -> list[IntArray]:
    """Group the rows of (B, N) assignments that treat the same number of units at each date."""
    sizes = np.stack([(cohorts == date).sum(axis=1) for date in np.unique(cohorts)], axis=1)
    group = np.unique(sizes, axis=0, return_inverse=True)[1].ravel()
    return [np.flatnonzero(group == g) for g in range(int(group.max()) + 1)]


def sample_of_assignments(panel: Panel, design: Design, cohorts: FloatArray) -> tuple[Sample, FloatArray]:
    """Draw the sample that (B, N) assignments belong to, without the units that all of them treat throughout."""
    sample = draw_sample(panel, design)
    never_before = (cohorts <= sample.periods[0]).all(axis=0)
    return restrict(sample, ~never_before[sample.unit]), cohorts[:, ~never_before]
