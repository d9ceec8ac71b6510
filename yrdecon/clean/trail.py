"""Values with the trail of what was done to them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

AUDIT_COLUMNS = ("city_code", "year", "variable", "rule", "before", "after", "reason")


@dataclass(frozen=True, eq=False)
class Cleaned:
    """A variable by city and year, and one row of audit for every cell that was dropped, replaced or flagged.

    Attributes
    ----------
    values
        Series indexed by city_code and year.
    audit
        Frame with the columns of `AUDIT_COLUMNS`; before and after are text, empty for a missing value.
    """

    values: pd.Series[Any]
    audit: pd.DataFrame


def trail(
    rule: str, variable: str, before: pd.Series[Any], after: pd.Series[Any], reason: str | pd.Series[Any]
) -> pd.DataFrame:
    """Write the audit rows of cells that share an index by city_code and year."""
    rows = before.index.to_frame(index=False)
    rows.columns = pd.Index(["city_code", "year"])
    reasons = reason if isinstance(reason, str) else reason.reindex(before.index).to_numpy()
    table = rows.assign(
        variable=variable, rule=rule, before=as_text(before), after=as_text(after.reindex(before.index)), reason=reasons
    )
    return table[list(AUDIT_COLUMNS)]


def wide(values: pd.Series[Any]) -> pd.DataFrame:
    """Spread a series by city and year to one column a year."""
    return values.unstack("year")


def long(table: pd.DataFrame) -> pd.Series[Any]:
    """Turn one column a year into a series by city and year, missing cells left out."""
    return table.stack().dropna().rename_axis(["city_code", "year"])


def years(values: pd.Series[Any]) -> NDArray[np.int64]:
    """Return the year of every cell."""
    return np.asarray(values.index.get_level_values("year").to_numpy(dtype=np.int64))


def cities(values: pd.Series[Any]) -> pd.Index[str]:
    """Return the city code of every cell."""
    return values.index.get_level_values("city_code")


def by_province_and_year(values: pd.Series[Any], province: pd.Series[Any]) -> list[Any]:
    """Return keys that group cells by province and year."""
    return [cities(values).map(province.to_dict()), years(values)]


def as_text(values: pd.Series[Any]) -> list[str]:
    """Write numbers so that reading them back gives the same number; missing becomes empty."""
    return ["" if pd.isna(v) else (v if isinstance(v, str) else repr(float(v))) for v in values]


def join_trails(parts: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """Stack audit frames in order."""
    kept = [part for part in parts if len(part)]
    return pd.concat(kept, ignore_index=True) if kept else pd.DataFrame(columns=list(AUDIT_COLUMNS), dtype="str")
