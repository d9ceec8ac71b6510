"""What a panel says of its columns, and which of them add up over places."""

from __future__ import annotations

from yrdecon.core.panel import Panel
from yrdecon.errors import DataError

NO_QUANTITIES = ("percent", "label", "code", "name")


def unit_of(panel: Panel, column: str) -> str:
    """Return the unit of measure that the panel declares for a column, empty without one."""
    if column not in panel.variables.index or "unit_of_measure" not in panel.variables.columns:
        return ""
    unit = panel.variables.loc[column, "unit_of_measure"]
    return unit if isinstance(unit, str) else ""


def fail_if_not_a_quantity(panel: Panel, column: str, missing: str) -> None:
    """Refuse logs, shares, indices and labels, which cannot be divided among people or places.

    Raises
    ------
    DataError
        If the panel declares such a unit of measure; `missing` says what such a column has not.
    """
    unit = unit_of(panel, column)
    if unit.startswith("log ") or unit in NO_QUANTITIES or "=" in unit:
        raise DataError(f"column {column!r} is in {unit!r} and has no {missing}; give a quantity such as GDP")
