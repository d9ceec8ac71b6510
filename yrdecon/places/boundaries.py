"""Simplified shapes of the cities of the Yangtze River Delta."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from yrdecon.core.resources import data_path

FloatArray = NDArray[np.float64]


@lru_cache(maxsize=1)
def boundary_rings() -> dict[str, list[FloatArray]]:
    """Return the outer (K, 2) rings of longitude and latitude by six-digit code.

    Shapes are simplified from the maps of Apache ECharts 4.9.0 and good for illustration only.

    Examples
    --------
    >>> rings = boundary_rings()
    >>> len(rings), rings["340400"][0].shape[1]
    (41, 2)
    """
    shapes = json.loads(data_path("raw/places/yrd41_boundaries.geojson").read_text(encoding="utf-8"))
    return {f["properties"]["city_code"]: _outer_rings(f["geometry"]) for f in shapes["features"]}


def _outer_rings(geometry: dict[str, Any]) -> list[FloatArray]:
    parts = geometry["coordinates"] if geometry["type"] == "MultiPolygon" else [geometry["coordinates"]]
    return [np.asarray(part[0], dtype=float) for part in parts]
