"""Simulated panels in the form that all tests read: one change per unit, and the same before treatment."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from benchmarks.settings import Setting
from yrdecon.kernels.changes import mean_changes, placebo_changes

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Collapsed:
    """S simulated panels of N units.

    Attributes
    ----------
    setting
        Who is treated when.
    y
        (S, N, T) outcomes.
    change
        (S, N) mean over treated less mean over base periods.
    before
        (S, N, P) outcomes of the other periods before treatment less the mean of the base periods.
    """

    setting: Setting
    y: FloatArray
    change: FloatArray
    before: FloatArray

    @property
    def estimates(self) -> FloatArray:
        """(S,) differences in differences."""
        treated = self.setting.treated
        return np.asarray(self.change[:, treated].mean(axis=1) - self.change[:, ~treated].mean(axis=1))

    def earlier_changes(self) -> FloatArray:
        """Return the (S, N, K) changes of the same contrast at earlier dates."""
        s, n, t = self.y.shape
        setting = self.setting
        moved = setting.base if setting.design.base_periods else None
        found = placebo_changes(self.y.reshape(s * n, t), setting.clean, setting.post, moved)
        return found.reshape(s, n, -1)


def collapse(setting: Setting, y: FloatArray) -> Collapsed:
    """Collapse (S, N, T) outcomes, which loses nothing of a difference in differences with one date."""
    s, n, t = y.shape
    change = mean_changes(y.reshape(s * n, t), setting.base, setting.post).reshape(s, n)
    others = setting.clean if setting.design.base_periods is None else setting.clean & ~setting.base
    before = y[:, :, others] - y[:, :, setting.base].mean(axis=2, keepdims=True)
    return Collapsed(setting, y, change, before)


def with_effect(collapsed: Collapsed, effect: float) -> Collapsed:
    """Add an effect to all treated units in all treated periods."""
    setting = collapsed.setting
    y = collapsed.y + effect * (setting.periods >= setting.cohort[:, None])
    return replace(collapsed, y=y, change=collapsed.change + effect * setting.treated)


def part(collapsed: Collapsed, rows: slice) -> Collapsed:
    """Return some of the panels."""
    return replace(collapsed, y=collapsed.y[rows], change=collapsed.change[rows], before=collapsed.before[rows])
