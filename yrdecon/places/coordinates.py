"""Great-circle distances."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

EARTH_RADIUS_KM = 6371.0


def distance_matrix(lon: FloatArray, lat: FloatArray) -> FloatArray:
    """Return the (N, N) haversine distances in kilometers between (N,) points in degrees.

    Examples
    --------
    >>> distance_matrix(np.array([0.0, 0.0]), np.array([0.0, 90.0])).round(0)[0, 1]
    np.float64(10008.0)
    """
    x, y = np.radians(lon), np.radians(lat)
    half = np.sin((y[:, None] - y) / 2) ** 2 + np.cos(y)[:, None] * np.cos(y) * np.sin((x[:, None] - x) / 2) ** 2
    return np.asarray(2 * EARTH_RADIUS_KM * np.arcsin(np.sqrt(np.clip(half, 0, 1))))
