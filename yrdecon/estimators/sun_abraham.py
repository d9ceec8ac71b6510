"""Event study by cohort in one regression (Sun and Abraham)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from yrdecon.core.design import Design
from yrdecon.core.estimate import Estimate
from yrdecon.core.estimator import register
from yrdecon.core.left_out import leave_out_always_treated
from yrdecon.core.options import is_whole
from yrdecon.core.panel import Panel
from yrdecon.core.sample import Sample, draw_sample, restrict
from yrdecon.errors import DesignError
from yrdecon.estimators.linear_map import map_linearly
from yrdecon.estimators.regression.event_time import may_react
from yrdecon.estimators.regression.linear import fit_linear
from yrdecon.estimators.regression.small_sample import SmallSample


def sun_abraham(panel: Panel, design: Design, *, reference: int = -1, ssc: SmallSample = "fixest") -> Estimate:
    """Interact cohorts with event time in a two-way regression, never-treated units being the comparison.

    Parameters
    ----------
    reference
        Event time left out for every cohort, moved back by the anticipation of the design. A base period that the
        design declares takes its place.
    ssc
        Small-sample rule of the clustered covariance; see `cluster_factor`.

    Returns
    -------
    An estimate with one cell per ``cohort`` and ``time`` and its ``size``, the number of its rows or the sum of their
    weights, by which `aggregate` weights. Units treated from the first period on are left out and named. Unbalanced
    panels are used as they are.

    Raises
    ------
    DesignError
        If no unit is never treated, the reference is not before treatment, or several base periods are declared.

    Notes
    -----
    ``comparison="not_yet"`` adds no comparison, and the notes say so. Excluded periods are left out, and so are units
    treated after the last period once they may anticipate it. `Design.weights` weight the regression,
    `Design.covariates` and `Design.effects` enter it, and errors are clustered by `Design.cluster`, the unit by
    default.

    References
    ----------
    Sun and Abraham (2021), Journal of Econometrics.

    Examples
    --------
    >>> rows = [(u, t, float(t >= g) + 0.5 * t, g) for u, g in (("a", 2), ("b", 3), ("c", np.inf), ("d", np.inf))
    ...         for t in (1, 2, 3, 4)]
    >>> panel = Panel.from_frame(pd.DataFrame(rows, columns=["u", "t", "y", "cohort"]), unit="u", time="t")
    >>> from yrdecon.estimators.aggregate import aggregate
    >>> aggregate(sun_abraham(panel, Design(outcome="y")), None).coef.round(6).tolist()
    [1.0]
    """
    full = leave_out_always_treated(draw_sample(panel, design))
    out = reference_event_time(full, design, reference)
    excluded = np.isin(full.periods[full.time], design.exclude_periods)
    sample = restrict(full, ~excluded & ~may_react(full, design))
    cohort, time = sample.cohort[sample.unit], sample.periods[sample.time]
    cohort = np.where(cohort <= sample.periods[-1], cohort, np.inf)
    if np.isfinite(cohort).all():
        raise DesignError("sun_abraham compares with never-treated units, and there are none; widen the pool")
    rows = pd.DataFrame({"cohort": cohort, "time": time, "size": sample.weights})[np.isfinite(cohort)]
    cells = rows.astype({"cohort": "int64"}).groupby(["cohort", "time"], as_index=False)["size"].sum()
    cells.insert(2, "event_time", cells["time"] - cells["cohort"])
    cells["reference"] = cells["event_time"] == out
    kept = cells[~cells["reference"]]
    dummies = pd.DataFrame(
        {
            f"cohort {c} in {t}": ((cohort == c) & (time == t)).astype(float)
            for c, t in zip(kept["cohort"], kept["time"], strict=True)
        }
    )
    fit = fit_linear(panel, sample, design, dummies, ssc)
    matrix = np.zeros((len(cells), len(kept)))
    matrix[np.flatnonzero(~cells["reference"]), np.arange(len(kept))] = 1.0
    told = (
        ("units that are treated within the panel do not serve as comparisons",) if design.comparison != "never" else ()
    )
    return replace(map_linearly(fit, matrix, cells), method="sun_abraham", notes=(*fit.notes, *told))


def reference_event_time(sample: Sample, design: Design, reference: int) -> int:
    """Return the event time from which every cohort is measured."""
    if not is_whole(reference) or reference >= 0:
        raise DesignError(f"reference={reference!r} is no event time before treatment; choose -1 or earlier")
    if design.base_periods is None:
        return reference - design.anticipation
    cohorts = np.unique(sample.cohort[np.isfinite(sample.cohort)])
    if len(cohorts) > 1 or len(design.base_periods) > 1:
        raise DesignError("sun_abraham takes one base period of one cohort; leave base_periods out and give reference=")
    return design.base_periods[0] - int(cohorts[0])


register(sun_abraham)
