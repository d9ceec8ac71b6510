"""External placebo: outcomes, or units, that the treatment cannot have affected."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from yrdecon.core.assignment import Assignment
from yrdecon.core.cohorts import cohorts_by_unit
from yrdecon.core.design import Design
from yrdecon.core.estimator import Estimator
from yrdecon.core.panel import Panel, boolean_column
from yrdecon.core.sample import draw_sample
from yrdecon.diagnostics.one_effect import one_effect
from yrdecon.diagnostics.summary_row import summary_row
from yrdecon.errors import DesignError
from yrdecon.inference.permutation import permutation_test


def placebo_external(
    estimator: Estimator,
    panel: Panel,
    design: Design,
    assignment: Assignment | None = None,
    *,
    seed: int,
    draws: int = 999,
    outcomes: Sequence[str] = (),
    groups: Sequence[str] = (),
) -> pd.DataFrame:
    """Estimate effects where there can be none: on other outcomes, or on other units.

    Parameters
    ----------
    estimator
        Any estimator. Effects by cohort or event time are summarized in one.
    assignment, seed, draws
        Mechanism, seed and number of sampled assignments of each permutation test.
    outcomes
        Columns that the treatment cannot change, such as weather, or outcomes determined before it.
    groups
        Boolean columns of untreated units that it cannot reach. They take the place of the treated units at the date of
        treatment; the treated units are left out.

    Returns
    -------
    One row for the actual design, and one for each outcome and group: kind (actual, outcome, group), name, n_treated,
    estimate, conf_low, conf_high, rank, n_compared, and p_value (empty where the test supports no more than a rank).

    Raises
    ------
    DesignError
        If neither outcomes nor groups are named, a group holds treated units or none of the pool, or a group is asked
        for with several adoption dates.

    References
    ----------
    Chen, Qi and Yan (陈强、齐霁、颜冠鹏, 2025), Management World 41(2); the last of their four kinds.

    Examples
    --------
    >>> from yrdecon.estimators import twfe
    >>> from yrdecon.study.twinning import load_twinning, twinning_design
    >>> panel = load_twinning()
    >>> panel = panel.assign(zhejiang=panel.frame["province"] == "浙江省")
    >>> table = placebo_external(twfe, panel, twinning_design(), seed=1, groups=["zhejiang"])
    >>> table["kind"].tolist()
    ['actual', 'group']
    """
    if isinstance(outcomes, str) or isinstance(groups, str):
        raise DesignError("outcomes and groups must be several names; write for example outcomes=('rainfall',)")
    if not outcomes and not groups:
        raise DesignError("name outcomes or groups that the treatment cannot have affected")
    cases = [("actual", design.outcome, panel, design)]
    cases += [("outcome", name, panel, _with_outcome(design, name)) for name in outcomes]
    cases += [("group", name, *_with_group(panel, design, name)) for name in groups]
    rows = []
    for kind, name, where, what in cases:
        single = one_effect(estimator, where, what)
        row = summary_row(permutation_test(single, where, what, assignment, seed=seed, draws=draws))
        row.insert(0, "n_treated", int(np.isfinite(draw_sample(where, what).cohort).sum()))
        row.insert(0, "name", name)
        row.insert(0, "kind", kind)
        rows.append(row)
    return pd.concat(rows, ignore_index=True)


def _with_outcome(design: Design, name: str) -> Design:
    if name == design.outcome:
        raise DesignError(f"{name!r} is the outcome of the design; name others that the treatment cannot change")
    if name in design.covariates:
        raise DesignError(f"{name!r} is a covariate of the design, not an outcome; take it out of one of the two")
    return replace(design, outcome=name)


def _with_group(panel: Panel, design: Design, name: str) -> tuple[Panel, Design]:
    """Let the units of a boolean column take the place of the treated ones, which leave the panel."""
    sample = draw_sample(panel, design)
    dates = np.unique(sample.cohort[np.isfinite(sample.cohort) & (sample.cohort > sample.periods[0])])
    if len(dates) > 1:
        raise DesignError(
            f"group {name!r} has no dates of its own; write its placebo dates in a column and name it as Design.cohort"
        )
    flags = pd.Series(boolean_column(panel, name)).groupby(panel.frame[panel.unit].to_numpy()).any()
    chosen = set(flags.index[flags]) & set(sample.units)
    cohorts = cohorts_by_unit(panel, design.cohort)
    treated = set(cohorts.index[np.isfinite(cohorts.to_numpy(dtype=float))])
    if chosen & treated:
        raise DesignError(f"group {name!r} holds the treated units {sorted(chosen & treated)[:5]}; it must hold others")
    if not chosen:
        raise DesignError(f"group {name!r} has no unit in the pool; choose units that take part in the design")
    kept = panel.frame[~panel.frame[panel.unit].isin(treated)].reset_index(drop=True)
    cohort = np.where(kept[panel.unit].isin(chosen), dates[0], np.inf)
    return replace(panel, frame=kept.assign(**{design.cohort: cohort})), design
