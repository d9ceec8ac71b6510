"""Stacked event study: one clean experiment for each cohort, put on top of each other."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from yrdecon.core.adoption import adoption_dates
from yrdecon.core.design import Design, parse_effect
from yrdecon.core.estimate import Estimate
from yrdecon.core.estimator import register
from yrdecon.core.left_out import leave_out_always_treated
from yrdecon.core.options import fail_if_no_window, fail_if_unknown
from yrdecon.core.panel import Panel
from yrdecon.core.sample import Sample, draw_sample, restrict
from yrdecon.errors import DesignError
from yrdecon.estimators.regression.event_time import base_event_times, regress_on_event_time
from yrdecon.estimators.regression.linear import fit_linear
from yrdecon.estimators.regression.small_sample import SmallSample

IntArray = NDArray[np.int64]

EXPERIMENT = "experiment"
By = Literal["event_time", None]


def stacked(
    panel: Panel,
    design: Design,
    *,
    window: tuple[int, int] | None = None,
    by: By = "event_time",
    corrective: bool = True,
    ssc: SmallSample = "fixest",
) -> Estimate:
    """Estimate one regression on cohort-specific experiments, each with its own unit and time effects.

    The experiment of a cohort holds its units and the comparison units that stay untreated through the window: the
    never treated, and with ``comparison="not_yet"`` those treated after its end.

    Parameters
    ----------
    window
        First and last event time of every experiment. None takes the widest that all cohorts cover. Cohorts that do
        not cover it are left out and named.
    by
        ``"event_time"`` for one effect per event time, from the last one before treatment; None for one effect,
        ``term="treated"``.
    corrective
        Weight comparison rows so that every experiment counts by its share of treated units (Wing and others 2024).
        Without these weights the regression weights experiments by their variance.
    ssc
        Small-sample rule of the clustered covariance; see `cluster_factor`.

    Returns
    -------
    An estimate clustered by the design's cluster, by default the unit, across experiments. Its frame ``experiments``
    counts the units of each. Units treated from the first period on are left out and named. Unbalanced panels are used
    as they are.

    Raises
    ------
    DesignError
        If no cohort covers the window, or no comparison unit stays untreated through any of them.

    Notes
    -----
    The base is the last period before treatment and any anticipation, or the base periods that the design declares with
    one cohort; without event times it is what remains of the window before treatment. Excluded periods are left out.
    Comparison units stay untreated through the window and any anticipation beyond it. `Design.weights` multiply the
    corrective ones, and `Design.covariates` and `Design.effects` enter the regression.

    References
    ----------
    Cengiz, Dube, Lindner and Zipperer (2019), QJE; Wing, Freedman and Hollingsworth (2024), NBER 32054.

    Examples
    --------
    >>> rows = [(u, t, float(t >= g) + 0.5 * t, g) for u, g in (("a", 2), ("b", 3), ("c", np.inf), ("d", np.inf))
    ...         for t in (1, 2, 3, 4)]
    >>> panel = Panel.from_frame(pd.DataFrame(rows, columns=["u", "t", "y", "cohort"]), unit="u", time="t")
    >>> stacked(panel, Design(outcome="y")).coef.round(6).tolist()
    [0.0, 1.0, 1.0]
    """
    fail_if_unknown("by", by, By)
    fail_if_no_window(window)
    if not isinstance(corrective, bool):
        raise DesignError(f"corrective={corrective!r} must be True or False")
    _fail_if_name_is_taken(design)
    full = leave_out_always_treated(draw_sample(panel, design))
    used = full.contrast if by is None else ~np.isin(full.periods[full.time], design.exclude_periods)
    sample = restrict(full, used)
    cohorts = adoption_dates(sample.cohort, sample.periods)
    if not cohorts:
        raise DesignError(f"no treated period is left beside the excluded periods {design.exclude_periods}")
    if design.base_periods is not None and len(cohorts) > 1:
        raise DesignError("base_periods name calendar years, which differ between cohorts; leave base_periods out")
    span = window or (int(sample.periods[0]) - min(cohorts), int(sample.periods[-1]) - max(cohorts))
    if span[0] == 0:
        raise DesignError(f"window={span} must start before 0, for example (-5, 3)")
    experiments = {c: rows for c in cohorts if len(rows := _experiment(sample, design, c, span))}
    if not experiments:
        raise DesignError(
            f"no cohort of {cohorts} covers the event times {span[0]} to {span[1]} between {sample.periods[0]} and "
            f"{sample.periods[-1]} with units that stay untreated; choose a shorter window or a wider pool"
        )
    stack = _stack(sample, experiments, corrective)
    own = stack.frame[EXPERIMENT].to_numpy()
    event_time = np.where(stack.cohort[stack.unit] == own, stack.periods[stack.time] - own, np.nan)
    if not (event_time >= 0).any():
        raise DesignError(
            f"no treated row lies between event times 0 and {span[1]}, as periods {sample.periods.tolist()[:40]} hold "
            f"none of cohorts {list(experiments)} there; choose a wider window"
        )
    separate = replace(design, effects=(*design.effects, f"{panel.unit}^{EXPERIMENT}", f"{panel.time}^{EXPERIMENT}"))
    if by is None:
        treated = pd.DataFrame({"treated": (event_time >= 0).astype(float)})
        estimate = fit_linear(panel, stack, separate, treated, ssc)
    else:
        base = base_event_times(stack, design, None, event_time)
        estimate = regress_on_event_time(panel, stack, separate, event_time, base, ssc)
    left_out = sorted(set(cohorts) - set(experiments))
    note = f"cohorts {left_out} do not cover event times {span[0]} to {span[1]} with comparisons and are left out"
    return replace(
        estimate,
        method="stacked",
        frames=MappingProxyType({"experiments": _sizes(stack)}),
        notes=(*estimate.notes, *((note,) if left_out else ())),
    )


def _fail_if_name_is_taken(design: Design) -> None:
    columns = [c for effect in design.effects for c in (*parse_effect(effect).columns, parse_effect(effect).slope)]
    if EXPERIMENT in (design.cluster, design.cohort, *design.covariates, *columns):
        raise DesignError(
            f"column {EXPERIMENT!r} cannot be used under the name that the stack gives to its own experiments; "
            f"copy it: panel.assign({EXPERIMENT}_copy=panel.frame[{EXPERIMENT!r}])"
        )


def _experiment(sample: Sample, design: Design, cohort: int, span: tuple[int, int]) -> IntArray:
    """Return the rows of a cohort and its clean comparison units within the window, none if it does not cover it."""
    first, last = cohort + span[0], cohort + span[1]
    own = sample.cohort[sample.unit]
    clean = own > sample.periods[-1] + design.anticipation
    if design.comparison == "not_yet":
        clean |= own > last + design.anticipation
    clean &= own != cohort
    if sample.periods[0] > first or sample.periods[-1] < last or not clean.any():
        return np.empty(0, dtype=np.int64)
    time = sample.periods[sample.time]
    return np.flatnonzero(((own == cohort) | clean) & (time >= first) & (time <= last)).astype(np.int64)


def _stack(sample: Sample, experiments: dict[int, IntArray], corrective: bool) -> Sample:
    """Put the experiments on top of each other, comparison rows weighted to the share of treated weight."""
    rows = np.concatenate(list(experiments.values()))
    own = np.repeat(list(experiments), [len(r) for r in experiments.values()])
    stack = restrict(sample, rows)
    stack = replace(stack, frame=stack.frame.assign(**{EXPERIMENT: own}))
    if not corrective:
        return stack
    treated = stack.cohort[stack.unit] == own
    mass = pd.DataFrame({"own": own, "treated": treated * stack.weights, "clean": ~treated * stack.weights})
    total = mass.groupby("own").sum()
    ratio = (total["treated"] / total["treated"].sum()) / (total["clean"] / total["clean"].sum())
    return replace(stack, weights=stack.weights * np.where(treated, 1.0, ratio.reindex(own).to_numpy()))


def _sizes(stack: Sample) -> pd.DataFrame:
    own = stack.frame[EXPERIMENT].to_numpy()
    rows = pd.DataFrame({"cohort": own, "unit": stack.unit, "treated": stack.cohort[stack.unit] == own})
    units = rows.drop_duplicates().groupby("cohort")["treated"]
    return pd.DataFrame({"n_treated": units.sum(), "n_comparison": units.size() - units.sum()}).reset_index()


register(stacked)
