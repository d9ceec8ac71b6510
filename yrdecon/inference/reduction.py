"""The regression of an estimate in the form that cluster-robust covariances and bootstraps need."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from yrdecon.core.design import parse_effect
from yrdecon.core.estimate import Estimate, LinearFit
from yrdecon.core.labels import levels_of
from yrdecon.errors import DesignError
from yrdecon.kernels.clustered import ClusteredFit, reduce_fit
from yrdecon.kernels.sandwich import is_nested
from yrdecon.kernels.within import prepare_fixed_effects, standardized

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


def cluster_codes(estimate: Estimate, by: str) -> IntArray:
    """Return (n,) codes 0, 1, ... of the clusters of the rows.

    Raises
    ------
    DesignError
        If the column does not label the rows, misses values, or has one level only.
    """
    if by not in estimate.units.columns:
        raise DesignError(f"no column {by!r} labels the rows; choose one of {estimate.units.columns.tolist()}")
    codes, levels = pd.factorize(estimate.units[by])
    if (codes < 0).any():
        raise DesignError(f"column {by!r} is missing in {int((codes < 0).sum())} rows; fill it or leave them out")
    if len(levels) < 2:
        raise DesignError(f"column {by!r} has one level only; clustered errors need two clusters or more")
    return np.asarray(codes, dtype=np.int64)


def linear_fit(estimate: Estimate) -> LinearFit:
    """Return the regression behind an estimate.

    Raises
    ------
    DesignError
        If it is not a least-squares estimate, or its residuals are all zero.
    """
    linear = estimate.linear
    if linear is None:
        raise DesignError(
            f"{estimate.method} is not one least-squares regression; use cluster_robust with kind='CR1' "
            "where it has an influence function, or permutation_test"
        )
    if not linear.residuals.any():
        raise DesignError(f"{estimate.outcome!r} is fitted without error, so nothing is left to infer from; check it")
    return linear


def fail_if_instrumented(estimate: Estimate, what: str) -> None:
    """Refuse what needs the leverage or the bootstrap of an ordinary regression.

    Raises
    ------
    DesignError
        If regressors of the estimate are instrumented, or it maximizes another likelihood.
    """
    if estimate.linear is not None and estimate.linear.is_reweighted:
        raise DesignError(
            f"{what} is for ordinary least squares; after {estimate.method} take cluster_robust with kind='CR1', or "
            "node_jackknife for pairs of places"
        )
    if estimate.linear is not None and estimate.linear.is_instrumented:
        raise DesignError(
            f"{what} is for ordinary least squares; with instruments take cluster_robust with kind='CR1', and the "
            "interval in frames['anderson_rubin']"
        )


def fit_by_cluster(estimate: Estimate, codes: IntArray) -> ClusteredFit:
    """Project out what lies within clusters and find coordinates for the rest."""
    linear = linear_fit(estimate)
    fixed, slopes, columns = [], [], [linear.covariates]
    for levels, values in _effects(estimate, linear):
        if not is_nested(levels, codes):
            columns.append(_dummies(levels, values))
        elif values is None:
            fixed.append(levels)
        else:
            slopes.append((levels, values))
    if not fixed:
        columns += [_dummies(levels, values) for levels, values in slopes]
    nested = prepare_fixed_effects(fixed, linear.weights, slopes) if fixed else None
    absorbed = np.concatenate(columns, axis=1)
    return reduce_fit(linear.regressors, linear.residuals, linear.transform, absorbed, nested, linear.weights, codes)


def _effects(estimate: Estimate, linear: LinearFit) -> Iterator[tuple[IntArray, FloatArray | None]]:
    """Go through the absorbed effects: their levels, and the variable of a varying slope."""
    slopes = iter(linear.slopes.T)
    for effect in linear.effects:
        levels = pd.factorize(estimate.units[levels_of(effect)])[0].astype(np.int64)
        yield levels, (standardized(next(slopes)) if parse_effect(effect).slope else None)


def _dummies(levels: IntArray, values: FloatArray | None) -> FloatArray:
    dummies = (levels[:, None] == np.arange(levels.max() + 1)).astype(float)
    return np.asarray(dummies if values is None else dummies * values[:, None])
