"""Effects on the treated, and on untreated units by their distance to the nearest treated one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from types import MappingProxyType

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from yrdecon.core.adoption import note_on_staggering
from yrdecon.core.design import Design
from yrdecon.core.estimate import FEW_TREATED, Estimate
from yrdecon.core.estimator import register
from yrdecon.core.left_out import leave_out_always_treated
from yrdecon.core.panel import Panel
from yrdecon.core.sample import Sample, draw_sample, restrict
from yrdecon.errors import DesignError
from yrdecon.estimators.regression.linear import fit_linear
from yrdecon.estimators.regression.small_sample import SmallSample
from yrdecon.kernels.rings import ring_members
from yrdecon.places.rings import km_to_treated, ring_cutoffs, ring_names

FloatArray = NDArray[np.float64]


def ring_effects(
    panel: Panel, design: Design, *, cutoffs_km: Sequence[float] = (50, 100, 150), ssc: SmallSample = "fixest"
) -> Estimate:
    """Regress the outcome on being treated and on lying in rings around the treated, with unit and time effects.

    Untreated units beyond the last ring are the comparison. If spillovers end there, ``term="treated"`` is the effect
    on the treated, what treated neighbors do to each other included, and the term of each ring, such as
    ``ring_50_100km``, is the spillover on untreated units that far from the nearest unit treated by then (Butts 2021).

    Parameters
    ----------
    cutoffs_km
        Outer radii of the rings in kilometers, growing.
    ssc
        Small-sample rule of the clustered covariance; see `cluster_factor`.

    Returns
    -------
    An estimate clustered by `Design.cluster`, the unit by default. Rings without a unit are left out and named. Frame
    ``"rings"`` lists the untreated units with their distance and ring in the last period, frame ``"contamination"``
    the effect on the treated without rings, with them, and the difference, which is what nearby units hide.
    Unbalanced panels are used as they are. Units treated from the first period on are left out and named.

    Raises
    ------
    DesignError
        If the panel has no location, a unit has no coordinates, the cutoffs are not growing distances, or no unit lies
        beyond the last one.
    EstimationError
        If a ring is collinear with the fixed effects.

    Notes
    -----
    The rows are those of `twfe`: every row that is not treated in its period is a comparison, whatever
    `Design.comparison`; excluded periods, those of anticipation, and periods before treatment that are not declared
    base periods take no part. `Design.weights` weight the regression, `Design.covariates` and `Design.effects` enter
    it. Rings of fewer than ten units get no star, whatever their errors. Under another assignment of treatment the
    rings move along, so that `permutation_test` of a function that returns the first coefficient is a test of the
    effect on the treated.

    References
    ----------
    Butts (2021), Difference-in-differences estimation with spatial spillovers, arXiv 2105.03737.

    Examples
    --------
    >>> effect = {"a": 3.0, "b": 1.0, "c": 0.0, "d": 0.0}
    >>> rows = [(u, t, float(i), effect[u] * (t == 2) + t, 2.0 if u == "a" else np.inf)
    ...         for i, u in enumerate("abcd") for t in (1, 2)]
    >>> table = pd.DataFrame(rows, columns=["u", "t", "lon", "y", "cohort"]).assign(lat=0.0)
    >>> panel = Panel.from_frame(table, unit="u", time="t", location=("lon", "lat"))
    >>> ring_effects(panel, Design(outcome="y"), cutoffs_km=(150,)).coef.round(6).tolist()
    [3.0, 1.0]
    """
    cutoffs = ring_cutoffs(cutoffs_km)
    full = leave_out_always_treated(draw_sample(panel, design))
    sample = restrict(full, full.contrast)
    km = km_to_treated(panel, sample)
    treated = pd.DataFrame({"treated": np.isnan(km).astype(float)})
    rings = pd.DataFrame(ring_members(km, cutoffs).astype(float), columns=ring_names(cutoffs))
    _fail_if_nobody_is_far(km, cutoffs)
    kept = rings.loc[:, rings.any()]
    estimate = fit_linear(panel, sample, design, pd.concat([treated, kept], axis=1), ssc)
    naive = fit_linear(panel, sample, design, treated, ssc)
    counts = {ring: len(np.unique(sample.unit[rings[ring].to_numpy() > 0])) for ring in rings}
    few = [False, *(counts[str(ring)] < FEW_TREATED for ring in kept)]
    return replace(
        estimate,
        method="ring_effects",
        cells=estimate.cells.assign(few=few),
        frames=MappingProxyType(
            {"rings": _ring_table(sample, km, cutoffs), "contamination": _contamination(naive, estimate)}
        ),
        notes=(*estimate.notes, *_notes(sample, rings, counts)),
    )


def _fail_if_nobody_is_far(km: FloatArray, cutoffs: tuple[float, ...]) -> None:
    reached = km[np.isfinite(km)]
    if not len(reached) or reached.max() <= cutoffs[-1]:
        farthest = f"; the farthest is {reached.max():.0f} km away" if len(reached) else ""
        raise DesignError(
            f"no untreated unit lies beyond {cutoffs[-1]:g} km from the treated ones, so that nothing is left to "
            f"compare with{farthest}; choose smaller cutoffs_km or a wider pool"
        )


def _ring_table(sample: Sample, km: FloatArray, cutoffs: tuple[float, ...]) -> pd.DataFrame:
    """Return the untreated units of the last period, the nearest first; `ring` is empty beyond the last cutoff."""
    rows = (sample.time == len(sample.periods) - 1) & ~np.isnan(km)
    members = ring_members(km[rows], cutoffs)
    ring = np.select(list(members.T), ring_names(cutoffs), "")
    table = pd.DataFrame({"unit": sample.units[sample.unit[rows]], "km_to_treated": km[rows], "ring": ring})
    return table.sort_values("km_to_treated", kind="stable").reset_index(drop=True)


def _contamination(naive: Estimate, with_rings: Estimate) -> pd.DataFrame:
    without, beside = naive.coef[:1], with_rings.coef[:1]
    return pd.DataFrame({"without_rings": without, "with_rings": beside, "contamination": without - beside})


def _notes(sample: Sample, rings: pd.DataFrame, counts: dict[str, int]) -> tuple[str, ...]:
    in_some = np.unique(sample.unit[rings.to_numpy().any(axis=1)])
    far = len(np.setdiff1d(np.flatnonzero(~np.isfinite(sample.cohort)), in_some))
    words = ", ".join(f"{name[5:-2].replace('_', '-')}: {n}" for name, n in counts.items() if n)
    empty = [name for name, n in counts.items() if not n]
    few = [name for name, n in counts.items() if 0 < n < FEW_TREATED]
    notes = [f"untreated units by kilometers to the nearest treated one: {words or '-'}, farther: {far}"]
    if empty:
        notes.append(f"no untreated unit lies in the rings {empty}, which are left out")
    if few:
        notes.append(
            f"dummies {few} set apart fewer than {FEW_TREATED} units: their errors are too small, infer by permutation"
        )
    return (*notes, *note_on_staggering(sample.cohort, sample.periods))


register(ring_effects)
