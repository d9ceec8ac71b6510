"""Mixed placebo: other dates and other units at once."""

from __future__ import annotations

from types import MappingProxyType

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from yrdecon.core.assignment import Assignment
from yrdecon.core.design import Design
from yrdecon.core.estimator import Estimator, estimate_assignments
from yrdecon.core.hypothesis import TIE, HypothesisTest
from yrdecon.core.panel import Panel
from yrdecon.core.sample import Sample, draw_sample
from yrdecon.diagnostics.one_effect import one_effect
from yrdecon.diagnostics.placebo_dates import move_back, placebo_shifts
from yrdecon.errors import DesignError
from yrdecon.inference.assignment_set import AssignmentSet
from yrdecon.inference.assignments import admissible_assignments

FloatArray = NDArray[np.float64]


def placebo_mixed(
    estimator: Estimator,
    panel: Panel,
    design: Design,
    assignment: Assignment | None = None,
    *,
    seed: int,
    draws: int = 999,
) -> HypothesisTest:
    """Compare the estimate with those of random units at random dates.

    With one adoption date the design is moved back as in `placebo_time`, so that every placebo treatment is as long as
    the actual one, and at each date, the actual one included, other units are drawn. With several adoption dates units
    are drawn for each cohort, and its date at random from the periods of the panel; the order of the dates is kept.

    Parameters
    ----------
    estimator
        Any estimator. Effects by cohort or event time are summarized in one.
    assignment
        Which units could have been treated instead; None is ``Assignment("auto")``.
    seed, draws
        Seed and number of draws over all dates. Where the units can be enumerated, as blocks of neighbors are, all of
        them are used at every date instead.

    Returns
    -------
    A two-sided test by the absolute estimate. Frame ``"placebos"`` holds actual, date (of the first treated units),
    estimate, statistic and members, the actual estimate first.

    Raises
    ------
    DesignError
        If the design cannot be moved back, base periods are declared with several adoption dates, or an estimate is
        not identified.

    Notes
    -----
    The comparison across dates supposes that changes between base and treated periods vary as much at one date as at
    another. Estimates are not studentized, because the spread before treatment rests on fewer periods at early dates.

    References
    ----------
    Chen, Qi and Yan (陈强、齐霁、颜冠鹏, 2025), Management World 41(2); the third of their four kinds.

    Examples
    --------
    >>> from yrdecon.estimators import twfe
    >>> from yrdecon.study.twinning import load_twinning, twinning_design
    >>> test = placebo_mixed(twfe, load_twinning(), twinning_design(), seed=1)
    >>> test.frames["placebos"]["date"].nunique() > 5
    True
    """
    if draws < 1:
        raise DesignError(f"draws={draws} must be 1 or more")
    single = one_effect(estimator, panel, design)
    sample = draw_sample(panel, design)
    staggered = len(_dates(sample.cohort, sample)) > 1
    gather = _at_random_dates if staggered else _moved_back
    placebos, compared = gather(single, panel, design, assignment or Assignment(), draws, seed)
    lost = int(placebos["estimate"].isna().sum())
    if lost:
        raise DesignError(f"the estimator is not identified in {lost} of {len(placebos)} placebos; restrict them")
    statistics = placebos["statistic"].to_numpy()
    n_dates = placebos["date"].nunique()
    return HypothesisTest(
        name=f"mixed placebo, {compared.kind} assignments at {n_dates} dates",
        statistic=float(statistics[0]),
        p_value=float(np.mean(statistics >= statistics[0] * (1 - TIE))),
        null="no unit's outcome was changed by the treatment, and changes vary as much at every date",
        draws=statistics,
        estimate=float(placebos["estimate"].iloc[0]),
        n_assignments=None if staggered else compared.n_admissible * n_dates,
        disjoint_sets=compared.disjoint_sets,
        frames=MappingProxyType({"placebos": placebos}),
        notes=(compared.reason, f"{n_dates} dates, the statistic is the absolute estimate"),
    )


def _moved_back(
    estimator: Estimator, panel: Panel, design: Design, assignment: Assignment, draws: int, seed: int
) -> tuple[pd.DataFrame, AssignmentSet]:
    shifts = placebo_shifts(estimator, panel, design)
    if not shifts:
        raise DesignError(
            "too few periods lie before treatment to move the whole design back in time; start the panel earlier, or "
            "keep the date and use placebo_space"
        )
    each = -(-draws // (1 + len(shifts)))
    parts = []
    for back in (0, *shifts):
        moved, placebo = move_back(panel, design, back)
        sample = draw_sample(moved, placebo)
        found = admissible_assignments(moved, sample, assignment, draws=each, seed=seed + back)
        effects = estimate_assignments(estimator, moved, placebo, found.cohorts)[:, 0]
        parts.append(_frame(sample, found.cohorts, effects))
        if back == 0:
            compared = found
    return _actual_first(pd.concat(parts, ignore_index=True)), compared


def _at_random_dates(
    estimator: Estimator, panel: Panel, design: Design, assignment: Assignment, draws: int, seed: int
) -> tuple[pd.DataFrame, AssignmentSet]:
    if design.base_periods is not None:
        raise DesignError("base_periods name calendar years, which do not move with the dates; leave base_periods out")
    sample = draw_sample(panel, design)
    compared = admissible_assignments(panel, sample, assignment, draws=draws, seed=seed)
    actual = _dates(sample.cohort, sample)
    possible = sample.periods[sample.periods - design.anticipation > sample.periods[0]]
    possible = possible[~np.isin(possible, design.exclude_periods)].astype(float)
    if len(possible) <= len(actual):
        raise DesignError(
            f"{len(actual)} adoption dates cannot be moved among {len(possible)} periods; use placebo_space"
        )
    generator = np.random.default_rng(seed)
    # each placebo set in turn, again with other dates where there are fewer sets than draws
    placebos = len(compared.cohorts) - 1
    turns = 1 + np.arange(max(draws, placebos)) % placebos
    before = compared.cohorts[np.append(0, turns)]
    cohorts = before.copy()
    for row in range(1, len(cohorts)):
        drawn = np.sort(generator.choice(possible, size=len(actual), replace=False))
        for old, new in zip(actual, drawn, strict=True):
            cohorts[row, before[row] == old] = new
    effects = estimate_assignments(estimator, panel, design, cohorts)[:, 0]
    return _actual_first(_frame(sample, cohorts, effects)), compared


def _dates(cohorts: FloatArray, sample: Sample) -> FloatArray:
    inside = np.isfinite(cohorts) & (cohorts > sample.periods[0]) & (cohorts <= sample.periods[-1])
    return np.unique(cohorts[inside])


def _frame(sample: Sample, cohorts: FloatArray, effects: FloatArray) -> pd.DataFrame:
    names = sample.units.astype(str).to_numpy()
    inside = np.where(cohorts > sample.periods[0], cohorts, np.inf)
    return pd.DataFrame(
        {
            "date": inside.min(axis=1).astype(int),
            "estimate": effects,
            "statistic": np.abs(effects),
            "members": [";".join(names[row]) for row in np.isfinite(cohorts)],
        }
    )


def _actual_first(placebos: pd.DataFrame) -> pd.DataFrame:
    placebos.insert(0, "actual", np.arange(len(placebos)) == 0)
    return placebos
