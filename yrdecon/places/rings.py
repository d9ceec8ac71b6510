"""Rings of distance to the nearest treated place: their names, their cutoffs, and how far each row is."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from yrdecon.core.options import is_number
from yrdecon.core.panel import Panel
from yrdecon.core.sample import Sample
from yrdecon.errors import DesignError
from yrdecon.kernels.rings import distance_to_treated
from yrdecon.places.distances import unit_distances

FloatArray = NDArray[np.float64]


def ring_cutoffs(cutoffs_km: Sequence[float]) -> tuple[float, ...]:
    """Return the outer radii of rings as numbers.

    Raises
    ------
    DesignError
        If they are not growing distances in kilometers.
    """
    is_listed = isinstance(cutoffs_km, list | tuple | np.ndarray) and len(cutoffs_km) > 0
    numbers = [float(c) for c in (cutoffs_km if is_listed else ()) if is_number(c) and np.isfinite(c) and c > 0]
    if not is_listed or len(numbers) < len(cutoffs_km) or (np.diff(numbers) <= 0).any():
        raise DesignError(f"cutoffs_km={cutoffs_km!r} must be growing distances in kilometers, such as (50, 100, 150)")
    return tuple(numbers)


def ring_names(cutoffs: Sequence[float]) -> list[str]:
    """Return the names of the columns of rings.

    Examples
    --------
    >>> ring_names((50.0, 100.0))
    ['ring_0_50km', 'ring_50_100km']
    """
    return [f"ring_{inner:g}_{outer:g}km" for inner, outer in zip((0.0, *cutoffs[:-1]), cutoffs, strict=True)]


def km_to_treated(panel: Panel, sample: Sample) -> FloatArray:
    """Return the (n,) kilometers from each row of a sample to the nearest place that is treated in its period.

    Infinite before anybody is treated, NaN where the unit itself is.
    """
    away = distance_to_treated(unit_distances(panel, sample), sample.cohort, sample.periods)
    return np.asarray(away[sample.unit, sample.time])
