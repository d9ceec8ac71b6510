"""The conformal test of Chernozhukov, Wuthrich and Zhu, which permutes periods instead of units."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations
from math import comb
from types import MappingProxyType
from typing import Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from yrdecon.core.design import Design
from yrdecon.core.hypothesis import TIE, HypothesisTest
from yrdecon.core.panel import Panel
from yrdecon.errors import DesignError
from yrdecon.inference.changes import unit_changes
from yrdecon.inference.inversion import fail_if_level_is_wrong
from yrdecon.kernels.conformal import Proxy, conformal_residuals, conformal_statistics, moving_blocks

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

Permutations = Literal["moving_block", "iid"]

DRAWS = 9_999
MOST_ENUMERATED = 200_000
POINTS_PER_STEP = 20
REJECTED_IN_A_ROW = 40
MOST_POINTS = 2_000
BISECTIONS = 12
POWER = 1.0


def conformal(
    panel: Panel,
    design: Design,
    *,
    seed: int,
    proxy: Proxy = "demeaned_sc",
    permutations: Permutations = "moving_block",
    level: float = 0.9,
) -> HypothesisTest:
    """Compare gaps to a counterfactual after treatment with those in other periods.

    The counterfactual of the treated unit, or of the mean of several, is fitted on all periods with no effect
    imposed; the mean absolute gap after treatment is then compared with that of other sets of as many periods.

    Parameters
    ----------
    seed
        Seed of 9,999 drawn sets of periods where ``"iid"`` admits more than 200,000; otherwise it has no influence.
    proxy
        ``"did"`` is the mean of the others plus a constant, ``"sc"`` a weighted average of them, ``"demeaned_sc"``
        one plus a constant.
    permutations
        ``"moving_block"`` shifts the series cyclically, T sets in all, and allows for serial correlation; ``"iid"``
        compares all sets of periods, and needs gaps without serial correlation.
    level
        Confidence level of the interval by inversion.

    Returns
    -------
    A test of no effect in any treated period. Its estimate is the mean gap after treatment to the counterfactual
    fitted before. With moving blocks the p-value is at least 1 / T, so that no test at 5% exists below 20 periods.
    Frame ``"residuals"`` holds the gaps under the null.

    Raises
    ------
    DesignError
        If base periods are declared, there are several adoption dates, a cell is missing, or the design asks for
        covariates, weights, effects or clusters.

    Notes
    -----
    Only time is permuted, so that neither differences in variance nor correlation between units matter; gaps must be
    stationary. The set of effects that are not rejected need not be an interval; its outer ends are returned, searched
    on a grid in both directions, and an end is infinite if 2,000 points do not pass it.

    References
    ----------
    Chernozhukov, Wüthrich and Zhu (2021), Journal of the American Statistical Association.

    Examples
    --------
    >>> rows = [(u, t, 3.0 * (u == 0) * (t == 3), 3.0 if u == 0 else np.inf) for u in range(3) for t in range(4)]
    >>> panel = Panel.from_frame(pd.DataFrame(rows, columns=["u", "t", "y", "cohort"]), unit="u", time="t")
    >>> conformal(panel, Design(outcome="y"), seed=1, proxy="did", level=0.7).p_value
    0.25
    """
    _fail_if_options_are_unknown(design, proxy, permutations, level)
    changes = unit_changes(panel, design, "conformal")
    used = changes.clean | changes.post
    treated, others = changes.y[changes.treated][:, used].mean(axis=0), changes.y[~changes.treated][:, used]
    post = np.flatnonzero(changes.post[used])
    picks = _picks(len(treated), post, permutations, seed)

    whole = np.ones(len(treated), dtype=bool)

    def statistics(effect: float) -> FloatArray:
        residuals = conformal_residuals(treated - effect * changes.post[used], others, proxy, whole)
        return conformal_statistics(residuals, picks, POWER)

    found = statistics(0.0)
    residuals = conformal_residuals(treated, others, proxy, whole)
    estimate = float(conformal_residuals(treated, others, proxy, changes.clean[used])[post].mean())
    step = float(np.abs(residuals).max()) / POINTS_PER_STEP or 1.0
    low, high = _ends(statistics, estimate, step, level)
    frame = pd.DataFrame(
        {"time": changes.periods[used], "residual": residuals, "treated": changes.post[used]},
    )
    return HypothesisTest(
        name=f"conformal test, {proxy} counterfactual, {permutations} permutations",
        statistic=float(found[0]),
        p_value=float(np.mean(found >= found[0] * (1 - TIE))),
        null="the treatment had no effect on the treated in any period",
        draws=found,
        estimate=estimate,
        conf_low=low,
        conf_high=high,
        frames=MappingProxyType({"residuals": frame}),
        notes=(*_notes(residuals, found, permutations, level), *changes.notes),
    )


def _picks(n_periods: int, post: IntArray, permutations: Permutations, seed: int) -> IntArray:
    """Return the (B, T1) positions that stand for treated periods, the actual ones first."""
    if permutations == "moving_block":
        return moving_blocks(n_periods, post)
    if comb(n_periods, len(post)) <= MOST_ENUMERATED:
        sets = np.array(list(combinations(range(n_periods), len(post))), dtype=np.int64)
        return np.vstack([post, sets[(sets != post).any(axis=1)]])
    keys = np.random.default_rng(seed).random((DRAWS, n_periods))
    return np.vstack([post, np.argsort(keys, axis=1)[:, : len(post)]])


def _ends(statistics: Callable[[float], FloatArray], center: float, step: float, level: float) -> tuple[float, float]:
    def accepted(effect: float) -> bool:
        found = statistics(effect)
        return bool(np.mean(found >= found[0] * (1 - TIE)) > (1 - level) * (1 + TIE))

    low, high = (_outermost(accepted, center, direction) for direction in (-step, step))
    return low, high


def _outermost(accepted: Callable[[float], bool], center: float, step: float) -> float:
    """Return the last accepted effect in one direction, NaN if none is, infinite if they do not end."""
    last, rejected = np.nan, 0
    for position in range(MOST_POINTS):
        if accepted(center + position * step):
            last, rejected = center + position * step, 0
        else:
            rejected += 1
        if rejected > REJECTED_IN_A_ROW:
            break
    else:
        return float(np.copysign(np.inf, step))
    inside, outside = last, last + step
    for _ in range(BISECTIONS):
        middle = (inside + outside) / 2
        inside, outside = (middle, outside) if accepted(middle) else (inside, middle)
    return float(inside)


def _notes(residuals: FloatArray, found: FloatArray, permutations: Permutations, level: float) -> tuple[str, ...]:
    least = 1 / len(found)
    notes = [f"{len(found):,} sets of periods compared, smallest attainable p-value {least:.4g}"]
    if least > 1 - level:
        notes.append(f"no effect can be rejected at level {level:g}; take a lower level or more periods")
    if permutations == "iid" and residuals.any():
        correlation = float(np.sum(residuals[1:] * residuals[:-1]) / np.sum(residuals**2))
        notes.append(
            f"all sets of periods are equally likely only without serial correlation, which is {correlation:.2f}"
        )
    return tuple(notes)


def _fail_if_options_are_unknown(design: Design, proxy: str, permutations: str, level: float) -> None:
    for name, value, known in (("proxy", proxy, Proxy), ("permutations", permutations, Permutations)):
        if value not in get_args(known):
            raise DesignError(f"{name}={value!r} is unknown; choose one of {list(get_args(known))}")
    fail_if_level_is_wrong(level)
    if design.base_periods is not None:
        raise DesignError(
            f"conformal fits all periods, so that base_periods={design.base_periods} have no meaning; leave them out"
        )
