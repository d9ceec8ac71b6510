"""What a staggered two-way regression averages (Goodman-Bacon)."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from yrdecon.core.design import Design, fail_if_asked
from yrdecon.core.labels import row_labels
from yrdecon.core.panel import Panel
from yrdecon.core.sample import Sample, draw_sample
from yrdecon.core.wide import balanced_outcome
from yrdecon.estimators.regression.linear import residualizer

FloatArray = NDArray[np.float64]

UNTREATED, ALWAYS = "Treated vs Untreated", "Later vs Always Treated"
EARLIER, LATER = "Earlier vs Later Treated", "Later vs Earlier Treated"
BOTH, WITHIN = "Both Treated", "Within cohorts, by covariates"
NOT_TAKEN = ("weights", "effects", "base_periods", "exclude_periods", "anticipation")


def bacon(panel: Panel, design: Design) -> pd.DataFrame:
    """Decompose the two-way fixed-effects estimate into its comparisons of two groups in two spans of time.

    Returns
    -------
    One row per comparison: type, treated (first treated period), control (first treated period, infinite if never,
    minus infinite if always treated), weight and estimate. Weights sum to one, and the weighted estimates to the
    coefficient of `twfe`. The types that use already-treated units as comparisons are the forbidden ones. With
    covariates, two cohorts form one comparison, earlier and later together, and one more row holds the variation within
    cohorts that the covariates bring in.

    Raises
    ------
    DesignError
        If the panel is not balanced, or the design has weights, effects, or base or excluded periods.

    Notes
    -----
    Two cohorts that no period of the panel tells apart are not compared. Units treated throughout are kept as
    comparisons, with a type of their own, as in `twfe`. `Design.comparison` and `Design.cluster` play no role.

    References
    ----------
    Goodman-Bacon (2021), Journal of Econometrics, theorem 1 and, with covariates, section 5.

    Examples
    --------
    >>> rows = [(u, t, float(t >= g), g) for u, g in (("a", 2.0), ("b", 3.0), ("c", np.inf)) for t in (1, 2, 3)]
    >>> panel = Panel.from_frame(pd.DataFrame(rows, columns=["u", "t", "y", "cohort"]), unit="u", time="t")
    >>> table = bacon(panel, Design(outcome="y"))
    >>> len(table), round(float(table["weight"].sum()), 6)
    (4, 1.0)
    """
    fail_if_asked(design, NOT_TAKEN, "the decomposition", "twfe_weights")
    sample = draw_sample(panel, design)
    y = balanced_outcome(sample, "the decomposition")
    if design.covariates:
        return _with_covariates(panel, sample, design, y)
    cohort = _groups(sample)
    levels, sizes = np.unique(cohort, return_counts=True)
    means = np.stack([y[cohort == level].mean(axis=0) for level in levels])
    share = dict(zip(levels, sizes / sizes.sum(), strict=True))
    path = dict(zip(levels, means, strict=True))
    time = sample.periods.astype(float)
    rows = []
    for one in levels[np.isfinite(levels)]:
        for other in levels[levels != one]:
            weight, kind = _weight(one, other, share, time)
            if weight > 0:
                rows.append((kind, one, other, weight, _estimate(one, other, path, time)))
    table = pd.DataFrame(rows, columns=["type", "treated", "control", "weight", "estimate"])
    return table.assign(weight=table["weight"] / table["weight"].sum())


def _groups(sample: Sample) -> FloatArray:
    """Return the first treated period, infinite if never and minus infinite if always treated."""
    return np.where(sample.cohort <= sample.periods[0], -np.inf, sample.cohort)


def _with_covariates(panel: Panel, sample: Sample, design: Design, y: FloatArray) -> pd.DataFrame:
    """Split the residual treatment into cohort means, compared in pairs of cohorts, and the rest within cohorts."""
    cohort = _groups(sample)
    status = (sample.periods >= cohort[:, None]).astype(float)
    residual = residualizer(row_labels(panel, sample, design), sample, design)(status.reshape(-1, 1)).reshape(y.shape)
    levels = np.unique(cohort)
    mean = np.stack([residual[cohort == level].mean(axis=0) for level in levels])
    between = mean[np.searchsorted(levels, cohort)]
    within = residual - between
    rows = []
    for i, one in enumerate(levels):
        for other in levels[i + 1 :]:
            pair = (cohort == one) | (cohort == other)
            # cohort means of treatment less fitted treatment, centered within the pair; unit effects drop out
            d = between[pair] - between[pair].mean(axis=0)
            d -= d.mean(axis=1, keepdims=True)
            kind = UNTREATED if np.isinf(other) else ALWAYS if np.isinf(one) else BOTH
            treated, control = (other, one) if np.isinf(one) else (one, other)
            rows.append((kind, treated, control, d.size * (d**2).sum(), (y[pair] * d).sum() / (d**2).sum()))
    table = pd.DataFrame(rows, columns=["type", "treated", "control", "weight", "estimate"])
    share = float((within**2).sum() / (residual**2).sum())
    table["weight"] *= (1 - share) / table["weight"].sum()
    if share > 0:
        table.loc[len(table)] = (WITHIN, np.nan, np.nan, share, float((y * within).sum() / (within**2).sum()))
    return table


def _weight(one: float, other: float, share: dict[float, float], time: FloatArray) -> tuple[float, str]:
    """Return the weight, up to a common factor, with which `one` is compared with `other`."""
    on = float((time >= one).mean())
    both = share[one] + share[other]
    part = share[one] / both
    split = both**2 * part * (1 - part)
    if not np.isfinite(other):
        return split * on * (1 - on), UNTREATED if other > 0 else ALWAYS
    on_other = float((time >= other).mean())
    if other > one:
        return split * (on - on_other) * (1 - on), EARLIER
    return split * on * (on_other - on), LATER


def _estimate(one: float, other: float, path: dict[float, FloatArray], time: FloatArray) -> float:
    """Compare before and after `one`, over the span in which `other` does not change."""
    span = (time < other) if other > one else (time >= other)
    gap = path[one] - path[other]
    return float(gap[span & (time >= one)].mean() - gap[span & (time < one)].mean())
