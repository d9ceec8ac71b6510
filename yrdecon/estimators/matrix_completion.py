"""Matrix completion with a nuclear-norm penalty (Athey, Bayati, Doudchenko, Imbens and Khosravi)."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import numpy as np
import pandas as pd

from yrdecon.core.design import Design
from yrdecon.core.estimate import Estimate
from yrdecon.core.estimator import register
from yrdecon.core.options import is_number
from yrdecon.core.panel import Panel
from yrdecon.errors import DesignError
from yrdecon.estimators.counterfactual.completed import Grid, completed_estimate, draw_grid, prepared
from yrdecon.estimators.counterfactual.forward_validation import forward_validation
from yrdecon.kernels.lowrank import Shrinkage, largest_penalty

PENALTIES = 9
STEPS_PER_DECADE = 4
TOO_FEW = "the smallest without a low-rank part, as untreated rows are too few to choose"


def matrix_completion(panel: Panel, design: Design, *, penalty: float | Literal["auto"] = "auto") -> Estimate:
    """Predict treated rows by unit and time effects and a matrix of small nuclear norm, fitted on untreated rows.

    Effects and covariates are not penalized. The problem is convex and is solved to rounding.

    Parameters
    ----------
    penalty
        What every singular value of the low-rank part, divided by the number of cells of the matrix, is lowered by: the
        ``lambda`` of R's fect. ``"auto"`` chooses by `forward_validation` from nine values, four to a factor of ten,
        that go down from the smallest one at which the low-rank part is zero and the estimator is `imputation`.

    Returns
    -------
    An estimate with one cell per ``cohort`` and ``time`` and its ``size`` in rows, by which `aggregate` weights;
    ``aggregate(estimate, None)`` is the average over treated rows. Cells before treatment are residuals of the fit,
    not predictions, and shrink with the penalty. The covariance is NaN: infer with `permutation_test`. Frames:
    ``cross_validation`` (if automatic), ``factors``, ``loadings``, ``covariates``, ``path`` (means of each cell),
    ``counterfactual`` (every row) and ``unit_effects``, whose mean is the average over treated units. Unbalanced panels
    are used as they are; units and periods without untreated rows are left out and named.

    Raises
    ------
    DesignError
        If `penalty` is not a positive number, no treated row can be predicted, or the design has weights or effects,
        which this estimator does not take.
    EstimationError
        If the covariates are collinear with the fixed effects, or the penalty is too small to determine the fit.

    Notes
    -----
    All untreated rows are fitted, those of units treated later as well, whatever `Design.comparison`; with declared
    base periods no other period before the first treatment is. Excluded periods and those of a unit's anticipation take
    no part. Units treated throughout have no untreated row. Without a standard error `Design.cluster` plays no role.

    References
    ----------
    Athey, Bayati, Doudchenko, Imbens and Khosravi (2021), Journal of the American Statistical Association.

    Examples
    --------
    >>> rows = [(u, t, float(t >= g) + 0.5 * t, g) for u, g in (("a", 2), ("b", 3), ("c", np.inf)) for t in (1, 2, 3)]
    >>> panel = Panel.from_frame(pd.DataFrame(rows, columns=["u", "t", "y", "cohort"]), unit="u", time="t")
    >>> from yrdecon.estimators.aggregate import aggregate
    >>> aggregate(matrix_completion(panel, Design(outcome="y"), penalty=0.1), None).coef.round(6).tolist()
    [1.0]
    """
    _fail_if_penalty_is_not_positive(penalty)
    grid = draw_grid(panel, design, "matrix_completion", 0)
    if penalty == "auto":
        table = _compare(grid, design)
        value = float(table.loc[table["chosen"], "penalty"].iloc[0])
        frames = {"cross_validation": table}
        how = "chosen by forward validation" if table["folds"].iloc[0] else TOO_FEW
    else:
        value, frames, how = float(penalty), {}, "as asked for"
    shrinkage = Shrinkage(len(grid.sample.periods), value * grid.outcome.size)
    estimate = completed_estimate(grid, design, shrinkage, "matrix_completion", frames)
    rank = estimate.frames["factors"]["factor"].nunique()
    words = f"penalty {value:.4g}, {how}; the low-rank part has rank {rank}"
    return replace(estimate, notes=(*estimate.notes, words))


def _compare(grid: Grid, design: Design) -> pd.DataFrame:
    largest = largest_penalty(prepared(grid, design)) / grid.outcome.size
    penalties = largest * 10.0 ** (-np.arange(PENALTIES) / STEPS_PER_DECADE)
    rank = len(grid.sample.periods)
    table = forward_validation(grid, [Shrinkage(rank, p * grid.outcome.size) for p in penalties])
    table.insert(0, "penalty", penalties)
    return table


def _fail_if_penalty_is_not_positive(penalty: float | str) -> None:
    is_automatic = isinstance(penalty, str) and penalty == "auto"
    if not is_automatic and not (is_number(penalty) and 0 < penalty < np.inf):
        raise DesignError(f"penalty={penalty!r} must be 'auto' or a positive number")


register(matrix_completion)
