"""Quantile regressions with fixed effects, by the method of moments."""

from __future__ import annotations

from types import MappingProxyType

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from yrdecon.core.covariance import Errors, cluster_columns, with_covariance
from yrdecon.core.estimate import Estimate
from yrdecon.core.labels import codes_of
from yrdecon.core.options import is_number
from yrdecon.core.panel import Panel
from yrdecon.errors import DesignError, EstimationError
from yrdecon.estimators.panels.data import Regression, draw_regression
from yrdecon.estimators.panels.formula import parse_formula
from yrdecon.estimators.panels.least_squares import residualize
from yrdecon.estimators.panels.models import fixed
from yrdecon.kernels.location_scale import LocationScale, location_scale_quantile
from yrdecon.kernels.sandwich import cluster_covariance

FloatArray = NDArray[np.float64]

FEW_PERIODS = 10


def quantile_regression(panel: Panel, formula: str, quantile: float, *, vcov: Errors = "cluster") -> Estimate:
    """Regress a conditional quantile of an outcome on regressors with fixed effects, ``"outcome ~ x | unit + year"``.

    Parameters
    ----------
    formula
        As in `panel_regression`, with effects and without instruments.
    quantile
        Between 0 and 1: .5 is the median.
    vcov
        ``"cluster"`` (by unit), ``"cluster(province)"``, ``"cluster(city, year)"``, or a function from estimates to
        estimates.

    Returns
    -------
    An estimate without cohorts, with one cell per term. Frame ``"location_scale"`` holds the slopes of the mean and of
    the scale of the errors: a quantile's slope is location + q x scale, with q the quantile of standardized errors.

    Raises
    ------
    DesignError
        If the quantile does not lie between 0 and 1, or the formula has no effects or has instruments.
    EstimationError
        If no coefficient is identified, or nothing is left to standardize.

    Notes
    -----
    Regressors and effects move location and scale of the outcome, and nothing else: quantiles never cross on average,
    and effects may differ by quantile, which quantile regressions with a dummy of every unit do not allow for. Slopes
    are biased in the order of one over the number of periods; below ten of them the notes say so. Errors are clustered,
    from the influence of rows on location, scale and quantile, without a small-sample factor.

    References
    ----------
    Machado and Santos Silva (2019), Journal of Econometrics.

    Examples
    --------
    >>> rows = [(u, t, float(i * t % 5), float(i * t * t % 7)) for i, u in enumerate("abcdef") for t in range(1, 12)]
    >>> panel = Panel.from_frame(pd.DataFrame(rows, columns=["u", "t", "y", "x"]), unit="u", time="t")
    >>> quantile_regression(panel, "y ~ x | u", 0.5).cells["term"].tolist()
    ['x']
    """
    if not is_number(quantile) or not 0 < quantile < 1:
        raise DesignError(f"quantile={quantile!r} must lie between 0 and 1, for example .5 for the median")
    drawn = draw_regression(panel, parse_formula(formula), None, cluster_columns(vcov))
    if drawn.is_instrumented:
        raise DesignError("a quantile regression takes no instruments; drop the part 'endogenous ~ instruments'")
    data = fixed(drawn)
    found = residualize(data, data.regressors)
    x = data.regressors[list(found.regressors)].to_numpy(dtype=float)
    if not found.outcome.any():
        raise EstimationError(f"the effects explain {data.outcome_name!r} without error; nothing is left to estimate")
    fit = location_scale_quantile(data.outcome, x, found.remove, quantile)
    return with_covariance(_estimate(data, list(found.regressors), fit, quantile, found.notes), panel, vcov)


def _estimate(
    data: Regression, terms: list[str], fit: LocationScale, quantile: float, notes: tuple[str, ...]
) -> Estimate:
    codes = codes_of(data.units["unit"])
    frame = pd.DataFrame({"term": terms, "location": fit.location, "scale": fit.scale, "quantile": fit.quantile})
    return Estimate(
        coef=fit.coef,
        vcov=cluster_covariance(fit.influence, codes),
        cells=pd.DataFrame({"term": terms}),
        units=data.units,
        method="quantile_regression",
        outcome=data.outcome_name,
        n_obs=len(data.outcome),
        influence=fit.influence,
        frames=MappingProxyType({"location_scale": frame}),
        cluster="unit",
        dof=float(codes.max()),
        small_sample="none",
        notes=(*data.notes, *notes, *_notes(data, fit, quantile)),
    )


def _notes(data: Regression, fit: LocationScale, quantile: float) -> tuple[str, ...]:
    words = [f"quantile {quantile:g} of the outcome given regressors and effects, by moments of location and scale"]
    if fit.unusable:
        words.append(f"the fitted scale is not positive in {fit.unusable} rows, left out of the quantile")
    periods = len(data.units) / data.units["unit"].nunique()
    if periods < FEW_PERIODS:
        words.append(f"{periods:.1f} periods per unit: slopes of quantiles far from the median are biased")
    return tuple(words)
