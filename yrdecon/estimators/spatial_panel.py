"""Panel regressions in which neighbors matter: spatial lag, error, Durbin and combined models."""

from __future__ import annotations

from types import MappingProxyType
from typing import Literal

import numpy as np
import pandas as pd

from yrdecon.core.estimate import Estimate
from yrdecon.core.options import fail_if_unknown
from yrdecon.core.panel import Panel
from yrdecon.errors import DesignError
from yrdecon.estimators.panels.least_squares import few_clusters, notes_on_few
from yrdecon.estimators.panels.spatial import (
    LAGGED,
    SpatialArrays,
    draw_arrays,
    fitting_weights,
    likelihood_data,
)
from yrdecon.kernels.spatial_likelihood import SpatialFit, fit_spatial
from yrdecon.places.spatial_weights import SpatialWeights

Model = Literal["lag", "error", "durbin", "durbin_error", "sarar"]
Correction = Literal["lee_yu", "none"]

WITH_LAG = ("lag", "durbin", "sarar")
WITH_ERROR = ("error", "durbin_error", "sarar")
ERROR_TERM = "W(error)"


def spatial_panel(
    panel: Panel,
    formula: str,
    weights: SpatialWeights,
    *,
    model: Model = "lag",
    correction: Correction = "lee_yu",
) -> Estimate:
    """Regress by maximum likelihood with spatial lags of the outcome, of the regressors, or of the errors.

    Parameters
    ----------
    formula
        As for `panel_regression`, ``"y ~ x + z | city + year"``, with unit effects, time effects, both or none.
    weights
        Of `spatial_weights`, of exactly the units that have rows.
    model
        ``"lag"``: the outcome depends on that of neighbors, term ``W(y)``. ``"error"``: errors do, term ``W(error)``.
        ``"durbin"``: the outcome, and the regressors of neighbors, terms such as ``W(x)``. ``"durbin_error"``: errors
        and regressors of neighbors. ``"sarar"``: outcome and errors.
    correction
        ``"lee_yu"`` is the likelihood of transformed data, which loses a period to unit effects and a unit to time
        effects, and with them the bias that they cause (Lee and Yu 2010). ``"none"`` counts all units and periods: with
        unit effects slopes are the same and the variance is too small by (T-1)/T, with both effects the spatial
        parameter is too low in small samples.

    Returns
    -------
    An estimate without cohorts; errors are those of the expected information for independent errors of one variance,
    beyond what the model says. Slopes of models with ``W(y)`` are no effects: `spatial_impacts` gives these. Frame
    ``"fit"`` holds log-likelihood and variance.

    Raises
    ------
    DesignError
        If the panel is not balanced, the weights are of other units, leave some without a neighbor, or are not
        row-standardized beside time effects, or the formula has instruments or other effects.
    EstimationError
        If no regressor is identified.

    Notes
    -----
    A model of dependence and no design: who treats neighbors alike is not told apart from neighbors who affect each
    other. A dummy that sets apart fewer than ten units gets no star. `spatial_lm` tests before, and `moran` describes.

    References
    ----------
    Lee and Yu (2010), Journal of Econometrics; LeSage and Pace (2009), Introduction to Spatial Econometrics; Anselin,
    Le Gallo and Jayet (2008), Spatial panel econometrics.

    Examples
    --------
    >>> from yrdecon.clean import load_panel
    >>> from yrdecon.places import spatial_weights
    >>> panel = load_panel("yrd").between(2010, 2019)
    >>> formula = "ln_real_gdp_pc ~ share_secondary_pct | city_code + year"
    >>> spatial_panel(panel, formula, spatial_weights(panel), model="durbin").cells["term"].tolist()
    ['share_secondary_pct', 'W(share_secondary_pct)', 'W(ln_real_gdp_pc)']
    """
    fail_if_unknown("model", model, Model)
    fail_if_unknown("correction", correction, Correction)
    arrays = draw_arrays(panel, formula, weights, with_lags=model in ("durbin", "durbin_error"))
    has_effects = bool(arrays.data.effects)
    if min(arrays.outcome.shape) < 1 or arrays.outcome.size <= len(arrays.terms) + 2:
        raise DesignError(
            f"{len(arrays.terms)} regressors and the fixed effects leave nothing of {len(arrays.data.outcome)} rows; "
            "take more periods or units"
        )
    matrix = fitting_weights(weights, arrays.data.units["unit"].unique().tolist(), has_time_effects=False)
    data = likelihood_data(arrays, matrix, is_transformed=correction == "lee_yu" or not has_effects)
    fit = fit_spatial(data, model in WITH_LAG, model in WITH_ERROR)
    return _estimate(arrays, fit, weights, f"spatial_{model}", has_effects and correction == "lee_yu")


def _estimate(
    arrays: SpatialArrays, fit: SpatialFit, weights: SpatialWeights, method: str, is_corrected: bool
) -> Estimate:
    data, k = arrays.data, len(arrays.terms)
    coef = np.array([*fit.slopes, fit.lag, fit.error])
    terms = [*arrays.terms, LAGGED.format(data.outcome_name), ERROR_TERM]
    used = np.isfinite(np.diag(fit.covariance)) | (np.arange(k + 2) < k)
    few = few_clusters(data, list(arrays.terms))
    cells = pd.DataFrame({"term": terms, "few": [*few.values(), False, False]})
    rule = "transformed data of Lee and Yu (2010)" if is_corrected else "no correction for effects"
    scale = "row-standardized" if weights.is_row_standardized else "not standardized"
    numbers = {"log_likelihood": [fit.log_likelihood], "variance": [fit.variance]}
    return Estimate(
        coef=coef[used],
        vcov=fit.covariance[np.ix_(used, used)],
        cells=cells[used].reset_index(drop=True),
        units=data.units,
        method=method,
        outcome=data.outcome_name,
        n_obs=len(data.outcome),
        frames=MappingProxyType(
            {"fit": pd.DataFrame(numbers), "effects": pd.DataFrame({"effect": data.effects}, dtype="str")}
        ),
        small_sample=f"expected information of the likelihood; {rule}",
        notes=(*arrays.notes, f"spatial weights: {weights.kind}, {scale}", *notes_on_few(few)),
    )
