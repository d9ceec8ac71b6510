"""Effects of a treatment whose timing is as good as random, with the smallest variance (Roth and Sant'Anna)."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from yrdecon.core.design import Design, fail_if_asked
from yrdecon.core.estimate import Estimate
from yrdecon.core.estimator import register
from yrdecon.core.labels import clusters_of, unit_labels
from yrdecon.core.left_out import leave_out, leave_out_always_treated
from yrdecon.core.options import fail_if_unknown, is_number
from yrdecon.core.panel import Panel
from yrdecon.core.sample import Sample, draw_sample
from yrdecon.core.wide import balanced_outcome
from yrdecon.errors import DesignError
from yrdecon.kernels.rollout import adjusted_means, neyman_excess
from yrdecon.kernels.sandwich import cluster_covariance

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
LARGEST_BETA = 1e6
Estimand = Literal["simple", "cohort", "calendar", "event_time", "cohort_time"]


@dataclass(frozen=True, eq=False)
class Cells:
    """The C effects of single cohorts and periods that can be formed.

    Attributes
    ----------
    cohort, time
        (C,) codes of the cohort and columns of the period.
    base
        Columns of the periods before treatment, by cohort.
    comparison
        (C, G) share of every cohort in the comparison.
    table
        C rows: cohort, time, event_time, size, excluded.
    """

    cohort: IntArray
    time: IntArray
    base: dict[int, tuple[int, ...]]
    comparison: FloatArray
    table: pd.DataFrame


def staggered_rollout(
    panel: Panel, design: Design, *, estimand: Estimand = "simple", beta: float | Literal["efficient"] = "efficient"
) -> Estimate:
    """Compare means of cohorts, adjusted for their difference before treatment as much as pays.

    The assumption is that the date of treatment was randomly assigned, which is stronger than parallel trends and
    allows comparisons of levels. The effect is the difference in means less `beta` times the same difference before
    treatment.

    Parameters
    ----------
    estimand
        ``"simple"`` all treated cells weighted by cohort size, ``"cohort"`` the mean over cohorts of their mean
        effect, ``"calendar"`` the mean over periods of the effect of all cohorts treated by then: one cell each,
        ``term="overall"``. ``"event_time"`` one effect by event time, ``"cohort_time"`` one for each cohort and period,
        each with its own adjustment; summaries of these by `aggregate` are valid but less precise.
    beta
        ``"efficient"`` minimizes the estimated variance of each effect. 1 gives the difference in differences: with
        ``comparison="not_yet"`` that of Callaway and Sant'Anna, with ``comparison="never"`` that of Sun and Abraham.
        0 gives the difference in means.

    Returns
    -------
    An estimate with the variance of Neyman, which is conservative. The frame ``standard_errors`` holds it beside the
    adjusted one of the authors' package, which takes off what outcomes before treatment show to be in excess; it
    assumes independent units and is left out if the design names a cluster. The frame ``adjustment`` holds beta. Units
    treated from the first period on, and cohorts of a single unit, whose variance cannot be estimated, are left out
    and named. Without differences before treatment that vary, beta is 1.

    Raises
    ------
    DesignError
        If an option is unknown, the panel is not balanced, the design has covariates, weights or effects, or no cell
        has both treated and comparison cohorts of two units.

    Notes
    -----
    The base is the last period before treatment and any anticipation, or the mean of the base periods that the design
    declares. Excluded periods are no base, and in no estimand but the ``cohort_time`` cells that are marked so.
    Anticipation asks comparison cohorts to start so much later. Influence is summed by `Design.cluster`, the unit by
    default.

    References
    ----------
    Roth and Sant'Anna (2023), Efficient estimation for staggered rollout designs, Journal of Political Economy
    Microeconomics.

    Examples
    --------
    >>> rows = [(u, t, float(t >= g) + 0.5 * t, g) for u, g in zip("abcdef", (2, 2, 3, 3, np.inf, np.inf))
    ...         for t in (1, 2, 3)]
    >>> panel = Panel.from_frame(pd.DataFrame(rows, columns=["u", "t", "y", "cohort"]), unit="u", time="t")
    >>> staggered_rollout(panel, Design(outcome="y", comparison="not_yet")).coef.round(6).tolist()
    [1.0]
    """
    coefficient = _beta(beta)
    _fail_if_options_do_not_fit(design, estimand)
    sample = _without_single_units(leave_out_always_treated(draw_sample(panel, design)))
    if not len(sample.units):
        raise DesignError("every cohort is a single unit, whose variance cannot be estimated; use callaway_santanna")
    y = balanced_outcome(sample, "staggered_rollout")
    cohorts, code = np.unique(sample.cohort, return_inverse=True)
    cells = _cells(sample, design, cohorts, np.bincount(code))
    labels, weights = _estimand(cells, estimand)
    target, baseline = _weights_on_means(cells, weights, len(cohorts), len(sample.periods))
    fit = adjusted_means(y, code.astype(np.int64), target, baseline, coefficient)
    same = np.array([np.array_equal(a, b) for a, b in zip(target, baseline, strict=True)]) & (fit.beta != 0)
    units = unit_labels(panel, sample, design)
    cluster = design.cluster or "unit"
    effect, influence = np.where(same, 0.0, fit.effect), np.where(same, 0.0, fit.influence)
    vcov = cluster_covariance(influence, clusters_of(units, cluster))
    frames = {"adjustment": labels.assign(beta=fit.beta)}
    if design.cluster is None:
        excess = _excess(y, code.astype(np.int64), target, cohorts, sample, design)
        adjusted = np.sqrt(np.maximum(np.diag(vcov) - np.where(same, 0.0, excess), 0.0))
        frames["standard_errors"] = labels.assign(neyman=np.sqrt(np.diag(vcov)), adjusted=adjusted)
    if estimand in ("event_time", "cohort_time"):
        labels = labels.assign(reference=same)
    return Estimate(
        coef=effect,
        vcov=vcov,
        cells=labels,
        units=units,
        method="staggered_rollout",
        outcome=design.outcome,
        n_obs=len(sample.outcome),
        influence=influence,
        frames=MappingProxyType(frames),
        cluster=cluster,
        small_sample="Neyman, conservative",
        notes=sample.notes,
    )


def _beta(beta: float | str) -> float | None:
    if isinstance(beta, str) and beta == "efficient":
        return None
    if not is_number(beta) or abs(beta) > LARGEST_BETA:
        raise DesignError(f"beta={beta!r} must be 'efficient' or a number, such as 1 for differences in differences")
    return float(beta)


def _without_single_units(sample: Sample) -> Sample:
    of_cohort, size = np.unique(sample.cohort, return_inverse=True, return_counts=True)[1:]
    return leave_out(sample, size[of_cohort] == 1, "are alone in their cohort, whose variance cannot be estimated")


def _cells(sample: Sample, design: Design, cohorts: FloatArray, size: IntArray) -> Cells:
    """List cohorts and periods that have a base and comparison cohorts."""
    periods = sample.periods
    usable = ~np.isin(periods, design.exclude_periods)
    base: dict[int, tuple[int, ...]] = {}
    rows, comparison = [], []
    for g, date in enumerate(cohorts[np.isfinite(cohorts) & (cohorts <= periods[-1])]):
        before = np.flatnonzero(usable & (periods < date - design.anticipation))
        if not len(before):
            continue
        declared = np.searchsorted(periods, design.base_periods) if design.base_periods is not None else before[-1:]
        base[g] = tuple(int(p) for p in declared)
        for t, time in enumerate(periods):
            latest = max(int(time), *(int(periods[p]) for p in base[g]))
            others = np.isinf(cohorts)
            if design.comparison == "not_yet":
                others |= (cohorts > latest + design.anticipation) & (cohorts != date)
            if others.any():
                rows.append((g, t, int(date), int(time), int(time - date), size[g], not usable[t]))
                comparison.append(others * size / (others * size).sum())
    if not any(row[4] >= 0 and not row[6] for row in rows):
        raise DesignError(
            "no period has treated and comparison cohorts of two units or more; "
            "use comparison='not_yet', a wider pool, or callaway_santanna"
        )
    table = pd.DataFrame(rows, columns=["code", "column", "cohort", "time", "event_time", "size", "excluded"])
    codes, columns = table.pop("code").to_numpy(), table.pop("column").to_numpy()
    return Cells(codes, columns, base, np.array(comparison), table)


def _estimand(cells: Cells, estimand: Estimand) -> tuple[pd.DataFrame, FloatArray]:
    """Return the labels of the effects and the (E, C) weights of single cells in them."""
    table = cells.table
    if estimand == "cohort_time":
        return table, np.eye(len(table))
    used = ~table["excluded"].to_numpy()
    if estimand == "event_time":
        times = np.unique(table["event_time"][used])
        weights = (table["event_time"].to_numpy() == times[:, None]) * (used * table["size"].to_numpy())
        return pd.DataFrame({"event_time": times, "excluded": False}), weights / weights.sum(axis=1, keepdims=True)
    treated = table[used & (table["event_time"] >= 0)]
    size = treated["size"].astype(float)
    if estimand == "cohort":
        own = treated.groupby("cohort")["size"]
        size = size / own.transform("size")
    elif estimand == "calendar":
        size = size / treated.groupby("time")["size"].transform("sum")
    weights = np.zeros((1, len(table)))
    weights[0, treated.index] = size / size.sum()
    return pd.DataFrame({"term": ["overall"]}), weights


def _weights_on_means(
    cells: Cells, weights: FloatArray, n_cohorts: int, n_periods: int
) -> tuple[FloatArray, FloatArray]:
    """Return (E, G, T) weights on cohort means of the effects, and of the same comparisons in the base periods."""
    target = np.zeros((len(weights), n_cohorts, n_periods))
    baseline = np.zeros_like(target)
    for c, (g, t) in enumerate(zip(cells.cohort, cells.time, strict=True)):
        rows = np.flatnonzero(weights[:, c])
        contrast = weights[rows, c][:, None] * (np.eye(n_cohorts)[g] - cells.comparison[c])
        target[rows, :, t] += contrast
        for period in cells.base[g]:
            baseline[rows, :, period] += contrast / len(cells.base[g])
    return target, baseline


def _excess(
    y: FloatArray, code: IntArray, target: FloatArray, cohorts: FloatArray, sample: Sample, design: Design
) -> FloatArray:
    first = (np.abs(target).max(axis=2) > 0).argmax(axis=1).astype(np.int64)
    usable = ~np.isin(sample.periods, design.exclude_periods)
    before = usable & (sample.periods < cohorts[:, None] - design.anticipation)
    return neyman_excess(y, code, target, first, before)


def _fail_if_options_do_not_fit(design: Design, estimand: str) -> None:
    fail_if_unknown("estimand", estimand, Estimand)
    instead = "callaway_santanna, imputation or twfe"
    fail_if_asked(design, ("covariates", "weights", "effects"), "staggered_rollout", instead)


register(staggered_rollout)
