"""Tests by placebo assignments, for many simulated panels at once; (S,) p-values."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from benchmarks.collapsed import Collapsed
from benchmarks.settings import Setting, compared_sets
from yrdecon.core.assignment import AssignmentKind
from yrdecon.core.hypothesis import TIE
from yrdecon.inference.choice import Studentize
from yrdecon.kernels.assignments import PreparedAssignments, prepare_assignments

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]


def permutation(panels: Collapsed, kind: AssignmentKind, studentize: Studentize, draws: int, seed: int) -> FloatArray:
    """Compare the estimate with those of the assignments of a kind, ``studentize="auto"`` as the library chooses."""
    compared = compared_sets(panels.setting, kind, draws, seed)
    statistic = compared.studentize if studentize == "auto" else studentize
    if panels.setting.is_staggered:
        return _share(np.abs(staggered_statistics(panels, compared.cohorts, statistic)))
    return _share(np.abs(placebo_statistics(panels, np.isfinite(compared.cohorts), statistic)))


def placebo_statistics(panels: Collapsed, members: BoolArray, studentize: Studentize) -> FloatArray:
    """Return (B, S) estimates of (B, N) sets, divided by the scale of the statistic."""
    effects = set_effects(members, panels.change)
    if studentize == "none":
        return effects
    if studentize == "cluster":
        return np.asarray(effects / _errors(members, panels.change))
    spread = np.sqrt((_pre_effects(members, panels.before) ** 2).mean(axis=2))
    if studentize == "full":
        return np.asarray(effects / spread)
    return np.asarray(effects / _half_shrunk(spread))


def set_effects(members: BoolArray, change: FloatArray) -> FloatArray:
    """Return the (B, S) differences between the mean changes of members and of all others."""
    return np.asarray(_weights(members) @ change.T)


def staggered_effects(panels: Collapsed, cohorts: FloatArray) -> FloatArray:
    """Return the (B, S) two-way coefficients of (B, N) first treated periods."""
    prepared = _prepared(panels.setting)
    y = panels.y - panels.y.mean(axis=1, keepdims=True) - panels.y.mean(axis=2, keepdims=True)
    y += panels.y.mean(axis=(1, 2), keepdims=True)
    cross = np.stack([y[:, :, panels.setting.periods >= date].sum(axis=2) for date in prepared.dates])
    chosen = np.concatenate([cohorts == date for date in prepared.dates], axis=1).astype(float)
    size = chosen.shape[1]
    quadratic = ((chosen @ prepared.gram.reshape(size, size)) * chosen).sum(axis=1)
    return np.asarray(chosen @ cross.transpose(0, 2, 1).reshape(size, -1) / quadratic[:, None])


def staggered_statistics(panels: Collapsed, cohorts: FloatArray, studentize: Studentize) -> FloatArray:
    """Return (B, S) two-way coefficients of (B, N) first treated periods, half-shrunk if asked for."""
    effects = staggered_effects(panels, cohorts)
    if studentize == "none":
        return effects
    before = np.concatenate([_cohort_pre_effects(panels, cohorts, d) for d in np.unique(panels.setting.cohort)[:-1]], 2)
    return np.asarray(effects / _half_shrunk(np.sqrt((before**2).mean(axis=2))))


def _cohort_pre_effects(panels: Collapsed, cohorts: FloatArray, date: float) -> FloatArray:
    """Return (B, S, P) gaps between units of one date and never treated ones, less their mean before that date."""
    own, never = ((cohorts == d) / (cohorts == d).sum(axis=1, keepdims=True) for d in (date, np.inf))
    y = panels.y[:, :, panels.setting.periods < date]
    y = y - y.mean(axis=2, keepdims=True)
    s, n, p = y.shape
    gaps = (own - never) @ y.transpose(1, 0, 2).reshape(n, s * p)
    return np.asarray(gaps.reshape(len(cohorts), s, p))


def _half_shrunk(spread: FloatArray) -> FloatArray:
    return np.asarray(np.sqrt((spread**2 + (spread**2).mean(axis=0)) / 2))


def _weights(members: BoolArray) -> FloatArray:
    size = members.sum(axis=1, keepdims=True)
    return np.asarray(np.where(members, 1 / size, -1 / (members.shape[1] - size)))


def _pre_effects(members: BoolArray, before: FloatArray) -> FloatArray:
    s, n, p = before.shape
    return (_weights(members) @ before.transpose(1, 0, 2).reshape(n, s * p)).reshape(len(members), s, p)


def _errors(members: BoolArray, change: FloatArray) -> FloatArray:
    """Return (B, S) clustered errors, without a small-sample factor."""
    square = np.zeros((len(members), len(change)))
    for side in (members, ~members):
        size = side.sum(axis=1, keepdims=True)
        chosen = side.astype(float)
        sums = chosen @ change.T
        square += (chosen @ (change**2).T - sums**2 / size) / size**2
    return np.asarray(np.sqrt(np.clip(square, 0.0, None)))


def _share(statistics: FloatArray) -> FloatArray:
    return np.asarray((statistics >= statistics[0] * (1 - TIE)).mean(axis=0))


@cache
def _prepared(setting: Setting) -> PreparedAssignments:
    n, t = len(setting.cohort), len(setting.periods)
    unit, time = np.repeat(np.arange(n), t), np.tile(setting.periods, n)

    def residualize(columns: FloatArray) -> FloatArray:
        cube = columns.reshape(n, t, -1)
        cube = cube - cube.mean(axis=0) - cube.mean(axis=1, keepdims=True) + cube.mean(axis=(0, 1))
        return np.asarray(cube.reshape(n * t, -1))

    return prepare_assignments(residualize, np.zeros(n * t), np.ones(n * t), unit, time, np.unique(setting.cohort))
