"""Gaps between observed periods filled on a line, every filled cell flagged."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import pandas as pd

from yrdecon.clean.verbs.derived import derive, numbers_of
from yrdecon.core.names import some_of
from yrdecon.core.panel import Panel
from yrdecon.errors import DataError, DesignError

FORMS = {"linear": "on a straight line", "log": "at constant growth"}


def interpolate(
    panel: Panel,
    column: str,
    *,
    form: Literal["linear", "log"] = "linear",
    longest: int = 1,
    cohort: str = "cohort",
) -> Panel:
    """Fill gaps between two observed periods; adds ``<column>_interpolated`` and ``<column>_is_interpolated``.

    Nothing in this package interpolates unless this is called. Nothing is extrapolated, and only periods that are rows
    of the panel are filled. Filled cells are smooth by construction: report results without them too.

    Parameters
    ----------
    form
        ``"linear"``: a straight line. ``"log"``: constant growth, for positive figures.
    longest
        Longest run of missing periods that is filled; longer ones stay missing.
    cohort
        Column of the first treated period, if the panel has one. A gap of a treated unit that reaches or is closed by
        a treated period is refused: a line through it would carry the effect back, or its absence forward.

    Raises
    ------
    DesignError
        If a gap touches the treated periods of a treated unit; the cells are named.
    DataError
        If the form is unknown, `longest` is below one, or figures are not positive with ``form="log"``.

    Examples
    --------
    >>> table = pd.DataFrame({"city": "a", "year": [2018, 2019, 2020], "y": [1.0, None, 3.0]})
    >>> panel = interpolate(Panel.from_frame(table, unit="city", time="year"), "y")
    >>> panel.frame["y_interpolated"].tolist(), panel.frame["y_is_interpolated"].tolist()
    ([1.0, 2.0, 3.0], [False, True, False])
    """
    if form not in FORMS:
        raise DataError(f"there is no form {form!r} of interpolation; choose one of {sorted(FORMS)}")
    if not isinstance(longest, int) or longest < 1:
        raise DataError(f"the longest gap that is filled is a whole number of periods, at least one, not {longest!r}")
    values = numbers_of(panel, column)
    if form == "log" and (values <= 0).any():
        raise DataError(f"column {column!r} holds values that are not positive; use form='linear'")
    gaps = _gaps(panel, values)
    filled = gaps["length"] <= longest
    _fail_if_treated(panel, gaps["end"].where(filled), column, cohort)
    line = _line(np.log(values) if form == "log" else values, panel, gaps)
    result = values.where(~filled, np.exp(line) if form == "log" else line)
    facts = {
        "cells": int(filled.sum()),
        "units": int(panel.frame.loc[filled, panel.unit].nunique()),
        "form": FORMS[form],
    }
    flagged = derive(panel, filled, verb="is_interpolated", of=column, facts={}, unit_of_measure="true or false")
    return derive(flagged, result, verb="interpolate", of=column, facts=facts)


def _gaps(panel: Panel, values: pd.Series[Any]) -> pd.DataFrame:
    """Return of every missing cell between observed ones the period before and after its gap, and the gap's length."""
    frame = panel.frame
    seen = frame[panel.time].where(values.notna()).astype(float)
    start, end = seen.groupby(frame[panel.unit]).ffill(), seen.groupby(frame[panel.unit]).bfill()
    inside = values.isna() & start.notna() & end.notna()
    return pd.DataFrame({"start": start, "end": end, "length": end - start - 1}).where(inside)


def _line(values: pd.Series[Any], panel: Panel, gaps: pd.DataFrame) -> pd.Series[Any]:
    by_unit = values.groupby(panel.frame[panel.unit])
    left, right = by_unit.ffill(), by_unit.bfill()
    share = (panel.frame[panel.time] - gaps["start"]) / (gaps["end"] - gaps["start"])
    return left + share * (right - left)


def _fail_if_treated(panel: Panel, end: pd.Series[Any], column: str, cohort: str) -> None:
    if cohort not in panel.frame.columns:
        return
    touched = panel.frame.loc[end >= numbers_of(panel, cohort), [panel.unit, panel.time]]
    if len(touched):
        cells = [f"{u} {t}" for u, t in touched.itertuples(index=False)]
        raise DesignError(
            f"filling {column!r} would draw a line into treated periods, in {some_of(cells)}; interpolate "
            "panel.between(first, last) before treatment, or leave these cells missing"
        )
