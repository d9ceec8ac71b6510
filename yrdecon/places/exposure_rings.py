"""Rings around treated places: which untreated units lie how near."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from yrdecon.core.cohorts import cohorts_by_unit
from yrdecon.core.design import Design
from yrdecon.core.panel import Panel, boolean_column
from yrdecon.errors import DesignError
from yrdecon.kernels.rings import distance_to_treated, ring_members
from yrdecon.places.distances import distances_of
from yrdecon.places.rings import ring_cutoffs, ring_names


def exposure_rings(panel: Panel, design: Design, *, cutoffs_km: Sequence[float] = (50, 100, 150)) -> Panel:
    """Add a column for each ring of distance to the nearest treated place, 1 in the rows of untreated units within.

    Parameters
    ----------
    design
        Its cohort tells who is treated from when on, its pool which units are looked at.
    cutoffs_km
        Outer radii in kilometers, growing: ``(50, 100, 150)`` makes ``ring_0_50km``, ``ring_50_100km`` and
        ``ring_100_150km``. A unit at a cutoff belongs to the inner ring.

    Returns
    -------
    The panel with these columns and ``km_to_treated``, the great-circle distance to the nearest unit that is treated by
    then: infinite before anybody is, missing where the unit itself is treated, and in rows outside the pool, which are
    in no ring.

    Raises
    ------
    DesignError
        If the panel has no location, a unit has no coordinates, the cutoffs are not growing distances, or nobody is
        treated.

    References
    ----------
    Butts (2021), Difference-in-differences estimation with spatial spillovers, arXiv 2105.03737.

    Examples
    --------
    >>> rows = [(u, t, lon, 2.0 if u == "a" else np.inf) for u, lon in zip("abc", (0, 1, 2)) for t in (1, 2)]
    >>> table = pd.DataFrame(rows, columns=["u", "t", "lon", "cohort"]).assign(lat=0.0)
    >>> panel = Panel.from_frame(table, unit="u", time="t", location=("lon", "lat"))
    >>> exposure_rings(panel, Design(outcome="y"), cutoffs_km=(150,)).frame["ring_0_150km"].tolist()
    [0.0, 0.0, 0.0, 1.0, 0.0, 0.0]
    """
    cutoffs = ring_cutoffs(cutoffs_km)
    rows = np.ones(len(panel.frame), dtype=bool) if design.pool is None else boolean_column(panel, design.pool)
    km = np.full(len(panel.frame), np.nan)
    km[rows] = _km_to_treated(panel if design.pool is None else panel.where(design.pool), design.cohort)
    members = ring_members(km, cutoffs).astype(float)
    return panel.assign(**dict(zip(ring_names(cutoffs), members.T, strict=True)), km_to_treated=km)


def _km_to_treated(panel: Panel, cohort: str) -> NDArray[np.float64]:
    units, periods = panel.units, panel.periods
    first = cohorts_by_unit(panel, cohort).reindex(units).to_numpy(dtype=float)
    if not (first <= periods[-1]).any():
        raise DesignError(f"no unit is treated by {periods[-1]}, so that there is no place to draw rings around")
    away = distance_to_treated(distances_of(panel, units), first, periods)
    time = np.searchsorted(periods, panel.frame[panel.time].to_numpy())
    return np.asarray(away[units.get_indexer(pd.Index(panel.frame[panel.unit])), time])
