"""The panel: one row per unit and period, keys unique, column metadata kept."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from yrdecon.errors import DataError

VARIABLE_COLUMNS = ("unit_of_measure", "source", "vintage", "label_en", "label_zh")


TRAIL_COLUMNS = ("rule", "variable", "unit", "time", "before", "after", "reason")


def _no_trail() -> pd.DataFrame:
    return pd.DataFrame(columns=list(TRAIL_COLUMNS), dtype=object)


def _no_variables() -> pd.DataFrame:
    return pd.DataFrame(columns=list(VARIABLE_COLUMNS), index=pd.Index([], name="name"), dtype=str)


@dataclass(frozen=True, eq=False)
class Panel:
    """A unit-time table with unique keys, sorted once.

    Build one with `Panel.from_frame`, which checks it. The frame is flat: unit and time are columns.

    Attributes
    ----------
    frame
        One row per unit and period, sorted by unit, then time. Take a copy before changing it.
    unit, time
        Names of the key columns. Times are whole numbers (years, or quarters counted from somewhere).
    location
        Names of the longitude and latitude columns in degrees, for spatial designs.
    group
        Name of a column that is constant within units, such as a province.
    variables
        One row per column of `frame` that is described: unit_of_measure, source, vintage, label_en, label_zh.
    trail
        What verbs such as `winsorize` did, one row per derived column and per cell touched: rule, variable, unit, time,
        before, after, reason (unit and time are missing for a whole column).
    """

    frame: pd.DataFrame
    unit: str
    time: str
    location: tuple[str, str] | None = None
    group: str | None = None
    variables: pd.DataFrame = field(default_factory=_no_variables)
    trail: pd.DataFrame = field(default_factory=_no_trail)

    @classmethod
    def from_frame(
        cls,
        frame: pd.DataFrame,
        *,
        unit: str,
        time: str,
        location: tuple[str, str] | None = None,
        group: str | None = None,
    ) -> Panel:
        """Check a table and make it a panel.

        Raises
        ------
        DataError
            On missing key columns, missing or duplicated keys, times that are not whole numbers, numbers mixed with
            text in one column, or a location or group that is not constant within a unit.

        Examples
        --------
        >>> table = pd.DataFrame({"county": ["a", "a", "b", "b"], "year": [2000, 2001] * 2, "y": [1.0, 2.0, 3.0, 4.0]})
        >>> Panel.from_frame(table, unit="county", time="year")
        Panel(2 units x 2 periods, 4 rows, county by year 2000-2001)
        """
        _fail_if_columns_are_missing(frame, [unit, time, *(location or ()), *([group] if group else [])])
        _fail_if_column_names_repeat(frame)
        _fail_if_keys_are_missing(frame, [unit, time])
        _fail_if_units_are_no_names(frame[unit])
        clean = frame.assign(**{time: _whole_numbers(frame[time])})
        _fail_if_keys_repeat(clean, unit, time)
        _fail_if_numbers_are_mixed_with_text(clean, skip={unit, *([group] if group else [])})
        for column in [*(location or ()), *([group] if group else [])]:
            _fail_if_not_constant_within_units(clean, unit, column)
        clean = clean.sort_values([unit, time], kind="stable").reset_index(drop=True)
        return cls(clean, unit, time, location, group)

    @property
    def units(self) -> pd.Index[Any]:
        """The units in their order."""
        units: pd.Index[Any] = pd.Index(self.frame[self.unit].unique(), name=self.unit)
        return units

    @property
    def periods(self) -> NDArray[np.int64]:
        """The periods in their order."""
        return np.sort(self.frame[self.time].unique()).astype(np.int64)

    def between(self, first: int, last: int) -> Panel:
        """Keep the periods from `first` to `last`, both included."""
        kept = self.frame[self.frame[self.time].between(first, last)]
        if kept.empty:
            raise DataError(f"no period lies between {first} and {last}; the panel covers {_span(self.periods)}")
        return replace(self, frame=kept.reset_index(drop=True))

    def where(self, column: str) -> Panel:
        """Keep the rows in which a boolean column is true."""
        kept = self.frame[boolean_column(self, column)]
        if kept.empty:
            raise DataError(f"column {column!r} is true in no row; choose another one")
        return replace(self, frame=kept.reset_index(drop=True))

    def assign(self, **columns: Any) -> Panel:
        """Add or replace columns, as `pandas.DataFrame.assign` does; the keys cannot be replaced."""
        for key in (self.unit, self.time):
            if key in columns:
                raise DataError(
                    f"{key!r} is a key of the panel and cannot be replaced; build a new panel with Panel.from_frame"
                )
        return replace(self, frame=self.frame.assign(**columns))

    def describe(self, variables: pd.DataFrame) -> Panel:
        """Attach unit of measure, source, vintage and labels to columns (index: column names)."""
        missing = [c for c in VARIABLE_COLUMNS if c not in variables.columns]
        if missing:
            raise DataError(f"the table of variables lacks the columns {missing}; it needs {list(VARIABLE_COLUMNS)}")
        return replace(self, variables=variables)

    def __repr__(self) -> str:
        return (
            f"Panel({len(self.units)} units x {len(self.periods)} periods, {len(self.frame)} rows, "
            f"{self.unit} by {self.time} {_span(self.periods)})"
        )


def boolean_column(panel: Panel, column: str) -> NDArray[np.bool_]:
    """Return a boolean column of the panel; missing values count as false.

    Raises
    ------
    DataError
        If the column is missing or holds anything but true, false, 0, 1 or missing.
    """
    _fail_if_columns_are_missing(panel.frame, [column])
    values = panel.frame[column]
    if not values.dropna().isin([True, False, 0, 1]).all():
        raise DataError(
            f"column {column!r} must hold true or false in every row; it holds {values.unique()[:4].tolist()}"
        )
    return np.asarray(values.fillna(False).to_numpy(dtype=bool))


def _span(periods: NDArray[np.int64]) -> str:
    return f"{periods[0]}-{periods[-1]}" if len(periods) else "no period"


def _fail_if_columns_are_missing(frame: pd.DataFrame, columns: list[str]) -> None:
    missing = [c for c in columns if c not in frame.columns]
    if missing:
        raise DataError(f"the table has no column {missing}; its columns are {frame.columns.tolist()[:40]}")


def _fail_if_column_names_repeat(frame: pd.DataFrame) -> None:
    repeated = frame.columns[frame.columns.duplicated()].unique().tolist()
    if repeated:
        raise DataError(f"the column names {repeated} occur more than once; rename or drop the copies")


def _fail_if_keys_are_missing(frame: pd.DataFrame, keys: list[str]) -> None:
    if frame.empty:
        raise DataError("the table has no rows; a panel needs at least one unit and one period")
    for key in keys:
        rows = np.flatnonzero(frame[key].isna().to_numpy())
        if len(rows):
            raise DataError(
                f"column {key!r} is missing in {len(rows)} rows, first in row {rows[0]}; drop or fill them first"
            )


def _fail_if_units_are_no_names(units: pd.Series[Any]) -> None:
    if units.dtype == object and units.map(lambda u: isinstance(u, tuple | list | dict | set)).any():
        raise DataError(
            f"column {units.name!r} must hold one number or text per unit; it holds {units.iloc[0]!r}; "
            "join its parts into one text"
        )


def _whole_numbers(times: pd.Series[Any]) -> pd.Series[Any]:
    if pd.api.types.is_datetime64_any_dtype(times) or isinstance(times.dtype, pd.PeriodDtype):
        raise DataError(f"column {times.name!r} holds dates; use the year, for example frame[{times.name!r}].dt.year")
    numbers = pd.to_numeric(times, errors="coerce")
    bad = numbers.isna() | (numbers != numbers.round()) | np.isinf(numbers.astype(float))
    if bad.any():
        raise DataError(f"times must be whole numbers; column {times.name!r} holds {times[bad].unique()[:3].tolist()}")
    return numbers.astype("int64")


def _fail_if_keys_repeat(frame: pd.DataFrame, unit: str, time: str) -> None:
    repeated = frame.loc[frame.duplicated([unit, time], keep=False), [unit, time]].drop_duplicates()
    if len(repeated):
        shown = ", ".join(f"{u} {t}" for u, t in repeated.head(5).itertuples(index=False))
        raise DataError(f"{len(repeated)} keys occur more than once: {shown}; keep one row per {unit} and {time}")


def _fail_if_numbers_are_mixed_with_text(frame: pd.DataFrame, skip: set[str]) -> None:
    for column in frame.columns.difference(list(skip)):
        if not (pd.api.types.is_string_dtype(frame[column]) or frame[column].dtype == object):
            continue
        values = frame[column].dropna().astype(str)
        text = values[pd.to_numeric(values, errors="coerce").isna()]
        if 0 < len(text) < len(values) / 2:
            raise DataError(
                f"column {column!r} mixes numbers with text: {text.unique()[:5].tolist()}; "
                "make them missing or repair them, nothing is dropped silently"
            )


def _fail_if_not_constant_within_units(frame: pd.DataFrame, unit: str, column: str) -> None:
    changing = frame.groupby(unit, sort=False)[column].nunique()
    changing = changing[changing > 1]
    if len(changing):
        raise DataError(
            f"column {column!r} must be constant within each {unit}; it changes within {changing.index[:5].tolist()}"
        )
