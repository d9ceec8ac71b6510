"""Growth over the period before."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd

from yrdecon.clean.verbs.derived import at_period, derive, numbers_of
from yrdecon.core.panel import Panel
from yrdecon.errors import DataError

FORMS = {"percent": "percent", "log": "log points"}


def growth(
    panel: Panel, column: str, *, form: Literal["percent", "log"] = "percent", vintage: str | None = None
) -> Panel:
    """Add growth over the period before as ``<column>_growth``, in percent or as change of the log times 100.

    Growth is missing where the period before is not in the panel, and where either value is not positive.

    Parameters
    ----------
    vintage
        Column with the label of each cell's vintage. Growth from one vintage to another is a revision and no growth;
        it is left missing and counted.

    Raises
    ------
    DataError
        If the form is unknown or the panel lacks a column.

    Examples
    --------
    >>> table = pd.DataFrame({"city": "a", "year": [2018, 2019, 2021], "y": [100.0, 110.0, 120.0]})
    >>> growth(Panel.from_frame(table, unit="city", time="year"), "y").frame["y_growth"].round(6).tolist()
    [nan, 10.0, nan]
    """
    if form not in FORMS:
        raise DataError(f"there is no form {form!r} of growth; choose one of {sorted(FORMS)}")
    now = numbers_of(panel, column)
    now = now.where(now > 0)
    before = at_period(panel, now, 1)
    change = 100 * (now / before - 1 if form == "percent" else np.log(now / before))
    across = _changes(panel, vintage) & change.notna()
    facts = {"form": FORMS[form], "across": int(across.sum())}
    return derive(panel, change.mask(across), verb="growth", of=column, facts=facts, unit_of_measure=FORMS[form])


def _changes(panel: Panel, vintage: str | None) -> pd.Series[bool]:
    if vintage is None:
        return pd.Series(False, index=panel.frame.index)
    if vintage not in panel.frame.columns:
        raise DataError(f"the panel has no column {vintage!r} of vintages; its columns are {list(panel.frame)[:40]}")
    labels = pd.Series(pd.factorize(panel.frame[vintage])[0], index=panel.frame.index)
    return labels != at_period(panel, labels, 1)
