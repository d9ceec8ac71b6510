"""Spatial weights: which places count as neighbors of which, and how much."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array

from yrdecon.core.names import some_of
from yrdecon.core.options import fail_if_unknown, is_number, is_whole
from yrdecon.core.panel import Panel
from yrdecon.errors import DesignError
from yrdecon.kernels.weights import inverse_weights, nearest_weights, row_standardize
from yrdecon.places.distances import distances_of
from yrdecon.places.neighbors import neighbor_matrix, own_matrix, shipped_neighbors

FloatArray = NDArray[np.float64]
Kind = Literal["contiguity", "inverse_distance", "economic_distance", "nearest", "matrix"]
TAKES = {
    "contiguity": ("table",),
    "inverse_distance": ("cutoff_km",),
    "economic_distance": ("column",),
    "nearest": ("k",),
    "matrix": ("table",),
}


@dataclass(frozen=True, eq=False)
class SpatialWeights:
    """Weights that units give to one another.

    Attributes
    ----------
    ids
        The N units, in the order of rows and columns.
    matrix
        (N, N) weights, zero on the diagonal; row i holds the weights that unit i gives.
    kind
        What the weights come from, in words.
    is_row_standardized
        Whether rows sum to one.

    Examples
    --------
    >>> SpatialWeights(("a", "b"), np.array([[0.0, 1.0], [1.0, 0.0]]), "contiguity", True)
    SpatialWeights(2 units, contiguity, row-standardized, 1.0 neighbors on average)
    """

    ids: tuple[Any, ...]
    matrix: FloatArray
    kind: str
    is_row_standardized: bool

    @property
    def islands(self) -> tuple[Any, ...]:
        """The units without a neighbor."""
        alone = ~(self.matrix != 0).any(axis=1)
        return tuple(unit for unit, is_alone in zip(self.ids, alone, strict=True) if is_alone)

    @property
    def sparse(self) -> csr_array:
        """The matrix without its zeros."""
        return csr_array(self.matrix)

    def __repr__(self) -> str:
        scale = "row-standardized" if self.is_row_standardized else "not standardized"
        neighbors = (self.matrix != 0).sum(axis=1).mean()
        alone = f", without a neighbor: {some_of(self.islands)}" if self.islands else ""
        words = f"{len(self.ids)} units, {self.kind}, {scale}, {neighbors:.1f} neighbors on average"
        return f"SpatialWeights({words}{alone})"


def spatial_weights(
    panel: Panel,
    kind: Kind = "contiguity",
    table: Any = None,
    *,
    cutoff_km: float | None = None,
    column: str | None = None,
    k: int | None = None,
    row_standardized: bool = True,
) -> SpatialWeights:
    """Weigh the units of a panel as neighbors of one another.

    Parameters
    ----------
    panel
        Its units, in their order, are those of the weights. Take the panel that is estimated, so that they match.
    kind
        ``"contiguity"``: one for units that share a border. ``"inverse_distance"``: the inverse of great-circle
        kilometers. ``"economic_distance"``: the inverse of the absolute difference between means of `column`; take a
        panel of periods before any treatment, as weights that move with it are not exogenous. ``"nearest"``: one for
        the `k` nearest units, which need not be mutual. ``"matrix"``: your own.
    table
        For contiguity pairs of neighbors, a table of two columns or a list of pairs, each pair once or twice. None
        takes the shipped borders of the 41 cities of the Yangtze River Delta, for which the units must be their codes;
        borders of other cities are not shipped. For ``"matrix"`` a square table whose rows and columns are units, or
        weights of libpysal.
    cutoff_km
        Distance from which the inverse counts as zero; None for no cutoff.
    column
        Column whose means tell economic distance, such as GDP per capita.
    k
        Number of nearest neighbors.
    row_standardized
        Divide rows by their sum, so that a spatial lag is a mean of neighbors.

    Returns
    -------
    A frozen value with ids and matrix. Units without a neighbor are its `islands`; models and tests refuse them.

    Raises
    ------
    DesignError
        If an option does not go with the kind, coordinates or borders are missing, units of equal mean are infinitely
        close, or a matrix is not square, negative, not finite, or of other units.

    Notes
    -----
    The borders include those across water between Shanghai, Zhoushan and Ningbo; without them Zhoushan is an island.

    Examples
    --------
    >>> from yrdecon.clean import load_panel
    >>> spatial_weights(load_panel("yrd"))
    SpatialWeights(41 units, contiguity, row-standardized, 4.9 neighbors on average)
    >>> spatial_weights(load_panel("yrd"), "nearest", k=3).matrix[0].max().round(3)
    np.float64(0.333)
    """
    fail_if_unknown("kind", kind, Kind)
    _fail_if_options_do_not_go_with_kind(kind, {"table": table, "cutoff_km": cutoff_km, "column": column, "k": k})
    units = panel.units
    if len(units) < 2:
        raise DesignError(f"weights need two units or more; the panel has {units.tolist()}")
    if kind == "contiguity":
        weights = neighbor_matrix(units, shipped_neighbors(units) if table is None else table)
    elif kind == "inverse_distance":
        weights = _inverse(distances_of(panel, units), units, cutoff_km)
    elif kind == "economic_distance":
        weights = _inverse(_economic_distance(panel, column), units, None)
    elif kind == "nearest":
        weights = nearest_weights(distances_of(panel, units), _neighbors_asked(k, len(units)))
    else:
        weights = own_matrix(units, table)
    scaled = row_standardize(weights) if row_standardized else weights
    return SpatialWeights(tuple(units), scaled, _words(kind, cutoff_km, column, k), bool(row_standardized))


def _fail_if_options_do_not_go_with_kind(kind: str, options: dict[str, Any]) -> None:
    given = [name for name, value in options.items() if value is not None and name not in TAKES[kind]]
    if given:
        raise DesignError(f"kind={kind!r} takes no {given}; it takes {list(TAKES[kind])}")
    needed = {"economic_distance": "column", "nearest": "k", "matrix": "table"}.get(kind)
    if needed and options[needed] is None:
        raise DesignError(f"kind={kind!r} needs {needed}=")


def _inverse(distance: FloatArray, units: pd.Index[Any], cutoff: float | None) -> FloatArray:
    if cutoff is not None and not (is_number(cutoff) and cutoff > 0):
        raise DesignError(f"cutoff_km={cutoff!r} must be a distance in kilometers, such as 150")
    same = np.argwhere(np.triu(distance == 0, 1))
    if len(same):
        pairs = some_of((units[i], units[j]) for i, j in same)
        raise DesignError(f"the distance between {pairs} is zero, so that it has no inverse; use 'nearest' instead")
    return inverse_weights(distance, np.inf if cutoff is None else float(cutoff))


def _economic_distance(panel: Panel, column: str | None) -> FloatArray:
    if column not in panel.frame or not pd.api.types.is_numeric_dtype(panel.frame[column]):
        raise DesignError(f"column {column!r} is missing or not numeric; the panel has {panel.frame.columns.tolist()}")
    means = panel.frame.groupby(panel.unit, sort=False)[column].mean().reindex(panel.units)
    lost = means.index[~np.isfinite(means.to_numpy(dtype=float))].tolist()
    if lost:
        raise DesignError(f"units {lost[:8]} have no finite value of {column!r}, so that their distance is not known")
    values = means.to_numpy(dtype=float)
    return np.asarray(np.abs(values[:, None] - values))


def _neighbors_asked(k: int | None, n_units: int) -> int:
    if not is_whole(k) or not 0 < k < n_units:
        raise DesignError(f"k={k!r} must be a whole number of neighbors, from 1 to {n_units - 1}")
    return k


def _words(kind: str, cutoff_km: float | None, column: str | None, k: int | None) -> str:
    return {
        "contiguity": "contiguity",
        "inverse_distance": f"inverse distance up to {cutoff_km:g} km" if cutoff_km else "inverse distance",
        "economic_distance": f"economic distance by {column}",
        "nearest": f"{k} nearest neighbors",
        "matrix": "own matrix",
    }[kind]
