"""Who borders on whom, and matrices of weights that a user brings."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from yrdecon.core.names import some_of
from yrdecon.core.resources import data_path
from yrdecon.errors import DesignError
from yrdecon.kernels.weights import border_weights

FloatArray = NDArray[np.float64]


@lru_cache(maxsize=1)
def delta_borders() -> pd.DataFrame:
    """Return the pairs of codes of the 41 cities of the Yangtze River Delta that share a border, once each.

    Examples
    --------
    >>> len(delta_borders())
    101
    """
    path = data_path("raw/places/yrd41_adjacency.csv")
    return pd.read_csv(path, dtype={"code_a": "str", "code_b": "str"})[["code_a", "code_b"]]


def shipped_neighbors(units: pd.Index[Any]) -> pd.DataFrame:
    """Return the shipped borders between the units.

    Raises
    ------
    DesignError
        If some units are none of the 41 cities.
    """
    pairs = delta_borders()
    unknown = [u for u in units if str(u) not in set(pairs.to_numpy().ravel())]
    if unknown:
        raise DesignError(
            "borders are shipped for the 41 cities of the Yangtze River Delta, by their codes; "
            f"{some_of(unknown)} are not among them; pass pairs of neighbors as table=, or take kind='nearest'"
        )
    names = {str(u): u for u in units}
    inside = pairs.isin(list(names)).all(axis=1)
    return pairs[inside].apply(lambda column: column.map(names))


def neighbor_matrix(units: pd.Index[Any], table: Any) -> FloatArray:
    """Return (N, N) ones for pairs of neighbors.

    Raises
    ------
    DesignError
        If the table has not two columns, or names others than the units.
    """
    pairs = _pairs(table)
    unknown = [name for name in dict.fromkeys(pairs.ravel().tolist()) if name not in units]
    if unknown:
        raise DesignError(f"the table of neighbors names {some_of(unknown)}, which are no units; leave them out")
    positions = units.get_indexer(pd.Index(pairs.ravel())).reshape(-1, 2)
    own = positions[:, 0] == positions[:, 1]
    if own.any():
        raise DesignError(f"the table of neighbors has {units[positions[own][0, 0]]!r} as its own neighbor")
    return border_weights(len(units), positions.astype(np.int64))


def own_matrix(units: pd.Index[Any], table: Any) -> FloatArray:
    """Return the (N, N) weights of a square table, or of libpysal, in the order of the units.

    Raises
    ------
    DesignError
        If the table is not square, has other labels than the units, or holds weights that are no weights.
    """
    square = _square(table)
    if square.shape[0] != square.shape[1] or set(square.index) != set(square.columns):
        raise DesignError(
            f"a matrix of weights must be square with the same units as rows and columns; it has {square.shape[0]} "
            f"rows and {square.shape[1]} columns"
        )
    wrong = [u for u in square.index if u not in units], [u for u in units if u not in square.index]
    if wrong[0] or wrong[1] or not square.index.is_unique:
        raise DesignError(
            f"the weights are of other units than the panel: {some_of(wrong[0])} are not in the panel, "
            f"{some_of(wrong[1])} have no weights; rows and columns must carry the units' names, each once"
        )
    try:
        weights = square.loc[list(units), list(units)].to_numpy(dtype=float)
    except (TypeError, ValueError) as error:
        raise DesignError(f"weights must be numbers: {error}") from error
    if not np.isfinite(weights).all() or (weights < 0).any():
        raise DesignError("weights must be finite and not negative; write 0 for places that are no neighbors")
    if np.diag(weights).any():
        raise DesignError(
            f"{units[int(np.argmax(np.diag(weights) != 0))]!r} is its own neighbor; set the diagonal to 0"
        )
    return np.asarray(weights)


def _square(table: Any) -> pd.DataFrame:
    if isinstance(table, pd.DataFrame):
        return table
    if hasattr(table, "full") and hasattr(table, "id_order"):
        values, ids = table.full()
        return pd.DataFrame(values, index=ids, columns=ids)
    raise DesignError(
        f"a matrix of weights must be a table whose rows and columns are units, or weights of libpysal; "
        f"it is a {type(table).__name__}; give an array its units: pandas.DataFrame(array, units, units)"
    )


def _pairs(table: Any) -> NDArray[Any]:
    if isinstance(table, pd.DataFrame):
        values = table.to_numpy(dtype=object)
    else:
        is_listed = isinstance(table, list | tuple) and all(isinstance(p, list | tuple) and len(p) == 2 for p in table)
        values = np.array([list(p) for p in table], dtype=object) if is_listed and len(table) else np.empty((0, 0))
    if values.ndim != 2 or values.shape[1] != 2 or not len(values) or pd.isna(values).any():
        raise DesignError("neighbors must be pairs of units, a table of two columns or a list such as [('a', 'b')]")
    return np.asarray(values)
