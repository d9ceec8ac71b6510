"""What a column is said to be, and whether it adds up."""

from __future__ import annotations

from yrdecon.core.panel import Panel
from yrdecon.errors import DataError


def unit_of(panel: Panel, column: str) -> str:
    """Return the unit of measure that the panel declares for a column, or nothing."""
    if column not in panel.variables.index or "unit_of_measure" not in panel.variables.columns:
        return ""
    unit = panel.variables.loc[column, "unit_of_measure"]
    return unit if isinstance(unit, str) else ""


def fail_if_not_a_quantity(panel: Panel, column: str) -> None:
    """Refuse logs, shares, indices and labels, which do not add up over counties.

    Raises
    ------
    DataError
        If the panel declares such a unit of measure.
    """
    unit = unit_of(panel, column)
    if unit.startswith("log ") or unit in ("percent", "%", "label", "code", "name") or "=" in unit:
        raise DataError(f"column {column!r} is in {unit!r} and does not add up; give a quantity such as GDP or people")
