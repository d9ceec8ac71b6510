"""Permutation test of an estimate under a declared assignment mechanism."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from yrdecon.core.assignment import Assignment
from yrdecon.core.design import Design
from yrdecon.core.estimator import Estimator, errors_without, estimate_without, outcome_without, registered
from yrdecon.core.hypothesis import FEW_DISJOINT_SETS, FEW_P_VALUES, TIE, HypothesisTest
from yrdecon.core.panel import Panel
from yrdecon.core.sample import Sample, draw_sample
from yrdecon.errors import DesignError
from yrdecon.inference.assignment_set import AssignmentSet
from yrdecon.inference.assignments import admissible_assignments
from yrdecon.inference.choice import Studentize
from yrdecon.inference.inversion import fail_if_level_is_wrong, invert, invert_studentized
from yrdecon.inference.spread import HALF_SHRUNK, half_shrunk, pre_period_spread
from yrdecon.inference.strata import treated_dates

FloatArray = NDArray[np.float64]

ROUNDING = 1e-13
WORDS = {
    "none": "the absolute estimate",
    "half": HALF_SHRUNK,
    "full": "the absolute estimate over its own pre-period spread",
    "cluster": "the absolute t statistic with errors clustered as the design says (MacKinnon and Webb 2020)",
}

FALLBACK = {
    "half": "no period before treatment is left to measure each set's own spread, so it is not studentized",
    "full": "no period before treatment is left to measure each set's own spread, so it is not studentized",
    "cluster": "the clustered error vanishes or is not defined in some assignments, so it is not studentized",
}


def permutation_test(
    estimator: Estimator,
    panel: Panel,
    design: Design,
    assignment: Assignment | None = None,
    *,
    seed: int,
    draws: int = 9_999,
    studentize: Studentize = "auto",
    level: float = 0.95,
) -> HypothesisTest:
    """Compare an estimate with those of other treatment assignments.

    Parameters
    ----------
    estimator
        Any function from a panel and a design to an estimate with one coefficient.
    assignment
        The mechanism; None is ``Assignment("auto")``, which chooses by the geometry of the treated units and says why.
    seed
        Seed of sampled assignments. Up to two million assignments are enumerated and then the seed has no influence.
    draws
        Number of sampled assignments where enumeration is not feasible.
    studentize
        ``"none"`` compares estimates; ``"full"`` divides each by the root mean square of its own placebo effects
        before treatment; ``"half"`` averages that square with its mean over all assignments; ``"cluster"`` divides each
        by its own clustered standard error, which is robust to treated units that vary more than others and equals
        ``"none"`` with one treated unit or as many treated as untreated ones. ``"auto"`` is ``"half"`` for blocks and
        relocated groups, ``"cluster"`` where ``Assignment("auto")`` shuffles several single units (``"half"`` if the
        estimator cannot give all errors at once), and ``"none"`` otherwise.
    level
        Confidence level of the interval by inversion.

    Returns
    -------
    A two-sided test of the sharp null of no effect on any unit. Its p-value is the share of assignments, the actual
    one included, that are at least as extreme. Frame ``"placebos"`` holds estimate, spread, statistic and members of
    every assignment, the actual one first.

    Raises
    ------
    DesignError
        If the estimator returns several coefficients, the mechanism cannot be used with this panel, or standard errors
        are asked for that the estimator does not have.

    Notes
    -----
    Overlapping blocks do not form a group of permutations: with ``"contiguous"`` this is placebo-in-space whose size
    is established by simulation, not an exact test. Free permutation is exact only if any set of units was as likely
    to be treated, and rejects far too often when treated units are neighbors and outcomes are spatially correlated.

    References
    ----------
    MacKinnon and Webb (2020), Journal of Econometrics; Alvarez and Ferman (2023), arXiv 2006.16997.

    Examples
    --------
    >>> from yrdecon.estimators import twfe
    >>> rows = [(u, t, float(u == "a") * (t == 2) + 0.1 * i * t) for i, u in enumerate("abcdef") for t in (1, 2)]
    >>> table = pd.DataFrame(rows, columns=["u", "t", "y"]).assign(cohort=lambda f: np.where(f.u == "a", 2.0, np.inf))
    >>> panel = Panel.from_frame(table, unit="u", time="t")
    >>> permutation_test(twfe, panel, Design(outcome="y"), Assignment("free"), seed=1).rank
    1
    """
    _fail_if_options_are_unknown(studentize, draws, level)
    sample = draw_sample(panel, design)
    compared = admissible_assignments(panel, sample, assignment or Assignment(), draws=draws, seed=seed)
    return compare_assignments(estimator, panel, design, compared, studentize=studentize, level=level)


def compare_assignments(
    estimator: Estimator,
    panel: Panel,
    design: Design,
    compared: AssignmentSet,
    *,
    studentize: Studentize = "auto",
    level: float | None = 0.95,
) -> HypothesisTest:
    """Run `permutation_test` with assignments that are already drawn, such as those of another design.

    Parameters
    ----------
    compared
        Assignments of the units of ``draw_sample(panel, design)``, the actual one first.
    level
        Confidence level of the interval; None for no interval.

    Raises
    ------
    DesignError
        As `permutation_test`.
    """
    sample = draw_sample(panel, design)
    size = _size(panel, design)
    without = estimate_without(estimator, panel, design, compared.cohorts)
    errors = errors_without(estimator, panel, design, compared.cohorts)

    def at(effect: float) -> FloatArray:
        return _only_column(without(effect), size)

    effects = at(0.0)
    spread = pre_period_spread(estimator, panel, design, compared.cohorts)
    chosen = _decide(estimator, compared, studentize)
    scale = _errors(errors(0.0), size) if chosen == "cluster" else _scale(chosen, spread)
    fallback: tuple[str, ...] = ()
    if not ((scale > 0) & np.isfinite(scale)).all():
        chosen, scale, fallback = "none", np.ones(len(effects)), (FALLBACK[chosen],)
    statistics = np.abs(effects) / scale
    moved = outcome_without(panel, design)

    def divisor(effect: float) -> FloatArray:
        if chosen == "cluster":
            return errors(effect)[:, 0]
        return _scale(chosen, pre_period_spread(estimator, moved(effect), design, compared.cohorts))

    # with several dates an effect on early cohorts shifts what late placebo cohorts are compared with before treatment
    shifts = chosen == "cluster" or (chosen != "none" and len(treated_dates(sample)) > 1)
    if level is None:
        interval = np.nan, np.nan
    else:
        interval = invert_studentized(at, divisor, level) if shifts else invert(at, scale, level)
    test = HypothesisTest(
        name=f"permutation test, {compared.kind} assignments",
        statistic=float(statistics[0]),
        p_value=float(np.mean(statistics >= statistics[0] * (1 - TIE))),
        null="no unit's outcome was changed by the treatment",
        draws=statistics,
        estimate=float(effects[0]),
        conf_low=interval[0],
        conf_high=interval[1],
        n_assignments=compared.n_admissible,
        disjoint_sets=compared.disjoint_sets,
        frames=MappingProxyType({"placebos": _placebos(sample, compared, effects, spread, statistics)}),
    )
    return replace(test, notes=(compared.reason, f"the statistic is {WORDS[chosen]}", *fallback, *_limits(test)))


def _only_column(effects: FloatArray, size: float) -> FloatArray:
    if effects.shape[1] != 1:
        raise DesignError(
            f"a permutation test needs one coefficient, the estimator returns {effects.shape[1]}; "
            "reduce them first, for example lambda p, d: average(event_study(p, d), 0, 1)"
        )
    lost = int(np.isnan(effects).sum())
    if lost:
        raise DesignError(f"the estimator is not identified in {lost} of {len(effects)} assignments; restrict them")
    found = effects[:, 0]
    return np.where(np.abs(found) <= ROUNDING * size, 0.0, found)


def _size(panel: Panel, design: Design) -> float:
    """Return the largest absolute outcome, against which rounding is told from effects."""
    return float(np.nanmax(np.abs(panel.frame[design.outcome].to_numpy(dtype=float))))


def _errors(errors: FloatArray, size: float) -> FloatArray:
    if np.isnan(errors).all():
        raise DesignError("the estimator offers no standard error; choose studentize='half', 'full' or 'none'")
    return np.where(errors[:, 0] <= ROUNDING * size, 0.0, errors[:, 0])


def _decide(estimator: Estimator, compared: AssignmentSet, asked: Studentize) -> Studentize:
    if asked != "auto":
        return asked
    entry = registered(estimator)
    slow = entry is None or entry.errors is None
    return "half" if compared.studentize == "cluster" and slow else compared.studentize


def _scale(chosen: Studentize, spread: FloatArray) -> FloatArray:
    if chosen == "none":
        return np.ones(len(spread))
    if chosen == "full":
        return spread
    return half_shrunk(spread)


def _placebos(
    sample: Sample, compared: AssignmentSet, effects: FloatArray, spread: FloatArray, statistics: FloatArray
) -> pd.DataFrame:
    names = sample.units.astype(str).to_numpy()
    members = [";".join(names[row]) for row in np.isfinite(compared.cohorts)]
    return pd.DataFrame(
        {
            "actual": np.arange(len(effects)) == 0,
            "estimate": effects,
            "spread": spread,
            "statistic": statistics,
            "members": members,
        }
    )


def _limits(test: HypothesisTest) -> tuple[str, ...]:
    size = len(test.draws) if test.draws is not None else 0
    notes = [f"{size:,} assignments compared, smallest attainable p-value {test.smallest_p_value:.4g}"]
    if size < FEW_P_VALUES:
        notes.append(f"fewer than {FEW_P_VALUES} attainable p-values: read the rank, not the p-value")
    elif test.disjoint_sets is not None and test.disjoint_sets < FEW_DISJOINT_SETS:
        notes.append(
            f"at most {test.disjoint_sets} of these sets have no unit in common, so they are far from independent: "
            "read the rank first"
        )
    return tuple(notes)


def _fail_if_options_are_unknown(studentize: str, draws: int, level: float) -> None:
    if studentize not in get_args(Studentize):
        raise DesignError(f"studentize={studentize!r} is unknown; choose one of {list(get_args(Studentize))}")
    if draws < 1:
        raise DesignError(f"draws={draws} must be 1 or more")
    fail_if_level_is_wrong(level)
