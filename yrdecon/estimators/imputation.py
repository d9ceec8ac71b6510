"""Effects as the gap to outcomes imputed from untreated rows (Borusyak, Jaravel and Spiess)."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from yrdecon.core.design import Design
from yrdecon.core.estimate import Estimate
from yrdecon.core.estimator import register
from yrdecon.core.panel import Panel
from yrdecon.core.sample import Sample, draw_sample, restrict
from yrdecon.errors import DesignError, EstimationError
from yrdecon.estimators.linear import independent_effects, row_labels
from yrdecon.kernels.imputation import impute
from yrdecon.kernels.sandwich import cluster_covariance

FloatArray = NDArray[np.float64]


def imputation(panel: Panel, design: Design) -> Estimate:
    """Fit unit and time effects and covariates on untreated rows, and average what treated rows exceed them by.

    Returns
    -------
    An estimate with one cell per ``cohort`` and ``time`` and its ``size`` in rows, by which `aggregate` weights. Errors
    are the conservative ones of the paper: residuals of treated rows are taken around their cell's mean. Unbalanced
    panels are used as they are; treated rows whose unit or period has no untreated row cannot be imputed and are left
    out and counted.

    Raises
    ------
    DesignError
        If no treated row can be imputed.
    EstimationError
        If the covariates are collinear with the fixed effects on untreated rows.

    References
    ----------
    Borusyak, Jaravel and Spiess (2024), Review of Economic Studies, theorems 1-3.

    Examples
    --------
    >>> rows = [(u, t, float(t >= g) + 0.5 * t, g) for u, g in (("a", 2), ("b", 3), ("c", np.inf)) for t in (1, 2, 3)]
    >>> panel = Panel.from_frame(pd.DataFrame(rows, columns=["u", "t", "y", "cohort"]), unit="u", time="t")
    >>> from yrdecon.estimators.aggregate import aggregate
    >>> aggregate(imputation(panel, Design(outcome="y")), None).coef.round(6).tolist()
    [1.0]
    """
    full = draw_sample(panel, design)
    sample = restrict(full, full.contrast & ~_anticipating(full, design))
    own, time = sample.cohort[sample.unit], sample.periods[sample.time]
    treated = time >= own
    labels = row_labels(panel, sample, design)
    codes = [pd.factorize(labels[e])[0].astype(np.int64) for e in independent_effects(labels, design)]
    lost = treated & np.any([~np.isin(c, c[~treated]) for c in codes], axis=0)
    used = treated & ~lost
    if not used.any():
        raise DesignError("no treated row shares unit and period with an untreated row; widen the pool")
    rows = pd.DataFrame({"cohort": own[used], "time": time[used], "size": sample.weights[used]})
    cells = rows.groupby(["cohort", "time"], as_index=False)["size"].sum()
    cells = cells.astype({"cohort": "int64"}).sort_values(["cohort", "time"], ignore_index=True)
    cells.insert(2, "event_time", cells["time"] - cells["cohort"])
    member = np.stack(
        [used & (own == c) & (time == t) for c, t in zip(cells["cohort"], cells["time"], strict=True)], axis=1
    )
    fit = impute(sample.outcome, codes, sample.covariates, sample.weights, treated, member)
    if fit is None:
        raise EstimationError("the covariates are collinear with the fixed effects on untreated rows; drop one of them")
    cluster = design.cluster or "unit"
    vcov = cluster_covariance(fit.influence, pd.factorize(labels[cluster])[0].astype(np.int64))
    note = (f"{int(lost.sum())} treated rows cannot be imputed and are left out",) if lost.any() else ()
    return Estimate(
        coef=fit.effect,
        vcov=vcov,
        cells=cells,
        units=labels,
        method="imputation",
        outcome=design.outcome,
        n_obs=int((~treated | used).sum()),
        influence=fit.influence,
        cluster=cluster,
        small_sample="none, conservative residuals",
        notes=(*sample.notes, *note),
    )


def _anticipating(sample: Sample, design: Design) -> NDArray[np.bool_]:
    own, time = sample.cohort[sample.unit], sample.periods[sample.time]
    return np.asarray((time >= own - design.anticipation) & (time < own))


register(imputation)
