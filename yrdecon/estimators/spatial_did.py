"""Difference in differences where the outcome of neighbors matters."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from yrdecon.core.adoption import note_on_staggering
from yrdecon.core.design import Design, fail_if_asked
from yrdecon.core.estimate import Estimate
from yrdecon.core.estimator import register
from yrdecon.core.labels import row_labels
from yrdecon.core.left_out import leave_out_always_treated
from yrdecon.core.options import fail_if_unknown
from yrdecon.core.panel import Panel
from yrdecon.core.sample import Sample, draw_sample, restrict
from yrdecon.errors import DesignError, EstimationError
from yrdecon.estimators.panels.spatial import (
    fail_if_not_balanced,
    fail_if_nothing_is_left,
    fail_if_weights_are_alike,
    fitting_weights,
    identified_columns,
)
from yrdecon.kernels.spatial_effects import average_effects
from yrdecon.kernels.spatial_likelihood import (
    SpatialData,
    SpatialFit,
    fit_spatial,
    parameter_bounds,
    project_effects,
    project_weights,
)
from yrdecon.kernels.weights import nearest_weights, row_standardize
from yrdecon.places.distances import unit_distances
from yrdecon.places.spatial_weights import SpatialWeights

FloatArray = NDArray[np.float64]
Model = Literal["durbin", "lag"]

NEAREST = 4


@dataclass(frozen=True, eq=False)
class _Neighbors:
    """Row-standardized weights between the units of a sample, and where they come from."""

    matrix: FloatArray
    words: str


def spatial_did(
    panel: Panel, design: Design, weights: SpatialWeights | None = None, *, model: Model = "durbin"
) -> Estimate:
    """Regress the outcome on being treated and on the outcome, and the treatment, of neighbors.

    With unit and time effects and row-standardized weights, ``y = r W y + b D + t W D + effects + e``. A treatment
    then changes the outcome of its own unit, what comes back through neighbors included, and that of the others.

    Parameters
    ----------
    weights
        Of `spatial_weights`, row-standardized, of exactly the units that take part; None takes the four nearest units
        of each (fewer among less than nine), as weights that reach everywhere hardly tell a lag from a time effect.
    model
        ``"durbin"`` has the treatment and covariates of neighbors, ``"lag"`` the outcome of neighbors alone.

    Returns
    -------
    An estimate with cells ``treated``, the average direct effect, and ``spillover``, the average indirect one: what
    treating every unit would do to a unit through the others. It has no covariance: the likelihood takes errors as
    independent over time and of one variance, and with few treated units its errors are far too small, whatever the
    cluster; infer by permutation. Frame ``"fit"`` holds the spatial parameter and the slopes.
    Units treated from the first period on are left out and named.

    Raises
    ------
    DesignError
        If the panel is not balanced, as spatial lags need every unit in every period, the weights do not fit, units
        have no coordinates, or the design has weights or effects beyond unit and time.
    EstimationError
        If the treatment is collinear with the fixed effects.

    Notes
    -----
    A model of dependence and no design: robustness beside `ring_effects`, no identification by itself. Every row that
    is not treated in its period is a comparison, whatever `Design.comparison`; excluded periods, and periods before
    treatment that are not declared base periods take no part, nor do periods in which some unit is in its anticipation.
    `Design.covariates` enter the regression.

    References
    ----------
    Delgado and Florax (2015), Economics Letters; Lee and Yu (2010), Journal of Econometrics; LeSage and Pace (2009),
    Introduction to Spatial Econometrics.

    Examples
    --------
    >>> from yrdecon.study.twinning import load_twinning, twinning_design
    >>> spatial_did(load_twinning(), twinning_design()).cells["term"].tolist()
    ['treated', 'spillover']
    """
    fail_if_unknown("model", model, Model)
    fail_if_asked(design, ("weights", "effects"), "spatial_did", "twfe or ring_effects")
    full = leave_out_always_treated(draw_sample(panel, design))
    neighbors = _neighbors(panel, full, weights)
    sample = _in_full_periods(full)
    data, terms = _data(sample, neighbors.matrix, ["treated", *design.covariates], has_lags=model == "durbin")
    fit = fit_spatial(data, has_lag=True, has_error=False)
    slopes = dict(zip(terms, fit.slopes.tolist(), strict=True))
    through = np.array([[slopes.get("W(treated)", 0.0)]])
    effects = average_effects(np.array([[slopes["treated"]]]), through, np.array([fit.lag]), neighbors.matrix)
    return Estimate(
        coef=effects[0, 0, :2],
        vcov=np.full((2, 2), np.nan),
        cells=pd.DataFrame({"term": ["treated", "spillover"]}),
        units=row_labels(panel, sample, design),
        method="spatial_did",
        outcome=design.outcome,
        n_obs=len(sample.outcome),
        frames=MappingProxyType(
            {"fit": _fit_table(fit, slopes), "effects": pd.DataFrame({"effect": ["unit", "time"]})}
        ),
        small_sample="no analytic standard error; infer by permutation",
        notes=(*sample.notes, f"spatial weights: {neighbors.words}", *_notes(full, sample)),
    )


def _neighbors(panel: Panel, sample: Sample, weights: SpatialWeights | None) -> _Neighbors:
    if weights is not None:
        matrix = fitting_weights(weights, sample.units.tolist(), has_time_effects=True)
        return _Neighbors(matrix, f"{weights.kind}, row-standardized")
    k = min(NEAREST, max(1, (len(sample.units) - 1) // 2))
    nearest = nearest_weights(unit_distances(panel, sample), k)
    return _Neighbors(row_standardize(nearest), f"{k} nearest neighbors, row-standardized")


def _in_full_periods(full: Sample) -> Sample:
    """Keep the periods in which every unit takes part, of a sample in which every unit has a row in all of them."""
    used = np.isin(full.time, full.time[full.contrast])
    fail_if_not_balanced(pd.Series(full.units[full.unit[used]]), pd.Series(full.periods[full.time[used]]))
    is_whole = np.bincount(full.time, full.contrast, len(full.periods)) == len(full.units)
    sample = restrict(full, is_whole[full.time])
    own = sample.cohort[sample.unit]
    if not len(sample.outcome) or not (sample.periods[sample.time] >= own).any():
        raise DesignError(
            "no treated period is left in which no unit is in its anticipation; shorten Design.anticipation"
        )
    return sample


def _data(sample: Sample, weights: FloatArray, names: list[str], *, has_lags: bool) -> tuple[SpatialData, list[str]]:
    shape = len(sample.units), len(sample.periods)
    treated = (sample.periods[sample.time] >= sample.cohort[sample.unit]).astype(float)
    x = np.column_stack([treated, sample.covariates]).reshape(*shape, -1)
    terms = list(names)
    if has_lags:
        x = np.concatenate([x, np.einsum("mn,ntk->mtk", weights, x)], axis=2)
        terms += [f"W({name})" for name in names]
    projected = project_effects(x, unit=True, time=True)
    kept = identified_columns(x, projected)
    if 0 not in kept or projected[:, :, 0].size <= len(kept) + 2:
        raise EstimationError(
            "the effect is not identified: being treated is collinear with unit and time effects; widen the pool, take "
            "more periods or choose another base period"
        )
    outcome = project_effects(sample.outcome.reshape(shape), unit=True, time=True)
    fail_if_nothing_is_left(outcome, projected[:, :, kept], float(np.abs(sample.outcome).max()))
    inner = project_weights(weights)
    fail_if_weights_are_alike(inner)
    data = SpatialData(
        outcome=outcome,
        regressors=projected[:, :, kept],
        weights=inner,
        determinant=inner,
        periods=outcome.shape[1],
        observations=outcome.size,
        bounds=parameter_bounds(weights),
    )
    return data, [terms[j] for j in kept]


def _fit_table(fit: SpatialFit, slopes: dict[str, float]) -> pd.DataFrame:
    rows = slopes | {"W(outcome)": fit.lag, "variance": fit.variance, "log_likelihood": fit.log_likelihood}
    return pd.DataFrame({"term": list(rows), "estimate": list(rows.values())})


def _notes(full: Sample, sample: Sample) -> tuple[str, ...]:
    left = np.setdiff1d(full.periods[full.time[full.contrast]], sample.periods).tolist()
    words = f"periods {left} are left out because some units may anticipate treatment in them"
    return (*((words,) if left else ()), *note_on_staggering(sample.cohort, sample.periods))


register(spatial_did)
