"""Interactive fixed effects, fitted on untreated rows (Bai; Xu)."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import numpy as np
import pandas as pd

from yrdecon.core.design import Design
from yrdecon.core.estimate import Estimate
from yrdecon.core.estimator import register
from yrdecon.core.options import is_whole
from yrdecon.core.panel import Panel
from yrdecon.errors import DesignError
from yrdecon.estimators.counterfactual.completed import Grid, completed_estimate, draw_grid
from yrdecon.estimators.counterfactual.forward_validation import forward_validation
from yrdecon.kernels.lowrank import Shrinkage

MOST_FACTORS = 3
ROWS_PER_PARAMETER = 3
TOO_FEW = "as untreated rows are too few to compare more"


def interactive_fe(panel: Panel, design: Design, *, factors: int | Literal["auto"] = "auto") -> Estimate:
    """Predict treated rows by unit and time effects and factors with unit-specific loadings, fitted on untreated rows.

    Untreated rows of treated units take part in the fit (the EM estimator). With zero factors it is `imputation`.
    Least squares with factors can have local minima; the search starts from the additive fit.

    Parameters
    ----------
    factors
        Number of factors, or ``"auto"``: chosen by `forward_validation` among zero to three, as far as every treated
        unit has three untreated rows for each of its r + 1 coefficients. Give a number for permutation tests, where
        it should not change with the assignment; if some assignment leaves the factors undetermined, the convex
        problem of `matrix_completion` does not.

    Returns
    -------
    An estimate with one cell per ``cohort`` and ``time`` and its ``size`` in rows, by which `aggregate` weights;
    ``aggregate(estimate, None)`` is the average over treated rows. Cells before treatment are residuals of the fit,
    not predictions, and shrink as factors are added. The covariance is NaN: infer with `permutation_test`.
    Frames: ``cross_validation`` (if automatic), ``factors``, ``loadings``, ``covariates``, ``path`` (means of each
    cell), ``counterfactual`` (every row) and ``unit_effects``, whose mean is the average over treated units. Unbalanced
    panels are used as they are; units and periods with fewer than r + 1 untreated rows are left out and named.

    Raises
    ------
    DesignError
        If `factors` is not a whole number, nothing treated can be predicted with so many, or the design has weights or
        effects, which this estimator does not take.
    EstimationError
        If the covariates are collinear with the fixed effects, or the untreated rows do not determine the factors.

    Notes
    -----
    All untreated rows are fitted, those of units treated later as well, whatever `Design.comparison`; with declared
    base periods no other period before the first treatment is. Excluded periods and those of a unit's anticipation take
    no part. Units treated throughout have no untreated row. Without a standard error `Design.cluster` plays no role.

    References
    ----------
    Bai (2009), Econometrica; Xu (2017), Political Analysis; Liu, Wang and Xu (2024), AJPS.

    Examples
    --------
    >>> gdp = {"a": (1, 2, 4, 3, 9), "b": (0, 1, 3, 2, 3), "c": (2, 5, 11, 8, 11), "d": (1, 3, 7, 5, 7)}
    >>> rows = [(u, t, v, 5.0 if u == "a" else np.inf) for u, values in gdp.items() for t, v in enumerate(values, 1)]
    >>> panel = Panel.from_frame(pd.DataFrame(rows, columns=["u", "t", "y", "cohort"]), unit="u", time="t")
    >>> from yrdecon.estimators.aggregate import aggregate
    >>> aggregate(interactive_fe(panel, Design(outcome="y"), factors=1), None).coef.round(6).tolist()
    [5.0]
    """
    _fail_if_factors_are_no_number(factors)
    if factors == "auto":
        table = _compare(draw_grid(panel, design, "interactive_fe", 0), panel, design)
        number = int(table.loc[table["chosen"], "factors"].iloc[0])
        frames = {"cross_validation": table}
        compared = len(table) > 1 and table["folds"].iloc[0] > 0
        how = f"chosen by forward validation among 0 to {len(table) - 1}" if compared else TOO_FEW
    else:
        number, frames, how = int(factors), {}, "as asked for"
    grid = draw_grid(panel, design, "interactive_fe", number)
    estimate = completed_estimate(grid, design, Shrinkage(number, 0.0), "interactive_fe", frames)
    words = f"{number} factor{'' if number == 1 else 's'}, {how}"
    return replace(estimate, notes=(*estimate.notes, words, *_note_on_few_rows(grid, number)))


def _compare(grid: Grid, panel: Panel, design: Design) -> pd.DataFrame:
    rows_of_period = int(grid.untreated.sum(axis=0).min())
    most = max(min(MOST_FACTORS, grid.fewest_before // ROWS_PER_PARAMETER - 1, rows_of_period - 2), 0)
    grid = draw_grid(panel, design, "interactive_fe", most) if most else grid
    table = forward_validation(grid, [Shrinkage(r, 0.0) for r in range(most + 1)])
    table.insert(0, "factors", np.arange(most + 1))
    return table


def _note_on_few_rows(grid: Grid, number: int) -> tuple[str, ...]:
    advised = ROWS_PER_PARAMETER * (number + 1)
    if number == 0 or grid.fewest_before >= advised:
        return ()
    return (f"a treated unit has only {grid.fewest_before} untreated rows; {advised} or more are advised",)


def _fail_if_factors_are_no_number(factors: int | str) -> None:
    is_automatic = isinstance(factors, str) and factors == "auto"
    if not is_automatic and not (is_whole(factors) and factors >= 0):
        raise DesignError(f"factors={factors!r} must be 'auto' or a whole number of factors, 0 or more")


register(interactive_fe)
