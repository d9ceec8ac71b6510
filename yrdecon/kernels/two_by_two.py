"""The two-period difference in differences of one treated group, from the changes of units seen in both periods."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from yrdecon.kernels.propensity import Propensity, odds_weights

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Changes:
    """Units of a two-by-two comparison.

    Attributes
    ----------
    change
        (n,) outcome now less outcome before.
    treated
        (n,) 1 for treated and 0 for comparison units.
    x
        (n, k) covariates, the first of which is a constant.
    weights
        (n,) positive weights of mean one.
    """

    change: FloatArray
    treated: FloatArray
    x: FloatArray
    weights: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class TwoByTwo:
    """Effect on the treated, and the (n,) influence of every row on it, of mean zero."""

    effect: float
    influence: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Mean:
    """A weighted mean, and the (n,) influence of every row on it."""

    value: float
    influence: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Fitted:
    """(n,) fitted values of a regression, and the (n, k) influence of every row on its coefficients."""

    values: FloatArray
    influence: FloatArray


def outcome_regression(rows: Changes) -> TwoByTwo:
    """Predict the change of the treated from a regression among the others (Heckman, Ichimura and Todd 1997)."""
    share = rows.weights * rows.treated
    fit = regress(rows.change, rows.x, rows.weights * (1 - rows.treated))
    gap = weighted_mean(rows.change - fit.values, share)
    return TwoByTwo(gap.value, gap.influence - fit.influence @ center(rows.x, share))


def inverse_probability(rows: Changes, fit: Propensity) -> TwoByTwo:
    """Weight comparison units by their odds of treatment, normalized (Abadie 2005, Hajek form)."""
    odds = odds_weights(rows.treated, rows.weights, fit)
    treat = weighted_mean(rows.change, rows.weights * rows.treated)
    control = odds_mean(rows.change, odds, rows.x, fit)
    return TwoByTwo(treat.value - control.value, treat.influence - control.influence)


def doubly_robust(rows: Changes, fit: Propensity) -> TwoByTwo:
    """Combine both: right if either model is (Sant'Anna and Zhao 2020, equation 2.6 and its influence function)."""
    share, odds = rows.weights * rows.treated, odds_weights(rows.treated, rows.weights, fit)
    among_others = regress(rows.change, rows.x, rows.weights * (1 - rows.treated))
    rest = rows.change - among_others.values
    treat, control = weighted_mean(rest, share), odds_mean(rest, odds, rows.x, fit)
    first_stage = among_others.influence @ (center(rows.x, share) - center(rows.x, odds))
    return TwoByTwo(treat.value - control.value, treat.influence - control.influence - first_stage)


def improved_doubly_robust(rows: Changes, fit: Propensity) -> TwoByTwo:
    """Combine odds by `tilting` with a regression weighted by them (Sant'Anna and Zhao 2020, section 3.1).

    Neither first step matters for the error to first order, so that inference too is right if either model is.
    """
    share, odds = rows.weights * rows.treated, odds_weights(rows.treated, rows.weights, fit)
    rest = rows.change - regress(rows.change, rows.x, odds).values
    treat, control = weighted_mean(rest, share), weighted_mean(rest, odds)
    return TwoByTwo(treat.value - control.value, treat.influence - control.influence)


def weighted_mean(values: FloatArray, weights: FloatArray) -> Mean:
    """Average (n,) values; the influence is that of a ratio of means."""
    mass = weights.mean()
    value = (weights * values).mean() / mass
    return Mean(float(value), weights * (values - value) / mass)


def odds_mean(values: FloatArray, odds: FloatArray, x: FloatArray, fit: Propensity) -> Mean:
    """Average (n,) values of comparison units by their odds, with the influence of the fitted odds."""
    mean = weighted_mean(values, odds)
    slope = (mean.influence[:, None] * x).mean(axis=0)
    return Mean(mean.value, mean.influence + fit.influence @ slope)


def regress(y: FloatArray, x: FloatArray, weights: FloatArray) -> Fitted:
    """Regress (n,) `y` on (n, k) `x`, which must have full rank where the weights are positive."""
    inverse = np.linalg.inv((x * weights[:, None]).T @ x / len(x))
    values = x @ (inverse @ ((weights * y) @ x / len(x)))
    return Fitted(values, (weights * (y - values))[:, None] * x @ inverse)


def center(x: FloatArray, weights: FloatArray) -> FloatArray:
    """Return the (k,) weighted means of (n, k) `x`."""
    return np.asarray(weights @ x / weights.sum())
