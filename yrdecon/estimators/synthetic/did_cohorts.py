"""Synthetic difference-in-differences cohort by cohort, at one or many assignments."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from yrdecon.core.adoption import adoption_dates
from yrdecon.core.design import Design, fail_if_asked
from yrdecon.core.estimate import Estimate
from yrdecon.core.labels import row_labels
from yrdecon.core.names import some_of
from yrdecon.core.options import fail_if_unknown
from yrdecon.core.panel import Panel
from yrdecon.core.sample import Sample
from yrdecon.core.wide import balanced_outcome
from yrdecon.errors import DesignError, EstimationError
from yrdecon.estimators.synthetic.windows import windows_around
from yrdecon.kernels.imputation import slopes_on_cells
from yrdecon.kernels.synthetic_did import (
    Block,
    Solver,
    SyntheticDifferences,
    UnitWeights,
    fit_unit_weights,
    synthetic_differences,
)

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
IntArray = NDArray[np.int64]

FEWEST_UNITS = 2


@dataclass(frozen=True, eq=False)
class BalancedSample:
    """A sample without gaps: (N, T) outcomes and (N, T, k) covariates."""

    sample: Sample
    design: Design
    y: FloatArray
    x: FloatArray


@dataclass(frozen=True, eq=False)
class CohortFit:
    """One cohort at B assignments, with the (N, T) or (B, N, T) outcomes it was fitted on."""

    y: FloatArray
    block: Block
    units: UnitWeights
    result: SyntheticDifferences


def balanced_sample(sample: Sample, design: Design) -> BalancedSample:
    """Take the arrays of a synthetic difference-in-differences.

    Raises
    ------
    DesignError
        If cells are missing (they are named), or the design asks for weights or effects.
    """
    fail_if_asked(design, ("weights", "effects"), "synthetic_did", "twfe")
    y = balanced_outcome(sample, "synthetic_did")
    return BalancedSample(sample, design, y, sample.covariates.reshape(*y.shape, -1))


def fit_cohorts(
    data: BalancedSample,
    cohorts: FloatArray,
    solver: Solver,
    known: Mapping[int, CohortFit] = MappingProxyType({}),
) -> dict[int, CohortFit]:
    """Compare every cohort with units that stay untreated, at (B, N) assignments of the same sizes.

    Parameters
    ----------
    known
        Fits at the same assignments, whose unit weights are kept where outcomes before treatment are the same.

    Raises
    ------
    DesignError
        If the solver is unknown, or too few units or periods are there to weight.
    EstimationError
        If the slopes of the covariates are not identified in a single assignment.
    """
    fail_if_unknown("solver", solver, Solver)
    y = _adjusted(data, cohorts)
    fits = {}
    for date, block in cohort_blocks(data, cohorts).items():
        fit = known.get(date)
        is_same = fit is not None and np.array_equal(fit.y[..., block.fit], y[..., block.fit])
        units = fit.units if fit is not None and is_same else fit_unit_weights(y, block, solver)
        fits[date] = CohortFit(y, block, units, synthetic_differences(y, block, units, solver))
    return fits


def cohort_blocks(data: BalancedSample, cohorts: FloatArray) -> dict[int, Block]:
    """Return members and periods of every cohort with two periods or more to fit, one of them a base, and one after.

    Raises
    ------
    DesignError
        If fewer than two units stay untreated, or no cohort has the periods.
    """
    periods, never = data.sample.periods, np.isinf(cohorts)
    if (count := int(never.sum(axis=1).min())) < FEWEST_UNITS:
        raise DesignError(
            f"{count} units that stay untreated through {periods[-1]} are there to weight; synthetic_did needs two or "
            "more; widen the pool, or end the panel before the last cohort (panel.between, comparison='not_yet')"
        )
    around = {date: windows_around(periods, data.design, date) for date in adoption_dates(cohorts, periods)}
    blocks = {date: Block(cohorts == date, never, w.fit, w.base, w.post) for date, w in around.items() if w.suffice}
    if not blocks:
        raise DesignError(
            "no cohort has two usable periods before treatment, one of them a base period, and one after; "
            "start the panel earlier or exclude fewer periods"
        )
    return blocks


def treated_cells(fits: Mapping[int, CohortFit]) -> IntArray:
    """Return the number of treated units times treated periods of every cohort, by which cohorts are weighted."""
    return np.array([fit.block.treated[0].sum() * fit.block.post.sum() for fit in fits.values()])


def cohort_estimate(panel: Panel, data: BalancedSample, fits: Mapping[int, CohortFit], solver: Solver) -> Estimate:
    """Return the effect on all cohorts as an estimate with its frames, without a covariance."""
    sample, design = data.sample, data.design
    cells = treated_cells(fits)
    effect = float(np.average([fit.result.effect[0] for fit in fits.values()], weights=cells))
    used = np.any([(fit.block.treated | fit.block.comparison)[0] for fit in fits.values()], axis=0)
    return Estimate(
        coef=np.array([effect]),
        vcov=np.full((1, 1), np.nan),
        cells=pd.DataFrame({"term": ["att"]}),
        units=row_labels(panel, sample, design),
        method="",
        outcome=design.outcome,
        n_obs=int(used.sum() * (~np.isin(sample.periods, design.exclude_periods)).sum()),
        frames=MappingProxyType(_frames(data, fits)),
        small_sample="no analytic standard error; infer by permutation",
        notes=(*sample.notes, f"weights by the {solver} solver", *_notes_on_design(design), *_notes(sample, used)),
    )


def _adjusted(data: BalancedSample, cohorts: FloatArray) -> FloatArray:
    """Take from the outcome what covariates explain of untreated rows, in every assignment (Kranz 2022)."""
    if data.x.shape[2] == 0:
        return data.y
    design, periods = data.design, data.sample.periods
    usable = ~np.isin(periods, design.exclude_periods)
    untreated = usable & (periods < cohorts[:, :, None] - design.anticipation)
    slopes = slopes_on_cells(data.y, data.x, untreated)
    if len(cohorts) == 1 and np.isnan(slopes).any():
        raise EstimationError(
            f"the covariates {list(design.covariates)} are collinear with the fixed effects or with each other on "
            "untreated rows; drop one, and interact those that are constant within units with time"
        )
    return np.asarray(data.y - np.einsum("ntk,bk->bnt", data.x, slopes))


def _frames(data: BalancedSample, fits: Mapping[int, CohortFit]) -> dict[str, pd.DataFrame]:
    shares = treated_cells(fits) / treated_cells(fits).sum()
    parts = [
        _cohort_frames(data, date, fit, float(share)) for (date, fit), share in zip(fits.items(), shares, strict=True)
    ]
    return {name: pd.concat([part[name] for part in parts], ignore_index=True) for name in parts[0]}


def _cohort_frames(data: BalancedSample, date: int, fit: CohortFit, share: float) -> dict[str, pd.DataFrame]:
    sample, block, result = data.sample, fit.block, fit.result
    periods = sample.periods
    treated, comparison = block.treated[0], block.comparison[0]
    omega, gaps = result.unit_weights[0], result.gaps[0]
    y = np.broadcast_to(fit.y, (1, *data.y.shape))[0]
    change = y[:, block.post].mean(axis=1) - y @ result.time_weights[0]
    members = np.flatnonzero(treated | comparison)
    observed = y[treated].mean(axis=0)
    placebo = gaps[block.fit] - gaps[block.fit].mean()
    counts = {"n_treated": int(treated.sum()), "n_periods": int(block.post.sum())}
    quality = {
        "rmspe_before": float(np.sqrt(np.mean(placebo**2))),
        "effective_donors": float(1 / (omega**2).sum()),
        "noise_level": float(fit.units.noise[0]),
    }
    frames = {
        "unit_weights": {"unit": sample.units[comparison], "weight": omega[comparison]},
        "time_weights": {"time": periods, "weight": result.time_weights[0]},
        "path": {
            "time": periods,
            "event_time": periods - date,
            "observed": observed,
            "counterfactual": observed - gaps,
            "effect": gaps,
            "excluded": np.isin(periods, data.design.exclude_periods),
        },
        "cohorts": {"effect": [result.effect[0]], "share": [share], **counts},
        "fit": {key: [value] for key, value in quality.items()},
        "changes": {
            "unit": sample.units[members],
            "treated": treated[members],
            "weight": np.where(treated, 1 / treated.sum(), omega)[members],
            "change": change[members],
        },
    }
    return {name: pd.DataFrame({"cohort": date, **columns}) for name, columns in frames.items()}


def _notes_on_design(design: Design) -> tuple[str, ...]:
    notes = []
    if design.covariates:
        names = ", ".join(design.covariates)
        notes.append(f"the outcome is adjusted for {names} by a two-way regression on untreated rows")
    if design.comparison == "not_yet":
        notes.append("units that are treated within the panel do not serve as comparisons")
    return tuple(notes)


def _notes(sample: Sample, used: BoolArray) -> tuple[str, ...]:
    if used.all():
        return ()
    dates = sorted({int(c) for c in sample.cohort[~used]})
    return (
        f"cohorts {dates} lack two usable periods before treatment, a base period among them, or one after, and "
        f"are left out: {some_of(sample.units[~used].tolist())}",
    )
