"""Synthetic difference-in-differences."""

from __future__ import annotations

from dataclasses import fields, replace
from types import MappingProxyType
from typing import get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from yrdecon.core.design import Design
from yrdecon.core.estimate import Estimate
from yrdecon.core.estimator import register
from yrdecon.core.panel import Panel
from yrdecon.core.sample import Sample, draw_sample
from yrdecon.errors import DesignError
from yrdecon.estimators.linear import row_labels
from yrdecon.kernels.synthetic_did import Solver, SyntheticDifferences, Windows, synthetic_differences

FloatArray = NDArray[np.float64]


def synthetic_did(panel: Panel, design: Design, *, solver: Solver = "reference") -> Estimate:
    """Compare the treated with a weighted average of untreated units, relative to weighted base periods.

    Unit weights are fitted on all periods before treatment that are not excluded; time weights lie on the base
    periods of the design alone, so that ``base_periods=(2020,)`` puts all of it on 2020. With several adoption
    dates each cohort is compared with the never treated, and cohorts are weighted by their treated cells.

    Parameters
    ----------
    solver
        ``"reference"`` reproduces the early stopping of the authors' R code; ``"exact"`` solves the weight problems
        to the optimum.

    Returns
    -------
    An estimate with the one cell ``term="att"`` and a covariance of NaN: infer with `permutation_test`. Its frames
    are ``unit_weights``, ``time_weights`` and ``path`` (effect by period; placebo effects before treatment).

    Raises
    ------
    DesignError
        If the panel is not balanced (the missing cells are named), no unit is never treated, fewer than two units or
        periods are there to weight, or the design has covariates, weights or effects, which this estimator does not
        take.

    References
    ----------
    Arkhangelsky, Athey, Hirshberg, Imbens and Wager (2021), Synthetic difference-in-differences, AER.

    Examples
    --------
    >>> y = {"a": [1.0, 2.0, 6.0], "b": [0.0, 1.0, 2.0], "c": [2.0, 3.0, 4.0], "d": [1.0, 2.0, 3.0]}
    >>> rows = [(u, t, v, 3.0 if u == "a" else np.inf) for u in y for t, v in zip((1, 2, 3), y[u])]
    >>> panel = Panel.from_frame(pd.DataFrame(rows, columns=["u", "t", "y", "cohort"]), unit="u", time="t")
    >>> round(float(synthetic_did(panel, Design(outcome="y")).coef[0]), 6)
    3.0
    """
    _fail_if_solver_is_unknown(solver)
    sample = draw_sample(panel, design)
    parts = _fit(sample, design, sample.cohort[None, :], solver)
    weights = np.array([_treated_cells(sample, design, date) for date in parts])
    shares = weights / weights.sum()
    effect = float(sum(share * part.effect[0] for share, part in zip(shares, parts.values(), strict=True)))
    return Estimate(
        coef=np.array([effect]),
        vcov=np.full((1, 1), np.nan),
        cells=pd.DataFrame({"term": ["att"]}),
        units=row_labels(panel, sample, design),
        method="synthetic_did",
        outcome=design.outcome,
        n_obs=int((~np.isin(sample.periods[sample.time], design.exclude_periods)).sum()),
        frames=MappingProxyType(_frames(sample, parts, shares)),
        small_sample="no analytic standard error; infer by permutation",
        notes=(*sample.notes, f"weights by the {solver} solver"),
    )


def synthetic_did_draws(panel: Panel, design: Design, cohorts: FloatArray) -> FloatArray:
    """Return (B, 1) effects of `synthetic_did` at (B, N) assignments, all weight problems solved together."""
    sample = draw_sample(panel, design)
    total, effects = np.zeros(len(cohorts)), np.zeros(len(cohorts))
    for rows in _same_sizes(cohorts):
        for date, part in _fit(sample, design, cohorts[rows], "reference").items():
            share = int((cohorts[rows[0]] == date).sum()) * int(_windows(sample, design, date).post.sum())
            effects[rows] += share * part.effect
            total[rows] += share
    return (effects / total)[:, None]


def synthetic_did_pre_effects(panel: Panel, design: Design, cohorts: FloatArray) -> FloatArray:
    """Return (B, P) gaps before treatment, in the periods that carry no base weight by declaration."""
    sample = draw_sample(panel, design)
    columns = []
    for rows in _same_sizes(cohorts):
        for date, part in _fit(sample, design, cohorts[rows], "reference").items():
            windows = _windows(sample, design, date)
            before = windows.fit if design.base_periods is None else windows.fit & ~windows.base
            block = np.full((len(cohorts), int(before.sum())), np.nan)
            block[rows] = part.gaps[:, before]
            columns.append(block)
    return np.concatenate(columns, axis=1)


def _fit(sample: Sample, design: Design, cohorts: FloatArray, solver: Solver) -> dict[float, SyntheticDifferences]:
    _fail_if_design_asks_for_more(design)
    y = _matrix(sample)
    dates = np.unique(cohorts[np.isfinite(cohorts) & (cohorts > sample.periods[0]) & (cohorts <= sample.periods[-1])])
    result = {}
    for date in dates:
        windows = _windows(sample, design, date)
        _fail_if_too_little_to_weight(cohorts, windows, date)
        if ((cohorts == date) | np.isinf(cohorts)).all():
            result[float(date)] = synthetic_differences(y, cohorts == date, windows, solver)
        else:
            result[float(date)] = _without_other_cohorts(y, cohorts, date, windows, solver)
    return result


def _without_other_cohorts(
    y: FloatArray, cohorts: FloatArray, date: float, windows: Windows, solver: Solver
) -> SyntheticDifferences:
    """Leave units of other cohorts out, which differ between assignments, one assignment at a time."""
    parts = []
    for row in cohorts:
        used = (row == date) | np.isinf(row)
        part = synthetic_differences(y[used], (row[used] == date)[None, :], windows, solver)
        unit_weights = np.zeros((1, len(row)))
        unit_weights[0, used] = part.unit_weights[0]
        parts.append(replace(part, unit_weights=unit_weights))
    joined = (np.concatenate([getattr(p, f.name) for p in parts]) for f in fields(SyntheticDifferences))
    return SyntheticDifferences(*joined)


def _same_sizes(cohorts: FloatArray) -> list[NDArray[np.int64]]:
    """Group the assignments that treat the same number of units at each date."""
    dates = np.unique(cohorts)
    sizes = np.stack([(cohorts == date).sum(axis=1) for date in dates], axis=1)
    group = np.unique(sizes, axis=0, return_inverse=True)[1].ravel()
    return [np.flatnonzero(group == g) for g in range(int(group.max()) + 1)]


def _matrix(sample: Sample) -> FloatArray:
    shape = (len(sample.units), len(sample.periods))
    y = np.full(shape, np.nan)
    y[sample.unit, sample.time] = sample.outcome
    if np.isnan(y).any():
        unit, time = np.nonzero(np.isnan(y))
        shown = ", ".join(f"{sample.units[i]} {sample.periods[t]}" for i, t in zip(unit[:5], time[:5], strict=True))
        raise DesignError(
            f"synthetic difference-in-differences needs a balanced panel; {len(unit)} cells are missing: {shown}; "
            "shorten the period with panel.between, or leave these units out of the pool"
        )
    return y


def _windows(sample: Sample, design: Design, date: float) -> Windows:
    usable = ~np.isin(sample.periods, design.exclude_periods)
    fit = usable & (sample.periods < date - design.anticipation)
    base = fit if design.base_periods is None else fit & np.isin(sample.periods, design.base_periods)
    return Windows(fit, base, usable & (sample.periods >= date))


def _treated_cells(sample: Sample, design: Design, date: float) -> int:
    return int((sample.cohort == date).sum()) * int(_windows(sample, design, date).post.sum())


def _frames(sample: Sample, parts: dict[float, SyntheticDifferences], shares: FloatArray) -> dict[str, pd.DataFrame]:
    units, times, paths = [], [], []
    for (date, part), share in zip(parts.items(), shares, strict=True):
        comparison = np.isinf(sample.cohort)
        units.append(
            pd.DataFrame(
                {"cohort": int(date), "unit": sample.units[comparison], "weight": part.unit_weights[0][comparison]}
            )
        )
        times.append(pd.DataFrame({"cohort": int(date), "time": sample.periods, "weight": part.time_weights[0]}))
        path = {"cohort": int(date), "time": sample.periods, "event_time": sample.periods - int(date)}
        paths.append(pd.DataFrame({**path, "effect": part.gaps[0], "cohort_share": share}))
    joined = {"unit_weights": units, "time_weights": times, "path": paths}
    return {name: pd.concat(frames, ignore_index=True) for name, frames in joined.items()}


def _fail_if_solver_is_unknown(solver: str) -> None:
    if solver not in get_args(Solver):
        raise DesignError(f"solver={solver!r} is unknown; choose one of {list(get_args(Solver))}")


def _fail_if_design_asks_for_more(design: Design) -> None:
    asked = [name for name in ("covariates", "weights", "effects") if getattr(design, name)]
    if asked:
        raise DesignError(f"synthetic_did takes no {asked}; remove them from the design, or use twfe")
    if design.comparison != "never":
        raise DesignError("synthetic_did compares with never-treated units; use comparison='never'")


def _fail_if_too_little_to_weight(cohorts: FloatArray, windows: Windows, date: float) -> None:
    comparisons = int(np.isinf(cohorts).sum(axis=1).min())
    if comparisons < 2:
        raise DesignError(f"{comparisons} never-treated units are there to weight; synthetic_did needs two or more")
    if windows.fit.sum() < 2 or not windows.base.any():
        raise DesignError(
            f"{int(windows.fit.sum())} usable periods lie before {int(date)}; "
            "synthetic_did needs two or more, one of them a base period"
        )


register(synthetic_did, draws=synthetic_did_draws, pre_effects=synthetic_did_pre_effects)
