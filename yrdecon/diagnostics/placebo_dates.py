"""The design at dates before treatment, when nothing can have happened yet."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from yrdecon.core.cohorts import cohorts_by_unit
from yrdecon.core.design import Design
from yrdecon.core.estimator import Estimator
from yrdecon.core.panel import Panel
from yrdecon.core.sample import Sample, draw_sample
from yrdecon.errors import DesignError, YrdeconError

FloatArray = NDArray[np.float64]

FEWEST_PERIODS = 2


def placebo_shifts(estimator: Estimator, panel: Panel, design: Design) -> list[int]:
    """Return by how many periods the whole design can be moved back into periods without treatment.

    At each of them the placebo treatment lasts as long as the actual one and ends before any unit is treated, or may
    react in anticipation, and outside the excluded periods; two periods or more lie before it, the base periods are
    among them, and the estimator finds what it needs. Empty if there is none.
    """
    sample = draw_sample(panel, design)
    start = sample.first_treated_period
    clean = sample.periods[(sample.periods < start - design.anticipation)]
    clean = clean[~np.isin(clean, design.exclude_periods)]
    last = int(sample.periods[-1])
    if len(clean) < FEWEST_PERIODS:
        return []
    longest = start - int(clean[FEWEST_PERIODS - 1]) - 1
    possible = range(last - int(clean[-1]), longest + 1)
    return [back for back in possible if _can_be_estimated(estimator, panel, design, back)]


def move_back(panel: Panel, design: Design, periods_back: int) -> tuple[Panel, Design]:
    """Move treatment, base periods and excluded periods back in time, and cut the end of the panel by as much.

    Rows in which a unit is actually treated or may anticipate it are left out, and periods that no treated unit then
    reaches; periods that the design excludes stay excluded. Moved by zero periods, panel and design are themselves.

    Raises
    ------
    DesignError
        If the moved base periods lie before the panel or in an excluded period, or no row is left.
    """
    if periods_back < 0:
        raise DesignError(f"periods_back={periods_back} must be 0 or more; a design is moved back, not forth")
    if periods_back == 0:
        return panel, design
    sample = draw_sample(panel, design)
    last = int(sample.periods[-1]) - periods_back
    bases = None if design.base_periods is None else tuple(p - periods_back for p in design.base_periods)
    still = tuple(p for p in design.exclude_periods if p <= last)
    excluded = (*(p - periods_back for p in design.exclude_periods), *still)
    _fail_if_bases_are_lost(bases, excluded, sample, periods_back)
    kept = _untreated_rows(panel, design, sample) & panel.frame[panel.time].between(sample.periods[0], last).to_numpy()
    if not kept.any():
        raise DesignError(f"moved back by {periods_back} periods, no row without treatment is left; move it by fewer")
    moved = replace(panel, frame=panel.frame[kept].reset_index(drop=True))
    cohort = moved.frame[design.cohort].astype(float) - periods_back
    placebo = replace(design, base_periods=bases, exclude_periods=excluded)
    return moved.assign(**{design.cohort: cohort}), placebo


def first_date(panel: Panel, design: Design) -> int:
    """Return the first period in which a unit of the design becomes treated."""
    return draw_sample(panel, design).first_treated_period


def _can_be_estimated(estimator: Estimator, panel: Panel, design: Design, back: int) -> bool:
    try:
        moved, placebo = move_back(panel, design, back)
        return bool(np.isfinite(estimator(moved, placebo).coef).all())
    except YrdeconError:
        return False


def _untreated_rows(panel: Panel, design: Design, sample: Sample) -> NDArray[np.bool_]:
    cohorts = cohorts_by_unit(panel, design.cohort)
    own = cohorts.reindex(panel.frame[panel.unit]).to_numpy(dtype=float)
    time = panel.frame[panel.time].to_numpy()
    untreated = time < own - design.anticipation
    treated = np.isfinite(own) & (own <= sample.periods[-1])
    reached = np.unique(time[untreated & treated])
    return np.asarray(untreated & np.isin(time, reached))


def _fail_if_bases_are_lost(
    bases: tuple[int, ...] | None, excluded: tuple[int, ...], sample: Sample, periods_back: int
) -> None:
    lost = [p for p in bases or () if p in excluded or p not in sample.periods]
    if lost:
        raise DesignError(
            f"moved back by {periods_back} periods, the base periods {lost} are excluded or not in the panel; "
            "move it by fewer periods, or start the panel earlier"
        )
