"""Placebo in space: the same dates, other units."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

from yrdecon.core.assignment import Assignment
from yrdecon.core.design import Design
from yrdecon.core.estimator import Estimator
from yrdecon.core.hypothesis import HypothesisTest
from yrdecon.core.panel import Panel
from yrdecon.diagnostics.one_effect import one_effect
from yrdecon.inference.permutation import permutation_test


def placebo_space(
    estimator: Estimator,
    panel: Panel,
    design: Design,
    assignment: Assignment | None = None,
    *,
    seed: int,
    draws: int = 999,
) -> HypothesisTest:
    """Estimate the effect of other units, as if they had been treated at the actual dates.

    Parameters
    ----------
    estimator
        Any estimator. Effects by cohort or event time are summarized in one.
    assignment
        Which units could have been treated instead; None is ``Assignment("auto")``.
    seed, draws
        Seed and number of sampled assignments, where they are not enumerated.

    Returns
    -------
    The `permutation_test`. Its frame ``"placebos"`` has one row per assignment, the actual one first: actual,
    estimate, spread, statistic, members, and n_shared, the number of members that are actually treated. Sets that
    share many of them carry a part of the effect, which costs power.

    Raises
    ------
    DesignError
        As `permutation_test`.

    References
    ----------
    Chen, Qi and Yan (陈强、齐霁、颜冠鹏, 2025), Management World 41(2); the second of their four kinds.

    Examples
    --------
    >>> from yrdecon.estimators import twfe
    >>> from yrdecon.study.twinning import load_twinning, twinning_design
    >>> test = placebo_space(twfe, load_twinning(), twinning_design(), seed=1)
    >>> int((test.frames["placebos"]["n_shared"] == 0).sum()) < len(test.draws)
    True
    """
    single = one_effect(estimator, panel, design)
    test = permutation_test(single, panel, design, assignment, seed=seed, draws=draws)
    placebos = test.frames["placebos"]
    sets = [set(members.split(";")) for members in placebos["members"]]
    shared = placebos.assign(n_shared=[len(members & sets[0]) for members in sets])
    return replace(test, name=f"placebo in space, {test.name}", frames=MappingProxyType({"placebos": shared}))
