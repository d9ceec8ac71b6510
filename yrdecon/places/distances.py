"""Distances between the units of a sample."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from yrdecon.core.panel import Panel
from yrdecon.core.sample import Sample
from yrdecon.errors import DesignError
from yrdecon.places.coordinates import distance_matrix

FloatArray = NDArray[np.float64]


def unit_coordinates(panel: Panel, sample: Sample) -> FloatArray:
    """Return the (N, 2) longitude and latitude of the sample's units."""
    return coordinates_of(panel, sample.units)


def unit_distances(panel: Panel, sample: Sample) -> FloatArray:
    """Return the (N, N) kilometers between the sample's units."""
    return distances_of(panel, sample.units)


def coordinates_of(panel: Panel, units: pd.Index[Any]) -> FloatArray:
    """Return the (N, 2) longitude and latitude of units of the panel.

    Raises
    ------
    DesignError
        If the panel declares no location, or units have no coordinates.
    """
    if panel.location is None:
        raise DesignError("distances need coordinates; declare location=('lon', 'lat') in Panel.from_frame")
    seats = panel.frame.groupby(panel.unit, sort=False)[list(panel.location)].first().reindex(units)
    lost = seats.index[seats.isna().any(axis=1)].tolist()
    if lost:
        raise DesignError(f"units {lost[:8]} have no coordinates; leave them out of the pool or add them")
    return np.asarray(seats, dtype=float)


def distances_of(panel: Panel, units: pd.Index[Any]) -> FloatArray:
    """Return the (N, N) kilometers between units of the panel."""
    lon, lat = coordinates_of(panel, units).T
    return distance_matrix(lon, lat)
