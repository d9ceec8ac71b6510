"""Log of one plus a quantity, with what is wrong with it."""

from __future__ import annotations

import numpy as np

from yrdecon.clean.verbs.derived import derive, numbers_of
from yrdecon.core.names import some_of
from yrdecon.core.panel import Panel
from yrdecon.errors import DataError


def log1p_warned(panel: Panel, column: str) -> Panel:
    """Add log(1 + column) as ``log1p_<column>``, and a note of why a Poisson regression is the better choice.

    Where zeros turn positive, the effect on log(1 + y) is as large as the unit of measure makes it (yuan or 亿元), so
    that it is no percentage (Chen and Roth 2024, Quarterly Journal of Economics, "Logs with zeros? Some problems and
    solutions"). A Poisson regression with fixed effects estimates a change of the mean in percent, zeros included.

    Raises
    ------
    DataError
        If values are negative.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"city": "a", "year": [2018, 2019], "patents": [0.0, 9.0]})
    >>> panel = log1p_warned(Panel.from_frame(table, unit="city", time="year"), "patents")
    >>> panel.notes[0][:51]
    'log(1 + patents), 1 of 2 cells are zero: with zeros'
    """
    values = numbers_of(panel, column)
    negative = panel.frame.loc[values < 0, [panel.unit, panel.time]]
    if len(negative):
        cells = [f"{u} {t}" for u, t in negative.itertuples(index=False)]
        raise DataError(f"column {column!r} is negative in {some_of(cells)}; log(1 + y) is for counts and amounts")
    facts = {"zeros": int((values == 0).sum()), "cells": int(values.notna().sum())}
    return derive(
        panel, np.log1p(values), verb="log1p_warned", of=column, facts=facts, unit_of_measure="log of one plus"
    )
