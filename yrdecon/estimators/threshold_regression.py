"""Panel regressions whose slope changes where another variable crosses thresholds (Hansen 1999)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import pairwise
from types import MappingProxyType

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from yrdecon.core.estimate import Estimate
from yrdecon.core.labels import codes_of
from yrdecon.core.names import some_of
from yrdecon.core.options import fail_if_not_whole, is_number
from yrdecon.core.panel import Panel
from yrdecon.errors import DesignError, EstimationError
from yrdecon.estimators.panels.data import Regression, draw_regression
from yrdecon.estimators.panels.formula import parse_formula
from yrdecon.estimators.panels.least_squares import fit_regression, residualize
from yrdecon.estimators.panels.models import fixed
from yrdecon.kernels.thresholds import (
    Candidates,
    residuals_at,
    search,
    sequential_thresholds,
    sum_of_squares,
    threshold_f,
)

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

MOST = 3
LEVELS = (0.90, 0.95, 0.99)
CRITICAL = ("critical_10", "critical_5", "critical_1")
CUT = -2 * float(np.log(1 - np.sqrt(0.95)))


@dataclass(frozen=True, eq=False)
class Setting:
    """Candidate thresholds, the (n,) outcome without effects and regressors, what removes them, and two numbers."""

    candidates: Candidates
    outcome: FloatArray
    project: Callable[[FloatArray], FloatArray]
    trim: float
    dof: int


def threshold_regression(
    panel: Panel,
    formula: str,
    term: str,
    threshold: str,
    *,
    number: int = 1,
    seed: int,
    draws: int = 300,
    trim: float = 0.05,
) -> Estimate:
    """Regress by a formula in which the slope of one term changes where another column crosses thresholds.

    Parameters
    ----------
    formula
        As in `panel_regression`, with effects and without instruments: ``"y ~ x + z | city + year"``.
    term
        The regressor whose slope changes.
    threshold
        The column whose thresholds are looked for; every value of it that leaves enough rows in each regime is tried.
    number
        Number of thresholds, 1 to 3.
    seed
        Seed of the bootstrap.
    draws
        Number of bootstrap samples of whole units.
    trim
        Smallest share of rows in a regime.

    Returns
    -------
    An estimate without cohorts, clustered by unit, with one cell per regime in place of the term, thresholds taken as
    known. Frame ``"thresholds"`` holds each threshold with its 95% set and, for each number, F against one fewer,
    its bootstrap p-value and critical values; ``"likelihood_ratio"`` holds the curve of each threshold.

    Raises
    ------
    DesignError
        If the panel is not balanced after rows with missing values are left out, the term is no regressor, the column
        is missing or hardly varies, or an option is out of range.
    EstimationError
        If so many thresholds do not fit.

    Notes
    -----
    The p-value of k thresholds compares F with its values where residuals of whole units are drawn with replacement and
    there are k-1. The 95% set of a threshold holds those whose likelihood ratio is at most 7.35, for independent errors
    of one variance; where errors are clustered it is too small. Read p-values before slopes: thresholds are always
    found, whether there are any or not.

    References
    ----------
    Hansen (1999), Journal of Econometrics; Bai (1997), Econometric Theory.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> table = pd.DataFrame([(u, t) for u in range(20) for t in range(6)], columns=["u", "t"])
    >>> table = table.assign(x=rng.normal(size=120), q=rng.uniform(size=120))
    >>> table["y"] = table["u"] + table["x"] * (1 + 2 * (table["q"] > 0.5)) + 0.1 * rng.normal(size=120)
    >>> panel = Panel.from_frame(table, unit="u", time="t")
    >>> estimate = threshold_regression(panel, "y ~ x | u + t", "x", "q", seed=1, draws=99)
    >>> estimate.coef.round(1).tolist()
    [1.0, 3.0]
    """
    _fail_if_options_are_wrong(number, draws, trim)
    data = draw_regression(panel, parse_formula(formula), None, [threshold])
    _fail_if_not_fit(data, term, threshold)
    name = {panel.unit: "unit", panel.time: "time"}.get(threshold, threshold)
    values = data.units[name].to_numpy(dtype=float)
    data = fixed(data)
    grid = _grid(values, threshold, trim)
    setting = _setting(data, term, values, grid, trim)
    chosen = sequential_thresholds(setting.candidates, setting.outcome, number, trim)
    if len(chosen) < number:
        raise EstimationError(
            f"{number} thresholds of {threshold!r} do not fit with a share of {trim:g} in every regime; take fewer, or "
            "a smaller trim="
        )
    curves = _curves(setting, chosen, grid)
    table = _table(_tests(setting, codes_of(data.units["unit"]), number, draws, seed), curves, grid[chosen])
    estimate = fit_regression(_by_regime(data, term, threshold, values, np.sort(grid[chosen])), "threshold_regression")
    frames = MappingProxyType({"thresholds": table, "likelihood_ratio": curves})
    return replace(estimate, frames=frames, notes=(*estimate.notes, *_notes(table, threshold, draws)))


def _fail_if_options_are_wrong(number: int, draws: int, trim: float) -> None:
    fail_if_not_whole("number", number, 1)
    if number > MOST:
        raise DesignError(f"number={number} must be 1, 2 or 3 thresholds")
    fail_if_not_whole("draws", draws, 1)
    if not is_number(trim) or not 0 < trim < 0.5:
        raise DesignError(f"trim={trim!r} must be a share above 0 and below .5, for example .05")


def _fail_if_not_fit(data: Regression, term: str, threshold: str) -> None:
    if data.is_instrumented:
        raise DesignError("a threshold regression takes no instruments; drop the part 'endogenous ~ instruments'")
    if term not in data.regressors:
        raise DesignError(f"term={term!r} is no regressor; the formula has {data.regressors.columns.tolist()}")
    if threshold in data.units and not pd.api.types.is_numeric_dtype(data.units[threshold]):
        raise DesignError(f"the threshold variable {threshold!r} must hold numbers")
    counts = data.units.groupby("unit")["time"].nunique()
    periods = data.units["time"].nunique()
    short = counts.index[counts < periods]
    if len(short):
        raise DesignError(
            f"a threshold regression needs a balanced panel: {len(short)} of {len(counts)} units have fewer than "
            f"{periods} periods, {some_of(short)}; leave them out, or the periods, for example with balance_panel"
        )


def _grid(values: FloatArray, threshold: str, trim: float) -> FloatArray:
    """Return the values that leave enough rows on both sides."""
    levels = np.unique(values)
    below = np.searchsorted(np.sort(values), levels, side="right") / len(values)
    grid = levels[(below >= trim - 1e-12) & (below <= 1 - trim + 1e-12)]
    if not len(grid) or len(levels) < 3:
        raise DesignError(f"the threshold variable {threshold!r} takes {len(levels)} values; none splits the rows")
    return np.asarray(grid)


def _setting(data: Regression, term: str, values: FloatArray, grid: FloatArray, trim: float) -> Setting:
    """Remove effects and all regressors, the term among them, from the outcome and the columns of the thresholds."""
    found = residualize(data, data.regressors)
    if term not in found.regressors:
        raise EstimationError(f"the slope of {term!r} is not identified; the effects or other regressors explain it")
    q = np.linalg.qr(found.regressors.to_numpy(dtype=float))[0]

    def project(x: FloatArray) -> FloatArray:
        left = found.remove(x)
        return np.asarray(left - q @ (q.T @ left))

    below = values[:, None] <= grid[None, :]
    columns = project(data.regressors[term].to_numpy(dtype=float)[:, None] * below)
    candidates = Candidates(columns, columns.T @ columns, below.mean(axis=0))
    dof = len(values) - data.units["unit"].nunique()
    return Setting(candidates, project(data.outcome[:, None])[:, 0], project, trim, dof)


def _tests(setting: Setting, codes: IntArray, number: int, draws: int, seed: int) -> pd.DataFrame:
    """Return F, bootstrap p-value and critical values of each number of thresholds against one fewer."""
    rng = np.random.default_rng(seed)
    rows = np.argsort(codes, kind="stable").reshape(int(codes.max()) + 1, -1)
    candidates, y, trim, dof = setting.candidates, setting.outcome, setting.trim, setting.dof
    found = []
    for k in range(1, number + 1):
        actual = threshold_f(candidates, y, k, trim, dof)
        mean = y - residuals_at(candidates, y, sequential_thresholds(candidates, y, k - 1, trim))
        errors = residuals_at(candidates, y, sequential_thresholds(candidates, y, k, trim))
        drawn = np.empty((len(y), draws))
        for b in range(draws):
            drawn[rows.ravel(), b] = errors[rows[rng.integers(0, len(rows), len(rows))]].ravel()
        outcomes = mean[:, None] + setting.project(drawn)
        null = np.array([threshold_f(candidates, outcome, k, trim, dof) for outcome in outcomes.T])
        null = null[np.isfinite(null)]
        p_value = (1 + int((null >= actual).sum())) / (1 + len(null))
        found.append([k, actual, p_value, *np.quantile(null, LEVELS)])
    return pd.DataFrame(found, columns=["thresholds", "f", "p_value", *CRITICAL])


def _curves(setting: Setting, chosen: IntArray, grid: FloatArray) -> pd.DataFrame:
    """Return the likelihood ratio of every candidate, for each threshold given the others."""
    least = sum_of_squares(setting.candidates, setting.outcome, chosen)
    parts = []
    for k in np.argsort(grid[chosen]):
        sums = search(setting.candidates, setting.outcome, np.delete(chosen, k), setting.trim)
        usable = np.isfinite(sums)
        ratio = (sums[usable] - least) / (least / setting.dof)
        parts.append(pd.DataFrame({"order": k + 1, "threshold": grid[usable], "likelihood_ratio": ratio}))
    return pd.concat(parts, ignore_index=True)


def _table(tests: pd.DataFrame, curves: pd.DataFrame, found: FloatArray) -> pd.DataFrame:
    """Put thresholds in the order in which they were found beside the tests, with their sets."""
    inside = curves[curves["likelihood_ratio"] <= CUT].groupby("order")["threshold"]
    ends = inside.agg(["min", "max"]).reindex(tests["thresholds"].astype(int))
    named = {"estimate": found, "conf_low": ends["min"].to_numpy(), "conf_high": ends["max"].to_numpy()}
    return tests.astype({"thresholds": int}).assign(**named)


def _by_regime(data: Regression, term: str, threshold: str, values: FloatArray, found: FloatArray) -> Regression:
    """Put the term in each regime in the place of the term."""
    edges = [-np.inf, *found.tolist(), np.inf]
    columns: dict[str, NDArray[np.float64]] = {}
    for name in data.regressors:
        column = data.regressors[name].to_numpy(dtype=float)
        if name != term:
            columns[str(name)] = column
            continue
        for low, high in pairwise(edges):
            columns[f"{term} ({_regime(threshold, low, high)})"] = column * ((values > low) & (values <= high))
    return replace(data, regressors=pd.DataFrame(columns))


def _regime(threshold: str, low: float, high: float) -> str:
    if np.isinf(low):
        return f"{threshold} <= {high:.4g}"
    return f"{threshold} > {low:.4g}" if np.isinf(high) else f"{low:.4g} < {threshold} <= {high:.4g}"


def _notes(table: pd.DataFrame, threshold: str, draws: int) -> tuple[str, ...]:
    return tuple(
        f"threshold {row.thresholds} of {threshold}: {row.estimate:.4g} [{row.conf_low:.4g}, {row.conf_high:.4g}], "
        f"F {row.f:.2f}, bootstrap p {row.p_value:.3f} of {draws} draws"
        for row in table.itertuples()
    )
