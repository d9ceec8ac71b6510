"""One estimate against several pools of comparison units: common shocks on one side, spillovers on the other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from yrdecon.core.design import Design
from yrdecon.core.estimator import Estimator
from yrdecon.core.panel import Panel
from yrdecon.core.sample import Sample, draw_sample
from yrdecon.diagnostics.one_effect import one_effect
from yrdecon.diagnostics.summary_row import TEST_COLUMNS, summary_row
from yrdecon.errors import DesignError, YrdeconError
from yrdecon.inference.permutation import permutation_test
from yrdecon.places.distances import unit_distances

BoolArray = NDArray[np.bool_]

COLUMN = "in_rung"


def control_pool_ladder(
    panel: Panel,
    design: Design,
    pools: Mapping[str, str | None],
    estimator: Estimator,
    *,
    seed: int,
    draws: int = 9_999,
    neighbor_km: float = 150.0,
) -> pd.DataFrame:
    """Estimate one design with several pools of comparison units.

    Near comparisons share the shocks of the treated units and may receive their spillovers; far ones do neither. An
    estimate that changes along the ladder rests on which of the two one believes in. The named pools come first; then
    three that follow from the design's own pool: comparison units of other groups, those of the groups of treated
    units (``Panel.group``, such as the province), and those without neighbors of treated units (``Panel.location``).

    Parameters
    ----------
    pools
        Names of rungs, each with a boolean column of the units that take part, None for all units of the panel.
    estimator
        Any estimator. Effects by cohort or event time are summarized in one.
    seed, draws
        Seed and number of sampled assignments of the permutation test under ``Assignment("auto")`` on each rung.
    neighbor_km
        A comparison unit this close to a treated one, in kilometers, is a neighbor.

    Returns
    -------
    One row per rung: rung, n_treated, n_comparison, estimate, conf_low, conf_high, rank, n_compared, p_value (empty
    where the test supports no more than a rank), smallest_p_value (attainable) and note. A rung that cannot be
    estimated keeps its row, with the reason. The three rungs that follow are left out where the panel declares no
    group, or no location.

    Raises
    ------
    DesignError
        If a named pool has no column or lacks treated units, or the distance is not positive.

    Examples
    --------
    >>> from yrdecon.estimators import twfe
    >>> from yrdecon.study.twinning import load_twinning, twinning_design
    >>> pools = {"all": "in_yrd", "clean": "in_yrd_clean"}
    >>> table = control_pool_ladder(load_twinning(), twinning_design(), pools, twfe, seed=1)
    >>> table["rung"].tolist()
    ['all', 'clean', 'other groups', 'same group', 'without neighbors']
    """
    if not neighbor_km > 0:
        raise DesignError(f"neighbor_km={neighbor_km!r} must be a positive number of kilometers")
    sample = draw_sample(panel, design)
    rows = [_row(rung, panel, replace(design, pool=pool), estimator, seed, draws) for rung, pool in pools.items()]
    for rung, chosen in _following(panel, sample, neighbor_km):
        units = sample.units[chosen | np.isfinite(sample.cohort)]
        inside = panel.frame[panel.unit].isin(units)
        if design.pool is not None:
            inside &= panel.frame[design.pool].fillna(False).astype(bool)
        marked = panel.assign(**{COLUMN: inside})
        rows.append(_row(rung, marked, replace(design, pool=COLUMN), estimator, seed, draws))
    return pd.concat(rows, ignore_index=True)


def _following(panel: Panel, sample: Sample, neighbor_km: float) -> Iterator[tuple[str, BoolArray]]:
    """Yield the rungs that follow from the sample, with the units that they keep."""
    treated = np.isfinite(sample.cohort)
    if panel.group is not None:
        group = sample.frame.groupby(panel.unit, sort=False)[panel.group].first().reindex(sample.units)
        same = group.isin(set(group[treated])).to_numpy()
        yield "other groups", ~same
        yield "same group", same
    if panel.location is not None:
        nearest = unit_distances(panel, sample)[:, treated].min(axis=1)
        yield "without neighbors", nearest > neighbor_km


def _row(rung: str, panel: Panel, design: Design, estimator: Estimator, seed: int, draws: int) -> pd.DataFrame:
    note, n_treated, n_comparison, least = "", 0, 0, np.nan
    try:
        sample = draw_sample(panel, design)
    except YrdeconError as error:
        if design.pool != COLUMN:
            raise DesignError(f"the pool of rung {rung!r} cannot be used: {error}") from error
        note = str(error).replace(f"pool {COLUMN!r}", "rung")
    else:
        n_comparison = int(np.isinf(sample.cohort).sum())
        n_treated = len(sample.cohort) - n_comparison
    row = pd.DataFrame([[np.nan] * len(TEST_COLUMNS)], columns=list(TEST_COLUMNS))
    if not note:
        try:
            single = one_effect(estimator, panel, design)
            test = permutation_test(single, panel, design, seed=seed, draws=draws)
            row, least = summary_row(test), test.smallest_p_value
        except YrdeconError as error:
            note = str(error)
    row.insert(0, "n_comparison", n_comparison)
    row.insert(0, "n_treated", n_treated)
    row.insert(0, "rung", rung)
    return row.assign(smallest_p_value=least, note=note)
