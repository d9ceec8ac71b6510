"""The effect of one cohort in one period, from changes within units or levels of repeated cross-sections."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from yrdecon.core.sample import Sample
from yrdecon.core.wide import wide_outcome
from yrdecon.estimators.cohorts.cells import NOT_ESTIMATED, REFERENCE, Cell, CellRecord
from yrdecon.estimators.cohorts.two_by_two import AS_ASKED, Method, compare
from yrdecon.kernels.cross_sections import Levels
from yrdecon.kernels.two_by_two import Changes

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]
Sampling = Literal["auto", "panel", "cross_sections"]


@dataclass(frozen=True, eq=False)
class Part:
    """A two-by-two comparison within a cell.

    Attributes
    ----------
    rows
        The n rows that are compared.
    unit
        (n,) positions of their units in the sample.
    share
        Its weight in the cell.
    lacking
        Words for the first group that has no row; empty if all have.
    """

    rows: Changes | Levels
    unit: IntArray
    share: float
    lacking: str


@dataclass(frozen=True, eq=False)
class CellEstimate:
    """The effect of a cell, its (N,) influence by unit, and how it came about."""

    effect: float
    influence: FloatArray
    record: CellRecord


CutCell = Callable[[Cell, BoolArray], list[Part]]


def estimate_cell(sample: Sample, cell: Cell, comparison: BoolArray, cut: CutCell, method: Method) -> CellEstimate:
    """Estimate a cell after checking what it needs; without estimate its effect is missing and the record tells why.

    Parameters
    ----------
    comparison
        (N,) units to compare with.
    cut
        What `cell_cutter` returns for the sample.
    """
    nothing = np.zeros(len(sample.units))
    sizes = (int((sample.cohort == cell.cohort).sum()), int(comparison.sum()))
    if not cell.base or not comparison.any():
        reason = "no comparison unit is left" if cell.base else "no period before treatment is left"
        return CellEstimate(np.nan, nothing, CellRecord(cell, *sizes, NOT_ESTIMATED, reason))
    if cell.is_reference:
        return CellEstimate(0.0, nothing, CellRecord(cell, *sizes, REFERENCE, AS_ASKED))
    parts = cut(cell, comparison)
    sizes = (_units_in(parts, 1), _units_in(parts, 0))
    lacking = [part.lacking for part in parts if part.lacking]
    if lacking:
        return CellEstimate(np.nan, nothing, CellRecord(cell, *sizes, NOT_ESTIMATED, lacking[0]))
    compared = [compare(part.rows, method) for part in parts]
    influence = nothing
    for part, result in zip(parts, compared, strict=True):
        by_unit = np.bincount(part.unit, result.influence, minlength=len(nothing))
        influence = influence + part.share / len(part.unit) * by_unit
    effect = sum(part.share * result.effect for part, result in zip(parts, compared, strict=True))
    weakest = min(compared, key=lambda result: result.reason == AS_ASKED)
    return CellEstimate(effect, influence, CellRecord(cell, *sizes, weakest.method, weakest.reason))


def cell_cutter(sample: Sample, sampling: Sampling) -> CutCell:
    """Return a function from a cell and its (N,) comparison units to its comparisons, whose average is the cell's."""
    return _changes(sample) if _within_units(sample, sampling) else _levels(sample)


def note_on_sampling(sample: Sample, sampling: Sampling) -> tuple[str, ...]:
    """Say how rows are compared where the panel is not balanced or the user has chosen."""
    if _within_units(sample, sampling):
        words = "each cell compares changes of the units that are seen in all of its periods"
        return () if sample.is_balanced else (f"as the panel is not balanced, {words}",)
    words = "each cell compares levels as in repeated cross-sections, with errors summed by unit"
    if sample.is_balanced:
        return (words,)
    if len(sample.outcome) == len(sample.units):
        return ("no unit is seen twice: repeated cross-sections",)
    return (f"as the panel is not balanced, {words}",)


def _within_units(sample: Sample, sampling: Sampling) -> bool:
    return sampling == "panel" or (sampling == "auto" and sample.is_balanced)


def _changes(sample: Sample) -> CutCell:
    shape = (len(sample.units), len(sample.periods))
    y, weights = wide_outcome(sample), np.zeros(shape)
    x = np.ones((*shape, 1 + sample.covariates.shape[1]))
    weights[sample.unit, sample.time] = sample.weights
    x[sample.unit, sample.time, 1:] = sample.covariates

    def cut(cell: Cell, comparison: BoolArray) -> list[Part]:
        now, base = _position(sample, (cell.time,))[0], _position(sample, cell.base)
        first = min(now, base[-1])
        change = y[:, now] - y[:, base].mean(axis=1)
        treated = sample.cohort == cell.cohort
        unit = np.flatnonzero((treated | comparison) & np.isfinite(change) & (weights[:, first] > 0))
        rows = Changes(change[unit], treated[unit].astype(float), x[unit, first], weights[unit, first])
        return [Part(rows, unit, 1.0, _lacking(rows.treated, _both(cell)))]

    return cut


def _levels(sample: Sample) -> CutCell:
    x = np.column_stack([np.ones(len(sample.outcome)), sample.covariates])
    period = sample.periods[sample.time]

    def cut(cell: Cell, comparison: BoolArray) -> list[Part]:
        cohort = sample.cohort == cell.cohort
        member = (cohort | comparison)[sample.unit] & (sample.weights > 0)
        parts = []
        for base in (b for b in cell.base if b != cell.time):
            row = np.flatnonzero(member & ((period == base) | (period == cell.time)))
            unit, later = sample.unit[row], period[row] == cell.time
            treated = cohort[unit].astype(float)
            lacking = _lacking(treated[~later], str(base)) or _lacking(treated[later], str(cell.time))
            rows = Levels(sample.outcome[row], later.astype(float), treated, x[row], sample.weights[row])
            parts.append(Part(rows, unit, 1 / len(cell.base), lacking))
        return parts

    return cut


def _units_in(parts: list[Part], treated: int) -> int:
    return len(np.unique(np.concatenate([part.unit[part.rows.treated == treated] for part in parts])))


def _both(cell: Cell) -> str:
    return " and ".join(str(period) for period in sorted({*cell.base, cell.time}))


def _lacking(treated: FloatArray, where: str) -> str:
    if not (treated == 1).any():
        return f"no treated unit is seen in {where}"
    return "" if (treated == 0).any() else f"no comparison unit is seen in {where}"


def _position(sample: Sample, periods: tuple[int, ...]) -> IntArray:
    return np.searchsorted(sample.periods, periods).astype(np.int64)
