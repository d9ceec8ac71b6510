"""The formula of a dynamic panel: regressors, lagged instruments, and the period if it has effects."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from yrdecon.core.labels import codes_of
from yrdecon.core.panel import Panel
from yrdecon.errors import DesignError
from yrdecon.estimators.panels.columns import INTERCEPT, evaluate
from yrdecon.estimators.panels.formula import (
    PanelFormula,
    fail_if_names_are_unknown,
    formula_error,
    parse_formula,
    split_at_bars,
)
from yrdecon.kernels.dynamic_equations import DynamicModel, LaggedInstruments

FloatArray = NDArray[np.float64]

INSTRUMENTS = re.compile(r"gmm\(\s*(.+?)\s*,\s*(\d+)\s*:\s*(\d+)\s*\)")


@dataclass(frozen=True, eq=False)
class DynamicFormula:
    """A model in levels, the names of its regressors and of its outcome."""

    model: DynamicModel
    terms: tuple[str, ...]
    outcome: str


def draw_dynamic(panel: Panel, formula: str, collapse: bool) -> DynamicFormula:
    """Read ``y ~ L(y, 1) + x | gmm(y, 2:99) | year`` and take its columns from a panel.

    Raises
    ------
    DesignError
        Pointing at the character that does not fit.
    """
    parts = split_at_bars(formula)
    if len(parts) not in (2, 3):
        raise DesignError(f"formula={formula!r} must be such as 'y ~ L(y, 1) | gmm(y, 2:99) | year'")
    parsed = parse_formula(parts[0])
    fail_if_names_are_unknown(parsed, panel.frame.columns)
    gmm = _instruments(panel, formula, parts)
    if len(parts) == 3 and parts[2].strip() != panel.time:
        where = len(parts[0]) + len(parts[1]) + 2
        raise formula_error(formula, where, f"only effects of the period, {panel.time!r}, can stand here")
    outcome, terms = (_columns(panel, part) for part in (parsed.outcome, parsed.regressors))
    own = [j for j, term in enumerate(terms) if _variable(str(term)) not in gmm]
    model = DynamicModel(
        outcome=wide(panel, outcome.iloc[:, 0]),
        regressors=np.stack([wide(panel, terms[c]) for c in terms], axis=2),
        lagged=tuple(part for parts_of in gmm.values() for part in parts_of),
        own=tuple(own),
        effects=len(parts) == 3,
        collapse=collapse,
    )
    return DynamicFormula(model, tuple(map(str, terms.columns)), str(outcome.columns[0]))


def wide(panel: Panel, values: pd.Series) -> FloatArray:
    """Return (N, T) values on the whole calendar, missing where a unit has no row."""
    time = panel.frame[panel.time].to_numpy(dtype=np.int64)
    codes = codes_of(panel.frame[panel.unit])
    table = np.full((int(codes.max()) + 1, int(time.max() - time.min()) + 1), np.nan)
    table[codes, time - time.min()] = values.to_numpy(dtype=float)
    return table


def _columns(panel: Panel, part: str) -> pd.DataFrame:
    return evaluate(panel, part).drop(columns=INTERCEPT, errors="ignore")


def _instruments(panel: Panel, formula: str, parts: list[str]) -> dict[str, list[LaggedInstruments]]:
    """Return the lags of every variable in ``gmm``."""
    found = list(INSTRUMENTS.finditer(parts[1]))
    start = len(parts[0]) + 1
    if not found or INSTRUMENTS.sub("", parts[1]).replace("+", "").strip():
        raise formula_error(formula, start, "this part holds instruments such as gmm(y, 2:99), joined by '+'")
    gmm: dict[str, list[LaggedInstruments]] = {}
    for match in found:
        fail_if_names_are_unknown(PanelFormula(match[1], "", ""), panel.frame.columns)
        first, last = int(match[2]), int(match[3])
        if not 1 <= first <= last:
            raise formula_error(formula, start + match.start(2), "lags must be positive and in their order")
        values = wide(panel, _columns(panel, match[1]).iloc[:, 0])
        gmm.setdefault(match[1], []).append(LaggedInstruments(values, first, last))
    return gmm


def _variable(term: str) -> str:
    """Return the variable of a lag."""
    match = re.fullmatch(r"L\((.+), -?\d+\)", term)
    return match[1] if match else term
