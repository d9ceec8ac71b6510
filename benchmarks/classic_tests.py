"""Tests for independent clusters, for many simulated panels at once; (S,) p-values."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from benchmarks.collapsed import Collapsed
from benchmarks.settings import Setting, with_outcome
from yrdecon.core.hypothesis import TIE
from yrdecon.estimators.regression.small_sample import cluster_factor
from yrdecon.estimators.twfe import twfe
from yrdecon.kernels.changes import idiosyncratic_variance
from yrdecon.kernels.conformal import conformal_residuals, conformal_statistics, moving_blocks
from yrdecon.kernels.few_treated import control_mean_factor, ferman_pinto_draws, ordered_draws, sign_vectors
from yrdecon.kernels.rearrangement import smallest_weight
from yrdecon.kernels.wild import random_signs

FloatArray = NDArray[np.float64]

CONLEY_TABER_DRAWS, MOST_ENUMERATED = 9_999, 2_000_000
LEVELS = (0.05, 0.10)


def crv1(panels: Collapsed) -> FloatArray:
    """Test by the clustered error of the two-way regression, t with G - 1 degrees of freedom."""
    residuals, n1, n0 = _within(panels)
    treated = panels.setting.treated
    raw = (residuals[:, treated] ** 2).sum(axis=1) / n1**2 + (residuals[:, ~treated] ** 2).sum(axis=1) / n0**2
    return _two_sided(panels.estimates, raw * _factor(panels.setting), n1 + n0 - 1)


def cr2(panels: Collapsed) -> FloatArray:
    """Test by CR2 with the degrees of freedom of Bell and McCaffrey."""
    residuals, n1, n0 = _within(panels)
    treated = panels.setting.treated
    ones, others = (residuals[:, treated] ** 2).sum(axis=1), (residuals[:, ~treated] ** 2).sum(axis=1)
    variance = ones / (n1 * (n1 - 1)) + others / (n0 * (n0 - 1))
    dof = (1 / n1 + 1 / n0) ** 2 / (1 / (n1**2 * (n1 - 1)) + 1 / (n0**2 * (n0 - 1)))
    return _two_sided(panels.estimates, variance, dof)


def cv3(panels: Collapsed) -> FloatArray:
    """Test by the cluster jackknife, t with G - 1 degrees of freedom."""
    residuals, n1, n0 = _within(panels)
    treated = panels.setting.treated
    ones, others = (residuals[:, treated] ** 2).sum(axis=1), (residuals[:, ~treated] ** 2).sum(axis=1)
    g = n1 + n0
    return _two_sided(panels.estimates, (g - 1) / g * (ones / (n1 - 1) ** 2 + others / (n0 - 1) ** 2), g - 1)


def wcr(panels: Collapsed, draws: int, seed: int) -> FloatArray:
    """Test by the wild cluster bootstrap with the null imposed."""
    return _wild(panels, panels.change - panels.change.mean(axis=1, keepdims=True), draws, seed)


def wcu(panels: Collapsed, draws: int, seed: int) -> FloatArray:
    """Test by the wild cluster bootstrap without imposing the null."""
    return _wild(panels, _within(panels)[0], draws, seed)


def conley_taber(panels: Collapsed, seed: int) -> FloatArray:
    """Test by averages of drawn untreated units, with the control-mean refinement."""
    treated = panels.setting.treated
    n1, n0 = int(treated.sum()), int((~treated).sum())
    if n0**n1 <= MOST_ENUMERATED:
        picks = ordered_draws(n0, n1)
    else:
        picks = np.random.default_rng(seed).integers(0, n0, (CONLEY_TABER_DRAWS, n1))
    counts = (picks[:, :, None] == np.arange(n0)).sum(axis=1) / n1
    controls = panels.change[:, ~treated]
    means = control_mean_factor(treated) * counts @ (controls - controls.mean(axis=1, keepdims=True)).T
    return _share(np.abs(panels.estimates), np.abs(means), actual_among_draws=False)


def ferman_pinto(panels: Collapsed, draws: int, seed: int) -> FloatArray:
    """Test by rescaled residuals; variances follow those at earlier dates."""
    n = len(panels.setting.treated)
    picks = np.random.default_rng(seed).integers(0, n, (draws, n))
    earlier = panels.earlier_changes()
    found = [
        ferman_pinto_draws(change, panels.setting.treated, _driver(before), picks)
        for change, before in zip(panels.change, earlier, strict=True)
    ]
    return _share(np.abs(panels.estimates), np.abs(np.stack(found, axis=1)), actual_among_draws=False)


def sign_change(panels: Collapsed) -> FloatArray:
    """Test by changes of the signs of the gaps of the treated units."""
    treated = panels.setting.treated
    gaps = panels.change[:, treated] - panels.change[:, ~treated].mean(axis=1, keepdims=True)
    means = np.abs(sign_vectors(gaps.shape[1]) @ gaps.T)
    return _share(means[0], means, actual_among_draws=True)


def hagemann(panels: Collapsed) -> FloatArray:
    """Test one treated unit by rearrangement; the smallest of the levels of the certificate that rejects, else one."""
    controls = panels.change[:, ~panels.setting.treated]
    gaps = controls - controls.mean(axis=1, keepdims=True)
    p_values = np.ones(len(gaps))
    for level in sorted(LEVELS, reverse=True):
        weight = smallest_weight(gaps.shape[1], 1.0, level / 2)
        shrunk = (1 - weight) * panels.estimates
        p_values[(shrunk > gaps.max(axis=1)) | (-shrunk > (-gaps).max(axis=1))] = level
    return p_values


def conformal(panels: Collapsed) -> FloatArray:
    """Test by cyclic shifts of the gap to a demeaned synthetic control; base periods have no meaning for it."""
    setting = panels.setting
    used = setting.clean | setting.post
    treated, y = setting.treated, panels.y[:, :, used]
    picks = moving_blocks(int(used.sum()), np.flatnonzero(setting.post[used]))
    whole = np.ones(int(used.sum()), dtype=bool)
    found = [
        conformal_statistics(
            conformal_residuals(one[treated].mean(axis=0), one[~treated], "demeaned_sc", whole), picks, 1.0
        )
        for one in y
    ]
    statistics = np.stack(found, axis=1)
    return _share(statistics[0], statistics, actual_among_draws=True)


def _within(panels: Collapsed) -> tuple[FloatArray, int, int]:
    """Return the residuals around the means of treated and untreated, and the sizes of these groups."""
    treated = panels.setting.treated
    residuals = panels.change.copy()
    for side in (treated, ~treated):
        residuals[:, side] -= residuals[:, side].mean(axis=1, keepdims=True)
    return residuals, int(treated.sum()), int((~treated).sum())


def _wild(panels: Collapsed, residuals: FloatArray, draws: int, seed: int) -> FloatArray:
    """Flip the signs of whole units; a sample's squared error follows from sums of squares, which stay the same."""
    treated = panels.setting.treated
    signs = random_signs(draws, len(treated), np.random.default_rng(seed)).astype(float)
    deviation, square = np.zeros((2, draws, len(residuals)))
    for sign, side in ((1.0, treated), (-1.0, ~treated)):
        size = int(side.sum())
        mean = signs[:, side] @ residuals[:, side].T / size
        deviation += sign * mean
        square += ((residuals[:, side] ** 2).sum(axis=1) - size * mean**2) / size**2
    own, n1, n0 = _within(panels)
    error = (own[:, treated] ** 2).sum(axis=1) / n1**2 + (own[:, ~treated] ** 2).sum(axis=1) / n0**2
    with np.errstate(divide="ignore"):
        statistics = deviation**2 / np.clip(square, 0.0, None)
        return _share(panels.estimates**2 / error, statistics, actual_among_draws=False)


def _driver(earlier: FloatArray) -> FloatArray:
    return idiosyncratic_variance(earlier) if earlier.shape[1] >= 2 else np.ones(len(earlier))


def _share(actual: FloatArray, draws: FloatArray, *, actual_among_draws: bool) -> FloatArray:
    """Return the share of (B, S) statistics at least as large as the (S,) actual ones, which count once."""
    extreme = (draws >= actual * (1 - TIE)).sum(axis=0)
    return np.asarray(extreme / len(draws) if actual_among_draws else (1 + extreme) / (1 + len(draws)))


def _two_sided(estimate: FloatArray, variance: FloatArray, dof: float) -> FloatArray:
    return np.asarray(2 * stats.t.sf(np.abs(estimate) / np.sqrt(variance), dof))


@cache
def _factor(setting: Setting) -> float:
    """Return the small-sample factor of the two-way regression on the panel."""
    noise = np.random.default_rng(0).normal(size=(len(setting.cohort), len(setting.periods)))
    estimate = twfe(with_outcome(setting, noise), setting.design)
    return cluster_factor(estimate.units, "unit", ("unit", "time"), 1, "fixest").factor
