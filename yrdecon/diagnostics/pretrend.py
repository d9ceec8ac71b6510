"""Whether treated and comparison units moved apart before treatment, against placebo assignments."""

from __future__ import annotations

from types import MappingProxyType
from typing import Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from yrdecon.core.assignment import Assignment
from yrdecon.core.design import Design
from yrdecon.core.estimate import Estimate
from yrdecon.core.estimator import estimate_assignments
from yrdecon.core.hypothesis import TIE, HypothesisTest
from yrdecon.core.panel import Panel
from yrdecon.core.sample import draw_sample
from yrdecon.errors import DesignError
from yrdecon.estimators.event_study import event_study
from yrdecon.inference.assignments import admissible_assignments
from yrdecon.kernels.pre_path import largest_deviation, path_slopes, path_spread

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
Statistic = Literal["slope", "joint"]

NULLS = {
    "slope": "before treatment the treated units had the same trend as the others",
    "joint": "before treatment the treated units moved in parallel with the others in every period",
}
WORDS = {
    "slope": "the statistic is the absolute slope of the coefficients before treatment over event time",
    "joint": "the statistic is the largest coefficient before treatment relative to the standard deviation of its "
    "placebos",
}


def pretrend(
    panel: Panel,
    design: Design,
    assignment: Assignment | None = None,
    *,
    seed: int,
    draws: int = 999,
    statistic: Statistic = "slope",
) -> HypothesisTest:
    """Test whether treated and comparison units moved in parallel before treatment.

    The coefficients of `event_study` before treatment are compared with those of placebo assignments. Excluded periods
    and periods of anticipation take no part; normalized coefficients enter the slope as zeros and not the joint test.

    Parameters
    ----------
    assignment
        Which units could have been treated instead; None is ``Assignment("auto")``.
    seed, draws
        Seed and number of sampled assignments, where they are not enumerated.
    statistic
        ``"slope"``: the least-squares slope of the coefficients over event time. ``"joint"``: the largest absolute
        coefficient, each divided by the standard deviation of its placebos.

    Returns
    -------
    A two-sided test; its estimate is the slope, whichever the statistic. Frame ``"path"`` holds event_time, reference,
    estimate and placebo_sd; frame ``"placebos"`` actual, estimate (the slope), statistic and members of every
    assignment, the actual one first. A note tells the effect that the slope alone would produce.

    Raises
    ------
    DesignError
        If fewer than two usable event times lie before treatment, the reference included, or a coefficient is not
        identified in an assignment.

    Notes
    -----
    There is no Wald test with clustered errors here, and `wald` refuses it: with few treated clusters the covariance of
    the coefficients has no more rank than there are treated clusters less one, and a joint test of eleven coefficients
    with eight treated clusters rejects parallel trends that hold 78 times in 100. Placebo assignments keep the size.
    Not rejecting is weak evidence: a trend as large as a plausible effect passes most of the time; see `pretrend_power`
    and `honest_bounds`.

    References
    ----------
    Roth (2022), American Economic Review: Insights; Alvarez and Ferman (2023), arXiv 2006.16997.

    Examples
    --------
    >>> from yrdecon.study.twinning import load_twinning, twinning_design
    >>> test = pretrend(load_twinning(), twinning_design(), seed=1)
    >>> test.frames["path"]["event_time"].tolist()
    [-12, -11, -10, -9, -8, -7, -6, -5, -4, -3, -2]
    """
    _fail_if_options_are_unknown(statistic, draws)
    actual = event_study(panel, design)
    before = _before(actual, design)
    sample = draw_sample(panel, design)
    compared = admissible_assignments(panel, sample, assignment or Assignment(), draws=draws, seed=seed)
    paths = estimate_assignments(event_study, panel, design, compared.cohorts)[:, before]
    _fail_if_not_identified(paths)
    time = actual.cells["event_time"].to_numpy(dtype=float)
    slopes, spread = path_slopes(paths, time[before]), path_spread(paths)
    statistics = np.abs(slopes) if statistic == "slope" else largest_deviation(paths, spread)
    names = sample.units.astype(str).to_numpy()
    members = [";".join(names[row]) for row in np.isfinite(compared.cohorts)]
    first = np.arange(len(slopes)) == 0
    placebos = {"actual": first, "estimate": slopes, "statistic": statistics, "members": members}
    path = actual.cells.loc[before, ["event_time", "reference"]].reset_index(drop=True)
    frames = {"path": path.assign(estimate=paths[0], placebo_sd=spread), "placebos": pd.DataFrame(placebos)}
    return HypothesisTest(
        name=f"pre-trend, {statistic}, {compared.kind} assignments",
        statistic=float(statistics[0]),
        p_value=float(np.mean(statistics >= statistics[0] * (1 - TIE))),
        null=NULLS[statistic],
        draws=statistics,
        estimate=float(slopes[0]),
        n_assignments=compared.n_admissible,
        disjoint_sets=compared.disjoint_sets,
        frames=MappingProxyType(frames),
        notes=(compared.reason, WORDS[statistic], _implied(actual, slopes[0])),
    )


def _before(actual: Estimate, design: Design) -> BoolArray:
    """Return which coefficients lie before treatment and any anticipation, and are not excluded."""
    cells = actual.cells
    before = cells["event_time"].to_numpy() < -design.anticipation
    before &= ~cells["excluded"].to_numpy(dtype=bool)
    free = int((before & ~cells["reference"].to_numpy(dtype=bool)).sum())
    if free < 1:
        raise DesignError(
            f"{int(before.sum())} usable event times lie before treatment, the reference included; a pre-trend needs "
            "two or more; start the panel earlier or exclude fewer periods"
        )
    return np.asarray(before)


def _implied(actual: Estimate, slope: float) -> str:
    cells = actual.cells
    time, used = cells["event_time"].to_numpy(dtype=float), ~cells["excluded"].to_numpy(dtype=bool)
    after = time[(time >= 0) & used].mean()
    base = time[cells["reference"].to_numpy(dtype=bool)].mean()
    return (
        f"carried on from the base to the treated periods, the slope of {slope:.4g} per period would make an effect "
        f"of {slope * (after - base):.4g}"
    )


def _fail_if_not_identified(paths: FloatArray) -> None:
    lost = int(np.isnan(paths).any(axis=1).sum())
    if lost:
        raise DesignError(
            f"a coefficient before treatment is not identified in {lost} of {len(paths)} assignments; restrict them"
        )


def _fail_if_options_are_unknown(statistic: str, draws: int) -> None:
    if statistic not in get_args(Statistic):
        raise DesignError(f"statistic={statistic!r} is unknown; choose one of {list(get_args(Statistic))}")
    if draws < 1:
        raise DesignError(f"draws={draws} must be 1 or more")
