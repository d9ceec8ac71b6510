"""One change per unit, for the tests that need no regression."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from yrdecon.core.adoption import adoption_dates
from yrdecon.core.design import Design
from yrdecon.core.left_out import leave_out, leave_out_always_treated
from yrdecon.core.panel import Panel
from yrdecon.core.sample import Sample, draw_sample
from yrdecon.errors import DesignError
from yrdecon.kernels.changes import mean_changes

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class UnitChanges:
    """The outcomes of a design with one adoption date, and the change of each unit.

    Attributes
    ----------
    units
        Names of the N units, as text.
    periods
        The T consecutive periods from the first to the last one.
    y
        (N, T) outcomes, NaN where nothing is observed.
    treated
        (N,) whether a unit is treated.
    change
        (N,) mean over treated periods less mean over base periods.
    clean, base, post
        (T,) usable periods before treatment, base periods, treated periods.
    notes
        Sentences about what was left out.
    """

    units: list[str]
    periods: NDArray[np.int64]
    y: FloatArray
    treated: BoolArray
    change: FloatArray
    clean: BoolArray
    base: BoolArray
    post: BoolArray
    notes: tuple[str, ...]

    @property
    def estimate(self) -> float:
        """The difference in differences, equal to the coefficient of `twfe`."""
        return float(self.change[self.treated].mean() - self.change[~self.treated].mean())


def unit_changes(panel: Panel, design: Design, test: str) -> UnitChanges:
    """Collapse a panel to one change per unit, which loses nothing of a difference in differences with one date.

    Units that are treated from the first period on are left out, and so are periods of anticipation.

    Raises
    ------
    DesignError
        If there are several adoption dates, the design asks for covariates, weights, effects or clusters, a cell of
        the contrast is missing, or fewer than two units are untreated.
    """
    _fail_if_design_asks_for_more(design, test)
    drawn = leave_out_always_treated(draw_sample(panel, design))
    date = _date(drawn, test)
    sample = _without_anticipating(drawn, date)
    periods = np.arange(sample.periods[0], sample.periods[-1] + 1)
    y = np.full((len(sample.units), len(periods)), np.nan)
    y[sample.unit, sample.periods[sample.time] - sample.periods[0]] = sample.outcome
    usable = np.isin(periods, sample.periods) & ~np.isin(periods, design.exclude_periods)
    clean = usable & (periods < date - design.anticipation)
    base = clean if design.base_periods is None else clean & np.isin(periods, design.base_periods)
    post = usable & (periods >= date)
    _fail_if_contrast_has_gaps(y, sample.units.tolist(), periods, base | post, test)
    treated = sample.cohort == date
    _fail_if_too_few(treated, test)
    units = sample.units.astype(str).tolist()
    return UnitChanges(units, periods, y, treated, mean_changes(y, base, post), clean, base, post, sample.notes)


def _without_anticipating(sample: Sample, date: float) -> Sample:
    """Leave out the units that are treated soon after the last period and may already react."""
    soon = np.isfinite(sample.cohort) & (sample.cohort != date)
    return leave_out(sample, soon, "may anticipate treatment")


def _date(sample: Sample, test: str) -> float:
    dates = adoption_dates(sample.cohort, sample.periods)
    if len(dates) > 1:
        raise DesignError(
            f"{test} needs one adoption date, the sample has {dates}; take one cohort at a time, "
            "or use permutation_test, which shuffles whole cohorts"
        )
    return float(dates[0])


def _fail_if_design_asks_for_more(design: Design, test: str) -> None:
    asked = [name for name in ("covariates", "weights", "effects", "cluster") if getattr(design, name)]
    if asked:
        raise DesignError(
            f"{test} works on one unweighted change per unit and takes no {asked}; remove them from the design, give "
            "the panel one row per cluster, or use permutation_test"
        )


def _fail_if_contrast_has_gaps(
    y: FloatArray, units: list[object], periods: NDArray[np.int64], contrast: BoolArray, test: str
) -> None:
    unit, time = np.nonzero(np.isnan(y) & contrast)
    if len(unit):
        shown = ", ".join(f"{units[i]} {periods[t]}" for i, t in zip(unit[:5], time[:5], strict=True))
        raise DesignError(
            f"{test} needs every unit in every period of the contrast; {len(unit)} cells are missing: {shown}; "
            "leave these units out of the pool, or exclude the periods"
        )


def _fail_if_too_few(treated: BoolArray, test: str) -> None:
    others = int((~treated).sum())
    if others < 2:
        raise DesignError(f"{test} needs two or more untreated units, the sample has {others}; widen the pool")
