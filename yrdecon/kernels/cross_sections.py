"""The two-period difference in differences of one treated group, from the levels of rows seen in either period."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from yrdecon.kernels.propensity import Propensity, odds_weights
from yrdecon.kernels.two_by_two import TwoByTwo, center, odds_mean, regress, weighted_mean

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Levels:
    """Rows of a two-by-two comparison of repeated cross-sections.

    Attributes
    ----------
    outcome
        (n,) outcome.
    later
        (n,) 1 in the period that is measured and 0 in its base.
    treated
        (n,) 1 for treated and 0 for comparison units.
    x
        (n, k) covariates, the first of which is a constant.
    weights
        (n,) positive weights of mean one.
    """

    outcome: FloatArray
    later: FloatArray
    treated: FloatArray
    x: FloatArray
    weights: FloatArray


def outcome_regression(rows: Levels) -> TwoByTwo:
    """Predict the change of the treated from one regression for each period among the others."""
    y, x, share = rows.outcome, rows.x, rows.weights * rows.treated
    others = rows.weights * (1 - rows.treated)
    now, before = regress(y, x, others * rows.later), regress(y, x, others * (1 - rows.later))
    after, earlier = weighted_mean(y, share * rows.later), weighted_mean(y, share * (1 - rows.later))
    predicted = weighted_mean(now.values - before.values, share)
    first_stage = (now.influence - before.influence) @ center(x, share)
    return TwoByTwo(
        after.value - earlier.value - predicted.value,
        after.influence - earlier.influence - predicted.influence - first_stage,
    )


def inverse_probability(rows: Levels, fit: Propensity) -> TwoByTwo:
    """Weight comparison rows by their odds of treatment, normalized in each period."""
    y, share = rows.outcome, rows.weights * rows.treated
    odds = odds_weights(rows.treated, rows.weights, fit)
    after, earlier = weighted_mean(y, share * rows.later), weighted_mean(y, share * (1 - rows.later))
    now = odds_mean(y, odds * rows.later, rows.x, fit)
    before = odds_mean(y, odds * (1 - rows.later), rows.x, fit)
    return TwoByTwo(
        after.value - earlier.value - now.value + before.value,
        after.influence - earlier.influence - now.influence + before.influence,
    )


def doubly_robust(rows: Levels, fit: Propensity) -> TwoByTwo:
    """Combine both, locally efficient (Sant'Anna and Zhao 2020, equation 2.8).

    The regression among the treated of each period has mean residual zero, so that their four means reduce to the
    mean of fitted gaps over all treated rows.
    """
    y, x, later, share = rows.outcome, rows.x, rows.later, rows.weights * rows.treated
    others = rows.weights * (1 - rows.treated)
    odds = odds_weights(rows.treated, rows.weights, fit)
    treated_now, treated_before = regress(y, x, share * later), regress(y, x, share * (1 - later))
    others_now, others_before = regress(y, x, others * later), regress(y, x, others * (1 - later))
    gap = treated_now.values - treated_before.values - others_now.values + others_before.values
    fitted = weighted_mean(gap, share)
    now = odds_mean(y - others_now.values, odds * later, x, fit)
    before = odds_mean(y - others_before.values, odds * (1 - later), x, fit)
    middle = center(x, share)
    first_stage = (treated_now.influence - treated_before.influence) @ middle
    first_stage -= others_now.influence @ (middle - center(x, odds * later))
    first_stage += others_before.influence @ (middle - center(x, odds * (1 - later)))
    return TwoByTwo(
        fitted.value - now.value + before.value, fitted.influence - now.influence + before.influence + first_stage
    )


def improved_doubly_robust(rows: Levels, fit: Propensity) -> TwoByTwo:
    """Combine odds by `tilting` with regressions weighted by them (Sant'Anna and Zhao 2020, section 3.2).

    Neither first step matters for the error to first order, so that inference too is right if either model is.
    """
    y, x, later, share = rows.outcome, rows.x, rows.later, rows.weights * rows.treated
    odds = odds_weights(rows.treated, rows.weights, fit)
    gap, residual = np.zeros_like(y), np.zeros_like(y)
    for sign, group in ((1, share * later), (-1, share * (1 - later)), (-1, odds * later), (1, odds * (1 - later))):
        values = regress(y, x, group).values
        gap += sign * values
        residual += sign * weighted_mean(y - values, group).influence
    fitted = weighted_mean(gap, share)
    return TwoByTwo(fitted.value, fitted.influence + residual)
