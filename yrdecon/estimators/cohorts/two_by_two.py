"""One two-by-two comparison, by the best method that its data support."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from yrdecon.kernels import cross_sections, two_by_two
from yrdecon.kernels.cross_sections import Levels
from yrdecon.kernels.propensity import TRIMMED, Propensity, logit, tilting
from yrdecon.kernels.two_by_two import Changes, TwoByTwo

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
Method = Literal["dr", "dr_improved", "ipw", "reg"]

AS_ASKED = "as asked"
COLLINEAR = "the covariates are collinear among comparison units, estimated without them"
SEPARATED = "the covariates separate treated from comparison units, outcome regression instead"
FEW_TREATED_ROWS = "the covariates are collinear among treated units of one period, outcome regression instead"

_LOGISTIC: dict[str, Callable[[FloatArray, FloatArray, FloatArray], Propensity]] = {
    "ipw": logit,
    "dr": logit,
    "dr_improved": tilting,
}


@dataclass(frozen=True, eq=False)
class Compared:
    """An effect with its influence, the method that gave it, and why it is not the one asked for.

    Attributes
    ----------
    effect
        Effect on the treated.
    influence
        (n,) influence of every row, of mean zero.
    method
        The method asked for, ``"reg"``, or ``"unconditional"`` without covariates.
    reason
        ``"as asked"``, or what was wrong with the method asked for.
    """

    effect: float
    influence: FloatArray
    method: str
    reason: str


def compare(rows: Changes | Levels, method: Method) -> Compared:
    """Compare treated with other units, falling back from weighting to regression to no covariates.

    Parameters
    ----------
    rows
        At least one row of each group, in each period if there are two.

    Notes
    -----
    Covariates are standardized first, which changes no method and spares the linear algebra their units. A method is
    given up before it is tried where a regression lacks rank, and where fitted odds do not exist or are not bounded.
    """
    rows = replace(rows, x=_standardized(rows.x), weights=rows.weights / rows.weights.mean())
    if rows.x.shape[1] == 1:
        return _compared(_by_regression(rows), "unconditional", AS_ASKED)
    if _lacks_rank(rows.x, _groups(rows, 0)):
        return _compared(_by_regression(replace(rows, x=rows.x[:, :1])), "unconditional", COLLINEAR)
    if method == "reg":
        return _compared(_by_regression(rows), "reg", AS_ASKED)
    if method != "ipw" and isinstance(rows, Levels) and _lacks_rank(rows.x, _groups(rows, 1)):
        return _compared(_by_regression(rows), "reg", FEW_TREATED_ROWS)
    fit = _LOGISTIC[method](rows.treated, rows.x, rows.weights)
    kept = fit.probability < TRIMMED
    if not fit.usable or _lacks_rank(rows.x, [group & kept for group in _groups(rows, 0)]):
        return _compared(_by_regression(rows), "reg", SEPARATED)
    return _compared(_by_odds(rows, method, fit), method, AS_ASKED)


def _compared(part: TwoByTwo, method: str, reason: str) -> Compared:
    return Compared(part.effect, part.influence, method, reason)


def _by_regression(rows: Changes | Levels) -> TwoByTwo:
    if isinstance(rows, Levels):
        return cross_sections.outcome_regression(rows)
    return two_by_two.outcome_regression(rows)


def _by_odds(rows: Changes | Levels, method: Method, fit: Propensity) -> TwoByTwo:
    if isinstance(rows, Levels):
        of_levels = {
            "ipw": cross_sections.inverse_probability,
            "dr": cross_sections.doubly_robust,
            "dr_improved": cross_sections.improved_doubly_robust,
        }
        return of_levels[method](rows, fit)
    of_changes = {
        "ipw": two_by_two.inverse_probability,
        "dr": two_by_two.doubly_robust,
        "dr_improved": two_by_two.improved_doubly_robust,
    }
    return of_changes[method](rows, fit)


def _groups(rows: Changes | Levels, treated: int) -> list[BoolArray]:
    """Return the rows of each regression among the treated (1) or the others (0)."""
    group = rows.treated == treated
    if isinstance(rows, Levels):
        return [group & (rows.later == 0), group & (rows.later == 1)]
    return [group]


def _lacks_rank(x: FloatArray, groups: list[BoolArray]) -> bool:
    return any(np.linalg.matrix_rank(x[group]) < x.shape[1] for group in groups)


def _standardized(x: FloatArray) -> FloatArray:
    """Center and scale all columns but the first, the constant; a column without variation becomes zero."""
    if x.shape[1] == 1:
        return x
    deviation = x[:, 1:] - x[:, 1:].mean(axis=0)
    scale = np.sqrt((deviation**2).mean(axis=0))
    flat = scale <= 1e-12 * np.abs(x[:, 1:]).max(axis=0, initial=0.0)
    return np.column_stack([x[:, 0], np.where(flat, 0.0, deviation / np.where(flat, 1.0, scale))])
