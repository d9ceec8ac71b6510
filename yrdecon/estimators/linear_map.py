"""Linear combinations of the coefficients of one estimate, and the joint test of several."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from yrdecon.core.estimate import FEW_TREATED, Estimate
from yrdecon.core.hypothesis import HypothesisTest
from yrdecon.errors import DesignError

FloatArray = NDArray[np.float64]


def lincom(estimate: Estimate, weights: Mapping[int, float] | Sequence[float], *, term: str = "lincom") -> Estimate:
    """Combine coefficients linearly, with their covariance.

    Parameters
    ----------
    weights
        One weight per coefficient, or a mapping from positions of coefficients to weights, the others being zero.
    term
        Label of the result.

    Raises
    ------
    DesignError
        If the weights do not fit the coefficients.

    Examples
    --------
    >>> from yrdecon.core.estimate import Estimate
    >>> rows = pd.DataFrame({"unit": ["a", "b"], "time": [1, 1], "cohort": [1.0, np.inf]})
    >>> both = Estimate(np.array([1.0, 3.0]), np.eye(2), pd.DataFrame({"term": ["x", "z"]}), rows, "toy", "y", 2)
    >>> lincom(both, {0: -1.0, 1: 1.0}).tidy()[["estimate", "std_error"]].round(4).values.tolist()
    [[2.0, 1.4142]]
    """
    k = len(estimate.coef)
    row = np.zeros(k)
    positions = dict(weights) if isinstance(weights, Mapping) else dict(enumerate(weights))
    wrong = [p for p in positions if not (isinstance(p, int | np.integer) and 0 <= p < k)]
    if wrong or (not isinstance(weights, Mapping) and len(positions) != k):
        raise DesignError(f"weights must fit the {k} coefficients, numbered 0 to {k - 1}; got {positions}")
    for position, weight in positions.items():
        row[position] = weight
    return map_linearly(estimate, row[None, :], pd.DataFrame({"term": [term]}))


def average(estimate: Estimate, first: int, last: int) -> Estimate:
    """Average the coefficients from one event time to another, each with equal weight.

    Raises
    ------
    DesignError
        If the estimate has no event times, or none in the range.

    Examples
    --------
    >>> from yrdecon.core.estimate import Estimate
    >>> rows = pd.DataFrame({"unit": ["a", "b"], "time": [1, 1], "cohort": [1.0, np.inf]})
    >>> cells = pd.DataFrame({"event_time": [0, 1]})
    >>> average(Estimate(np.array([1.0, 3.0]), np.eye(2), cells, rows, "toy", "y", 2), 0, 1).coef.tolist()
    [2.0]
    """
    chosen = _within(estimate, first, last)
    weights = chosen / chosen.sum()
    return map_linearly(estimate, weights[None, :], pd.DataFrame({"term": [f"average {first}..{last}"]}))


def event_window(estimate: Estimate, first: int, last: int) -> Estimate:
    """Keep the coefficients from one event time to another.

    Raises
    ------
    DesignError
        If the estimate has no event times, or none in the range.

    Examples
    --------
    >>> from yrdecon.core.estimate import Estimate
    >>> rows = pd.DataFrame({"unit": ["a", "b"], "time": [1, 1], "cohort": [1.0, np.inf]})
    >>> cells = pd.DataFrame({"event_time": [-1, 0, 1]})
    >>> event_window(Estimate(np.arange(3.0), np.eye(3), cells, rows, "toy", "y", 2), 0, 1).coef.tolist()
    [1.0, 2.0]
    """
    chosen = _within(estimate, first, last)
    return map_linearly(estimate, np.eye(len(chosen))[chosen], estimate.cells[chosen].reset_index(drop=True))


def wald(
    estimate: Estimate, positions: Sequence[int], *, null: str = "the coefficients are all zero"
) -> HypothesisTest:
    """Test that several coefficients are jointly zero, by the F form of the Wald test.

    Raises
    ------
    DesignError
        If the covariance of these coefficients is not invertible, or rests on too few treated clusters: with as many
        coefficients as treated clusters less one the test rejects a true null most of the time.

    Examples
    --------
    >>> from yrdecon.core.estimate import Estimate
    >>> rows = pd.DataFrame({"unit": ["a", "b"], "time": [1, 1], "cohort": [1.0, np.inf]})
    >>> cells = pd.DataFrame({"term": ["x", "z"]})
    >>> wald(Estimate(np.array([1.0, 2.0]), np.eye(2), cells, rows, "toy", "y", 2), [0, 1]).statistic
    2.5
    """
    chosen = np.asarray(positions, dtype=int)
    few = estimate.n_treated_clusters
    if few is not None and few < FEW_TREATED and len(chosen) >= few - 1:
        raise DesignError(
            f"a joint test of {len(chosen)} coefficients with {few} treated clusters rejects a true null "
            "most of the time; test fewer coefficients, or use a permutation test"
        )
    vcov = estimate.vcov[np.ix_(chosen, chosen)]
    if not np.isfinite(vcov).all() or np.linalg.matrix_rank(vcov) < len(chosen):
        raise DesignError("the covariance of these coefficients is not invertible; leave out reference periods")
    statistic = float(estimate.coef[chosen] @ np.linalg.solve(vcov, estimate.coef[chosen])) / len(chosen)
    dof = float(np.min(np.broadcast_to(estimate.dof, len(estimate.coef))[chosen]))
    p_value = (
        stats.f.sf(statistic, len(chosen), dof)
        if np.isfinite(dof)
        else stats.chi2.sf(statistic * len(chosen), len(chosen))
    )
    return HypothesisTest(
        name=f"Wald F({len(chosen)}, {dof:g})", statistic=statistic, p_value=float(p_value), null=null
    )


def map_linearly(estimate: Estimate, matrix: FloatArray, cells: pd.DataFrame) -> Estimate:
    """Return the estimate of ``matrix @ coef`` with new cells; covariance and influence follow.

    Where coefficients differ in their degrees of freedom a combination takes the smallest of its parts; combine first
    and call `cluster_robust` on the result for its own.
    """
    linear = estimate.linear
    return replace(
        estimate,
        coef=matrix @ estimate.coef,
        vcov=matrix @ estimate.vcov @ matrix.T,
        cells=cells,
        dof=_smallest_dof(estimate.dof, matrix),
        influence=None if estimate.influence is None else estimate.influence @ matrix.T,
        linear=None if linear is None else replace(linear, transform=matrix @ linear.transform),
    )


def _smallest_dof(dof: float | FloatArray, matrix: FloatArray) -> float | FloatArray:
    if not isinstance(dof, np.ndarray):
        return dof
    return np.asarray(np.where(matrix != 0, dof, np.inf).min(axis=1))


def _within(estimate: Estimate, first: int, last: int) -> NDArray[np.bool_]:
    if "event_time" not in estimate.cells:
        raise DesignError(f"{estimate.method} has no event times; use aggregate(estimate, None) or an event study")
    event_time = estimate.cells["event_time"].to_numpy(dtype=float)
    chosen = (event_time >= first) & (event_time <= last)
    if not chosen.any():
        raise DesignError(f"no event time lies between {first} and {last}; there are {event_time.astype(int).tolist()}")
    return np.asarray(chosen)
