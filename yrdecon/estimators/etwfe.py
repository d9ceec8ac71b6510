"""Extended two-way fixed effects (Wooldridge), linear and Poisson."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from yrdecon.core.design import Design
from yrdecon.core.estimate import Estimate
from yrdecon.core.estimator import register
from yrdecon.core.labels import codes_of, row_labels
from yrdecon.core.left_out import leave_out_always_treated
from yrdecon.core.options import fail_if_unknown
from yrdecon.core.panel import Panel
from yrdecon.core.sample import Sample, draw_sample, restrict
from yrdecon.errors import DesignError, EstimationError
from yrdecon.estimators.linear_map import map_linearly
from yrdecon.estimators.regression.event_time import may_react
from yrdecon.estimators.regression.linear import fit_linear
from yrdecon.estimators.regression.small_sample import SmallSample, cluster_factor
from yrdecon.estimators.sun_abraham import reference_event_time
from yrdecon.kernels.ols import dependent_columns
from yrdecon.kernels.poisson import poisson_regression
from yrdecon.kernels.sandwich import cluster_covariance

FloatArray = NDArray[np.float64]
Family = Literal["linear", "poisson"]


def etwfe(panel: Panel, design: Design, *, family: Family = "linear", ssc: SmallSample = "fixest") -> Estimate:
    """Saturate a regression with the treated cells of every cohort and period, and with their covariates.

    With ``comparison="not_yet"`` the cells are those after treatment, and all earlier rows are the comparison; with
    ``comparison="never"`` every period of a cohort but one has its own cell, so that never-treated units alone are.

    Parameters
    ----------
    family
        ``"linear"`` absorbs unit and period effects. ``"poisson"`` models the mean of a non-negative outcome with
        cohort and period effects, under which trends are parallel in logs, and reports the effect in units of the
        outcome: the mean of treated rows less their predicted mean without treatment.
    ssc
        Small-sample rule of the clustered covariance; see `cluster_factor`.

    Returns
    -------
    An estimate with one cell per ``cohort`` and ``time`` and its ``size`` in rows, by which `aggregate` weights.
    Covariates are centered at their cohort's mean, with a slope for every cohort, period and cell. Unbalanced panels
    are used as they are; units treated from the first period on are left out and named.

    Raises
    ------
    DesignError
        If no unit remains untreated, or the family does not suit the outcome.
    EstimationError
        If a cell is not identified; in the Poisson model also where all outcomes of a cell are zero.

    Notes
    -----
    Against the not yet treated, excluded periods, periods before treatment that are not declared base periods, and
    those of a unit's anticipation take no part. Against the never treated, the cell left out is the last one before
    treatment and any anticipation, or the one base period of a single cohort; excluded periods are left out.
    `Design.weights` weight the regression and the cells' rows, `Design.effects` enter the linear one, and errors are
    clustered by `Design.cluster`, the unit by default.

    References
    ----------
    Wooldridge (2021), Two-way fixed effects, the two-way Mundlak regression, and difference-in-differences estimators;
    Wooldridge (2023), Simple approaches to nonlinear difference-in-differences with panel data, Econometrics Journal.

    Examples
    --------
    >>> rows = [(u, t, float(t >= g) + 0.5 * t, g) for u, g in (("a", 2), ("b", 3), ("c", np.inf), ("d", np.inf))
    ...         for t in (1, 2, 3, 4)]
    >>> panel = Panel.from_frame(pd.DataFrame(rows, columns=["u", "t", "y", "cohort"]), unit="u", time="t")
    >>> from yrdecon.estimators.aggregate import aggregate
    >>> aggregate(etwfe(panel, Design(outcome="y")), None).coef.round(6).tolist()
    [1.0]
    """
    fail_if_unknown("family", family, Family)
    sample, reference = _used_rows(leave_out_always_treated(draw_sample(panel, design)), design)
    table = _cells(sample, reference)
    cells = table[~table["reference"]].reset_index(drop=True)
    if cells.empty:
        raise DesignError(f"no treated cell is left beside the base and the excluded periods {design.exclude_periods}")
    cohort, time = sample.cohort[sample.unit], sample.periods[sample.time]
    member = (cohort[:, None] == cells["cohort"].to_numpy()) & (time[:, None] == cells["time"].to_numpy())
    centered = _centered(sample)
    columns = np.concatenate([member.astype(float), *(member * x[:, None] for x in centered.T)], axis=1)
    if family == "linear":
        estimate = _linear(panel, sample, design, cells, columns, ssc)
    else:
        estimate = _poisson(panel, sample, design, cells, columns, ssc)
    every = np.eye(len(table))[:, np.flatnonzero(~table["reference"])]
    estimate = map_linearly(estimate, every, table)
    return replace(estimate, method="etwfe", notes=estimate.notes)


def _used_rows(full: Sample, design: Design) -> tuple[Sample, int | None]:
    """Return the rows of the regression, and the event time without a cell if all others have one."""
    if design.comparison == "not_yet":
        reference = None
        sample = restrict(full, full.contrast)
    else:
        reference = reference_event_time(full, design, -1)
        excluded = np.isin(full.periods[full.time], design.exclude_periods)
        sample = restrict(full, ~excluded & ~may_react(full, design))
    untreated = sample.cohort > sample.periods[-1]
    if not untreated.any():
        last = int(sample.cohort.max())
        raise DesignError(
            f"every unit is treated by {last}, so that nothing is left to compare with from then on; "
            f"end the panel before {last} with panel.between, or widen the pool"
        )
    return sample, reference


def _cells(sample: Sample, reference: int | None) -> pd.DataFrame:
    cohort, time = sample.cohort[sample.unit], sample.periods[sample.time]
    rows = pd.DataFrame({"cohort": cohort, "time": time, "size": sample.weights})
    rows = rows[cohort <= sample.periods[-1]].astype({"cohort": "int64"})
    cells = rows.groupby(["cohort", "time"], as_index=False)["size"].sum()
    cells.insert(2, "event_time", cells["time"] - cells["cohort"])
    cells["reference"] = cells["event_time"] == (np.inf if reference is None else reference)
    return cells if reference is not None else cells[cells["event_time"] >= 0].reset_index(drop=True)


def _centered(sample: Sample) -> FloatArray:
    """Return the (n, p) covariates less their weighted cohort means."""
    level = np.unique(np.where(sample.cohort <= sample.periods[-1], sample.cohort, np.inf), return_inverse=True)[1]
    code = level[sample.unit]
    mass = np.bincount(code, sample.weights)
    means = [np.bincount(code, sample.weights * x) / mass for x in sample.covariates.T]
    return sample.covariates - np.stack(means, axis=1)[code] if means else sample.covariates


def _linear(
    panel: Panel, sample: Sample, design: Design, cells: pd.DataFrame, columns: FloatArray, ssc: SmallSample
) -> Estimate:
    slopes = [f"{levels}[{x}]" for x in design.covariates for levels in (design.cohort, panel.time)]
    cohort = np.where(sample.cohort <= sample.periods[-1], sample.cohort, np.inf)
    frame = sample.frame.assign(**{design.cohort: cohort[sample.unit]})
    sample = replace(sample, frame=frame, cohort=cohort, covariates=sample.covariates[:, :0])
    saturated = replace(design, covariates=(), effects=(*design.effects, *slopes))
    names = [f"cohort {c} in {t}" for c, t in zip(cells["cohort"], cells["time"], strict=True)]
    names += [f"{name}, {x}" for x in design.covariates for name in names[: len(cells)]]
    fit = fit_linear(panel, sample, saturated, pd.DataFrame(columns, columns=names), ssc)
    k = len(cells)
    member = columns[:, :k] * sample.weights[:, None]
    mean = member.T @ columns / member.sum(axis=0)[:, None]
    return map_linearly(fit, mean, cells)


def _poisson(
    panel: Panel, sample: Sample, design: Design, cells: pd.DataFrame, columns: FloatArray, ssc: SmallSample
) -> Estimate:
    _fail_if_poisson_does_not_suit(sample, design, cells, columns)
    labels = row_labels(panel, sample, design)
    cohort = np.where(sample.cohort <= sample.periods[-1], sample.cohort, np.inf)[sample.unit]
    own = cohort[:, None] == np.unique(cohort)
    year = sample.time[:, None] == np.arange(1, len(sample.periods))
    slopes = [part * x[:, None] for x in sample.covariates.T for part in (own, year)]
    design_matrix = np.concatenate([columns, own, year, *slopes], axis=1)
    norms = np.sqrt((sample.weights[:, None] * design_matrix**2).sum(axis=0))
    dependent = dependent_columns(design_matrix, norms, sample.weights)
    if any(j < columns.shape[1] for j in dependent):
        raise EstimationError("the covariates are collinear within treated cells; use fewer covariates")
    z = np.delete(design_matrix, dependent, axis=1)
    fit = poisson_regression(sample.outcome, z, sample.weights)
    if not fit.converged:
        raise EstimationError("the Poisson regression does not converge; use family='linear' or fewer covariates")
    p, k = columns.shape[1], len(cells)
    share = columns[:, :k] * sample.weights[:, None] / (columns[:, :k] * sample.weights[:, None]).sum(axis=0)
    without = fit.mean * np.exp(-columns @ fit.coef[:p])
    effect = share.T @ (fit.mean - without)
    untreated = np.concatenate([np.zeros_like(columns), z[:, p:]], axis=1)
    jacobian = share.T @ (fit.mean[:, None] * z - without[:, None] * untreated)
    influence = (sample.weights * (sample.outcome - fit.mean))[:, None] * (z @ (fit.bread @ jacobian.T))
    cluster = design.cluster or "unit"
    rule = cluster_factor(labels, cluster, (), z.shape[1], ssc)
    influence = np.sqrt(rule.factor) * influence
    coefficients = cells[["cohort", "time", "event_time"]].assign(log_ratio=fit.coef[:k])
    return Estimate(
        coef=effect,
        vcov=cluster_covariance(influence, codes_of(labels[cluster])),
        cells=cells,
        units=labels,
        method="",
        outcome=design.outcome,
        n_obs=len(sample.outcome),
        influence=influence,
        frames=MappingProxyType({"coefficients": coefficients}),
        cluster=cluster,
        small_sample=f"{rule.words}, within the influence",
        notes=(*sample.notes, "Poisson with cohort and period effects; effects in units of the outcome"),
    )


def _fail_if_poisson_does_not_suit(sample: Sample, design: Design, cells: pd.DataFrame, columns: FloatArray) -> None:
    if design.effects:
        raise DesignError(f"family='poisson' takes no effects {design.effects}; use family='linear'")
    if (sample.outcome < 0).any():
        raise DesignError(f"family='poisson' needs outcomes of zero or more; {design.outcome!r} has negative values")
    empty = np.flatnonzero((sample.outcome[:, None] * columns[:, : len(cells)]).sum(axis=0) == 0)
    if len(empty):
        shown = ", ".join(f"cohort {c} in {t}" for c, t in cells.loc[empty[:5], ["cohort", "time"]].to_numpy())
        raise EstimationError(
            f"all outcomes are zero in {len(empty)} treated cells: {shown}; their ratio has no estimate, "
            "use family='linear'"
        )


register(etwfe)
