"""The coefficient of a treatment dummy at many assignments at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

CHUNK = 100_000
CELLS = 400_000
VANISHING = 1e-10
RANK = 1e-12


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


@dataclass(frozen=True, slots=True, eq=False)
class PreparedErrors:
    """Residualized columns from which every assignment's clustered standard error follows.

    Attributes
    ----------
    dates
        (C,) adoption dates that occur.
    within
        (m, C N) rows whose cross-products within clusters are those of the residualized treatment columns of each date
        and unit, times the roots of the weights; few, because these columns have low rank within a cluster.
    scores
        (G, C N) products of those columns with the weighted residualized outcome, summed within clusters.
    starts
        (G,) first of these rows in each cluster.
    """

    dates: FloatArray
    within: FloatArray
    scores: FloatArray
    starts: IntArray


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
    dates, columns = _treatment_columns(unit, time, dates)
    within = residualize(columns)
    cross = within.T @ (weights * outcome)
    gram = within.T @ (weights[:, None] * columns)
    shape = (len(dates), int(unit.max()) + 1)
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
        usable = quadratic > VANISHING * np.abs(np.diag(gram)).max()
        effects[start : start + CHUNK] = np.divide(
            chosen @ cross, quadratic, out=np.full(len(part), np.nan), where=usable
        )
    return effects


def outcome_effects(
    prepared: PreparedAssignments,
    residuals: FloatArray,
    weights: FloatArray,
    unit: IntArray,
    time: IntArray,
    cohorts: FloatArray,
) -> FloatArray:
    """Return the (S, B) coefficients of (n, S) residualized outcomes at (B, N) first treated periods.

    Residualizing is a projection, so that it suffices to do it to the outcomes.
    """
    columns = _treatment_columns(unit, time, prepared.dates)[1]
    size = prepared.cross.size
    gram = prepared.gram.reshape(size, size)
    chosen = np.concatenate([cohorts == date for date in prepared.dates], axis=1).astype(float)
    quadratic = ((chosen @ gram) * chosen).sum(axis=1)
    usable = quadratic > VANISHING * np.abs(np.diag(gram)).max()
    cross = columns.T @ (weights[:, None] * residuals)
    return np.asarray((chosen @ cross).T / np.where(usable, quadratic, np.nan))


def prepare_errors(
    residualize: Callable[[FloatArray], FloatArray],
    outcome: FloatArray,
    weights: FloatArray,
    unit: IntArray,
    time: IntArray,
    dates: FloatArray,
    cluster: IntArray,
) -> PreparedErrors:
    """Residualize the treatment columns of `prepare_assignments` and the outcome, and sort the rows by (n,) cluster."""
    dates, columns = _treatment_columns(unit, time, dates)
    order = np.argsort(cluster, kind="stable")
    root = np.sqrt(weights[order])[:, None]
    within, y = root * residualize(columns)[order], root * residualize(outcome[:, None])[order]
    starts = np.flatnonzero(np.diff(cluster[order], prepend=-1))
    smallest = RANK * float(np.sqrt((within**2).sum(axis=0).max()))
    rows = [_compressed(part, smallest) for part in np.split(within, starts[1:])]
    first = np.cumsum([0, *(len(part) for part in rows[:-1])]).astype(np.int64)
    return PreparedErrors(dates, np.concatenate(rows), np.add.reduceat(within * y, starts), first)


def assignment_errors(prepared: PreparedErrors, cohorts: FloatArray) -> FloatArray:
    """Return the (B,) clustered standard errors of (B, N) first treated periods, without small-sample factor.

    Liang and Zeger (1986) for the one coefficient of each assignment; NaN where nobody varies. The score of a cluster
    is the product of regressor and outcome less the coefficient times the square of the regressor, summed.
    """
    step = max(1, CELLS // len(prepared.within))
    least = VANISHING * (prepared.within**2).sum(axis=0).max()
    errors = np.empty(len(cohorts))
    for start in range(0, len(cohorts), step):
        part = cohorts[start : start + step]
        chosen = np.concatenate([part == date for date in prepared.dates], axis=1).astype(float).T
        masses = np.add.reduceat((prepared.within @ chosen) ** 2, prepared.starts)
        mass = masses.sum(axis=0)
        safe = np.where(mass > least, mass, np.nan)
        scores = prepared.scores @ chosen
        scores -= scores.sum(axis=0) / safe * masses
        errors[start : start + step] = np.sqrt((scores**2).sum(axis=0)) / safe
    return errors


def _compressed(rows: FloatArray, smallest: float) -> FloatArray:
    """Return as few rows as possible, one at least, with the cross-products of the given ones."""
    _, size, directions = np.linalg.svd(rows, full_matrices=False)
    kept = max(1, int((size > smallest).sum()))
    return np.asarray(size[:kept, None] * directions[:kept])


def _treatment_columns(unit: IntArray, time: IntArray, dates: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the (C,) dates that occur and the (n, C N) columns that are one in a unit's rows from a date on."""
    dates = dates[np.isfinite(dates) & (dates <= time.max())]
    own = unit[:, None] == np.arange(int(unit.max()) + 1)
    return dates, np.concatenate([own & (time >= date)[:, None] for date in dates], axis=1).astype(float)
