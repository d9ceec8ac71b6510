"""Dynamic panels in first differences (Arellano and Bond 1991)."""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from yrdecon.core.estimate import Estimate
from yrdecon.core.labels import codes_of
from yrdecon.core.panel import Panel
from yrdecon.errors import DesignError, EstimationError
from yrdecon.estimators.panels.columns import INTERCEPT, evaluate
from yrdecon.estimators.panels.formula import (
    PanelFormula,
    fail_if_names_are_unknown,
    formula_error,
    parse_formula,
    split_at_bars,
)
from yrdecon.kernels.difference_gmm import (
    DifferencedPanel,
    DifferenceFit,
    LaggedInstruments,
    difference,
    fit_differences,
)

FloatArray = NDArray[np.float64]
Steps = Literal[1, 2]

INSTRUMENTS = re.compile(r"gmm\(\s*(.+?)\s*,\s*(\d+)\s*:\s*(\d+)\s*\)")


def dynamic_panel(panel: Panel, formula: str, *, steps: Steps = 2, collapse: bool = False) -> Estimate:
    """Estimate a panel with lags of its outcome from changes, with lagged levels as instruments.

    Parameters
    ----------
    formula
        ``"y ~ L(y, 1:2) + L(x, 0:1) | gmm(y, 2:99) | year"``: regressors, instruments, and the period if every period
        has an effect. ``gmm(y, 2:4)`` are levels two to four periods before; a regressor whose variable stands in no
        ``gmm`` is taken as exogenous, and its change is its own instrument.
    steps
        Two-step errors have the correction of Windmeijer (2005), one-step errors are clustered by unit.
    collapse
        One instrument per lag instead of one per lag and period (Roodman 2009), which few units need.

    Returns
    -------
    Coefficients in the order of the formula, with N-1 degrees of freedom for N units; period effects are not shown.
    Frame ``"tests"`` holds Hansen's J, and correlation of order one and two in the changes of the errors: the first is
    expected, the second makes the instruments invalid. Gaps are not bridged, and units may differ in length.

    Raises
    ------
    DesignError
        If the formula cannot be read, pointing at the character.
    EstimationError
        If there are fewer instruments than coefficients, or no unit has a change with its lags.

    Notes
    -----
    With about forty units and a dozen periods the instruments are as many as the units unless collapsed and few lags
    are taken, estimates lean towards least squares, and Hansen's test loses its power: a note says so.

    References
    ----------
    Arellano and Bond (1991), Review of Economic Studies; Windmeijer (2005), Journal of Econometrics; Roodman (2009),
    Oxford Bulletin of Economics and Statistics.

    Examples
    --------
    >>> generator = np.random.default_rng(1)
    >>> rows = [(u, t, float(generator.normal())) for u in range(30) for t in range(8)]
    >>> panel = Panel.from_frame(pd.DataFrame(rows, columns=["u", "t", "y"]), unit="u", time="t")
    >>> dynamic_panel(panel, "y ~ L(y, 1) | gmm(y, 2:3) | t", collapse=True).cells["term"].tolist()
    ['L(y, 1)']
    """
    if steps not in (1, 2):
        raise DesignError(f"steps={steps!r} must be 1 or 2")
    parsed, gmm, effects = _parse(panel, formula)
    outcome, terms = evaluate(panel, parsed.outcome), evaluate(panel, parsed.regressors)
    outcome, terms = (t.drop(columns=INTERCEPT, errors="ignore") for t in (outcome, terms))
    lagged = [LaggedInstruments(_wide(panel, values), first, last) for _, values, first, last in gmm]
    predetermined = {name for name, *_ in gmm}
    own = [j for j, term in enumerate(terms) if _variable(str(term)) not in predetermined]
    wide = np.stack([_wide(panel, terms[c]) for c in terms], axis=2)
    data = difference(_wide(panel, outcome.iloc[:, 0]), wide, lagged, own, effects=effects, collapse=collapse)
    _fail_if_not_identified(data)
    return _estimate(panel, data, fit_differences(data, steps), terms, str(outcome.columns[0]), steps)


def _parse(panel: Panel, formula: str) -> tuple[PanelFormula, list[tuple[str, pd.Series, int, int]], bool]:
    parts = split_at_bars(formula)
    if len(parts) not in (2, 3):
        raise DesignError(f"formula={formula!r} must be such as 'y ~ L(y, 1) | gmm(y, 2:99) | year'")
    parsed = parse_formula(parts[0])
    fail_if_names_are_unknown(parsed, panel.frame.columns)
    found = list(INSTRUMENTS.finditer(parts[1]))
    rest = INSTRUMENTS.sub("", parts[1]).replace("+", "").strip()
    if not found or rest:
        raise formula_error(
            formula, len(parts[0]) + 1, "this part holds instruments such as gmm(y, 2:99), joined by '+'"
        )
    gmm = []
    for match in found:
        fail_if_names_are_unknown(PanelFormula(match[1], "", ""), panel.frame.columns)
        first, last = int(match[2]), int(match[3])
        if not 1 <= first <= last:
            raise formula_error(formula, len(parts[0]) + 1 + match.start(2), "lags must be positive and in their order")
        gmm.append(
            (match[1], evaluate(panel, match[1]).drop(columns=INTERCEPT, errors="ignore").iloc[:, 0], first, last)
        )
    if len(parts) == 3 and parts[2].strip() != panel.time:
        where = len(parts[0]) + len(parts[1]) + 2
        raise formula_error(formula, where, f"only effects of the period, {panel.time!r}, can stand here")
    return parsed, gmm, len(parts) == 3


def _variable(term: str) -> str:
    """Return the variable of a lag."""
    match = re.fullmatch(r"L\((.+), -?\d+\)", term)
    return match[1] if match else term


def _wide(panel: Panel, values: pd.Series) -> FloatArray:
    """Return (N, T) values on the whole calendar, missing where a unit has no row."""
    time = panel.frame[panel.time].to_numpy(dtype=np.int64)
    codes = codes_of(panel.frame[panel.unit])
    table = np.full((int(codes.max()) + 1, int(time.max() - time.min()) + 1), np.nan)
    table[codes, time - time.min()] = values.to_numpy(dtype=float)
    return table


def _fail_if_not_identified(data: DifferencedPanel) -> None:
    k, instruments = data.regressors.shape[2], data.instruments.shape[2]
    if not data.there.any():
        raise EstimationError("no unit has a change with all its lags; take fewer lags or more periods")
    if instruments < k:
        raise EstimationError(f"{instruments} instruments cannot tell {k} coefficients; allow more lags in gmm()")
    zx = np.einsum("itl,itk->lk", data.instruments, data.regressors)
    scale = np.linalg.norm(zx, axis=0)
    if (scale == 0).any() or np.linalg.matrix_rank(zx / np.where(scale > 0, scale, 1.0), tol=1e-10) < k:
        raise EstimationError("the coefficients are not identified: regressors are collinear or constant over time")


def _estimate(
    panel: Panel, data: DifferencedPanel, fit: DifferenceFit, terms: pd.DataFrame, outcome: str, steps: Steps
) -> Estimate:
    k, rows = terms.shape[1], data.there.any(axis=1)
    instruments, excess = data.instruments.shape[2], data.instruments.shape[2] - data.regressors.shape[2]
    start = int(panel.periods[0])
    first, last = data.there.argmax(axis=1), data.there.shape[1] - 1 - data.there[:, ::-1].argmax(axis=1)
    units = pd.DataFrame(
        {"unit": panel.units, "time": start + data.periods[first], "last_time": start + data.periods[last]}
    )[rows].reset_index(drop=True)
    statistics = np.array([fit.hansen, *fit.serial])
    p_values = [float(stats.chi2.sf(fit.hansen, excess)) if excess else np.nan, *2 * stats.norm.sf(np.abs(fit.serial))]
    tests = pd.DataFrame(
        {"test": ["Hansen J", "AR(1)", "AR(2)"], "statistic": statistics, "dof": [excess, np.nan, np.nan]}
    ).assign(p_value=p_values)
    notes = [f"{instruments} instruments for {len(units)} units, in differences"]
    if instruments >= len(units):
        notes.append(
            "as many instruments as units or more: Hansen's test has no power, collapse them or take fewer lags"
        )
    return Estimate(
        coef=fit.coef[:k],
        vcov=fit.vcov[:k, :k],
        cells=pd.DataFrame({"term": terms.columns.astype(str)}),
        units=units,
        method="difference_gmm",
        outcome=outcome,
        n_obs=int(data.there.sum()),
        influence=fit.influence[rows][:, :k],
        frames=MappingProxyType({"tests": tests}),
        cluster="unit",
        dof=float(len(units) - 1),
        small_sample="two-step with the correction of Windmeijer" if steps == 2 else "one-step",
        notes=tuple(notes),
    )
