"""Panel regressions with instruments."""

from __future__ import annotations

from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from yrdecon.core.estimate import Estimate
from yrdecon.core.labels import codes_of
from yrdecon.errors import EstimationError
from yrdecon.estimators.panels.data import Regression
from yrdecon.estimators.panels.least_squares import Residuals, clustered_estimate, linear_fit, residualize
from yrdecon.estimators.regression.small_sample import ClusterFactor, cluster_factor
from yrdecon.kernels.instruments import (
    ReducedForm,
    anderson_rubin_set,
    cragg_donald,
    effective_f,
    generalized_moments,
    kleibergen_paap,
    limited_information,
    overidentification,
    reduced_form,
    two_stage,
)
from yrdecon.kernels.ols import least_squares

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
Instrumented = Literal["2sls", "liml", "gmm"]

LEVEL = 0.95


@dataclass(frozen=True, eq=False)
class Columns:
    """Columns without effects, times root weights: outcome (n,), endogenous, exogenous and excluded instruments.

    ``codes`` are the units of the rows.
    """

    outcome: FloatArray
    endogenous: pd.DataFrame
    exogenous: pd.DataFrame
    excluded: pd.DataFrame
    codes: IntArray

    @property
    def regressors(self) -> FloatArray:
        """(n, k) endogenous, then exogenous columns."""
        return np.column_stack([self.endogenous, self.exogenous])

    @property
    def instruments(self) -> FloatArray:
        """(n, l) excluded, then exogenous columns."""
        return np.column_stack([self.excluded, self.exogenous])


def fit_instrumented(data: Regression, how: Instrumented, method: str) -> Estimate:
    """Fit with instruments, clustered by unit with the factor of fixest.

    Returns
    -------
    An estimate whose frames tell how strong the instruments are: ``"first_stage"``, ``"instrument_tests"`` and, with
    one endogenous column, ``"anderson_rubin"``.

    Raises
    ------
    EstimationError
        If an endogenous column is explained by the exogenous ones, or there are fewer instruments than such columns.
    """
    found = residualize(data, pd.concat([data.endogenous, data.regressors], axis=1))
    lost = [c for c in data.endogenous if c not in found.regressors]
    if lost:
        raise EstimationError(
            f"endogenous columns {lost} are collinear with each other or the fixed effects; drop them"
        )
    columns, notes = _columns(data, found)
    y, x, z = columns.outcome, columns.regressors, columns.instruments
    m = columns.endogenous.shape[1]
    if how == "liml":
        fit = limited_information(y, x, z, m)
    else:
        fit = two_stage(y, x, z) if how == "2sls" else generalized_moments(y, x, z, columns.codes)
    root = np.sqrt(data.weights)
    transform = np.asarray(np.linalg.solve(fit.predicted.T @ x, fit.predicted.T @ fit.predicted))
    linear = linear_fit(data, found, fit.predicted / root[:, None], fit.residuals / root, transform)
    estimate = clustered_estimate(data, found, fit.coef, linear, f"{method}_{how}")
    k = z.shape[1] + linear.n_covariates
    rule = cluster_factor(data.units, "unit", linear.effects, k, "fixest")
    free = len(y) - cluster_factor(data.units, "unit", linear.effects, k, "stata").parameters
    frames = MappingProxyType(_frames(columns, rule, free))
    return replace(estimate, frames=frames, notes=(*estimate.notes, *notes))


def _columns(data: Regression, found: Residuals) -> tuple[Columns, tuple[str, ...]]:
    root = np.sqrt(data.weights)[:, None]
    names = [str(c) for c in data.endogenous.columns]
    exogenous = found.regressors.drop(columns=names)
    raw = data.regressors[exogenous.columns]
    with_z = residualize(data, pd.concat([raw, data.instruments], axis=1))
    kept = [c for c in with_z.regressors if c not in exogenous]
    lost = [c for c in data.instruments if c not in kept]
    if len(kept) < len(names):
        raise EstimationError(
            f"{len(names)} endogenous columns {names} need as many instruments; of {list(data.instruments)} only "
            f"{kept} tell anything beside the exogenous columns and the effects"
        )
    notes = (f"instruments {lost} left out because other columns or the fixed effects explain them",) if lost else ()
    columns = Columns(
        outcome=root[:, 0] * found.outcome,
        endogenous=root * found.regressors[names],
        exogenous=root * exogenous,
        excluded=root * with_z.regressors[kept],
        codes=codes_of(data.units["unit"]),
    )
    return columns, notes


def _frames(columns: Columns, rule: ClusterFactor, free: int) -> dict[str, pd.DataFrame]:
    """Return what tells of the instruments; `free` is the number of rows less that of all coefficients and effects."""
    exogenous = columns.exogenous.to_numpy(dtype=float)
    targets = _rest(exogenous, np.column_stack([columns.outcome, columns.endogenous]))
    form = reduced_form(targets, _rest(exogenous, columns.excluded.to_numpy(dtype=float)), columns.codes)
    frames = {
        "first_stage": _first_stage(columns, form, rule),
        "instrument_tests": pd.DataFrame(_tests(columns, form, rule, free)),
    }
    if columns.endogenous.shape[1] == 1:
        sets = anderson_rubin_set(form, rule.factor, rule.dof, LEVEL)
        term = str(columns.endogenous.columns[0])
        frames["anderson_rubin"] = pd.DataFrame({"term": term, "conf_low": sets[:, 0], "conf_high": sets[:, 1]})
    return frames


def _first_stage(columns: Columns, form: ReducedForm, rule: ClusterFactor) -> pd.DataFrame:
    q = form.coef.shape[0]
    errors = np.sqrt(rule.factor * np.diag(form.covariance)).reshape(-1, q).T
    rows = [
        {"endogenous": name, "instrument": z, "estimate": form.coef[i, j], "std_error": errors[i, j]}
        for j, name in enumerate(columns.endogenous.columns, start=1)
        for i, z in enumerate(columns.excluded.columns)
    ]
    frame = pd.DataFrame(rows)
    statistic = frame["estimate"] / frame["std_error"]
    return frame.assign(statistic=statistic, p_value=2 * stats.t.sf(statistic.abs(), rule.dof))


def _tests(columns: Columns, form: ReducedForm, rule: ClusterFactor, free: int) -> list[dict[str, object]]:
    q, m = columns.excluded.shape[1], columns.endogenous.shape[1]
    rows = []
    for j, name in enumerate(columns.endogenous.columns, start=1):
        signal = form.coef[:, j] @ form.gram @ form.coef[:, j]
        rows.append(
            _row(f"first-stage F of {name}, independent errors", signal / form.residual_gram[j, j] * free / q, q, free)
        )
        block = rule.factor * form.covariance[j * q : (j + 1) * q, j * q : (j + 1) * q]
        robust = form.coef[:, j] @ np.linalg.solve(block, form.coef[:, j]) / q
        rows.append(_row(f"first-stage F of {name}, clustered", robust, q, rule.dof))
    rows.append(_row("Cragg-Donald F", cragg_donald(form) * free / q, q, free, has_p=False))
    paap = kleibergen_paap(form) / rule.factor
    rows.append(_row("Kleibergen-Paap rank", paap, q - m + 1, np.inf))
    rows.append(_row("Kleibergen-Paap F", paap / q, q, rule.dof, has_p=False))
    if m == 1:
        found = effective_f(form, rule.factor)
        row = _row("effective F (Montiel Olea and Pflueger)", found.statistic, q, rule.dof, has_p=False)
        rows.append(row | {"critical": found.critical})
    rows.append(_row("Wu-Hausman F, independent errors", _wu_hausman(columns, free + q), m, free + q - 2 * m))
    if q > m:
        j_statistic = overidentification(columns.outcome, columns.regressors, columns.instruments, columns.codes)
        rows.append(_row("Hansen J", j_statistic, q - m, np.inf))
    return rows


def _row(name: str, statistic: float, dof1: int, dof2: float, *, has_p: bool = True) -> dict[str, object]:
    if not has_p:
        p_value = np.nan
    elif np.isfinite(dof2):
        p_value = float(stats.f.sf(statistic, dof1, dof2))
    else:
        p_value = float(stats.chi2.sf(statistic, dof1))
    row = {"test": name, "statistic": float(statistic), "dof1": dof1, "dof2": dof2, "p_value": p_value}
    return row | {"critical": np.nan}


def _wu_hausman(columns: Columns, free: int) -> float:
    """Return the F of the first-stage residuals beside the regressors; `free` rows are left by the exogenous ones."""
    m = columns.endogenous.shape[1]
    rest = _rest(columns.instruments, columns.endogenous.to_numpy(dtype=float))
    ones = np.ones(len(rest))
    plain = least_squares(columns.outcome, columns.regressors, ones).residuals
    full = least_squares(columns.outcome, np.column_stack([columns.regressors, rest]), ones).residuals
    within = float(full @ full)
    return float((plain @ plain - within) / m / (within / (free - 2 * m)))


def _rest(exogenous: FloatArray, x: FloatArray) -> FloatArray:
    """Return (n, k) columns less what the exogenous ones explain."""
    if exogenous.shape[1] == 0:
        return x
    q = np.linalg.qr(exogenous)[0]
    return np.asarray(x - q @ (q.T @ x))
