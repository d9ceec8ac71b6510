"""Fixed effects, varying slopes and covariates that are projected out of columns."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from yrdecon.core.design import parse_effect
from yrdecon.core.labels import codes_of, levels_of
from yrdecon.errors import EstimationError
from yrdecon.kernels.ols import dependent_columns
from yrdecon.kernels.sandwich import is_nested
from yrdecon.kernels.within import prepare_fixed_effects, project_out

FloatArray = NDArray[np.float64]
Residualize = Callable[[FloatArray], FloatArray]


def without_nested(units: pd.DataFrame, effects: Iterable[str]) -> tuple[str, ...]:
    """Return effects without those that a finer one contains, such as year beside province^year."""
    named = tuple(dict.fromkeys(effects))
    codes = {e: codes_of(units[e]) for e in named}
    kept: list[str] = []
    for i, effect in enumerate(named):
        finer = [f for j, f in enumerate(named) if f != effect and is_nested(codes[f], codes[effect])]
        twins = [f for f in finer if is_nested(codes[effect], codes[f])]
        if not [f for f in finer if f not in twins] and not any(t in kept for t in twins if named.index(t) < i):
            kept.append(effect)
    return tuple(kept)


def remover(units: pd.DataFrame, effects: Sequence[str], slopes: FloatArray, weights: FloatArray) -> Residualize:
    """Return a function that removes fixed effects and varying slopes from (n, k) columns.

    Parameters
    ----------
    effects
        Columns of `units`, and slopes such as ``unit[year]``; none removes nothing.
    slopes
        (n, s) variables of the slopes, in their order.
    """
    codes = [codes_of(units[e]) for e in effects if not parse_effect(e).slope]
    levels = [codes_of(units[levels_of(e)]) for e in effects if parse_effect(e).slope]
    if not codes:
        return lambda x: x
    absorbed = prepare_fixed_effects(codes, weights, list(zip(levels, slopes.T, strict=True)))
    return lambda x: project_out(absorbed, x)


def with_covariates(
    remove: Residualize, covariates: FloatArray, names: Sequence[str], weights: FloatArray
) -> Residualize:
    """Return a function that also removes (n, c) covariates.

    Raises
    ------
    EstimationError
        If a covariate is collinear with the effects or with the others.
    """
    if covariates.shape[1] == 0:
        return remove
    within = remove(covariates)
    scale = np.sqrt((weights[:, None] * covariates**2).sum(axis=0))
    dependent = dependent_columns(within, scale, weights)
    if dependent:
        raise EstimationError(
            f"covariates {[names[j] for j in dependent]} are collinear with the fixed effects or with each "
            "other; drop them, or interact one that is constant within units with time"
        )
    root = np.sqrt(weights)[:, None]
    q = np.linalg.qr(root * within)[0]
    slopes = np.linalg.lstsq(root * within, q, rcond=None)[0]

    def remove_both(x: FloatArray) -> FloatArray:
        centered = remove(x)
        return np.asarray(centered - within @ (slopes @ (q.T @ (root * centered))))

    return remove_both
