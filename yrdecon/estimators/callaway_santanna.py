"""Effects by cohort and period with clean comparisons (Callaway and Sant'Anna)."""

from __future__ import annotations

from types import MappingProxyType

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from yrdecon.core.design import Design, fail_if_asked
from yrdecon.core.estimate import Estimate
from yrdecon.core.estimator import estimate_one_by_one, register
from yrdecon.core.labels import clusters_of, unit_labels
from yrdecon.core.left_out import leave_out_always_treated
from yrdecon.core.options import fail_if_unknown
from yrdecon.core.panel import Panel
from yrdecon.core.sample import Sample, draw_sample
from yrdecon.errors import DesignError
from yrdecon.estimators.cohorts.cell_estimates import Sampling, cell_cutter, estimate_cell, note_on_sampling
from yrdecon.estimators.cohorts.cells import (
    NOT_ESTIMATED,
    Base,
    CellRecord,
    cohort_cells,
    comparison_units,
    first_comparison_date,
    label_cells,
    map_of_cells,
    notes_on_cells,
)
from yrdecon.estimators.cohorts.two_by_two import Method
from yrdecon.kernels.sandwich import cluster_covariance

FloatArray = NDArray[np.float64]

SHOWN = 8


def callaway_santanna(
    panel: Panel, design: Design, *, method: Method = "dr", base: Base = "varying", sampling: Sampling = "auto"
) -> Estimate:
    """Estimate the effect on each cohort in each period against never- or not-yet-treated units.

    Parameters
    ----------
    method
        With covariates: ``"dr"`` doubly robust; ``"dr_improved"`` the same with first steps that make inference
        doubly robust as well; ``"ipw"`` inverse probability weighting, normalized; ``"reg"`` outcome regression. Where
        a cell cannot support the method it falls back from weighting to regression to no covariates.
    base
        ``"universal"`` measures every period from the last one before treatment; ``"varying"`` measures periods
        before treatment from the period before them. Base periods that the design declares replace both.
    sampling
        ``"panel"`` compares changes within units, those that are seen in every period of a cell;
        ``"cross_sections"`` compares levels of all rows of either period, which need not be of the same units;
        ``"auto"`` takes the first for a balanced panel and the second for any other, and says so in the notes. Where
        people are seen once each, make every person a unit and name their common cluster in the design.

    Returns
    -------
    An estimate with one cell per ``cohort`` and ``time``; summarize it with `aggregate`. A frame ``"cells"`` maps the
    cells, also those without estimate: their units, the method used and the reason. Changes take covariates and
    weights from the earlier period, levels each from their own row; with several base periods the effects from each
    are averaged. Errors rest on influence functions, summed by unit and clustered by `Design.cluster`. Units treated
    from the first period on are left out and named.

    Raises
    ------
    DesignError
        If no cell can be estimated, the cluster changes within a unit, or the design has fixed effects beside unit
        and time.

    Notes
    -----
    `Design.comparison` decides who is compared: the never treated, or all who are untreated in every period of the
    cell. Anticipation moves the base back and asks comparison units to stay untreated so much longer. Excluded periods
    are never a base; their cells are marked, and in no summary but that of an event time which has no other. Weights of
    zero leave rows out.

    References
    ----------
    Callaway and Sant'Anna (2021), Journal of Econometrics; Sant'Anna and Zhao (2020), Journal of Econometrics.

    Examples
    --------
    >>> rows = [(u, t, float(t >= g) + 0.5 * t, g) for u, g in (("a", 2), ("b", 3), ("c", np.inf)) for t in (1, 2, 3)]
    >>> panel = Panel.from_frame(pd.DataFrame(rows, columns=["u", "t", "y", "cohort"]), unit="u", time="t")
    >>> from yrdecon.estimators.aggregate import aggregate
    >>> effect = callaway_santanna(panel, Design(outcome="y"))
    >>> aggregate(effect, None).coef.round(6).tolist()
    [1.0]
    >>> effect.frames["cells"]["method"].unique().tolist()
    ['unconditional']
    """
    _fail_if_options_are_unknown(method, base, sampling, design)
    sample = leave_out_always_treated(draw_sample(panel, design))
    labels = _weighted_labels(panel, sample, design)
    cut = cell_cutter(sample, sampling)
    results = [
        estimate_cell(sample, cell, comparison_units(sample, design, cell), cut, method)
        for cell in cohort_cells(sample, design, base)
    ]
    records = [r.record for r in results]
    _fail_if_no_cell_is_estimated(records)
    used = [r for r in results if r.record.method != NOT_ESTIMATED]
    matrix = np.stack([r.influence for r in used], axis=1)
    cluster = design.cluster or "unit"
    return Estimate(
        coef=np.array([r.effect for r in used]),
        vcov=cluster_covariance(matrix, clusters_of(labels, cluster)),
        cells=label_cells([r.record.cell for r in used], design),
        units=labels,
        method="callaway_santanna",
        outcome=design.outcome,
        n_obs=len(sample.outcome),
        influence=matrix,
        frames=MappingProxyType({"cells": map_of_cells(records)}),
        cluster=cluster,
        small_sample="none, influence functions",
        notes=(*sample.notes, *note_on_sampling(sample, sampling), *notes_on_cells(records)),
    )


def callaway_santanna_draws(panel: Panel, design: Design, cohorts: FloatArray) -> FloatArray:
    """Return (B, k) effects of all cells at (B, N) assignments, group means of changes as matrix products.

    With covariates, gaps or weights that vary over time the assignments are evaluated one by one.
    """
    sample = draw_sample(panel, design)
    if design.covariates or not sample.is_balanced or _weights_vary(sample):
        return estimate_one_by_one(callaway_santanna, panel, design, cohorts)
    shape = (len(sample.units), len(sample.periods))
    y, weights = sample.outcome.reshape(shape), sample.weights.reshape(shape)[:, 0]
    cells = [c for c in cohort_cells(sample, design, "varying") if c.base]
    cells = [c for c in cells if comparison_units(sample, design, c).any()]
    position = {int(period): number for number, period in enumerate(sample.periods)}
    contrast = np.zeros((len(sample.periods), len(cells)))
    for column, cell in enumerate(cells):
        contrast[[position[b] for b in cell.base], column] = -1 / len(cell.base)
        contrast[position[cell.time], column] += 1
    change = y @ contrast
    effects = np.empty((len(cohorts), len(cells)))
    dates = np.array([c.cohort for c in cells])
    after = np.array([first_comparison_date(sample, design, c) for c in cells])
    for date in np.unique(dates):
        treated = (cohorts == date) * weights
        for latest in np.unique(after[dates == date]):
            columns = (dates == date) & (after == latest)
            others = ((cohorts > latest) & (cohorts != date)) * weights
            effects[:, columns] = _means(treated, change[:, columns]) - _means(others, change[:, columns])
    return effects


def _means(member: FloatArray, change: FloatArray) -> FloatArray:
    """Return (B, k) means of (N, k) changes under (B, N) weights."""
    return np.asarray(member @ change / member.sum(axis=1)[:, None])


def _weights_vary(sample: Sample) -> bool:
    by_unit = sample.weights.reshape(len(sample.units), -1)
    return bool((by_unit != by_unit[:, :1]).any())


def _weighted_labels(panel: Panel, sample: Sample, design: Design) -> pd.DataFrame:
    """Return one row of labels for each unit, with its mean weight if the design has weights."""
    labels = unit_labels(panel, sample, design)
    if design.weights is None:
        return labels
    rows = np.bincount(sample.unit)
    return labels.assign(weight=np.bincount(sample.unit, sample.weights) / rows)


def _fail_if_no_cell_is_estimated(records: list[CellRecord]) -> None:
    if all(r.method == NOT_ESTIMATED for r in records):
        reasons = list(dict.fromkeys(r.reason for r in records))[:SHOWN]
        raise DesignError(
            f"no cohort can be compared in any period: {'; '.join(reasons)}; "
            "use comparison='not_yet', a wider pool or a longer period"
        )


def _fail_if_options_are_unknown(method: str, base: str, sampling: str, design: Design) -> None:
    fail_if_unknown("method", method, Method)
    fail_if_unknown("base", base, Base)
    fail_if_unknown("sampling", sampling, Sampling)
    fail_if_asked(design, ("effects",), "callaway_santanna", "a pool within one group, or twfe")


register(callaway_santanna, draws=callaway_santanna_draws)
