"""Synthetic difference-in-differences at many assignments with one adoption date."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from yrdecon.kernels.simplex import simplex_exact, simplex_frank_wolfe

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

Solver = Literal["reference", "exact"]

# A test shifts the outcome after treatment many times, which leaves the unit weights as they are.
_SOLVED: OrderedDict[tuple[object, ...], FloatArray] = OrderedDict()

STOPPING = 1e-5
REMEMBERED = 8
TIME_RIDGE = 1e-6


@dataclass(frozen=True, slots=True, eq=False)
class Windows:
    """(T,) periods on which unit weights are fitted, that may carry time weight, and that are treated."""

    fit: BoolArray
    base: BoolArray
    post: BoolArray


@dataclass(frozen=True, slots=True, eq=False)
class SyntheticDifferences:
    """Result for B assignments.

    Attributes
    ----------
    effect
        (B,) average effect on the treated.
    unit_weights
        (B, N) weights of the comparison units, zero for the treated.
    time_weights
        (B, T) weights of the base periods, zero elsewhere.
    gaps
        (B, T) treated mean less its synthetic counterpart, less the time-weighted average of that gap: after
        treatment the effect of each period, before it a placebo effect.
    noise
        (B,) standard deviation of first differences among comparison units, which scales the penalty.
    """

    effect: FloatArray
    unit_weights: FloatArray
    time_weights: FloatArray
    gaps: FloatArray
    noise: FloatArray


def synthetic_differences(y: FloatArray, treated: BoolArray, windows: Windows, solver: Solver) -> SyntheticDifferences:
    """Compute unit weights, time weights and effects.

    Parameters
    ----------
    y
        (N, T) outcomes.
    treated
        (B, N) who is treated; the same number in every row, everyone else is a comparison unit.
    windows
        The periods.
    solver
        ``"reference"`` stops where the authors' R code stops; ``"exact"`` solves the two problems.

    Notes
    -----
    Arkhangelsky, Athey, Hirshberg, Imbens and Wager (2021), algorithm 1.
    """
    fit, base, post = windows.fit, windows.base, windows.post
    batch, n_treated = len(treated), int(treated[0].sum())
    inside = np.nonzero(treated)[1].reshape(batch, n_treated)
    outside = np.nonzero(~treated)[1].reshape(batch, -1)
    controls, mean_treated = y[outside], y[inside].mean(axis=1)
    steps = np.diff(controls[:, :, fit], axis=2).reshape(batch, -1)
    noise = steps.std(axis=1, ddof=1) if steps.shape[1] > 1 else np.zeros(batch)
    zeta = (n_treated * post.sum()) ** 0.25 * noise
    omega = _solve(controls[:, :, fit].transpose(0, 2, 1), mean_treated[:, fit], zeta, noise, solver)
    lam = _solve(controls[:, :, base], controls[:, :, post].mean(axis=2), TIME_RIDGE * noise, noise, solver)
    gap = mean_treated - np.einsum("bj,bjt->bt", omega, controls)
    gaps = gap - np.einsum("bt,bt->b", lam, gap[:, base])[:, None]
    unit_weights = np.zeros(treated.shape)
    np.put_along_axis(unit_weights, outside, omega, axis=1)
    time_weights = np.zeros((batch, y.shape[1]))
    time_weights[:, base] = lam
    return SyntheticDifferences(gaps[:, post].mean(axis=1), unit_weights, time_weights, gaps, noise)


def _solve(a: FloatArray, b: FloatArray, zeta: FloatArray, noise: FloatArray, solver: Solver) -> FloatArray:
    if a.shape[2] == 1:
        return np.ones((len(a), 1))
    a, b = np.ascontiguousarray(a), np.ascontiguousarray(b)
    key = (solver, a.shape, *(hashlib.blake2b(x.tobytes()).digest() for x in (a, b, zeta, noise)))
    if key not in _SOLVED:
        if solver == "exact":
            _SOLVED[key] = simplex_exact(a, b, zeta**2)
        else:
            _SOLVED[key] = simplex_frank_wolfe(a, b, zeta**2, STOPPING * noise)
        if len(_SOLVED) > REMEMBERED:
            _SOLVED.popitem(last=False)
    return _SOLVED[key].copy()
