"""The cohorts and periods that a staggered design compares, and the map of those that can be estimated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from yrdecon.core.adoption import adoption_dates
from yrdecon.core.design import Design
from yrdecon.core.sample import Sample
from yrdecon.estimators.cohorts.two_by_two import AS_ASKED

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
Base = Literal["varying", "universal"]

NOT_ESTIMATED, REFERENCE = "none", "reference"
SHOWN = 5


@dataclass(frozen=True)
class Cell:
    """One cohort and period with the periods that form its base, of which there may be none."""

    cohort: int
    time: int
    base: tuple[int, ...]

    @property
    def is_reference(self) -> bool:
        """Whether the cell is its own base, so that its effect is zero by construction."""
        return self.base == (self.time,)


@dataclass(frozen=True)
class CellRecord:
    """How a cell was estimated.

    Attributes
    ----------
    n_treated, n_comparison
        Number of units that the cell uses.
    method
        The method that gave the estimate, ``"reference"``, or ``"none"`` if there is no estimate.
    reason
        ``"as asked"``, or why the method is not the one asked for.
    """

    cell: Cell
    n_treated: int
    n_comparison: int
    method: str
    reason: str


def cohort_cells(sample: Sample, design: Design, base: Base) -> list[Cell]:
    """List the cohorts that start within the sample, and their periods.

    ``"varying"`` takes the period before as the base of a period before treatment, ``"universal"`` always the last
    one before treatment; base periods of the design replace both. Excluded periods are never a base.
    """
    usable = [int(p) for p in sample.periods if p not in design.exclude_periods]
    cells = []
    for date in adoption_dates(sample.cohort, sample.periods):
        start = date - design.anticipation
        before = [p for p in usable if p < start]
        fixed = design.base_periods or tuple(before[-1:])
        for time in (int(p) for p in sample.periods):
            if before and base == "varying" and design.base_periods is None and time < start:
                earlier = [p for p in before if p < time]
                cells += [Cell(date, time, (earlier[-1],))] if earlier else []
            elif before or time >= date:
                cells.append(Cell(date, time, fixed))
    return cells


def first_comparison_date(sample: Sample, design: Design, cell: Cell) -> int:
    """Return the period after which a unit must start to be compared with: all that start later are untreated."""
    last = int(sample.periods[-1]) if design.comparison == "never" else max((cell.time, *cell.base))
    return last + design.anticipation


def comparison_units(sample: Sample, design: Design, cell: Cell) -> BoolArray:
    """Return the (N,) units that are untreated, or also not yet treated, in every period of a cell that has a base."""
    late = sample.cohort > first_comparison_date(sample, design, cell)
    return np.asarray(late & (sample.cohort != cell.cohort))


def label_cells(cells: Sequence[Cell], design: Design) -> pd.DataFrame:
    """Return the labels of an estimate's coefficients."""
    return pd.DataFrame(
        {
            "cohort": [c.cohort for c in cells],
            "time": [c.time for c in cells],
            "event_time": [c.time - c.cohort for c in cells],
            "reference": [c.is_reference for c in cells],
            "excluded": [c.time in design.exclude_periods for c in cells],
        }
    )


def map_of_cells(records: Sequence[CellRecord]) -> pd.DataFrame:
    """Return one row for each cell with its units, method and reason, estimated or not."""
    return pd.DataFrame(
        {
            "cohort": [r.cell.cohort for r in records],
            "time": [r.cell.time for r in records],
            "n_treated": [r.n_treated for r in records],
            "n_comparison": [r.n_comparison for r in records],
            "method": [r.method for r in records],
            "reason": [r.reason for r in records],
        }
    )


def notes_on_cells(records: Sequence[CellRecord]) -> tuple[str, ...]:
    """Say which cells fell back or were not estimated, one sentence for each reason, and which rest on one unit."""
    notes = []
    for reason in dict.fromkeys(r.reason for r in records if r.reason != AS_ASKED):
        chosen = [r for r in records if r.reason == reason]
        verdict = "not estimated: " if chosen[0].method == NOT_ESTIMATED else ""
        notes.append(f"{verdict}{reason} ({_shown([r.cell for r in chosen])})")
    used = [r for r in records if r.method not in (NOT_ESTIMATED, REFERENCE)]
    alone = list(dict.fromkeys(r.cell.cohort for r in used if min(r.n_treated, r.n_comparison) == 1))
    if alone:
        notes.append(
            f"cohorts {alone} rest on a single treated or comparison unit, whose own variation is in no standard error"
        )
    return tuple(notes)


def _shown(cells: list[Cell]) -> str:
    names = [f"cohort {c.cohort} in {c.time}" for c in cells[:SHOWN]]
    return ", ".join(names) + (f" and {len(cells) - SHOWN} other cells" if len(cells) > SHOWN else "")
