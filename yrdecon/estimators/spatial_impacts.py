"""Direct, indirect and total effects of the regressors of a spatial model."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from yrdecon.core.estimate import Estimate
from yrdecon.core.options import fail_if_not_whole
from yrdecon.errors import DesignError, EstimationError
from yrdecon.estimators.panels.columns import INTERCEPT
from yrdecon.estimators.panels.spatial import LAGGED, fitting_weights
from yrdecon.kernels.spatial_effects import average_effects
from yrdecon.kernels.spatial_likelihood import parameter_bounds
from yrdecon.places.spatial_weights import SpatialWeights

FloatArray = NDArray[np.float64]
KINDS = ("direct", "indirect", "total")


def spatial_impacts(estimate: Estimate, weights: SpatialWeights, *, seed: int, draws: int = 1_000) -> Estimate:
    """Average what a change of a regressor does in its own unit, in the others, and in all.

    Parameters
    ----------
    estimate
        Of `spatial_panel`, of a model with a spatial lag of the outcome or of the regressors.
    weights
        Those that it was made with.
    seed
        Seed of the draws of coefficients from their normal distribution, which give the errors.
    draws
        Number of draws, 100 or more.

    Returns
    -------
    An estimate with cells such as ``direct(x)``, ``indirect(x)`` and ``total(x)``. Effects are those of the estimated
    coefficients, their covariance is that of the draws. Draws outside the range of the spatial parameter are left out
    and counted in the notes.

    Raises
    ------
    DesignError
        If the estimate is of another kind, has no effects on neighbors, or the weights are of other units.
    EstimationError
        If most draws lie outside the range.

    References
    ----------
    LeSage and Pace (2009), Introduction to Spatial Econometrics.

    Examples
    --------
    >>> from yrdecon.clean import load_panel
    >>> from yrdecon.estimators import spatial_panel
    >>> from yrdecon.places import spatial_weights
    >>> panel = load_panel("yrd").between(2010, 2019)
    >>> weights = spatial_weights(panel)
    >>> formula = "ln_real_gdp_pc ~ share_secondary_pct | city_code + year"
    >>> durbin = spatial_panel(panel, formula, weights, model="durbin")
    >>> spatial_impacts(durbin, weights, seed=1).cells["term"].tolist()[:2]
    ['direct(share_secondary_pct)', 'indirect(share_secondary_pct)']
    """
    fail_if_not_whole("seed", seed, 0)
    fail_if_not_whole("draws", draws, 100)
    terms = _terms(estimate)
    matrix = fitting_weights(weights, estimate.units["unit"].unique().tolist(), has_time_effects=False)
    positions = {term: j for j, term in enumerate(estimate.cells["term"])}
    effects = _effects(estimate.coef[None, :], terms, positions, estimate.outcome, matrix)[0]
    generator = np.random.default_rng(seed)
    drawn = generator.multivariate_normal(estimate.coef, estimate.vcov, size=draws, method="eigh")
    inside = _inside(drawn, positions.get(LAGGED.format(estimate.outcome)), matrix)
    if inside.sum() < draws / 2:
        raise EstimationError(
            f"{draws - inside.sum()} of {draws} draws of the spatial parameter lie outside its range, so that effects "
            "have no errors; the parameter is at the end of its range, take model='durbin_error' or other weights"
        )
    simulated = _effects(drawn[inside], terms, positions, estimate.outcome, matrix)
    lost = int(draws - inside.sum())
    few = estimate.cells.set_index("term")["few"]
    labels = [(f"{kind}({term})", bool(few[term])) for term in terms for kind in KINDS]
    note = (f"{lost} of {draws} draws lie outside the range of the spatial parameter and are left out",) if lost else ()
    return replace(
        estimate,
        coef=effects,
        vcov=np.atleast_2d(np.cov(simulated, rowvar=False)),
        cells=pd.DataFrame(labels, columns=["term", "few"]),
        small_sample=f"simulated from {draws} draws of the coefficients with seed {seed}",
        notes=(*estimate.notes, *note),
    )


def _terms(estimate: Estimate) -> list[str]:
    """Return the regressors that have effects on other units."""
    names = estimate.cells.get("term", pd.Series(dtype="str")).astype(str).tolist()
    if not estimate.method.startswith("spatial_") or "fit" not in estimate.frames:
        raise DesignError(f"effects on neighbors are those of spatial_panel; the estimate is of {estimate.method}")
    lagged = {LAGGED.format(n) for n in names}
    has_lag = LAGGED.format(estimate.outcome) in names
    if not has_lag and not lagged & set(names):
        raise DesignError(
            "a model with a spatial error alone has no effects on neighbors, its slopes are the effects; "
            "take model='lag', 'durbin' or 'durbin_error'"
        )
    return [n for n in names if n != INTERCEPT and not n.startswith("W(")]


def _effects(
    coef: FloatArray, terms: list[str], positions: dict[str, int], outcome: str, weights: FloatArray
) -> FloatArray:
    """Return (S, 3k) effects of (S, p) coefficients."""
    nothing = np.zeros((len(coef), 1))
    table = np.hstack([coef, nothing])
    slopes = table[:, [positions[t] for t in terms]]
    lagged = table[:, [positions.get(LAGGED.format(t), -1) for t in terms]]
    lag = table[:, positions.get(LAGGED.format(outcome), -1)]
    return average_effects(slopes, lagged, lag, weights).reshape(len(coef), -1)


def _inside(drawn: FloatArray, position: int | None, weights: FloatArray) -> NDArray[np.bool_]:
    if position is None:
        return np.ones(len(drawn), dtype=bool)
    low, high = parameter_bounds(weights)
    return np.asarray((drawn[:, position] > low) & (drawn[:, position] < high))
