"""Linear combinations of the coefficients of one estimate, and the joint test of several."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from yrdecon.core.estimate import FEW_TREATED, Estimate
from yrdecon.core.hypothesis import HypothesisTest
from yrdecon.core.options import is_number, is_whole
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
    given = weights if isinstance(weights, Mapping) else dict(enumerate(_listed("weights", weights)))
    if not set(given) <= set(range(k)) or (given is not weights and len(given) != k):
        raise DesignError(f"weights must fit the {k} coefficients, numbered 0 to {k - 1}; got {weights!r}")
    if not all(is_number(w) and np.isfinite(w) for w in given.values()):
        raise DesignError(f"weights={weights!r} must be finite numbers")
    row = np.array([float(given.get(position, 0.0)) for position in range(k)])
    return map_linearly(estimate, row[None, :], pd.DataFrame({"term": [str(term)]}))


def average(estimate: Estimate, first: int, last: int) -> Estimate:
    """Average the coefficients from one event time to another, each with equal weight, without excluded periods.

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
    chosen &= ~estimate.cells.get("excluded", pd.Series(False, index=estimate.cells.index)).to_numpy(dtype=bool)
    if not chosen.any():
        raise DesignError(f"all event times between {first} and {last} belong to excluded periods; choose others")
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
        If the positions are no coefficients, their covariance is not invertible, or it rests on too few treated
        clusters: with as many coefficients as treated clusters less one the test rejects a true null most of the time.

    Examples
    --------
    >>> from yrdecon.core.estimate import Estimate
    >>> rows = pd.DataFrame({"unit": ["a", "b"], "time": [1, 1], "cohort": [1.0, np.inf]})
    >>> cells = pd.DataFrame({"term": ["x", "z"]})
    >>> wald(Estimate(np.array([1.0, 2.0]), np.eye(2), cells, rows, "toy", "y", 2), [0, 1]).statistic
    2.5
    """
    chosen = _positions(estimate, positions)
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


def _listed(name: str, values: Any) -> list[Any]:
    if isinstance(values, str) or not isinstance(values, Iterable):
        raise DesignError(f"{name}={values!r} must be several values, such as [0, 1]")
    return list(values)


def _positions(estimate: Estimate, positions: Sequence[int]) -> NDArray[np.int64]:
    chosen, k = _listed("positions", positions), len(estimate.coef)
    if not chosen or len(set(chosen)) < len(chosen) or not all(is_whole(p) and 0 <= p < k for p in chosen):
        raise DesignError(f"positions={chosen} must be different coefficients, numbered 0 to {k - 1}")
    return np.array(chosen, dtype=np.int64)


def _within(estimate: Estimate, first: int, last: int) -> NDArray[np.bool_]:
    if not (is_number(first) and is_number(last)):
        raise DesignError(f"first={first!r} and last={last!r} must be event times, such as 0 and 3")
    if "event_time" not in estimate.cells:
        raise DesignError(f"{estimate.method} has no event times; use aggregate(estimate, None) or an event study")
    event_time = estimate.cells["event_time"].to_numpy(dtype=float)
    chosen = (event_time >= first) & (event_time <= last)
    if not chosen.any():
        raise DesignError(f"no event time lies between {first} and {last}; there are {event_time.astype(int).tolist()}")
    return np.asarray(chosen)
