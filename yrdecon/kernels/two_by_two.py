"""The two-period difference in differences of one treated group, with covariates and weights."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from yrdecon.kernels.logit import fit_logit

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

ALMOST_ONE, TRIMMED = 1 - 1e-6, 0.995


@dataclass(frozen=True, slots=True, eq=False)
class TwoByTwo:
    """Effect on the treated, and the (n,) influence of every unit on it, of mean zero."""

    effect: float
    influence: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Propensity:
    """(n,) fitted probabilities, their (n, k) influence on the coefficients, and whether the fit can be used."""

    probability: FloatArray
    influence: FloatArray
    usable: bool


def outcome_regression(change: FloatArray, treated: FloatArray, x: FloatArray, weights: FloatArray) -> TwoByTwo:
    """Predict the change of the treated from a regression among the others (Heckman, Ichimura and Todd 1997).

    Parameters
    ----------
    change
        (n,) outcome now less outcome before.
    treated
        (n,) 1 for treated and 0 for comparison units.
    x
        (n, k) covariates with a constant.
    weights
        (n,) weights.
    """
    fitted, slopes = _regression(change, treated, x, weights)
    share = weights * treated
    mean = share.mean()
    treat, control = (share * change).mean() / mean, (share * fitted).mean() / mean
    inf_treat = share * (change - treat) / mean
    inf_control = (share * (fitted - control) + slopes @ (share[:, None] * x).mean(axis=0)) / mean
    return TwoByTwo(float(treat - control), inf_treat - inf_control)


def inverse_probability(
    change: FloatArray, treated: FloatArray, x: FloatArray, weights: FloatArray, fit: Propensity
) -> TwoByTwo:
    """Weight comparison units by their odds of treatment, normalized (Abadie 2005, Hajek form)."""
    share, odds = _weights(treated, weights, fit.probability)
    treat, control = (share * change).mean() / share.mean(), (odds * change).mean() / odds.mean()
    inf_treat = share * (change - treat) / share.mean()
    slope = (odds * (change - control))[:, None] * x
    inf_control = (odds * (change - control) + fit.influence @ slope.mean(axis=0)) / odds.mean()
    return TwoByTwo(float(treat - control), inf_treat - inf_control)


def doubly_robust(
    change: FloatArray, treated: FloatArray, x: FloatArray, weights: FloatArray, fit: Propensity
) -> TwoByTwo:
    """Combine both: right if either model is (Sant'Anna and Zhao 2020, equation 2.6 and its influence function)."""
    fitted, slopes = _regression(change, treated, x, weights)
    share, odds = _weights(treated, weights, fit.probability)
    rest = change - fitted
    treat, control = (share * rest).mean() / share.mean(), (odds * rest).mean() / odds.mean()
    inf_treat = share * (rest - treat) - slopes @ (share[:, None] * x).mean(axis=0)
    by_odds = fit.influence @ ((odds * (rest - control))[:, None] * x).mean(axis=0)
    inf_control = odds * (rest - control) + by_odds - slopes @ (odds[:, None] * x).mean(axis=0)
    return TwoByTwo(float(treat - control), inf_treat / share.mean() - inf_control / odds.mean())


def propensity(treated: FloatArray, x: FloatArray, weights: FloatArray) -> Propensity:
    """Fit a logit by Newton's method; it cannot be used if it separates the groups or does not converge."""
    fit = fit_logit(treated, x, weights)
    p = fit.probability
    information = (x * (weights * p * (1 - p))[:, None]).T @ x
    usable = fit.converged and bool((p < ALMOST_ONE).all()) and bool((p[treated == 0] < TRIMMED).any())
    score = (weights * (treated - p))[:, None] * x
    influence = score @ np.linalg.inv(information) * len(x) if usable else np.zeros_like(x)
    return Propensity(np.minimum(p, ALMOST_ONE), influence, usable)


def _regression(
    change: FloatArray, treated: FloatArray, x: FloatArray, weights: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return fitted changes (n,) and the influence (n, k) of every unit on the coefficients."""
    others = weights * (1 - treated)
    inverse = np.linalg.inv((x * others[:, None]).T @ x / len(x))
    fitted = x @ (inverse @ ((others * change) @ x / len(x)))
    return fitted, (others * (change - fitted))[:, None] * x @ inverse


def _weights(treated: FloatArray, weights: FloatArray, p: FloatArray) -> tuple[FloatArray, FloatArray]:
    kept = (treated == 1) | (p < TRIMMED)
    return weights * treated, np.where(kept, weights * p * (1 - treated) / (1 - p), 0.0)
