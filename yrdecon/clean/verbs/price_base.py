"""Price indices on one base period."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import pandas as pd

from yrdecon.clean.verbs.derived import derive, numbers_of
from yrdecon.core.names import some_of
from yrdecon.core.panel import Panel
from yrdecon.errors import DataError

FORMS = {"level": "rebased", "previous": "chained from indices with the period before = 100"}


def price_base(panel: Panel, index: str, *, base: int, form: Literal["level", "previous"] = "level") -> Panel:
    """Put a price index on 100 in one period, for every unit; adds ``<index>_<base>``.

    Parameters
    ----------
    index
        Column of the index.
    base
        The period that becomes 100.
    form
        ``"level"``: the index has some fixed base. ``"previous"``: every cell says what the price level is when that
        of the period before is 100, as yearbooks print it (上年=100); the cells are chained, and a gap is not bridged.

    Raises
    ------
    DataError
        If the index is not positive, or a unit has no value in the base period.

    Examples
    --------
    >>> table = pd.DataFrame({"city": "a", "year": [2019, 2020, 2021], "cpi": [102.0, 103.0, 101.0]})
    >>> panel = Panel.from_frame(table, unit="city", time="year")
    >>> price_base(panel, "cpi", base=2020, form="previous").frame["cpi_2020"].round(2).tolist()
    [97.09, 100.0, 101.0]
    """
    if form not in FORMS:
        raise DataError(f"there is no form {form!r} of a price index; choose one of {sorted(FORMS)}")
    values = numbers_of(panel, index)
    level = values if form == "level" else _chained(panel, _positive(panel, values), base)
    rebased = 100 * level / at_base(panel, level, base)
    facts = {"base": base, "form": FORMS[form]}
    return derive(panel, rebased, verb="price_base", of=index, facts=facts, unit_of_measure=f"{base} = 100")


def at_base(panel: Panel, index: pd.Series[Any], base: int) -> pd.Series[Any]:
    """Return, in every row, the value that an index of the unit has in the base period.

    Raises
    ------
    DataError
        If the index is not positive, or a unit with values has none in the base period.
    """
    _positive(panel, index)
    frame, unit = panel.frame, panel.unit
    found = pd.Series(index.to_numpy(), index=frame[unit])[(frame[panel.time] == base).to_numpy()].dropna()
    seen = frame.loc[index.notna(), unit].unique()
    without = [u for u in seen if u not in found.index]
    if without:
        raise DataError(
            f"{len(without)} units have no value of {index.name!r} in {base}: {some_of(without)}; choose a base period "
            "in which every unit has one"
        )
    return frame[unit].map(found)


def _positive(panel: Panel, index: pd.Series[Any]) -> pd.Series[Any]:
    wrong = panel.frame.loc[(index <= 0) | np.isinf(index), [panel.unit, panel.time]]
    if len(wrong):
        cells = [f"{u} {t}" for u, t in wrong.itertuples(index=False)]
        raise DataError(f"a price index must be positive; {index.name!r} is not in {some_of(cells)}; correct the cells")
    return index


def _chained(panel: Panel, previous: pd.Series[Any], base: int) -> pd.Series[Any]:
    """Chain ratios over the consecutive periods around the base; the level beyond a gap stays missing."""
    frame, unit, time = panel.frame, panel.unit, panel.time
    breaks = (frame[time].groupby(frame[unit]).diff() != 1) | previous.isna()
    run = breaks.groupby(frame[unit]).cumsum()
    chained = np.exp(np.log(previous / 100).fillna(0).groupby([frame[unit], run]).cumsum())
    run_of_base = frame[unit].map(dict(zip(frame[unit][frame[time] == base], run[frame[time] == base], strict=True)))
    return chained.where(run == run_of_base).rename(previous.name)
