"""The models of panel regressions, as changes of the rows that least squares is run on."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from yrdecon.core.design import parse_effect
from yrdecon.core.labels import codes_of
from yrdecon.core.names import some_of
from yrdecon.errors import DesignError, EstimationError
from yrdecon.estimators.panels.columns import INTERCEPT
from yrdecon.estimators.panels.data import Regression, take
from yrdecon.estimators.panels.lags import positions_before
from yrdecon.kernels.ols import dependent_columns
from yrdecon.kernels.panel_models import VarianceComponents, group_means, quasi_demeaned, swamy_arora

FloatArray = NDArray[np.float64]

ROUNDING = 1e-12


def pooled(data: Regression) -> Regression:
    """Refuse effects, which pooled regressions do not have."""
    if data.effects:
        raise DesignError(f"a pooled regression has no effects {list(data.effects)}; take model='fixed', or drop them")
    return data


def fixed(data: Regression) -> Regression:
    """Leave out rows that are alone in a level of an effect, which tell nothing but make errors look small.

    References
    ----------
    Correia (2015), Singletons, cluster-robust standard errors and fixed effects: A bad mix.
    """
    if not data.effects:
        raise DesignError(
            "model='fixed' needs effects, such as 'y ~ x | city_code + year'; without them take model='pooled'"
        )
    alone = np.zeros(len(data.outcome), dtype=bool)
    effects = [e for e in data.effects if not parse_effect(e).slope]
    while True:
        there = np.flatnonzero(~alone)
        single = np.zeros(len(there), dtype=bool)
        for effect in effects:
            codes = codes_of(data.units[effect].to_numpy()[there])
            single |= np.bincount(codes)[codes] == 1
        if not single.any():
            break
        alone[there[single]] = True
    if alone.all():
        raise EstimationError(f"every row is alone in a level of {list(data.effects)}; choose coarser effects")
    if not alone.any():
        return data
    which = some_of(f"{u} {t}" for u, t in data.units.loc[alone, ["unit", "time"]].itertuples(index=False))
    note = f"{int(alone.sum())} rows left out because they are alone in a level of a fixed effect: {which}"
    return replace(take(data, ~alone), notes=(*data.notes, note))


def first_difference(data: Regression) -> Regression:
    """Take changes since the period before; a row after a gap has none and is left out.

    Unit effects drop out; other effects stay, as effects of the change.
    """
    _fail_if_slopes(data, "first_difference")
    before = positions_before(codes_of(data.units["unit"]), data.units["time"].to_numpy(np.int64), 1)
    rows = np.flatnonzero(before >= 0)
    if not len(rows):
        raise DesignError("no unit is there in two consecutive periods, so that nothing can be differenced")
    later, earlier = take(data, rows), take(data, before[rows])
    notes = data.notes
    gaps = len(data.outcome) - len(rows) - data.units["unit"].nunique()
    if gaps:
        notes = (*notes, f"{gaps} rows after a gap have no change and are left out")
    return replace(
        later,
        outcome=later.outcome - earlier.outcome,
        regressors=_changes(later.regressors, earlier.regressors),
        endogenous=later.endogenous - earlier.endogenous,
        instruments=later.instruments - earlier.instruments,
        effects=tuple(e for e in data.effects if e != "unit"),
        notes=notes,
    )


def between(data: Regression) -> Regression:
    """Take the means of the units, one row each."""
    if data.effects:
        raise DesignError(f"means over time have no effects {list(data.effects)}; drop them from the formula")
    _fail_if_weighted(data, "between")
    _fail_if_instrumented(data, "between")
    codes = codes_of(data.units["unit"])
    first = np.unique(codes, return_index=True)[1]
    units = data.units.iloc[first].reset_index(drop=True)
    last = data.units.groupby(codes)["time"].max().to_numpy()
    return replace(
        data,
        outcome=group_means(data.outcome[:, None], codes)[:, 0],
        regressors=pd.DataFrame(group_means(_numbers(data.regressors), codes), columns=data.regressors.columns),
        endogenous=data.endogenous.iloc[first].reset_index(drop=True),
        instruments=data.instruments.iloc[first].reset_index(drop=True),
        weights=data.weights[first],
        units=units.assign(last_time=last),
        covariates=data.covariates[first],
        slopes=data.slopes[first],
    )


def random(data: Regression) -> Regression:
    """Quasi-demean by the variance components of Swamy and Arora (1972), with effects but the unit's as dummies.

    The intercept is a column like the others.
    """
    return _quasi_demeaned(data, "random", with_dummies(data).covariates)


def _quasi_demeaned(data: Regression, model: str, dummies: FloatArray) -> Regression:
    _fail_if_slopes(data, model)
    _fail_if_weighted(data, model)
    _fail_if_instrumented(data, model)
    codes = codes_of(data.units["unit"])
    x = _numbers(data.regressors)
    components = swamy_arora(data.outcome, np.column_stack([x, dummies]), codes)
    if components is None:
        raise EstimationError("too few units for the variance of random effects; take model='fixed' or 'pooled'")
    theta = components.theta[codes]
    return replace(
        data,
        outcome=quasi_demeaned(data.outcome[:, None], codes, theta)[:, 0],
        regressors=pd.DataFrame(quasi_demeaned(x, codes, theta), columns=data.regressors.columns),
        effects=(),
        dummies=tuple(e for e in data.effects if e != "unit"),
        covariates=quasi_demeaned(dummies, codes, theta),
        notes=(*data.notes, _note_on_components(components)),
    )


def correlated_random(data: Regression) -> Regression:
    """Add the units' means of every regressor that varies within units, then take random effects (Mundlak 1978)."""
    changed = with_unit_means(data)
    return _quasi_demeaned(changed, "correlated_random", changed.covariates)


def with_unit_means(data: Regression) -> Regression:
    """Add the units' means of every regressor that varies within units, and covariates: dummies, and their means.

    Raises
    ------
    DesignError
        If no regressor varies within units.
    """
    codes = codes_of(data.units["unit"])
    x = _numbers(data.regressors)
    means = group_means(x, codes)[codes]
    varies = np.abs(x - means).max(axis=0) > ROUNDING * np.maximum(np.abs(x).max(axis=0), 1.0)
    named = {f"mean of {c}": means[:, j] for j, c in enumerate(data.regressors.columns) if varies[j]}
    if not named:
        raise DesignError("no regressor varies within units, so that there is no mean to add; take model='between'")
    both = with_dummies(data).covariates
    both = np.column_stack([both, group_means(both, codes)[codes]])
    kept = _independent(np.column_stack([np.ones(len(both)), both]))
    return replace(data, regressors=data.regressors.assign(**named), covariates=both[:, kept])


def with_dummies(data: Regression) -> Regression:
    """Take dummies of the effects but the unit's as covariates, less one level each and those that others contain."""
    blocks = [np.empty((len(data.outcome), 0))]
    for effect in data.effects:
        if effect != "unit" and not parse_effect(effect).slope:
            codes = codes_of(data.units[effect])
            blocks.append((codes[:, None] == np.arange(1, codes.max() + 1)).astype(float))
    joined = np.concatenate(blocks, axis=1)
    kept = _independent(np.column_stack([np.ones(len(joined)), joined]))
    return replace(data, covariates=joined[:, kept], dummies=tuple(e for e in data.effects if e != "unit"))


def _changes(later: pd.DataFrame, earlier: pd.DataFrame) -> pd.DataFrame:
    changes = later - earlier
    return changes.assign(**{INTERCEPT: 1.0}) if INTERCEPT in changes else changes


def _independent(columns: FloatArray) -> list[int]:
    ones = np.ones(len(columns))
    lost = dependent_columns(columns, np.linalg.norm(columns, axis=0), ones)
    return [j - 1 for j in range(1, columns.shape[1]) if j not in lost]


def _note_on_components(components: VarianceComponents) -> str:
    unit, rest = np.sqrt(components.unit), np.sqrt(components.idiosyncratic)
    return f"standard deviation {unit:.4g} of the unit effects and {rest:.4g} of the rest (Swamy and Arora)"


def _numbers(table: pd.DataFrame) -> FloatArray:
    return np.asarray(table.to_numpy(dtype=float))


def _fail_if_slopes(data: Regression, model: str) -> None:
    slopes = [e for e in data.effects if parse_effect(e).slope]
    if slopes:
        raise DesignError(f"model={model!r} takes no slopes {slopes}; take model='fixed'")


def _fail_if_weighted(data: Regression, model: str) -> None:
    if len(set(data.weights)) > 1:
        raise DesignError(f"model={model!r} takes no weights; take model='pooled' or 'fixed'")


def _fail_if_instrumented(data: Regression, model: str) -> None:
    if data.is_instrumented:
        raise DesignError(f"model={model!r} takes no instruments; take model='pooled', 'fixed' or 'first_difference'")
