"""The half-panel jackknife of a regression with fixed effects (Dhaene and Jochmans 2015)."""

from __future__ import annotations

from types import MappingProxyType

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from yrdecon.core.estimate import Estimate
from yrdecon.core.labels import codes_of
from yrdecon.core.names import some_of
from yrdecon.errors import EstimationError
from yrdecon.estimators.panels.data import Regression, take
from yrdecon.estimators.panels.least_squares import fit_regression
from yrdecon.estimators.regression.small_sample import cluster_factor
from yrdecon.kernels.sandwich import cluster_covariance

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

LEAST = 4


def jackknife_halves(data: Regression, method: str) -> Estimate:
    """Subtract from twice the estimate the mean of the estimates in the first and the second half of every unit.

    Rows of a unit are split by time into two halves; where some unit has an odd number of rows, the middle row is once
    in the first and once in the second half, and both splits count half. Units with fewer than four rows are left out.

    Notes
    -----
    The influence of a row adds up what it has in each of the regressions, so that errors know the noise that the halves
    bring. Residuals are those of each regression: at the corrected coefficients (Chudik, Pesaran and Yang 2018) the
    errors would not know that the bias of a half varies with its regressors, and be too small with few periods.

    Raises
    ------
    EstimationError
        If no unit has four rows, or a half does not identify every coefficient.
    """
    data, note = _long_enough(data)
    whole = fit_regression(data, method)
    coef, influence = 2.0 * whole.coef, 2.0 * np.asarray(whole.influence)
    for rows, weight in _halves(data):
        half = fit_regression(take(data, rows), method)
        _fail_if_terms_are_lost(whole, half)
        coef = coef - weight * half.coef
        influence[rows] -= weight * np.asarray(half.influence)
    effects = whole.linear.effects if whole.linear else ()
    rule = cluster_factor(data.units, "unit", effects, len(coef), "fixest")
    return Estimate(
        coef=coef,
        vcov=rule.factor * cluster_covariance(influence, codes_of(data.units["unit"])),
        cells=whole.cells,
        units=data.units,
        method=method,
        outcome=data.outcome_name,
        n_obs=whole.n_obs,
        influence=influence,
        frames=MappingProxyType({"effects": pd.DataFrame({"effect": effects})}),
        cluster="unit",
        dof=rule.dof,
        small_sample=rule.words,
        notes=(*whole.notes, *note),
    )


def _long_enough(data: Regression) -> tuple[Regression, tuple[str, ...]]:
    codes = codes_of(data.units["unit"])
    kept = np.bincount(codes)[codes] >= LEAST
    if not kept.any():
        raise EstimationError(f"no unit has the {LEAST} rows that two halves need; take fewer lags or more periods")
    if kept.all():
        return data, ()
    names = pd.unique(data.units.loc[~kept, "unit"]).tolist()
    return take(data, kept), (f"{len(names)} units left out with fewer than {LEAST} rows: {some_of(map(str, names))}",)


def _halves(data: Regression) -> list[tuple[BoolArray, float]]:
    """Return masks of halves with their weights, which sum to one."""
    unit, time = codes_of(data.units["unit"]), data.units["time"].to_numpy(dtype=np.int64)
    order = np.lexsort((time, unit))
    position = np.empty(len(unit), dtype=np.int64)
    sizes = np.bincount(unit)
    position[order] = np.arange(len(unit)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    firsts = [position < sizes[unit] // 2, position < (sizes[unit] + 1) // 2]
    firsts = firsts[:1] if (sizes % 2 == 0).all() else firsts
    return [(half, 0.5 / len(firsts)) for first in firsts for half in (first, ~first)]


def _fail_if_terms_are_lost(whole: Estimate, half: Estimate) -> None:
    lost = sorted(set(whole.cells["term"]) - set(half.cells["term"]))
    if lost:
        raise EstimationError(f"{lost} do not vary in one half of the periods; leave them out, or the jackknife")
