"""The columns that the parts of a formula ask for, row by row of a panel."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from yrdecon.core.options import is_whole
from yrdecon.core.panel import Panel
from yrdecon.errors import DesignError
from yrdecon.estimators.panels.formula import MODULE, formula_error, names_in
from yrdecon.estimators.panels.lags import lagged

INTERCEPT = "Intercept"
RANGE = re.compile(r"(-?\d+)\s*:\s*(-?\d+)")
MARK = "⧛"
COLOR = re.compile("\\x1b\\[[\\d;]*m|[⧛⧚]")


def evaluate(panel: Panel, part: str) -> pd.DataFrame:
    """Return the columns of one side of a formula for every row of the panel, missing values kept.

    ``L(x, k)`` is the value k periods before, ``L(x, 0:2)`` several of them, ``D(x)`` the change since the period
    before; they are missing where that period is. ``i(x, ref=v)`` are dummies, ``i(x, z, ref=v)`` their products with
    z. What formulaic knows may be used beside them.

    Raises
    ------
    DesignError
        If the text is no formula, or a part of it cannot be evaluated.

    Examples
    --------
    >>> table = pd.DataFrame({"u": ["a", "a", "a"], "t": [1, 2, 4], "x": [1.0, 3.0, 4.0]})
    >>> evaluate(Panel.from_frame(table, unit="u", time="t"), "D(x) + L(x, 0:1)").columns.tolist()
    ['Intercept', 'D(x)', 'x', 'L(x, 1)']
    """
    from formulaic import model_matrix
    from formulaic.errors import FormulaicError

    written = _with_ranges(part)
    data = panel.frame[_columns_named(panel, written)]
    context = _functions(panel) | {MODULE: np}
    try:
        with np.errstate(invalid="ignore", divide="ignore"):
            matrix = model_matrix(written, _plain(data), context=context, na_action="ignore", output="pandas")
    except FormulaicError as error:
        own = [e for e in (error.__cause__, error.__context__) if isinstance(e, DesignError)]
        raise (own[0] if own else _readable(part, error)) from None
    except (SyntaxError, TypeError, ValueError, AttributeError) as error:
        raise DesignError(f"the formula part {part!r} cannot be evaluated: {error}") from error
    found = pd.DataFrame(np.asarray(matrix, dtype=float), columns=[_name(str(c)) for c in matrix.columns])
    found[data[_texts(data)].isna().any(axis=1).to_numpy()] = np.nan
    return found.loc[:, ~found.columns.duplicated()]


def _columns_named(panel: Panel, part: str) -> list[str]:
    functions = {name for name, _, is_function in names_in(part) if is_function}
    columns = dict.fromkeys(name for name, _, is_function in names_in(part) if not is_function)
    for name, position, _ in names_in(part):
        if name in functions and name in columns:
            raise formula_error(
                part, position, f"{name!r} is a column and a function here; copy the column under another name"
            )
    return [name for name in columns if name in panel.frame.columns]


def _with_ranges(part: str) -> str:
    """Write ``L(x, 0:2)`` as a call, ``L(x, 0,2)``, of the same length."""
    return RANGE.sub(lambda m: m[0].replace(":", ","), part)


def _texts(data: pd.DataFrame) -> list[str]:
    return [c for c in data.columns if not pd.api.types.is_numeric_dtype(data[c])]


def _plain(data: pd.DataFrame) -> pd.DataFrame:
    """Return numbers and truth values as floats, so that they are variables and not categories."""
    numeric = [c for c in data.columns if pd.api.types.is_numeric_dtype(data[c])]
    return data.assign(**{c: data[c].to_numpy(dtype=float, na_value=np.nan) for c in numeric})


def _functions(panel: Panel) -> dict[str, Callable[..., Any]]:
    def lag(x: Any, first: int = 1, last: int | None = None) -> Any:
        ends = (first, first if last is None else last)
        if not all(map(is_whole, ends)) or ends[0] > ends[1]:
            raise DesignError(f"L(x, {first!r}, {last!r}) needs whole numbers in their order, such as L(x, 0:2)")
        if last is None:
            return lagged(panel, x, first)
        return {str(k): lagged(panel, x, k) for k in range(first, last + 1)}

    def difference(x: Any, periods: int = 1) -> Any:
        return pd.Series(np.asarray(x, dtype=float), index=panel.frame.index) - lagged(panel, x, periods)

    return {"L": lag, "D": difference, "i": _dummies}


def _dummies(x: Any, by: Any = None, ref: Any = None) -> dict[str, Any]:
    levels = sorted(pd.unique(x.dropna()))
    references = [] if ref is None else list(ref) if isinstance(ref, tuple | list) else [ref]
    unknown = [r for r in references if r not in levels]
    if unknown:
        raise DesignError(f"ref={unknown} is no value of {x.name!r}; choose among {levels[:20]}")
    factor = 1.0 if by is None else by
    suffix = "" if by is None else f":{by.name}"
    kept = [v for v in levels if v not in references]
    return {f"{x.name}::{_text(v)}{suffix}": (x == v).where(x.notna()).astype(float) * factor for v in kept}


def _text(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _name(column: str) -> str:
    """Return the name of a coefficient: ``x`` for L(x, 0), ``year::2010`` for a dummy."""
    name = re.sub(r"L\((.*?), -?\d+, -?\d+\)\[(-?\d+)\]", r"L(\1, \2)", column)
    name = re.sub(r"L\(([^()]*|[^()]*\([^()]*\)), 0\)", r"\1", name)
    name = re.sub(r"L\(([^(),]*|[^(),]*\([^()]*\))\)", r"L(\1, 1)", name)
    return re.sub(r"\bi\([^()]*(?:\([^()]*\))?[^()]*\)\[(.*?)\]", r"\1", name)


def _readable(part: str, error: Exception) -> DesignError:
    """Turn the colored mark of formulaic into one that points."""
    words, *rest = str(error).split("\n")
    words = re.sub(r"insuff\w*", "insufficient", words)
    if not rest or MARK not in rest[-1]:
        return DesignError(f"the formula part {part!r} cannot be evaluated: {words}")
    before = COLOR.sub("", rest[-1].split(MARK)[0])
    return formula_error(COLOR.sub("", rest[-1]).rstrip(), len(before), words)
