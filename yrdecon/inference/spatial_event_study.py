"""An event study whose errors come from the model of shocks over time and space."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy import stats

from yrdecon.core.design import Design
from yrdecon.core.estimate import Estimate
from yrdecon.core.panel import Panel
from yrdecon.core.sample import draw_sample
from yrdecon.estimators.event_study import event_study
from yrdecon.inference.spatial_fit import fit_spatial_model
from yrdecon.kernels.separable import space_decay, time_covariance


def spatial_event_study(panel: Panel, design: Design, *, level: float = 0.9) -> Estimate:
    """Estimate an event study with the covariance of the spatial model instead of a clustered one.

    With few and neighboring treated units a clustered covariance of many coefficients is too small and of too low a
    rank. The model, fitted before treatment, gives one of full rank for every pair of coefficients, which is what
    `honest_bounds`, `pretrend_power` and `simultaneous_band` need.

    Parameters
    ----------
    level
        Confidence level of the set of persistences and ranges from which the largest error of the average effect is
        taken, as in `spatial_model_test`.

    Returns
    -------
    The estimate of `event_study` with another covariance, normal intervals and no clusters.

    Raises
    ------
    DesignError
        As `spatial_model_test`.

    Examples
    --------
    >>> from yrdecon.study.twinning import load_twinning, twinning_design
    >>> estimate = spatial_event_study(load_twinning(), twinning_design())
    >>> bool(np.linalg.matrix_rank(estimate.vcov) == len(estimate.coef) - 1)
    True
    """
    model = fit_spatial_model(panel, design)
    table = model.table
    likely = table[table["log_likelihood"] >= table["log_likelihood"].max() - stats.chi2.ppf(level, 2) / 2]
    worst = likely.sort_values("std_error").iloc[-1]
    sample = draw_sample(panel, design)
    date = sample.first_treated_period
    estimate = event_study(panel, design)
    cells = estimate.cells
    periods = cells["event_time"].to_numpy() + date
    base = np.isin(sample.periods, periods[cells["reference"].to_numpy()])
    contrasts = (sample.periods == periods[:, None]).astype(float) - base / base.sum()
    treated = np.isfinite(sample.cohort)
    over_units = treated / treated.sum() - ~treated / (~treated).sum()
    space = sum(float(worst[name]) * kernel for name, kernel in model.kernels.items())
    space = space + float(worst["decay"]) * space_decay(model.distance, float(worst["theta_km"]))
    over_time = time_covariance(sample.periods.astype(float), float(worst["rho"]), worst["process"])
    return replace(
        estimate,
        vcov=float(over_units @ space @ over_units) * contrasts @ over_time @ contrasts.T,
        influence=None,
        linear=None,
        cluster=None,
        dof=np.inf,
        small_sample=f"spatial model, {worst['process']} with rho {worst['rho']:g} and range {worst['theta_km']:g} km",
    )
