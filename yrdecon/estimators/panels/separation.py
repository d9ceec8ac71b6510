"""Rows of count regressions that tell nothing, or of whose zeros no likelihood has a maximum."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from yrdecon.core.design import parse_effect
from yrdecon.core.labels import codes_of, levels_of
from yrdecon.core.names import some_of
from yrdecon.errors import EstimationError
from yrdecon.estimators.panels.data import Regression, take
from yrdecon.estimators.panels.least_squares import finest_effects
from yrdecon.estimators.panels.models import fixed
from yrdecon.kernels.absorption import Absorption, prepare_absorption
from yrdecon.kernels.count_models import separated_rows

BoolArray = NDArray[np.bool_]


def without_separated(data: Regression, columns: Sequence[str] | None = None) -> Regression:
    """Leave out singletons, zeros throughout a level of an effect, and zeros that regressors set apart.

    Parameters
    ----------
    columns
        Regressors that may set zeros apart; all of them if none are named.

    Raises
    ------
    EstimationError
        If no row is left.

    References
    ----------
    Correia, Guimaraes and Zylkin (2019), Verifying the existence of maximum likelihood estimates for generalized
    linear models, arXiv 1903.01633.
    """
    rows, named = -1, data.regressors.columns if columns is None else list(columns)
    while len(data.outcome) != rows:
        rows = len(data.outcome)
        data = _without_singletons(_without_zero_levels(data))
        absorption = absorption_of(data)
        separated = separated_rows(absorption, data.outcome, data.regressors[named].to_numpy(dtype=float))
        data = _without(data, separated, "regressors and effects set their zeros apart from every other row")
    return data


def absorption_of(data: Regression) -> Absorption:
    """Prepare the projection off the effects of a regression."""
    effects = finest_effects(data)
    codes = [codes_of(data.units[e]) for e in effects if not parse_effect(e).slope]
    levels = [codes_of(data.units[levels_of(e)]) for e in effects if parse_effect(e).slope]
    return prepare_absorption(codes, len(data.outcome), list(zip(levels, data.slopes.T, strict=True)))


def _without_singletons(data: Regression) -> Regression:
    return fixed(data) if data.effects else data


def _without_zero_levels(data: Regression) -> Regression:
    for effect in (e for e in data.effects if not parse_effect(e).slope):
        codes = codes_of(data.units[effect])
        empty = np.bincount(codes, data.outcome)[codes] == 0
        data = _without(data, empty, f"the outcome is zero throughout a level of {effect!r}")
    return data


def _without(data: Regression, rows: NDArray[Any], why: str) -> Regression:
    if rows.all():
        raise EstimationError(f"no row is left: {why}; the outcome must be positive somewhere, or effects coarser")
    if not rows.any():
        return data
    which = some_of(f"{u} {t}" for u, t in data.units.loc[rows, ["unit", "time"]].itertuples(index=False))
    note = f"{int(rows.sum())} of {len(rows)} rows left out because {why}: {which}"
    return replace(take(data, ~rows), notes=(*data.notes, note))
