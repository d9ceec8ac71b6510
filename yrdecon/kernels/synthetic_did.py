"""Synthetic difference-in-differences of one cohort at many assignments."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from yrdecon.kernels.simplex import simplex_exact, simplex_frank_wolfe

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
IntArray = NDArray[np.int64]

Solver = Literal["reference", "exact"]

STOPPING = 1e-5
TIME_RIDGE = 1e-6


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """One cohort and the units it is compared with, at B assignments.

    Attributes
    ----------
    treated, comparison
        (B, N) members; each has the same number in every row, and a unit may be neither.
    fit, base, post
        (T,) periods on which unit weights are fitted, that may carry time weight, and that are treated.
    """

    treated: BoolArray
    comparison: BoolArray
    fit: BoolArray
    base: BoolArray
    post: BoolArray


@dataclass(frozen=True, slots=True, eq=False)
class UnitWeights:
    """(B, n) weights of the n comparison units, and (B,) noise, which scales the penalties.

    The noise is the standard deviation of first differences among comparison units before treatment.
    """

    omega: FloatArray
    noise: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class SyntheticDifferences:
    """Result for B assignments.

    Attributes
    ----------
    effect
        (B,) average effect on the treated.
    unit_weights
        (B, N) weights of the comparison units, zero for the others.
    time_weights
        (B, T) weights of the base periods, zero elsewhere.
    gaps
        (B, T) treated mean less its synthetic counterpart, less the time-weighted average of that gap: after
        treatment the effect of each period, before it a placebo effect.
    """

    effect: FloatArray
    unit_weights: FloatArray
    time_weights: FloatArray
    gaps: FloatArray


def fit_unit_weights(y: FloatArray, block: Block, solver: Solver) -> UnitWeights:
    """Weight comparison units so that they follow the treated mean before treatment, up to a constant.

    Parameters
    ----------
    y
        (N, T) outcomes, or (B, N, T) if they differ between assignments.
    solver
        ``"reference"`` stops where the authors' R code stops; ``"exact"`` solves the problem.

    Notes
    -----
    Arkhangelsky, Athey, Hirshberg, Imbens and Wager (2021), equations 4 and 5.
    """
    controls = _rows(y, block.comparison)[:, :, block.fit]
    target = _rows(y, block.treated)[:, :, block.fit].mean(axis=1)
    steps = np.diff(controls, axis=2).reshape(len(controls), -1)
    noise = steps.std(axis=1, ddof=1) if steps.shape[1] > 1 else np.zeros(len(steps))
    zeta = (block.treated[0].sum() * block.post.sum()) ** 0.25 * noise
    return UnitWeights(_solve(controls.transpose(0, 2, 1), target, zeta, noise, solver), noise)


def synthetic_differences(y: FloatArray, block: Block, units: UnitWeights, solver: Solver) -> SyntheticDifferences:
    """Weight base periods so that they predict the comparison units after treatment, and compare.

    Notes
    -----
    Arkhangelsky, Athey, Hirshberg, Imbens and Wager (2021), equations 6 and 7 and algorithm 1.
    """
    controls = _rows(y, block.comparison)
    after = controls[:, :, block.post].mean(axis=2)
    base_weights = _solve(controls[:, :, block.base], after, TIME_RIDGE * units.noise, units.noise, solver)
    unit_weights = np.zeros(block.comparison.shape)
    np.put_along_axis(unit_weights, _positions(block.comparison), units.omega, axis=1)
    time_weights = np.zeros((len(controls), len(block.base)))
    time_weights[:, block.base] = base_weights
    gaps = weighted_gaps(y, block.treated, unit_weights, time_weights)
    return SyntheticDifferences(gaps[:, block.post].mean(axis=1), unit_weights, time_weights, gaps)


def weighted_gaps(y: FloatArray, treated: BoolArray, unit_weights: FloatArray, time_weights: FloatArray) -> FloatArray:
    """Return (B, T) gaps between treated and weighted comparison units, less their time-weighted average."""
    contrast = treated / treated.sum(axis=1, keepdims=True) - unit_weights
    gap = contrast @ y if y.ndim == 2 else np.einsum("bn,bnt->bt", contrast, y)
    return np.asarray(gap - (time_weights * gap).sum(axis=1, keepdims=True))


def effects_without_each_unit(
    change: FloatArray, weight: FloatArray, treated: BoolArray, cohort: IntArray, unit: IntArray, n_post: IntArray
) -> FloatArray:
    """Return the average effect without each unit in turn, the other weights scaled up to one.

    Parameters
    ----------
    change
        (n,) change from the time-weighted base to the treated periods; one row per cohort and unit that takes part.
    weight
        (n,) weight within the treated or the comparison units of the cohort.
    treated
        (n,) whether the unit belongs to the cohort.
    cohort, unit
        (n,) codes of the cohort and of the unit.
    n_post
        (G,) number of treated periods of each cohort; cohorts count by treated cells.

    Returns
    -------
    (U,) effects; NaN if a cohort is left without weight on either side.
    """
    sides = 2 * cohort + treated

    def total(values: FloatArray, kept: BoolArray) -> FloatArray:
        return np.asarray(np.bincount(sides[kept], values[kept], minlength=2 * len(n_post)).reshape(-1, 2), dtype=float)

    effects = np.full(int(unit.max()) + 1, np.nan)
    for left_out in range(len(effects)):
        kept = unit != left_out
        mass, sums = total(weight, kept), total(weight * change, kept)
        if (mass > 0).all():
            means = sums / mass
            cells = n_post * total(np.ones(len(unit)), kept)[:, 1]
            effects[left_out] = (cells @ (means[:, 1] - means[:, 0])) / cells.sum()
    return effects


def _positions(chosen: BoolArray) -> IntArray:
    """Return the (B, n) positions of the n chosen units of every row."""
    return np.nonzero(chosen)[1].reshape(len(chosen), -1).astype(np.int64)


def _rows(y: FloatArray, chosen: BoolArray) -> FloatArray:
    """Return the (B, n, T) outcomes of the n chosen units of every assignment."""
    where = _positions(chosen)
    return np.asarray(y[where] if y.ndim == 2 else np.take_along_axis(y, where[:, :, None], axis=1))


def _solve(a: FloatArray, b: FloatArray, zeta: FloatArray, noise: FloatArray, solver: Solver) -> FloatArray:
    if a.shape[2] == 1:
        return np.ones((len(a), 1))
    if solver == "exact":
        return simplex_exact(a, b, zeta**2)
    return simplex_frank_wolfe(a, b, zeta**2, STOPPING * noise)
