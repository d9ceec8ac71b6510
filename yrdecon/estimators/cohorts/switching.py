"""Who switches treatment when, and who still waits: the arrays that estimators of switching treatments share."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from yrdecon.core.cohorts import cohorts_by_unit
from yrdecon.core.design import Design, parse_effect
from yrdecon.core.labels import codes_of, unit_labels
from yrdecon.core.left_out import leave_out_always_treated
from yrdecon.core.names import some_of
from yrdecon.core.options import fail_if_no_name
from yrdecon.core.panel import Panel
from yrdecon.core.sample import Sample, draw_sample
from yrdecon.errors import DesignError
from yrdecon.kernels.switchers import Paths, treatment_paths

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
IntArray = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Switching:
    """A sample by unit and period, with the treatment of every unit.

    Attributes
    ----------
    sample, labels
        The sample, and one row of labels for each of its N units.
    outcome, weights
        (N, T) outcomes, NaN where a cell is not compared, and weights.
    date
        (N,) period of the first change of treatment, infinite if there is none.
    direction
        (N,) sign of that change, 0 if there is none.
    dose, total_dose
        (N, T) treatment less first treatment, in the direction of the first change, and its sum up to the period.
    stratum, onset, cluster
        (N,) codes: units that are compared, of these the ones that move to the same treatment, and clusters.
    notes
        Sentences about what was left out.
    """

    sample: Sample
    labels: pd.DataFrame
    outcome: FloatArray
    weights: FloatArray
    date: FloatArray
    direction: FloatArray
    dose: FloatArray
    total_dose: FloatArray
    stratum: IntArray
    onset: IntArray
    cluster: IntArray
    notes: tuple[str, ...]


def draw_switching(panel: Panel, design: Design, treatment: str | None) -> Switching:
    """Draw the sample of a design, its cohorts being the periods of the first change of treatment.

    Parameters
    ----------
    treatment
        Column of the treatment; None for one that starts with the design's cohort and never stops.

    Raises
    ------
    DesignError
        If the column is missing or not numeric, no treatment changes, the panel has a cohort column that tells
        otherwise, or the cluster or the group of comparison changes within a unit.
    """
    if treatment is None:
        cohort = cohorts_by_unit(panel, design.cohort).to_numpy()
        paths = treatment_paths((panel.periods >= cohort[:, None]).astype(float))
        date = np.where(cohort > panel.periods[0], cohort, np.inf)
        sample = leave_out_always_treated(draw_sample(panel, design))
    else:
        paths = treatment_paths(_treatments(panel, treatment))
        date = np.append(panel.periods.astype(float), np.inf)[paths.first]
        sample = draw_sample(_with_cohort(panel, design, treatment, date), design)
    units, columns = panel.units.get_indexer(sample.units), np.searchsorted(panel.periods, sample.periods)
    paths = _restricted(paths, units)
    switch = paths.first % len(panel.periods)
    onset = np.where(paths.first == switch, paths.change[np.arange(len(units)), switch], 0.0)
    dose = paths.change * np.sign(onset)[:, None]
    known = np.ones(len(sample.outcome), dtype=bool)
    if treatment is not None:
        known = np.asarray(sample.frame[treatment].notna(), dtype=bool)
    outcome, weights = _cells(sample, design, known & paths.usable[:, columns][sample.unit, sample.time])
    stratum = _strata(panel, sample, design, paths.baseline)
    return Switching(
        sample=sample,
        labels=unit_labels(panel, sample, design),
        outcome=outcome,
        weights=weights,
        date=date[units],
        direction=np.sign(onset),
        dose=dose[:, columns],
        total_dose=np.cumsum(dose, axis=1)[:, columns],
        stratum=stratum,
        onset=_codes(pd.DataFrame({"stratum": stratum, "onset": onset})),
        cluster=_clusters(sample, design),
        notes=(*sample.notes, *_notes(sample, paths, columns, known, treatment, stratum)),
    )


def compared_groups(panel: Panel, design: Design) -> tuple[str, ...]:
    """Return the columns within which units are compared, read from effects such as ``"province^year"``.

    Raises
    ------
    DesignError
        If an effect is neither the combination of columns with time nor the trend of every unit.
    """
    columns: list[str] = []
    for effect in design.effects:
        parsed = parse_effect(effect)
        if parsed.slope is None and panel.time in parsed.columns and len(parsed.columns) > 1:
            columns += [c for c in parsed.columns if c != panel.time]
        elif (parsed.columns, parsed.slope) != ((panel.unit,), panel.time):
            raise DesignError(
                f"effect {effect!r} is not offered here; choose 'group^{panel.time}' to compare within groups, or "
                f"'{panel.unit}[{panel.time}]' for a linear trend of every unit"
            )
    return tuple(columns)


def has_unit_trends(panel: Panel, design: Design) -> bool:
    """Whether the design gives every unit its own linear trend."""
    return f"{panel.unit}[{panel.time}]" in design.effects


def _treatments(panel: Panel, treatment: str) -> FloatArray:
    """Return the (N, T) treatments of a panel."""
    fail_if_no_name("treatment", treatment)
    frame = panel.frame
    if treatment not in frame.columns:
        raise DesignError(f"the panel has no column {treatment!r} with the treatment; leave treatment out for cohorts")
    if not pd.api.types.is_numeric_dtype(frame[treatment]):
        raise DesignError(f"column {treatment!r} must hold numbers; convert it with pandas.to_numeric")
    values = frame[treatment].to_numpy(dtype=float, na_value=np.nan)
    if np.isinf(values).any():
        raise DesignError(f"column {treatment!r} holds infinite values; the treatment must be finite or missing")
    units, table = panel.units, np.full((len(panel.units), len(panel.periods)), np.nan)
    table[units.get_indexer(pd.Index(frame[panel.unit])), np.searchsorted(panel.periods, frame[panel.time])] = values
    unknown = units[~np.isfinite(table).any(axis=1)].tolist()
    if unknown:
        raise DesignError(f"column {treatment!r} is missing throughout for {some_of(unknown)}; leave these units out")
    return table


def _with_cohort(panel: Panel, design: Design, treatment: str, date: FloatArray) -> Panel:
    """Return the panel with the first change of treatment as its cohort, which an existing column must equal."""
    if not np.isfinite(date).any():
        raise DesignError(f"no unit's treatment {treatment!r} ever changes, so there is nothing to compare")
    if design.cohort in panel.frame.columns:
        cohort = cohorts_by_unit(panel, design.cohort).to_numpy()
        unmoved = np.isinf(date) & ((cohort <= panel.periods[0]) | (cohort > panel.periods[-1]))
        wrong = panel.units[(cohort != date) & ~unmoved].tolist()
        if wrong:
            raise DesignError(
                f"cohort {design.cohort!r} and the first change of {treatment!r} differ for {len(wrong)} units: "
                f"{wrong[:5]}; give the design a cohort column that the panel does not have, and it is derived"
            )
        return panel
    rows = panel.units.get_indexer(pd.Index(panel.frame[panel.unit]))
    return panel.assign(**{design.cohort: date[rows]})


def _restricted(paths: Paths, units: IntArray) -> Paths:
    return replace(
        paths,
        baseline=paths.baseline[units],
        first=paths.first[units],
        change=paths.change[units],
        usable=paths.usable[units],
    )


def _cells(sample: Sample, design: Design, used: BoolArray) -> tuple[FloatArray, FloatArray]:
    """Return (N, T) outcomes, NaN where there is no row or it is not used, and weights."""
    shape = (len(sample.units), len(sample.periods))
    outcome, weights = np.full(shape, np.nan), np.zeros(shape)
    outcome[sample.unit, sample.time] = np.where(used, sample.outcome, np.nan)
    weights[sample.unit, sample.time] = sample.weights
    outcome[:, np.isin(sample.periods, design.exclude_periods)] = np.nan
    return outcome, weights


def _strata(panel: Panel, sample: Sample, design: Design, baseline: FloatArray) -> IntArray:
    columns = compared_groups(panel, design)
    groups = {c: _constant(sample, c, "compare within groups that units do not leave") for c in columns}
    return _codes(pd.DataFrame({"baseline": baseline, **groups}))


def _clusters(sample: Sample, design: Design) -> IntArray:
    if design.cluster is None:
        return np.arange(len(sample.units))
    return codes_of(_constant(sample, design.cluster, "cluster by a column that contains units"))


def _constant(sample: Sample, column: str, way_out: str) -> NDArray[Any]:
    """Return the values of a column by unit, which must not change within units."""
    values = sample.frame[column].groupby(sample.unit)
    changing = np.flatnonzero(values.nunique().to_numpy() > 1)
    if len(changing):
        raise DesignError(f"column {column!r} changes within {sample.units[changing[:5]].tolist()}; {way_out}")
    return np.asarray(values.first())


def _codes(columns: pd.DataFrame) -> IntArray:
    return np.asarray(columns.groupby(list(columns.columns), sort=True, dropna=False).ngroup(), dtype=np.int64)


def _notes(
    sample: Sample,
    paths: Paths,
    columns: IntArray,
    known: BoolArray,
    treatment: str | None,
    stratum: IntArray,
) -> tuple[str, ...]:
    notes = []
    moving = np.bincount(stratum, paths.first < paths.change.shape[1])
    idle = sample.units[moving[stratum] == 0].tolist()
    if idle:
        notes.append(
            f"{len(idle)} units are left out because they keep a treatment that no unit like them leaves: "
            f"{some_of(idle)}"
        )
    if not known.all():
        notes.append(f"{int((~known).sum())} rows left out because {treatment!r} is missing")
    lost = int((~paths.usable[:, columns][sample.unit, sample.time]).sum())
    if lost:
        notes.append(
            f"{lost} rows left out: treatment has been both above and below its first value, "
            "or has changed in an unobserved period"
        )
    return tuple(notes)
