"""Regressions with instruments, and how strong the instruments are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import linalg, optimize, stats

from yrdecon.kernels.sandwich import sum_by_cluster

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

ANGLES = 4001
WORST_BIAS = 0.10


@dataclass(frozen=True, slots=True, eq=False)
class InstrumentalFit:
    """A regression with instruments, rows times root weights.

    Attributes
    ----------
    coef
        (k,) coefficients.
    predicted
        (n, k) combinations of instruments (and, for LIML, regressors) that are orthogonal to the residuals.
    residuals
        (n,) outcome less what the actual regressors explain.
    """

    coef: FloatArray
    predicted: FloatArray
    residuals: FloatArray


def two_stage(y: FloatArray, x: FloatArray, z: FloatArray) -> InstrumentalFit:
    """Regress (n,) `y` on (n, k) `x` predicted by (n, l) `z`, which holds the exogenous columns of `x`."""
    return _solved(y, x, _project(z, x))


def limited_information(y: FloatArray, x: FloatArray, z: FloatArray, endogenous: int) -> InstrumentalFit:
    """Fit by limited-information maximum likelihood; the first `endogenous` columns of `x` are those.

    Notes
    -----
    kappa is the smallest root of |W1 - kappa W| = 0, W and W1 the squared residuals of outcome and endogenous columns
    on all instruments and on the exogenous columns alone (Anderson and Rubin 1949).
    """
    together = np.column_stack([y, x[:, :endogenous]])
    exogenous = x[:, endogenous:]
    outer, inner = together - _project(exogenous, together), together - _project(z, together)
    kappa = float(linalg.eigh(outer.T @ outer, inner.T @ inner, eigvals_only=True)[0])
    return _solved(y, x, x - kappa * (x - _project(z, x)))


def generalized_moments(y: FloatArray, x: FloatArray, z: FloatArray, codes: IntArray) -> InstrumentalFit:
    """Fit by the two-step generalized method of moments (Hansen 1982), the moments weighted for (n,) clusters."""
    inverse = np.linalg.pinv(moment_covariance(two_stage(y, x, z).residuals, z, codes), hermitian=True)
    return _solved(y, x, z @ inverse @ (z.T @ x))


def moment_covariance(residuals: FloatArray, z: FloatArray, codes: IntArray) -> FloatArray:
    """Return (l, l) sums over clusters of outer products of their moments."""
    moments = sum_by_cluster(residuals[:, None] * z, codes)
    return np.asarray(moments.T @ moments)


def overidentification(y: FloatArray, x: FloatArray, z: FloatArray, codes: IntArray) -> float:
    """Return Hansen's J of the two-step fit, chi-squared with l - k degrees of freedom."""
    weight = np.linalg.pinv(moment_covariance(two_stage(y, x, z).residuals, z, codes), hermitian=True)
    moments = z.T @ generalized_moments(y, x, z, codes).residuals
    return float(moments @ weight @ moments)


@dataclass(frozen=True, slots=True, eq=False)
class ReducedForm:
    """Regressions of outcome and endogenous columns on the excluded instruments, given everything else.

    Attributes
    ----------
    coef
        (q, 1 + m) coefficients, the outcome first.
    covariance
        (q (1 + m), q (1 + m)) clustered covariance of the stacked columns, without a factor.
    gram
        (q, q) cross products of the instruments.
    residual_gram
        (1 + m, 1 + m) cross products of the residuals.
    """

    coef: FloatArray
    covariance: FloatArray
    gram: FloatArray
    residual_gram: FloatArray


def reduced_form(targets: FloatArray, z: FloatArray, codes: IntArray) -> ReducedForm:
    """Regress (n, 1 + m) targets on (n, q) excluded instruments; both are residuals on the exogenous columns."""
    gram = z.T @ z
    coef = np.linalg.solve(gram, z.T @ targets)
    residuals = targets - z @ coef
    pull = np.linalg.solve(gram, z.T).T
    influence = np.concatenate([residuals[:, [j]] * pull for j in range(targets.shape[1])], axis=1)
    sums = sum_by_cluster(influence, codes)
    return ReducedForm(np.asarray(coef), sums.T @ sums, gram, residuals.T @ residuals)


def kleibergen_paap(form: ReducedForm) -> float:
    """Return the rank statistic that the instruments do not move every combination of the endogenous columns.

    Chi-squared with q - m + 1 degrees of freedom; with one endogenous column the Wald statistic of the first stage
    (Kleibergen and Paap 2006).
    """
    q, m = form.coef.shape[0], form.coef.shape[1] - 1
    left = linalg.sqrtm(form.gram).real
    right = np.linalg.inv(linalg.sqrtm(form.residual_gram[1:, 1:]).real)
    theta = left @ form.coef[:, 1:] @ right
    scale = np.kron(right.T, left)
    covariance = scale @ form.covariance[q:, q:] @ scale.T
    u, _, vt = np.linalg.svd(theta)
    rank = m - 1
    u2, v2 = u[rank:, rank:], vt.T[rank:, rank:]
    a = u[:, rank:] @ np.linalg.solve(u2, linalg.sqrtm(u2 @ u2.T).real)
    b = linalg.sqrtm(v2 @ v2.T).real @ np.linalg.solve(v2.T, vt.T[:, rank:].T)
    combine = np.kron(b, a.T)
    distance = combine @ theta.ravel(order="F")
    return float(distance @ np.linalg.solve(combine @ covariance @ combine.T, distance))


def cragg_donald(form: ReducedForm) -> float:
    """Return the smallest eigenvalue of the first-stage signal over the residual cross products."""
    signal = form.coef[:, 1:].T @ form.gram @ form.coef[:, 1:]
    return float(linalg.eigh(signal, form.residual_gram[1:, 1:], eigvals_only=True)[0])


@dataclass(frozen=True, slots=True)
class EffectiveF:
    """The effective first-stage F and the value it must exceed, at 5%, for a worst bias of a tenth."""

    statistic: float
    critical: float


def effective_f(form: ReducedForm, factor: float) -> EffectiveF:
    """Return the F of Montiel Olea and Pflueger (2013) for one endogenous column, its covariance times `factor`.

    The critical value is their simplified one, which does not depend on the estimator.
    """
    q = form.coef.shape[0]
    covariance = factor * form.covariance[q:, q:]
    root = linalg.sqrtm(form.gram).real
    spread = root @ covariance @ root
    trace, largest = float(np.trace(spread)), float(np.linalg.eigvalsh(spread)[-1])
    signal = float(form.coef[:, 1] @ form.gram @ form.coef[:, 1])
    x = 1 / WORST_BIAS
    k = trace**2 * (1 + 2 * x) / (float((spread**2).sum()) + 2 * x * trace * largest)
    return EffectiveF(signal / trace, float(stats.ncx2.ppf(0.95, k, k * x)) / k)


def anderson_rubin_set(form: ReducedForm, factor: float, dof: float, level: float) -> FloatArray:
    """Return (intervals, 2) ends of the coefficients of one endogenous column that the instruments do not reject.

    None, one or two intervals, with infinite ends where instruments are weak (Anderson and Rubin 1949; Dufour 1997).

    Parameters
    ----------
    factor
        Small-sample factor of the covariance.
    dof
        Degrees of freedom of the F distribution beside the number of instruments.
    """
    q = form.coef.shape[0]
    limit = float(stats.f.ppf(level, q, dof)) * q

    def excess(angle: float) -> float:
        rows = np.kron(np.array([[np.cos(angle), -np.sin(angle)]]), np.eye(q))
        distance = rows @ form.coef.ravel(order="F")
        spread = factor * rows @ form.covariance @ rows.T
        return float(distance @ np.linalg.solve(spread, distance) - limit)

    center = np.arctan2(float(np.sqrt(form.residual_gram[0, 0])), float(np.sqrt(form.residual_gram[1, 1])))
    even = np.linspace(-np.pi / 2, np.pi / 2, ANGLES)
    angles = np.arctan(np.tan(even[1:-1]) * np.tan(center))
    angles = np.concatenate([[-np.pi / 2], angles, [np.pi / 2]])
    values = np.array([excess(float(a)) for a in angles])
    inside = values <= 0
    edges = [
        float(optimize.brentq(excess, angles[i], angles[i + 1], xtol=1e-14))
        for i in np.flatnonzero(inside[1:] != inside[:-1])
    ]
    ends = [float(np.tan(a)) for a in edges]
    bounds = [*([-np.inf] if inside[0] else []), *ends, *([np.inf] if inside[-1] else [])]
    return np.array(bounds, dtype=float).reshape(-1, 2)


def _project(z: FloatArray, x: FloatArray) -> FloatArray:
    if z.shape[1] == 0:
        return np.zeros_like(x)
    q = np.linalg.qr(z)[0]
    return np.asarray(q @ (q.T @ x))


def _solved(y: FloatArray, x: FloatArray, predicted: FloatArray) -> InstrumentalFit:
    coef = np.asarray(np.linalg.solve(predicted.T @ x, predicted.T @ y))
    return InstrumentalFit(coef, predicted, y - x @ coef)
