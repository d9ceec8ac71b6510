"""Responses to an impulse by horizon, each from its own panel regression (Jorda 2005)."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from yrdecon.core.covariance import Errors, cluster_columns, with_covariance
from yrdecon.core.estimate import Estimate
from yrdecon.core.labels import codes_of
from yrdecon.core.options import fail_if_not_whole, fail_if_unknown
from yrdecon.core.panel import Panel
from yrdecon.errors import DesignError, EstimationError
from yrdecon.estimators.panels.columns import INTERCEPT, evaluate
from yrdecon.estimators.panels.data import draw_regression
from yrdecon.estimators.panels.formula import PanelFormula, fail_if_names_are_unknown, parse_formula
from yrdecon.estimators.panels.half_panels import jackknife_halves
from yrdecon.estimators.panels.least_squares import fit_regression
from yrdecon.estimators.panels.models import fixed
from yrdecon.kernels.sandwich import cluster_covariance

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
Correction = Literal["half_panel", "none"]
METHOD = "panel_local_projection"


def panel_local_projection(
    panel: Panel,
    formula: str,
    *,
    horizons: int = 5,
    correction: Correction = "half_panel",
    vcov: Errors = "cluster",
) -> Estimate:
    """Regress the outcome of each later period on an impulse now, with fixed effects, one regression per horizon.

    Parameters
    ----------
    formula
        ``"y ~ shock + L(shock, 1) + L(y, 1) | city + year"``, as `panel_regression` reads it, without instruments. The
        first regressor is the impulse, the others are controls.
    horizons
        The last horizon; the first is 0, the period of the impulse.
    correction
        Fixed effects bias the responses even without a lagged outcome, since an impulse that follows the outcome, or
        has momentum, is related to the mean of errors (Mei, Sheng and Shi 2023). ``"half_panel"`` removes the
        first order of it by the estimates in two halves of the rows of every unit; ``"none"`` leaves it.
    vcov
        As in `panel_regression`. With ``"half_panel"`` errors are clustered by unit.

    Returns
    -------
    An estimate with one cell per ``horizon``, which `plot_event_study`, `simultaneous_band`, `wald` and `lincom` take.
    The error of each horizon is that of its regression. Covariances between horizons are those of the influence summed
    by the cluster, by unit where there is none. Frame ``"horizons"`` has the rows of each.

    Raises
    ------
    DesignError
        If the formula has no effects, has instruments, or begins with a lag of the outcome; if no row has its lead.
    EstimationError
        If the impulse does not vary at a horizon once effects and controls are removed.

    Notes
    -----
    Leads and lags go by the calendar: a row whose later period is missing is left out at that horizon, and no gap is
    bridged. Errors of neighboring horizons overlap, hence errors by unit and not by row.

    References
    ----------
    Jorda (2005), American Economic Review; Mei, Sheng and Shi (2023), Nickell bias in panel local projection; Dhaene
    and Jochmans (2015), Review of Economic Studies.

    Examples
    --------
    >>> generator = np.random.default_rng(1)
    >>> rows = [(u, t, *generator.normal(size=2)) for u in range(30) for t in range(14)]
    >>> panel = Panel.from_frame(pd.DataFrame(rows, columns=["u", "t", "y", "shock"]), unit="u", time="t")
    >>> panel_local_projection(panel, "y ~ shock + L(y, 1) | u + t", horizons=3).cells["horizon"].tolist()
    [0, 1, 2, 3]
    """
    fail_if_unknown("correction", correction, Correction)
    fail_if_not_whole("horizons", horizons, 0)
    parsed = parse_formula(formula)
    if parsed.instruments:
        raise DesignError("instruments cannot stand in this formula; put the instrument in place of the impulse")
    if correction == "half_panel" and vcov != "cluster":
        raise DesignError(f"vcov={vcov!r} cannot be had from halves of the panel; take 'cluster' or correction='none'")
    impulse = _impulse(panel, parsed)
    fits = [_project(panel, parsed, impulse, h, correction, vcov) for h in range(horizons + 1)]
    return _together(fits, parsed.outcome, impulse)


def _impulse(panel: Panel, parsed: PanelFormula) -> str:
    fail_if_names_are_unknown(parsed, panel.frame.columns)
    terms = [str(c) for c in evaluate(panel, parsed.regressors) if c != INTERCEPT]
    if not terms or terms[0].startswith(f"L({parsed.outcome}, "):
        raise DesignError(f"the first regressor is the impulse; {terms[:1]} is none, put the impulse before controls")
    return terms[0]


def _project(
    panel: Panel, parsed: PanelFormula, impulse: str, horizon: int, correction: Correction, vcov: Errors
) -> Estimate:
    """Return the response at one horizon."""
    outcome = f"L({parsed.outcome}, {-horizon})" if horizon else parsed.outcome
    try:
        data = fixed(draw_regression(panel, replace(parsed, outcome=outcome), None, cluster_columns(vcov)))
        if correction == "half_panel":
            fit = jackknife_halves(data, METHOD)
        else:
            fit = with_covariance(fit_regression(data, METHOD), panel, vcov)
    except (DesignError, EstimationError) as error:
        if horizon == 0:
            raise
        raise type(error)(f"at horizon {horizon}: {error}; take fewer horizons") from error
    place = np.flatnonzero(fit.cells["term"] == impulse)
    if not len(place):
        raise EstimationError(
            f"{impulse} does not vary at horizon {horizon} once effects and controls are removed; drop controls or "
            f"take horizons={horizon - 1}"
        )
    return replace(
        fit,
        coef=fit.coef[place],
        vcov=fit.vcov[np.ix_(place, place)],
        cells=fit.cells.iloc[place].reset_index(drop=True),
        influence=np.asarray(fit.influence)[:, place],
        linear=None,
        frames=MappingProxyType({"effects": pd.DataFrame({"effect": data.effects}), **fit.frames}),
    )


def _together(fits: list[Estimate], outcome: str, impulse: str) -> Estimate:
    horizons = pd.Series(range(len(fits)), name="horizon")
    units = pd.concat([f.units for f in fits]).drop_duplicates(["unit", "time"])
    units = units.sort_values(["unit", "time"], kind="stable").reset_index(drop=True)
    cluster = fits[0].cluster if fits[0].cluster in units else "unit"
    codes = codes_of(units[cluster])
    influence = _scaled(fits, units, codes)
    rows = pd.DataFrame({"horizon": horizons, "rows": [f.n_obs for f in fits]})
    named = {name: _stacked([f.frames[name] for f in fits], impulse) for name in fits[0].frames if name != "effects"}
    first, last = int(rows["rows"].iloc[0]), int(rows["rows"].iloc[-1])
    return Estimate(
        coef=np.concatenate([f.coef for f in fits]),
        vcov=cluster_covariance(influence, codes),
        cells=pd.DataFrame({"horizon": horizons, "few": [bool(f.cells["few"].iloc[0]) for f in fits]}),
        units=units,
        method=METHOD,
        outcome=outcome,
        n_obs=first,
        influence=influence,
        frames=MappingProxyType({"horizons": rows, "effects": fits[0].frames["effects"], **named}),
        cluster=fits[0].cluster,
        dof=np.array([float(np.min(f.dof)) for f in fits]),
        small_sample=f"{fits[0].small_sample}, horizon by horizon",
        notes=(f"responses to {impulse}: {first} rows at horizon 0, {last} at horizon {len(fits) - 1}", *fits[0].notes),
    )


def _scaled(fits: list[Estimate], units: pd.DataFrame, codes: IntArray) -> FloatArray:
    """Return the influence of all rows on each horizon, scaled so that clusters sum to the errors of its regression."""
    rows = pd.MultiIndex.from_frame(units[["unit", "time"]])
    influence = np.zeros((len(units), len(fits)))
    for h, fit in enumerate(fits):
        there = rows.get_indexer(pd.MultiIndex.from_frame(fit.units[["unit", "time"]]))
        influence[there, h] = np.asarray(fit.influence)[:, 0]
    summed = np.sqrt(np.diag(cluster_covariance(influence, codes)))
    errors = np.array([f.std_error[0] for f in fits])
    return np.asarray(influence * np.divide(errors, summed, out=np.zeros(len(fits)), where=summed > 0))


def _stacked(frames: list[pd.DataFrame], impulse: str) -> pd.DataFrame:
    """Return what a covariance tells of the impulse, by horizon."""
    parts = [f[f["term"] == impulse].assign(horizon=h) for h, f in enumerate(frames)]
    return pd.concat(parts, ignore_index=True)
