"""Synthetic difference-in-differences for many simulated panels at once, where one base period carries all weight."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from benchmarks.collapsed import Collapsed
from benchmarks.settings import compared_sets
from yrdecon.core.hypothesis import TIE
from yrdecon.kernels.synthetic_did import Block, fit_unit_weights

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

TOGETHER = 2_000


def synthetic_blocks(panels: Collapsed, effects: tuple[float, ...], draws: int, seed: int) -> FloatArray:
    """Return (E, S) p-values of half-shrunk blocks at effects added to the treated.

    The weights rest on the periods before treatment, so that they are the same whatever the effect.
    """
    members = np.isfinite(compared_sets(panels.setting, "contiguous", draws, seed).cohorts)
    contrasts = synthetic_contrasts(panels, members)
    change = np.einsum("sbn,sn->bs", contrasts, panels.change)
    slope = contrasts @ panels.setting.treated.astype(float)
    spread = np.sqrt((np.einsum("sbn,snp->bsp", contrasts, panels.before) ** 2).mean(axis=2))
    scale = np.sqrt((spread**2 + (spread**2).mean(axis=0)) / 2)
    found = [np.abs(change + effect * slope.T) / scale for effect in effects]
    return np.stack([(statistics >= statistics[0] * (1 - TIE)).mean(axis=0) for statistics in found])


def synthetic_contrasts(panels: Collapsed, members: BoolArray) -> FloatArray:
    """Return the (S, B, N) weights of units in the estimate of (B, N) sets: treated less synthetic comparison."""
    s, n, _ = panels.y.shape
    setting, step = panels.setting, max(1, TOGETHER // len(members))
    parts = []
    for start in range(0, s, step):
        y = panels.y[start : start + step]
        treated = np.tile(members, (len(y), 1))
        block = Block(treated, ~treated, setting.clean, setting.base, setting.post)
        weights = fit_unit_weights(np.repeat(y, len(members), axis=0), block, "reference").omega
        contrast = treated / treated.sum(axis=1, keepdims=True)
        contrast[~treated] = -weights.ravel()
        parts.append(contrast.reshape(len(y), len(members), n))
    return np.concatenate(parts)
