"""The coefficient of a treatment dummy at many assignments at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

CHUNK = 100_000


@dataclass(frozen=True, slots=True, eq=False)
class PreparedAssignments:
    """Moments from which every assignment's coefficient follows.

    Attributes
    ----------
    dates
        (C,) adoption dates that occur.
    cross
        (C, N) products of each unit's treatment column, were it treated at that date, with the outcome.
    gram
        (C, N, C, N) products of those columns with each other.
    """

    dates: FloatArray
    cross: FloatArray
    gram: FloatArray


def prepare_assignments(
    residualize: Callable[[FloatArray], FloatArray],
    outcome: FloatArray,
    weights: FloatArray,
    unit: IntArray,
    time: IntArray,
    dates: FloatArray,
) -> PreparedAssignments:
    """Residualize, for each unit and adoption date, the column that is one in the unit's treated rows.

    By Frisch, Waugh and Lovell an assignment's coefficient is ``s'c / s'Gs`` with ``s`` the indicator of who is
    treated when, so that nothing of the size of the panel is left to do per assignment.
    """
    dates = dates[np.isfinite(dates) & (dates <= time.max())]
    n_units = int(unit.max()) + 1
    own = unit[:, None] == np.arange(n_units)
    columns = np.concatenate([own & (time >= date)[:, None] for date in dates], axis=1).astype(float)
    within = residualize(columns)
    cross = within.T @ (weights * outcome)
    gram = within.T @ (weights[:, None] * columns)
    shape = (len(dates), n_units)
    return PreparedAssignments(dates, cross.reshape(shape), gram.reshape(*shape, *shape))


def assignment_effects(prepared: PreparedAssignments, cohorts: FloatArray) -> FloatArray:
    """Return the (B,) coefficients of (B, N) first treated periods; NaN where nobody varies."""
    size = prepared.cross.size
    cross, gram = prepared.cross.ravel(), prepared.gram.reshape(size, size)
    effects = np.empty(len(cohorts))
    for start in range(0, len(cohorts), CHUNK):
        part = cohorts[start : start + CHUNK]
        chosen = np.concatenate([part == date for date in prepared.dates], axis=1).astype(float)
        quadratic = ((chosen @ gram) * chosen).sum(axis=1)
        usable = quadratic > 1e-10 * np.abs(np.diag(gram)).max()
        effects[start : start + CHUNK] = np.divide(
            chosen @ cross, quadratic, out=np.full(len(part), np.nan), where=usable
        )
    return effects
