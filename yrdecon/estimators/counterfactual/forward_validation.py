"""Choose how much of a matrix is of low rank by predicting the last untreated periods of treated units."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from yrdecon.estimators.counterfactual.completed import Grid
from yrdecon.kernels.lowrank import Shrinkage, validation_errors

BoolArray = NDArray[np.bool_]

HORIZON = 3


def forward_validation(grid: Grid, shrinkages: Sequence[Shrinkage]) -> pd.DataFrame:
    """Compare shrinkages, listed from the simplest, by how well they predict treated units before treatment.

    Fold k hides the last k untreated rows of every treated unit and scores the predictions of the first three of
    them; k grows until half of the rows of the shortest unit are hidden. Nothing after a scored row is seen of its
    unit, as nothing untreated is seen after treatment, and no seed is needed. A fold that leaves a period with too few
    rows for the largest rank of a factor model is passed over.

    Returns
    -------
    One row per shrinkage: mean over folds of the mean squared error, its standard error, the number of folds, and
    whether it is the chosen one: the simplest within one standard error of the best. Without a fold the first is
    chosen and errors are NaN.

    References
    ----------
    Breiman, Friedman, Olshen and Stone (1984), Classification and Regression Trees, section 3.4.3.
    """
    rank = max((s.rank for s in shrinkages if s.penalty == 0), default=0)
    folds = _folds(grid, rank)
    errors = validation_errors(grid.outcome, grid.untreated, grid.covariates, folds, shrinkages)
    count = len(folds)
    mean = np.full(len(shrinkages), np.nan)
    spread, chosen = mean.copy(), 0
    if count:
        mean = np.asarray(errors.mean(axis=0), dtype=float)
        finite = np.isfinite(mean)
        if count > 1:
            spread[finite] = np.std(errors[:, finite], axis=0, ddof=1) / np.sqrt(count)
        best = int(mean.argmin())
        chosen = int(np.argmax(mean <= mean[best] + np.nan_to_num(spread[best])))
    return pd.DataFrame(
        {
            "mean_squared_error": mean,
            "std_error": spread,
            "folds": count,
            "chosen": np.arange(len(shrinkages)) == chosen,
        }
    )


def _folds(grid: Grid, rank: int) -> list[tuple[BoolArray, BoolArray]]:
    own = np.any(grid.treated, axis=1, keepdims=True) & grid.untreated
    from_the_end = np.fliplr(np.cumsum(np.fliplr(grid.untreated), axis=1))
    fewest = grid.fewest_before
    folds = []
    for count in range(1, fewest - max(fewest // 2, 1) + 1):
        hide = own & (from_the_end <= count)
        if ((grid.untreated & ~hide).sum(axis=0) > rank).all():
            folds.append((hide, hide & (from_the_end > count - HORIZON)))
    return folds
