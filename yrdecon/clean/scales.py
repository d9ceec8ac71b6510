"""Tails, scales and logarithms."""

from __future__ import annotations

import warnings
from typing import Literal

import numpy as np

from yrdecon.clean.verb import Derivation, cells, derived, numbers_of, recorded
from yrdecon.core.options import fail_if_unknown
from yrdecon.core.panel import Panel
from yrdecon.errors import DataError

By = Literal["pooled", "period"]
ADVICE = (
    "ln(1 + x) depends on the unit of x: the effect on it can be made any size by counting in another unit; estimate "
    "x itself by Poisson regression, as ppml does (Chen and Roth, 2024, Quarterly Journal of Economics 139)"
)


def winsorize(panel: Panel, column: str, *, lower: float = 0.01, upper: float = 0.99, by: By = "pooled") -> Panel:
    """Set values beyond two quantiles to these, as ``<column>_w``; every touched cell of both tails is in the trail.

    Parameters
    ----------
    lower, upper
        Shares below which the quantiles lie; linear interpolation between order statistics.
    by
        Quantiles of all rows, or of each period.

    Raises
    ------
    DataError
        If the shares are not 0 <= lower < upper <= 1.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"c": list("abcde"), "t": [1] * 5, "y": [1.0, 2.0, 3.0, 4.0, 100.0]})
    >>> done = winsorize(Panel.from_frame(table, unit="c", time="t"), "y", lower=0.0, upper=0.75)
    >>> done.frame["y_w"].tolist(), done.trail.loc[1, ["unit", "before", "after"]].tolist()
    ([1.0, 2.0, 3.0, 4.0, 4.0], ['e', 100.0, 4.0])
    """
    fail_if_unknown("by", by, By)
    if not 0 <= lower < upper <= 1:
        raise DataError(f"winsorize needs 0 <= lower < upper <= 1; it got lower={lower!r} and upper={upper!r}")
    values = numbers_of(panel, column)
    groups = values.groupby(panel.frame[panel.time] if by == "period" else np.zeros(len(values)))
    low, high = groups.transform("quantile", lower), groups.transform("quantile", upper)
    after = values.clip(low, high)
    touched = cells(panel, "winsorize", f"{column}_w", values, after)
    tails = [f"{int((values < low).sum())} cells below", f"{int((values > high).sum())} cells above"]
    reason = f"{column} between its {lower:g} and {upper:g} quantiles, {by}: {' and '.join(tails)}"
    made = derived(panel, f"{column}_w", after, Derivation("winsorize", reason, column, "Winsorized", "缩尾："))
    return recorded(made, touched.assign(reason="beyond the quantile")) if len(touched) else made


def standardize(panel: Panel, column: str, *, by: By = "pooled") -> Panel:
    """Subtract the mean and divide by the standard deviation (n - 1), as ``<column>_z``.

    Raises
    ------
    DataError
        If the column does not vary.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"c": list("abc"), "t": [1] * 3, "y": [1.0, 2.0, 3.0]})
    >>> standardize(Panel.from_frame(table, unit="c", time="t"), "y").frame["y_z"].tolist()
    [-1.0, 0.0, 1.0]
    """
    fail_if_unknown("by", by, By)
    values = numbers_of(panel, column)
    groups = values.groupby(panel.frame[panel.time] if by == "period" else np.zeros(len(values)))
    spread = groups.transform("std")
    flat = values.notna() & ~(spread > 0)
    if flat.any():
        where = f" in {panel.frame.loc[flat, panel.time].iloc[0]}" if by == "period" else ""
        raise DataError(f"column {column!r} does not vary{where}; it cannot be standardized")
    scores = (values - groups.transform("mean")) / spread
    how = Derivation("standardize", f"{column} in standard deviations, {by}", column, "Standardized", "标准化：", "sd")
    return derived(panel, f"{column}_z", scores, how)


def log1p_warned(panel: Panel, column: str) -> Panel:
    """Take ln(1 + x), as ``ln1p_<column>``, and warn that its coefficients have no meaning of their own.

    The effect on ln(1 + x) mixes the effect on whether x is positive with that on its size, and depends on the unit of
    x (Chen and Roth, 2024, Quarterly Journal of Economics 139). Estimate x itself by Poisson regression instead.

    Raises
    ------
    DataError
        If a value is negative.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"c": list("ab"), "t": [1] * 2, "patents": [0.0, np.e - 1]})
    >>> with warnings.catch_warnings(action="ignore"):
    ...     log1p_warned(Panel.from_frame(table, unit="c", time="t"), "patents").frame["ln1p_patents"].tolist()
    [0.0, 1.0]
    """
    values = numbers_of(panel, column)
    if (values < 0).any():
        raise DataError(f"column {column!r} holds negative values, such as {values.min():g}; ln(1 + x) needs x >= 0")
    if (values == 0).any():
        warnings.warn(ADVICE, UserWarning, stacklevel=2)
    how = Derivation("log1p_warned", f"ln(1 + {column}); {ADVICE}", column, "ln(1 + x) of", "ln(1+x)：", "")
    return derived(panel, f"ln1p_{column}", np.log1p(values), how)
