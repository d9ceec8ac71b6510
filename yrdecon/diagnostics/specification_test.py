"""All specifications of a curve judged together, by the same assignments."""

from __future__ import annotations

from dataclasses import astuple, replace
from types import MappingProxyType

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from yrdecon.core.assignment import Assignment
from yrdecon.core.hypothesis import FEW_P_VALUES, TIE, HypothesisTest
from yrdecon.core.panel import Panel
from yrdecon.core.sample import Sample, draw_sample
from yrdecon.diagnostics.one_effect import one_effect
from yrdecon.diagnostics.specifications import Specification, Specifications, all_specifications
from yrdecon.errors import DesignError, YrdeconError
from yrdecon.inference.assignment_set import AssignmentSet
from yrdecon.inference.assignments import admissible_assignments
from yrdecon.inference.permutation import compare_assignments
from yrdecon.kernels.specification_curve import joint_statistics

FloatArray = NDArray[np.float64]

STATISTICS = ("median_effect", "dominant_sign", "significant", "average_statistic")
LEVEL = 0.05
LEAST_KEPT = 0.5
NULL = "no unit's outcome was changed by the treatment, whichever specification measures it"


def specification_test(
    panel: Panel,
    specifications: Specifications,
    assignment: Assignment | None = None,
    *,
    seed: int,
    draws: int = 999,
) -> HypothesisTest:
    """Test by all specifications at once whether anything happened.

    Assignments are drawn once, on the units of the headline, and every specification is estimated at each of them.
    Units that a specification leaves out leave the placebo sets as well; units that it adds are never treated. A
    specification with other first treated periods moves them for placebos as for the treated. It takes no part where it
    treats other units than the headline, where some placebo set loses more than half of its units, or where it cannot
    be estimated at every assignment.

    Parameters
    ----------
    assignment
        The mechanism, on the headline; None is ``Assignment("auto")``.
    seed, draws
        Seed and number of sampled assignments, where they are not enumerated.

    Returns
    -------
    A test by the average absolute statistic: that of each `permutation_test` over its root mean square. Its estimate is
    the median effect. Frames:

    - ``statistics``: value, expected (its mean over the other assignments), rank, n_compared and p_value (empty where
      no more than a rank is supported) of the absolute median effect, the share of the dominant sign, the share that is
      significant at 5% with one sign (absent where fewer than 20 assignments are compared), and the average statistic;
    - ``specifications``: the place of each in the grid, whether it takes part, and why not;
    - ``placebos``: the four statistics of every assignment, the actual one first, and its members.

    Raises
    ------
    DesignError
        If the headline cannot be estimated, or no specification can at every assignment.

    Notes
    -----
    Where outcomes differ their effects have no common unit, and the median is that of effects over the root mean
    square of their placebos.

    References
    ----------
    Simonsohn, Simmons and Nelson (2020), Specification curve analysis, Nature Human Behaviour 4.

    Examples
    --------
    >>> from yrdecon.study.twinning import load_twinning, twinning_design
    >>> grid = Specifications(twinning_design(), "twfe", {"pool": ["in_yrd_clean", "in_yrd", "in_anhui"]})
    >>> test = specification_test(load_twinning(), grid, seed=1)
    >>> test.frames["specifications"]["in_test"].tolist(), len(test.draws)
    ([True, True, False], 25)
    """
    every = all_specifications(specifications, panel)
    headline = next(s for s in every if s.is_headline)
    if headline.design is None:
        raise DesignError(f"the headline cannot be estimated: {headline.problem}")
    used = headline.panel(panel)
    sample = draw_sample(used, headline.design)
    compared = admissible_assignments(used, sample, assignment or Assignment(), draws=draws, seed=seed)
    results = [_placebos(specification, panel, sample, compared) for specification in every]
    kept = [(s, r) for s, r in zip(every, results, strict=True) if isinstance(r, pd.DataFrame)]
    if not kept:
        raise DesignError(f"no specification can be estimated at every assignment: {results[every.index(headline)]}")
    effects = np.stack([r["estimate"].to_numpy(dtype=float) for _, r in kept])
    statistics = np.stack([r["statistic"].to_numpy(dtype=float) for _, r in kept])
    same_unit = len({s.design.outcome for s, _ in kept if s.design is not None}) == 1
    return _joint_test(effects if same_unit else _in_placebo_spreads(effects), statistics, compared, sample, results)


def _joint_test(
    effects: FloatArray,
    statistics: FloatArray,
    compared: AssignmentSet,
    sample: Sample,
    results: list[pd.DataFrame | str],
) -> HypothesisTest:
    joint = pd.DataFrame(dict(zip(STATISTICS, astuple(joint_statistics(effects, statistics, LEVEL)), strict=True)))
    if len(joint) < FEW_P_VALUES:
        joint = joint.drop(columns="significant")
    tests = {name: _test(values.to_numpy(), compared) for name, values in joint.items()}
    names = sample.units.astype(str).to_numpy()
    members = [";".join(names[row]) for row in np.isfinite(compared.cohorts)]
    left_out = sum(isinstance(result, str) for result in results)
    return replace(
        tests["average_statistic"],
        name=f"joint test of {len(effects)} specifications, {compared.kind} assignments",
        estimate=float(np.median(effects[:, 0])),
        frames=MappingProxyType(
            {
                "statistics": pd.concat([_summary(str(n), t) for n, t in tests.items()], ignore_index=True),
                "specifications": _taking_part(results),
                "placebos": joint.assign(actual=np.arange(len(joint)) == 0, members=members),
            }
        ),
        notes=(compared.reason, f"{len(effects)} of {len(results)} specifications take part, {left_out} do not"),
    )


def _placebos(
    specification: Specification, panel: Panel, headline: Sample, compared: AssignmentSet
) -> pd.DataFrame | str:
    """Return estimates and statistics at every assignment, or why there are none."""
    if specification.design is None:
        return specification.problem
    try:
        used, design = specification.panel(panel), specification.design
        own = restricted_assignments(compared, headline, draw_sample(used, design))
        single = one_effect(specification.estimator, used, design)
        return compare_assignments(single, used, design, own, level=None).frames["placebos"]
    except YrdeconError as error:
        return str(error)


def restricted_assignments(compared: AssignmentSet, headline: Sample, own: Sample) -> AssignmentSet:
    """Return the assignments of one sample as those of another, whose units and first treated periods may differ.

    Raises
    ------
    DesignError
        If the other sample treats other units, or an assignment loses more than half of its units in it.
    """
    position = headline.units.get_indexer(own.units)
    shared = position >= 0
    dates = _dates(headline.cohort[position[shared]], own.cohort[shared])
    if dates is None or np.isfinite(own.cohort[~shared]).any():
        raise DesignError("it treats other units than the headline, so that the same assignments mean nothing for it")
    treated = np.isfinite(compared.cohorts)
    left = np.isfinite(compared.cohorts[:, position[shared]]).sum(axis=1) / treated.sum(axis=1)
    if left.min() < LEAST_KEPT:
        raise DesignError(
            f"{int((left < LEAST_KEPT).sum())} of {len(left)} placebo sets have more than half of their units outside"
        )
    cohorts = np.full((len(compared.cohorts), len(own.units)), np.inf)
    moved = compared.cohorts[:, position[shared]]
    cohorts[:, shared] = np.select([moved == old for old in dates], list(dates.values()), np.inf)
    return replace(compared, cohorts=cohorts)


def _dates(headline: FloatArray, own: FloatArray) -> dict[float, float] | None:
    """Return the own date that each date of the headline becomes, None if units of one date have several."""
    pairs = sorted(set(zip(headline.tolist(), own.tolist(), strict=True)))
    dates = dict(pairs)
    return dates if len(dates) == len(pairs) and np.isinf(dates.get(np.inf, np.inf)) else None


def _in_placebo_spreads(effects: FloatArray) -> FloatArray:
    scale = np.sqrt((effects**2).mean(axis=1, keepdims=True))
    return np.asarray(effects / np.where(scale > 0, scale, 1.0))


def _test(values: FloatArray, compared: AssignmentSet) -> HypothesisTest:
    return HypothesisTest(
        name="joint test",
        statistic=float(values[0]),
        p_value=float(np.mean(values >= values[0] * (1 - TIE))),
        null=NULL,
        draws=values,
        n_assignments=compared.n_admissible,
        disjoint_sets=compared.disjoint_sets,
    )


def _summary(name: str, test: HypothesisTest) -> pd.DataFrame:
    draws = np.asarray(test.draws)
    p_value = np.nan if test.is_rank_only else test.p_value
    row = (name, test.statistic, float(draws[1:].mean()), test.rank, len(draws), p_value)
    return pd.DataFrame([row], columns=["statistic", "value", "expected", "rank", "n_compared", "p_value"])


def _taking_part(results: list[pd.DataFrame | str]) -> pd.DataFrame:
    notes = [result if isinstance(result, str) else "" for result in results]
    return pd.DataFrame(
        {
            "specification": np.arange(1, len(results) + 1),
            "in_test": [not isinstance(result, str) for result in results],
            "note": notes,
        }
    )
