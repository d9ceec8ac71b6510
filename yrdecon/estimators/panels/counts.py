"""A Poisson regression whose treatment column is still open."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from yrdecon.core.names import some_of
from yrdecon.core.panel import Panel
from yrdecon.errors import DesignError, EstimationError
from yrdecon.estimators.panels.columns import INTERCEPT
from yrdecon.estimators.panels.data import Regression, draw_regression
from yrdecon.estimators.panels.formula import parse_formula
from yrdecon.estimators.panels.least_squares import Residuals, finest_effects, identified
from yrdecon.estimators.panels.separation import absorption_of, without_separated
from yrdecon.kernels.absorption import Absorption, residuals_of
from yrdecon.kernels.count_models import PoissonWithin, poisson_within

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class OpenCounts:
    """A Poisson regression without one of its columns.

    Attributes
    ----------
    data
        The rows, with the column among the regressors; zeros that effects and other columns set apart are left out.
    absorption
        Its effects.
    controls
        (n, k) the other regressors that are identified.
    """

    data: Regression
    absorption: Absorption
    controls: FloatArray


def open_counts(panel: Panel, formula: str, term: str) -> OpenCounts:
    """Prepare a Poisson regression without one of its columns.

    Raises
    ------
    DesignError
        If the formula has no such column, or an outcome is negative.
    """
    drawn = draw_regression(panel, parse_formula(formula), None, ())
    fail_if_no_counts(drawn)
    if term not in drawn.regressors:
        raise DesignError(f"term={term!r} is no regressor of {formula!r}; it has {drawn.regressors.columns.tolist()}")
    rest = [c for c in drawn.regressors if c != term]
    data = without_separated(drawn, rest)
    absorption = absorption_of(data)
    if not [c for c in rest if c != INTERCEPT or not data.effects]:
        return OpenCounts(data, absorption, np.empty((len(data.outcome), 0)))
    found = identified_columns(replace(data, regressors=data.regressors[rest]), absorption)
    return OpenCounts(data, absorption, found.regressors.to_numpy(dtype=float))


def fit_open_counts(counts: OpenCounts, columns: FloatArray, start: FloatArray | None = None) -> PoissonWithin:
    """Fit with (n, c) columns before the other regressors, from (n,) logs of means to start from."""
    data = counts.data
    x = np.column_stack([columns, counts.controls])
    return poisson_within(counts.absorption, data.outcome, x, data.weights, data.offset, start)


def identified_columns(data: Regression, absorption: Absorption) -> Residuals:
    """Remove the effects from the regressors, and leave out those that are not identified."""
    return identified(data, data.regressors, finest_effects(data), lambda x: residuals_of(absorption, data.weights, x))


def fail_if_no_counts(data: Regression) -> None:
    """Refuse instruments, negative outcomes and outcomes that are zero everywhere.

    Raises
    ------
    DesignError
        Naming the rows.
    EstimationError
        If no outcome is positive.
    """
    if data.is_instrumented:
        raise DesignError("a count regression takes no instruments; drop the part 'endogenous ~ instruments'")
    negative = data.outcome < 0
    if negative.any():
        rows = data.units.loc[negative, ["unit", "time"]].itertuples(index=False)
        raise DesignError(
            f"the outcome {data.outcome_name!r} is negative in {int(negative.sum())} rows, "
            f"{some_of(f'{u} {t}' for u, t in rows)}; a count or flow is zero or more, for other outcomes take "
            "panel_regression"
        )
    if not data.outcome.any():
        raise EstimationError(f"the outcome {data.outcome_name!r} is zero in every row; nothing can be estimated")
