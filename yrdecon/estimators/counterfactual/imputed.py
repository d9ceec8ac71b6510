"""Means of the gaps between treated rows and a fit on untreated rows, by any cells."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from yrdecon.core.design import Design, parse_effect
from yrdecon.core.estimate import Estimate
from yrdecon.core.labels import clusters_of, codes_of, row_labels
from yrdecon.core.left_out import leave_out_always_treated
from yrdecon.core.names import some_of
from yrdecon.core.panel import Panel
from yrdecon.core.sample import Sample, draw_sample, restrict
from yrdecon.errors import DesignError, EstimationError
from yrdecon.estimators.regression.linear import independent_effects
from yrdecon.kernels.imputation import fit_untreated, impute
from yrdecon.kernels.sandwich import cluster_covariance


def imputed_estimate(panel: Panel, design: Design, by: tuple[str, ...]) -> Estimate:
    """Average imputed effects within cells.

    Parameters
    ----------
    by
        Any of cohort, time and event_time, whose combinations are the cells; empty for a single cell of all treated
        rows. Residuals of treated rows are taken around the mean of their cell.

    Raises
    ------
    DesignError
        If no treated row can be imputed.
    EstimationError
        If the covariates are collinear with the fixed effects on untreated rows.
    """
    slopes = [effect for effect in design.effects if parse_effect(effect).slope]
    if slopes:
        raise DesignError(f"slopes {slopes} cannot be imputed; take them out of the design's effects, or use twfe")
    full = leave_out_always_treated(draw_sample(panel, design))
    sample = restrict(full, full.contrast)
    labels = row_labels(panel, sample, design)
    treated = (labels["time"] >= labels["cohort"]).to_numpy()
    codes = [codes_of(labels[e]) for e in independent_effects(labels, design)]
    untreated = fit_untreated(sample.outcome, codes, sample.covariates, sample.weights, treated)
    if not untreated.identified:
        raise EstimationError(
            f"the covariates {list(design.covariates)} are collinear with the fixed effects or with each other on "
            "untreated rows; drop one, and interact those that are constant within units with time"
        )
    used = treated & untreated.imputable
    if not used.any():
        raise DesignError(
            "no treated row can be imputed: none has unit, period and further effects of untreated rows that other "
            "untreated rows link; widen the pool, start the panel earlier or drop an effect"
        )
    cells, member = _cells(labels, sample, used, by)
    fit = impute(untreated, sample.weights, treated, member)
    cluster = design.cluster or "unit"
    return Estimate(
        coef=fit.effect,
        vcov=cluster_covariance(fit.influence, clusters_of(labels, cluster)),
        cells=cells,
        units=labels,
        method="",
        outcome=design.outcome,
        n_obs=int((~treated | used).sum()),
        influence=fit.influence,
        cluster=cluster,
        small_sample="none, residuals around cell means",
        notes=(*sample.notes, *_notes(labels, treated & ~used, used, cells)),
    )


def _notes(
    labels: pd.DataFrame, lost: NDArray[np.bool_], used: NDArray[np.bool_], cells: pd.DataFrame
) -> tuple[str, ...]:
    notes = []
    if lost.any():
        shown = some_of(f"{u} {t}" for u, t in labels.loc[lost, ["unit", "time"]].itertuples(index=False))
        notes.append(f"{int(lost.sum())} treated rows cannot be imputed and are left out: {shown}")
    units = labels[used].groupby("cohort")["unit"].nunique()
    alone = [int(c) for c in units.index[units == 1]]
    if alone and "cohort" in cells:
        notes.append(f"cohorts {alone} rest on a single treated unit, whose own variation is in no standard error")
    return tuple(notes)


def _cells(
    labels: pd.DataFrame, sample: Sample, used: NDArray[np.bool_], by: tuple[str, ...]
) -> tuple[pd.DataFrame, NDArray[np.bool_]]:
    """Return the labels of the cells and the (n, k) membership of the rows."""
    if not by:
        return pd.DataFrame({"term": ["treated"]}), used[:, None]
    rows = labels.assign(event_time=labels["time"] - labels["cohort"], size=sample.weights)[used]
    rows = rows.astype({"cohort": "int64", "event_time": "int64"})
    cells = rows.groupby(list(by), as_index=False)["size"].sum()
    if "cohort" in by:
        cells.insert(2, "event_time", cells["time"] - cells["cohort"])
    position = pd.Series(range(len(cells)), index=pd.MultiIndex.from_frame(cells[list(by)]))
    number = np.full(len(labels), -1)
    number[used] = position.reindex(pd.MultiIndex.from_frame(rows[list(by)])).to_numpy()
    return cells, number[:, None] == np.arange(len(cells))
