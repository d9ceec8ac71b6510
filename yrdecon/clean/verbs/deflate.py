"""Nominal figures at the prices of one period."""

from __future__ import annotations

from yrdecon.clean.verbs.derived import derive, description_of, numbers_of
from yrdecon.clean.verbs.price_base import at_base
from yrdecon.core.panel import Panel
from yrdecon.errors import DataError


def deflate(panel: Panel, column: str, *, by: str, base: int) -> Panel:
    """Divide a nominal column by a price index; adds ``<column>_real_<base>``, in prices of the base period.

    Parameters
    ----------
    column
        Nominal figures, not logs and not shares.
    by
        Column of a price index with a fixed base, whatever it is (`price_base` makes one of indices with the year
        before = 100). An index of a province serves its cities; the deflator is named in the trail.
    base
        The period whose prices are used.

    Raises
    ------
    DataError
        If the column is at constant prices already, the index is not positive, or a unit has no index in the base
        period. A cell without an index becomes missing.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"city": "a", "year": [2019, 2020], "gdp": [100.0, 110.0], "cpi": [100.0, 110.0]})
    >>> real = deflate(Panel.from_frame(table, unit="city", time="year"), "gdp", by="cpi", base=2019)
    >>> real.frame["gdp_real_2019"].round(6).tolist(), real.notes
    ([100.0, 100.0], ('gdp divided by cpi, 2019 = 1',))
    """
    unit = str(description_of(panel, column)["unit_of_measure"])
    if " of " in unit or unit.startswith("log "):
        raise DataError(f"column {column!r} is in {unit!r} and cannot be deflated; give a column at current prices")
    nominal, index = numbers_of(panel, column), numbers_of(panel, by)
    real = nominal / (index / at_base(panel, index, base))
    facts = {"by": by, "base": base}
    constant = f"{unit} of {base}" if unit else f"prices of {base}"
    return derive(panel, real, verb="deflate", of=column, facts=facts, unit_of_measure=constant)
