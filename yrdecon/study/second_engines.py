"""Independent paths to the numbers of estimators: other libraries, and plain loops that share no code with ours."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from yrdecon.core.design import Design, fail_if_asked
from yrdecon.core.panel import Panel
from yrdecon.errors import DesignError, EstimationError
from yrdecon.estimators.matrix_completion import matrix_completion
from yrdecon.study.slow_counterfactuals import complete_step_by_step, weights_by_nnls

FloatArray = NDArray[np.float64]

EXACT, EARLY_STOP = 1e-6, 1e-2
TIME_RIDGE = 1e-6


@dataclass(frozen=True)
class SecondEngine:
    """Another way to one number.

    Attributes
    ----------
    name, package
        What computes it, and the package whose version belongs in a receipt.
    run
        Function from a panel and a design to the effect.
    tolerance
        Largest relative difference at which the two agree.
    """

    name: str
    package: str
    run: Callable[[Panel, Design], float]
    tolerance: float = EXACT


def second_engines(estimator: str) -> tuple[SecondEngine, ...]:
    """Return the independent paths to a registered estimator's effect, none where there is none.

    Examples
    --------
    >>> [engine.name for engine in second_engines("twfe")]
    ['pyfixest', 'linearmodels', 'statsmodels with dummies']
    """
    return ENGINES.get(estimator, ())


def _rows(panel: Panel, design: Design) -> pd.DataFrame:
    """Return the complete rows of the pool with columns u, t, y, g and the covariates, excluded periods left out."""
    fail_if_asked(design, ("weights", "effects", "anticipation"), "the second engine", "a design without them")
    frame = panel.frame
    if design.pool is not None:
        frame = frame[frame[design.pool].fillna(False).astype(bool)]
    rows = pd.DataFrame(
        {
            "u": frame[panel.unit].astype(str),
            "t": frame[panel.time],
            "y": frame[design.outcome],
            "g": frame[design.cohort].astype(float).fillna(np.inf),
            **{f"x{i}": frame[c].astype(float) for i, c in enumerate(design.covariates)},
        }
    ).dropna()
    return rows[~rows["t"].isin(design.exclude_periods)].reset_index(drop=True)


def _contrast(panel: Panel, design: Design) -> pd.DataFrame:
    rows = _rows(panel, design)
    if design.base_periods is not None:
        rows = rows[(rows["t"] >= rows["g"].min()) | rows["t"].isin(design.base_periods)]
    return rows.assign(d=(rows["t"] >= rows["g"]).astype(float)).reset_index(drop=True)


def _regressors(rows: pd.DataFrame) -> list[str]:
    return ["d", *(c for c in rows if c.startswith("x"))]


def _by_pyfixest(panel: Panel, design: Design) -> float:
    rows = _contrast(panel, design)
    formula = f"y ~ {' + '.join(_regressors(rows))} | u + t"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return float(_library("pyfixest").feols(formula, data=rows).coef()["d"])


def _by_linearmodels(panel: Panel, design: Design) -> float:
    rows = _contrast(panel, design)
    model = _library("linearmodels.panel").PanelOLS
    indexed = rows.assign(u=pd.Categorical(rows["u"]).codes).set_index(["u", "t"])
    fit = model(indexed["y"], indexed[_regressors(rows)], entity_effects=True, time_effects=True).fit()
    return float(fit.params["d"])


def _by_statsmodels(panel: Panel, design: Design) -> float:
    rows = _contrast(panel, design)
    return float(_dummy_regression(rows, rows[_regressors(rows)])["d"])


def _event_study_by_statsmodels(panel: Panel, design: Design) -> float:
    """Regress on a dummy for every period of the treated but one, and measure from the mean of the base periods."""
    rows = _rows(panel, design)
    start = _only_date(rows)
    before = sorted(t for t in rows["t"].unique() if t < start)
    base = [before[-1]] if design.base_periods is None else list(design.base_periods)
    treated = (rows["g"] == start).astype(float)
    periods = [t for t in sorted(rows["t"].unique()) if t != base[0]]
    dummies = pd.DataFrame({f"e{t}": treated * (rows["t"] == t) for t in periods})
    covariates = rows[[c for c in rows if c.startswith("x")]]
    coef = _dummy_regression(rows, pd.concat([dummies, covariates], axis=1))
    after = np.mean([coef[f"e{t}"] for t in periods if t >= start])
    return float(after - np.mean([coef[f"e{t}"] if t != base[0] else 0.0 for t in base]))


def _dummy_regression(rows: pd.DataFrame, regressors: pd.DataFrame) -> pd.Series:
    dummies = [pd.get_dummies(rows[c], prefix=c, drop_first=c == "t", dtype=float) for c in ("u", "t")]
    design_matrix = pd.concat([regressors, *dummies], axis=1)
    return _library("statsmodels.api").OLS(rows["y"], design_matrix).fit().params


def _two_by_two_loop(panel: Panel, design: Design) -> float:
    """Average differences in differences of single cells over cohorts and periods, by size of the cohort."""
    fail_if_asked(design, ("covariates",), "the second engine", "a design without them")
    if design.comparison != "never":
        raise DesignError("the second engine compares with never-treated units; use comparison='never'")
    rows = _rows(panel, design)
    y = {(u, t): v for u, t, v in rows[["u", "t", "y"]].itertuples(index=False)}
    cohort = dict(rows[["u", "g"]].itertuples(index=False))
    periods = sorted(rows["t"].unique())
    never = [u for u, g in cohort.items() if g > periods[-1]]
    total = size = 0.0
    for start in sorted({g for g in cohort.values() if periods[0] < g <= periods[-1]}):
        members = [u for u, g in cohort.items() if g == start]
        base = design.base_periods or (max(t for t in periods if t < start),)
        for period in (t for t in periods if t >= start):
            change = {u: y[u, period] - sum(y[u, b] for b in base) / len(base) for u in (*members, *never)}
            gap = sum(change[u] for u in members) / len(members) - sum(change[u] for u in never) / len(never)
            total, size = total + len(members) * gap, size + len(members)
    return float(total / size)


def _synthetic_did_by_slsqp(panel: Panel, design: Design) -> float:
    """Solve both weight problems of Arkhangelsky and others (2021) with a general solver, to the optimum."""
    fail_if_asked(design, ("covariates",), "the second engine", "a design without them")
    rows = _rows(panel, design)
    start = _only_date(rows)
    table = rows.pivot(index="u", columns="t", values="y")
    cohort = rows.groupby("u")["g"].first()
    before = [t for t in table if t < start]
    base = list(design.base_periods or before)
    after = [t for t in table if t >= start]
    donors, treated = table[np.isinf(cohort)], table[cohort == start]
    noise = np.std([b - a for _, path in donors[before].iterrows() for a, b in pairwise(path)], ddof=1)
    ridge = (len(treated) * len(after)) ** 0.5 * noise**2
    unit = _simplex(donors[before].T.to_numpy(), treated[before].mean().to_numpy(), ridge)
    time = _simplex(donors[base].to_numpy(), donors[after].mean(axis=1).to_numpy(), (TIME_RIDGE * noise) ** 2)
    gap = treated.mean() - pd.Series(unit @ donors.to_numpy(), index=table.columns)
    return float(gap[after].mean() - time @ gap[base].to_numpy())


def _synthetic_control_by_nnls(panel: Panel, design: Design) -> float:
    """Follow each treated path, relative to its mean over the base periods, by non-negative least squares."""
    fail_if_asked(design, ("covariates",), "the second engine", "a design without them")
    rows = _rows(panel, design)
    start = _only_date(rows)
    table = rows.pivot(index="u", columns="t", values="y")
    before, after = [t for t in table if t < start], [t for t in table if t >= start]
    moved = table.sub(table[list(design.base_periods or before)].mean(axis=1), axis=0)
    cohort = rows.groupby("u")["g"].first()
    donors, treated = moved[np.isinf(cohort)], moved[cohort == start]
    gaps = []
    for _, path in treated.iterrows():
        weights = weights_by_nnls(donors[before].to_numpy(), path[before].to_numpy())
        gaps.append((path[after] - weights @ donors[after].to_numpy()).mean())
    return float(np.mean(gaps))


def _matrix_completion_by_loop(panel: Panel, design: Design) -> float:
    """Complete the matrix at the penalty that our estimator chose."""
    fail_if_asked(design, ("covariates",), "the second engine", "a design without them")
    table = matrix_completion(panel, design).frames["cross_validation"]
    rows = _contrast(panel, design)
    y = rows.pivot(index="u", columns="t", values="y")
    treated = rows.pivot(index="u", columns="t", values="d").fillna(0.0).to_numpy() > 0
    known = y.notna().to_numpy()
    penalty = float(table.loc[table["chosen"], "penalty"].iloc[0]) * y.size
    without = complete_step_by_step(y.fillna(0.0).to_numpy(), known & ~treated, penalty)
    return float((y.to_numpy() - without)[known & treated].mean())


def _simplex(a: FloatArray, b: FloatArray, ridge: float) -> FloatArray:
    """Minimize over the simplex the mean square of ``intercept + a w - b`` plus a ridge on w."""
    from scipy.optimize import minimize

    if a.shape[1] == 1:
        return np.ones(1)
    centered, target = a - a.mean(axis=0), b - b.mean()
    gram, cross = centered.T @ centered / len(b) + ridge * np.eye(a.shape[1]), centered.T @ target / len(b)
    size = float(np.trace(gram))
    found: Any = minimize(
        lambda w: (w @ gram @ w - 2 * cross @ w) / size,
        np.full(a.shape[1], 1 / a.shape[1]),
        jac=lambda w: 2 * (gram @ w - cross) / size,
        bounds=[(0.0, 1.0)] * a.shape[1],
        constraints={"type": "eq", "fun": lambda w: w.sum() - 1, "jac": lambda w: np.ones(len(w))},
        method="SLSQP",
        options={"maxiter": 1_000, "ftol": 1e-14},
    )
    if not found.success:
        raise EstimationError(f"the general solver found no weights: {found.message}")
    return np.asarray(found.x, dtype=float)


def _library(name: str) -> Any:
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        raise EstimationError(f"{error.name} is not installed, so it computes nothing a second time") from error


def _only_date(rows: pd.DataFrame) -> float:
    dates = sorted({g for g in rows["g"] if np.isfinite(g) and g <= rows["t"].max()})
    if len(dates) != 1:
        raise DesignError(f"the second engine needs one adoption date; the panel has {dates}")
    return float(dates[0])


LOOP = SecondEngine("loop over cells", "numpy", _two_by_two_loop)
ENGINES: dict[str, tuple[SecondEngine, ...]] = {
    "twfe": (
        SecondEngine("pyfixest", "pyfixest", _by_pyfixest),
        SecondEngine("linearmodels", "linearmodels", _by_linearmodels),
        SecondEngine("statsmodels with dummies", "statsmodels", _by_statsmodels),
    ),
    "event_study": (SecondEngine("statsmodels with dummies", "statsmodels", _event_study_by_statsmodels),),
    "callaway_santanna": (LOOP,),
    "synthetic_control": (SecondEngine("NNLS", "scipy", _synthetic_control_by_nnls),),
    "matrix_completion": (SecondEngine("soft-impute loop", "numpy", _matrix_completion_by_loop),),
    "synthetic_did": (SecondEngine("SLSQP", "scipy", _synthetic_did_by_slsqp, EARLY_STOP),),
}
