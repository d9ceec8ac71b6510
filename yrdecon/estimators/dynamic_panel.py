"""Dynamic panels by the generalized method of moments, in changes, deviations, or changes and levels."""

from __future__ import annotations

from types import MappingProxyType

import numpy as np
import pandas as pd
from scipy import stats

from yrdecon.core.estimate import Estimate
from yrdecon.core.options import fail_if_unknown
from yrdecon.core.panel import Panel
from yrdecon.errors import DesignError, EstimationError
from yrdecon.estimators.panels.columns import INTERCEPT
from yrdecon.estimators.panels.dynamic import draw_dynamic
from yrdecon.kernels.dynamic_equations import Equations, Transform, dynamic_equations
from yrdecon.kernels.panel_moments import MomentFit, Steps, fit_moments

METHODS = {"difference": "difference_gmm", "deviations": "deviations_gmm", "system": "system_gmm"}
EQUATIONS = {"difference": "differences", "deviations": "orthogonal deviations", "system": "differences and levels"}


def dynamic_panel(
    panel: Panel, formula: str, *, transform: Transform = "difference", steps: Steps = 2, collapse: bool = False
) -> Estimate:
    """Estimate a panel with lags of its outcome, with lagged levels as instruments of changes.

    Parameters
    ----------
    formula
        ``"y ~ L(y, 1:2) + L(x, 0:1) | gmm(y, 2:99) | year"``: regressors, instruments, and the period if every period
        has an effect. ``gmm(y, 2:4)`` are levels two to four periods before; a regressor whose variable stands in no
        ``gmm`` is taken as exogenous, and its change is its own instrument.
    transform
        What removes the effects of units. ``"difference"`` takes changes. ``"deviations"`` subtracts the mean of later
        periods (Arellano and Bover 1995), which loses less over gaps; lags are counted as for the change.
        ``"system"`` adds equations in levels with an intercept (Blundell and Bond 1998), whose instruments are the
        change of every ``gmm`` variable one period before, or ``first - 1`` periods where its lags start at
        ``first > 2``. That change must be unrelated to the effects of units: units must start near their long-run
        path. Exogenous regressors instrument the changes only.
    steps
        Two-step errors have the correction of Windmeijer (2005), one-step errors are clustered by unit.
    collapse
        One instrument per lag instead of one per lag and period (Roodman 2009), which few units need.

    Returns
    -------
    Coefficients in the order of the formula, with N-1 degrees of freedom for N units; period effects are not shown, the
    intercept of the system is. Frame ``"tests"`` holds Hansen's J, what of it is due to the instruments in levels, and
    correlation of order one and two in the changes of the errors: the first is expected, the second makes the
    instruments invalid; frame ``"instruments"`` counts them. Gaps are not bridged, units may differ in length.
    Observations of the system are its levels.

    Raises
    ------
    DesignError
        If the formula cannot be read, pointing at the character, or an option is unknown.
    EstimationError
        If there are fewer instruments than coefficients, or no unit has a change with its lags.

    Notes
    -----
    With about forty units and a dozen periods the instruments are as many as the units unless collapsed and few lags
    are taken, estimates lean towards least squares, and Hansen's test loses its power: a note says so. The first step
    weights by the covariance of changes and levels of independent errors, their cross terms included.

    References
    ----------
    Arellano and Bond (1991), Review of Economic Studies; Arellano and Bover (1995) and Blundell and Bond (1998),
    Journal of Econometrics; Windmeijer (2005), Journal of Econometrics; Roodman (2009), Oxford Bulletin of Economics
    and Statistics.

    Examples
    --------
    >>> generator = np.random.default_rng(1)
    >>> rows = [(u, t, float(generator.normal())) for u in range(30) for t in range(8)]
    >>> panel = Panel.from_frame(pd.DataFrame(rows, columns=["u", "t", "y"]), unit="u", time="t")
    >>> dynamic_panel(panel, "y ~ L(y, 1) | gmm(y, 2:3) | t", collapse=True).cells["term"].tolist()
    ['L(y, 1)']
    >>> dynamic_panel(panel, "y ~ L(y, 1) | gmm(y, 2:3)", transform="system", collapse=True).cells["term"].tolist()
    ['L(y, 1)', 'Intercept']
    """
    fail_if_unknown("transform", transform, Transform)
    if steps not in (1, 2):
        raise DesignError(f"steps={steps!r} must be 1 or 2")
    drawn = draw_dynamic(panel, formula, collapse)
    equations = dynamic_equations(drawn.model, transform)
    _fail_if_not_identified(equations)
    fit = fit_moments(equations, steps)
    units = _units(panel, equations)
    return Estimate(
        coef=fit.coef[: (k := len(drawn.terms) + (transform == "system"))],
        vcov=fit.vcov[:k, :k],
        cells=pd.DataFrame({"term": [*drawn.terms, INTERCEPT][:k]}),
        units=units,
        method=METHODS[transform],
        outcome=drawn.outcome,
        n_obs=_n_obs(equations, transform),
        influence=fit.influence[equations.rows.there.any(axis=1)][:, :k],
        frames=MappingProxyType(_frames(equations, fit, drawn.model.effects)),
        cluster="unit",
        dof=float(len(units) - 1),
        small_sample="two-step with the correction of Windmeijer" if steps == 2 else "one-step",
        notes=_notes(equations, len(units), transform),
    )


def _fail_if_not_identified(equations: Equations) -> None:
    rows, instruments = equations.rows, equations.instruments.shape[2]
    k = rows.regressors.shape[2]
    if not equations.changes.there.any():
        raise EstimationError("no unit has a change with all its lags; take fewer lags or more periods")
    if instruments < k:
        raise EstimationError(f"{instruments} instruments cannot tell {k} coefficients; allow more lags in gmm()")
    zx = np.einsum("itl,itk->lk", equations.instruments, rows.regressors)
    scale = np.linalg.norm(zx, axis=0)
    if (scale == 0).any() or np.linalg.matrix_rank(zx / np.where(scale > 0, scale, 1.0), tol=1e-10) < k:
        raise EstimationError("the coefficients are not identified: regressors are collinear or constant over time")


def _units(panel: Panel, equations: Equations) -> pd.DataFrame:
    """Return the units that have equations, with the periods of the first and the last."""
    rows, start = equations.rows, int(panel.periods[0])
    periods = np.where(rows.there, rows.periods, -1)
    last, there = periods.max(axis=1), rows.there.any(axis=1)
    first = np.where(rows.there, rows.periods, last[:, None]).min(axis=1)
    labels = pd.DataFrame({"unit": panel.units, "time": start + first, "last_time": start + last})
    return labels[there].reset_index(drop=True)


def _n_obs(equations: Equations, transform: Transform) -> int:
    changes = int(equations.changes.there.sum()) if transform == "system" else 0
    return int(equations.rows.there.sum()) - changes


def _frames(equations: Equations, fit: MomentFit, period_effects: bool) -> dict[str, pd.DataFrame]:
    total, of_levels = equations.instruments.shape[2], int(equations.of_levels.sum())
    counts = pd.DataFrame({"of": ["others", "levels"], "instruments": [total - of_levels, of_levels]})
    effects = pd.DataFrame({"effect": ["unit", *(["time"] if period_effects else [])]})
    return {"tests": _tests(equations, fit), "instruments": counts, "effects": effects}


def _tests(equations: Equations, fit: MomentFit) -> pd.DataFrame:
    excess = equations.instruments.shape[2] - equations.rows.regressors.shape[2]
    of_levels = int(equations.of_levels.sum())
    rows = [
        ("Hansen J", fit.hansen, excess, stats.chi2.sf(fit.hansen, excess) if excess else np.nan),
        *((f"AR({n})", z, np.nan, 2 * stats.norm.sf(abs(z))) for n, z in enumerate(fit.serial, 1)),
    ]
    if of_levels:
        rows.append(("Hansen, levels", fit.of_levels, of_levels, stats.chi2.sf(fit.of_levels, of_levels)))
    return pd.DataFrame(rows, columns=["test", "statistic", "dof", "p_value"])


def _notes(equations: Equations, n_units: int, transform: Transform) -> tuple[str, ...]:
    instruments = equations.instruments.shape[2]
    counted = f"{instruments} instruments for {n_units} units, in {EQUATIONS[transform]}"
    if instruments < n_units:
        return (counted,)
    return (
        counted,
        "as many instruments as units or more: Hansen's test has no power, collapse them or take fewer lags",
    )
