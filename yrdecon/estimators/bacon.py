"""What a staggered two-way regression averages (Goodman-Bacon)."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from yrdecon.core.design import Design
from yrdecon.core.panel import Panel
from yrdecon.core.sample import draw_sample
from yrdecon.errors import DesignError

FloatArray = NDArray[np.float64]

UNTREATED, ALWAYS = "Treated vs Untreated", "Later vs Always Treated"
EARLIER, LATER = "Earlier vs Later Treated", "Later vs Earlier Treated"


def bacon(panel: Panel, design: Design) -> pd.DataFrame:
    """Decompose the two-way fixed-effects estimate into its comparisons of two groups in two spans of time.

    Returns
    -------
    One row per comparison: type, treated (first treated period), control (first treated period, infinite if never,
    minus infinite if always treated), weight and estimate. Weights sum to one, and the weighted estimates to the
    coefficient of `twfe`. The types that use already-treated units as comparisons are the forbidden ones.

    Raises
    ------
    DesignError
        If the panel is not balanced, or the design has covariates, weights, effects, or base or excluded periods.

    References
    ----------
    Goodman-Bacon (2021), Journal of Econometrics, theorem 1.

    Examples
    --------
    >>> rows = [(u, t, float(t >= g), g) for u, g in (("a", 2.0), ("b", 3.0), ("c", np.inf)) for t in (1, 2, 3)]
    >>> panel = Panel.from_frame(pd.DataFrame(rows, columns=["u", "t", "y", "cohort"]), unit="u", time="t")
    >>> table = bacon(panel, Design(outcome="y"))
    >>> len(table), round(float(table["weight"].sum()), 6)
    (4, 1.0)
    """
    _fail_if_design_asks_for_more(design)
    sample = draw_sample(panel, design)
    if not sample.is_balanced:
        raise DesignError("the decomposition needs a balanced panel; leave incomplete units out of the pool")
    y = sample.outcome.reshape(len(sample.units), -1)
    first, last = float(sample.periods[0]), float(sample.periods[-1])
    cohort = np.where(sample.cohort > last, np.inf, np.where(sample.cohort <= first, -np.inf, sample.cohort))
    levels, sizes = np.unique(cohort, return_counts=True)
    means = np.stack([y[cohort == level].mean(axis=0) for level in levels])
    share = dict(zip(levels, sizes / sizes.sum(), strict=True))
    path = dict(zip(levels, means, strict=True))
    time = sample.periods.astype(float)
    rows = []
    for one in levels[np.isfinite(levels)]:
        for other in levels[levels != one]:
            weight, kind = _weight(one, other, share, time)
            rows.append((kind, one, other, weight, _estimate(one, other, path, time)))
    table = pd.DataFrame(rows, columns=["type", "treated", "control", "weight", "estimate"])
    return table.assign(weight=table["weight"] / table["weight"].sum())


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


def _fail_if_design_asks_for_more(design: Design) -> None:
    names = ("covariates", "weights", "effects", "base_periods", "exclude_periods", "anticipation")
    asked = [name for name in names if getattr(design, name)]
    if asked:
        raise DesignError(f"the decomposition takes no {asked}; remove them from the design")
