"""How far apart the units of a sample are, and how close together the treated ones lie."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from yrdecon.core.assignment import Assignment
from yrdecon.core.panel import Panel
from yrdecon.core.sample import Sample
from yrdecon.errors import DesignError
from yrdecon.kernels.blocks import mean_distance
from yrdecon.kernels.relocation import borders_between, distant_groups, nearest_fellow
from yrdecon.kernels.resample import random_orders
from yrdecon.places.coordinates import distance_matrix

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

COMPACT_QUANTILE = 0.10
RANDOM_SETS = 2_000


@dataclass(frozen=True, eq=False)
class Geometry:
    """Distances (N, N) between the units of a sample, and what they are measured in."""

    distance: FloatArray
    measure: str


@dataclass(frozen=True, eq=False)
class Closeness:
    """A mean distance among treated units and the tenth percentile of the same among other sets."""

    actual: float
    threshold: float

    @property
    def is_close(self) -> bool:
        """Whether the treated lie closer together than nine in ten other sets."""
        return self.actual < self.threshold


def measure_distances(panel: Panel, sample: Sample, assignment: Assignment) -> Geometry | None:
    """Return distances by declared borders, else by the panel's coordinates, None where it has neither.

    Raises
    ------
    DesignError
        If coordinates are missing in some units, or a unit shares no declared border.
    """
    if assignment.adjacency is not None:
        return Geometry(_borders(sample, assignment.adjacency), "borders")
    if panel.location is None:
        return None
    seats = sample.frame.groupby(panel.unit, sort=False)[list(panel.location)].first().reindex(sample.units)
    lost = seats.index[seats.isna().any(axis=1)].tolist()
    if lost:
        raise DesignError(f"units {lost[:8]} have no coordinates; leave them out of the pool or add them")
    lon, lat = seats.to_numpy(dtype=float).T
    return Geometry(distance_matrix(lon, lat), "km")


def require_distances(panel: Panel, sample: Sample, assignment: Assignment) -> Geometry:
    """Return distances, as `measure_distances` does.

    Raises
    ------
    DesignError
        If the panel has no coordinates and the assignment no borders.
    """
    geometry = measure_distances(panel, sample, assignment)
    if geometry is None:
        raise DesignError(
            f"{assignment.kind} sets need coordinates; declare location=('lon', 'lat') in Panel.from_frame, or give "
            "Assignment(adjacency=...)"
        )
    return geometry


def random_sets(treated: BoolArray, seed: int) -> BoolArray:
    """Return (2000, N) random sets of as many units as are treated."""
    orders = random_orders(np.zeros(len(treated), dtype=np.int64), RANDOM_SETS, np.random.default_rng(seed))
    return np.asarray(treated[orders])


def compactness(geometry: Geometry, treated: BoolArray, others: BoolArray) -> Closeness:
    """Compare the mean distance between any two treated units with that in (B, N) other sets."""
    actual = float(mean_distance(geometry.distance, treated[None, :])[0])
    return Closeness(actual, float(np.quantile(mean_distance(geometry.distance, others), COMPACT_QUANTILE)))


def clustering(geometry: Geometry, treated: BoolArray, others: BoolArray) -> Closeness:
    """Compare the mean distance from a treated unit to the nearest other with that in (B, N) other sets."""
    actual = float(nearest_fellow(geometry.distance, treated[None, :])[0])
    return Closeness(actual, float(np.quantile(nearest_fellow(geometry.distance, others), COMPACT_QUANTILE)))


def treated_groups(geometry: Geometry, treated: BoolArray) -> IntArray:
    """Return the (n1,) distant group of each treated unit, in the order of the units."""
    return distant_groups(geometry.distance[np.ix_(treated, treated)])


def are_groups_compact(geometry: Geometry, treated: BoolArray, groups: IntArray, seed: int) -> bool:
    """Whether each of the (n1,) groups has two units or more, closer together than in random sets of its size."""
    sizes = np.bincount(groups)
    if sizes.min() < 2:
        return False
    members = np.zeros((len(sizes), len(treated)), dtype=bool)
    members[groups, np.flatnonzero(treated)] = True
    return all(compactness(geometry, own, random_sets(own, seed)).is_close for own in members)


def _borders(sample: Sample, adjacency: tuple[tuple[object, object], ...]) -> FloatArray:
    names = pd.Index(dict.fromkeys([*sample.units, *(unit for pair in adjacency for unit in pair)]))
    first, second = zip(*adjacency, strict=True)
    pairs = np.column_stack([names.get_indexer(pd.Index(first)), names.get_indexer(pd.Index(second))])
    lonely = [unit for i, unit in enumerate(sample.units) if i not in pairs]
    if lonely:
        raise DesignError(
            f"units {lonely[:8]} share a border with nobody; add their borders (a ferry or bridge may count), "
            "or leave them out of the pool"
        )
    n = len(sample.units)
    return borders_between(len(names), pairs.astype(np.int64))[:n, :n]
