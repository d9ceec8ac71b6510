"""Which column of a table is what, told by its headers."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from yrdecon.clean.column_map import ColumnMap
from yrdecon.clean.grid import bare
from yrdecon.clean.presets import header_key, preset_of, time_headers

YEAR_ALONE = re.compile(r"((?:19|20)\d{2})(?:年度?)?")
NAME_THEN_YEAR = re.compile(r"(.*\D)((?:19|20)\d{2})(?:年度?)?")
YEAR_THEN_NAME = re.compile(r"((?:19|20)\d{2})(?:年度?)?(\D.*)")
BETWEEN = " _-.:：,，"


@dataclass(frozen=True)
class Roles:
    """Positions of columns, counted from zero.

    Attributes
    ----------
    unit, time
        The keys; without a time the years are in the headers, or in the name of sheet or file.
    indicator, value, measure
        In tables with one row per variable: its name, its value, its unit of measure.
    years
        Name (empty if the header is a year alone) and year of every column of values in a wide table.
    source
        The source, where the headers prove it.
    """

    unit: int
    time: int | None
    indicator: int | None = None
    value: int | None = None
    measure: int | None = None
    years: Mapping[int, tuple[str, int]] = field(default_factory=dict)
    source: str = ""

    @property
    def taken(self) -> set[int]:
        """The columns that are no variable of their own."""
        keys = {self.unit, self.time, self.indicator, self.value, self.measure}
        return {key for key in keys if key is not None} | set(self.years)


def roles_of(headers: Sequence[str], columns: ColumnMap) -> Roles | None:
    """Tell the columns of a table from its headers; None if no column of units is among them.

    Examples
    --------
    >>> roles_of(["城市", "年份", "GDP"], ColumnMap()).time, roles_of(["city", "gdp_2010"], ColumnMap()).years
    (1, {1: ('gdp', 2010)})
    """
    preset = preset_of(headers)
    unit = _find(headers, (columns.unit,) if columns.unit else (preset.unit if preset else ()))
    time = _find(headers, (columns.time,) if columns.time else time_headers(preset), but=unit)
    if unit is None or (columns.time and time is None):
        return None
    if preset is None:
        return Roles(unit, time, years=_years(headers, {unit}) if time is None else {})
    indicator = _find(headers, preset.indicator, but=unit)
    value = _find(headers, preset.value) if indicator is not None and time is not None else None
    measure = _find(headers, preset.measure) if indicator is not None else None
    years = _years(headers, {unit, indicator, measure}) if time is None else {}
    if indicator is not None and value is None and not years:
        indicator = measure = None
    return Roles(unit, time, indicator, value, measure, years, preset.source)


def split_year(header: str) -> tuple[str, int] | None:
    """Return the name and the year in a header; None if it holds no year.

    Examples
    --------
    >>> split_year("gdp_2010"), split_year("2010年GDP"), split_year("2010 年"), split_year("GDP")
    (('gdp', 2010), ('GDP', 2010), ('', 2010), None)
    """
    if found := YEAR_ALONE.fullmatch(header_key(header)):
        return "", int(found[1])
    plain = header.strip()
    if found := NAME_THEN_YEAR.fullmatch(plain):
        return found[1].strip(BETWEEN), int(found[2])
    if found := YEAR_THEN_NAME.fullmatch(plain):
        return found[2].strip(BETWEEN), int(found[1])
    return None


def _find(headers: Sequence[str], wanted: Sequence[str], *, but: int | None = None) -> int | None:
    """Return the first column with a wanted header, exactly before without its parentheses."""
    exact, short = [bare(h).lower() for h in headers], [header_key(h) for h in headers]
    for name in wanted:
        for known in (exact, short):
            place = next((i for i, h in enumerate(known) if h == bare(name).lower() and i != but), None)
            if place is not None:
                return place
    return None


def _years(headers: Sequence[str], taken: set[int | None]) -> dict[int, tuple[str, int]]:
    return {
        place: found
        for place, header in enumerate(headers)
        if place not in taken and (found := split_year(header)) is not None
    }
