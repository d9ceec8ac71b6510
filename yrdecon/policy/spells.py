"""Which units of a panel a policy touches, whole or in part, and from when to when."""

from __future__ import annotations

import pandas as pd

from yrdecon.core.panel import Panel
from yrdecon.errors import RegistryError
from yrdecon.places.codes import city_table, district_table
from yrdecon.places.names import resolve_places
from yrdecon.policy.registry import Registry

PREFECTURE, PROVINCE = "00", "0000"
TREATED = ("recipient", "member")


def policy_spells(panel: Panel, registry: Registry, policy: str, roles: tuple[str, ...]) -> pd.DataFrame:
    """Return one row per membership and touched unit: unit, whole, role, first_year, last_year, unit_code.

    A district or county touches its city in part; a province touches all its cities whole. Members outside the panel
    are left out.
    """
    rows = registry.memberships
    rows = rows[(rows["policy"] == policy) & rows["role"].isin(roles)]
    units = set(panel.units.astype(str))
    found = []
    for row in rows.itertuples(index=False):
        for unit, whole in _touched(str(row.unit_code), units):
            found.append((unit, whole, row.role, row.first_year, row.last_year, row.unit_code))
    table = pd.DataFrame(found, columns=["unit", "whole", "role", "first_year", "last_year", "unit_code"])
    return table.astype({"first_year": "Int64", "last_year": "Int64", "whole": "bool"})


def fail_if_units_are_unknown(panel: Panel, registry: Registry, policy: str) -> None:
    """Refuse members that are neither in the panel nor known places.

    Raises
    ------
    RegistryError
        Naming the units, with candidates where a name resembles one.
    """
    units = set(panel.units.astype(str))
    known = set(city_table()["city_code"]) | set(district_table()["district_code"])
    delta = {c[:2] for c in district_table()["city_code"]}
    codes = registry.memberships.loc[registry.memberships["policy"] == policy, "unit_code"].astype(str).unique()
    unknown = [c for c in codes if c not in units and c not in known and not _is_county_or_province(c, delta)]
    if unknown:
        found = resolve_places(unknown)
        hints = (found["code"] + " " + found["place_zh"]).fillna(found["candidates"]).tolist()
        shown = "; ".join(f"{c!r}{f' (near: {h})' if h else ''}" for c, h in zip(unknown[:5], hints, strict=False))
        raise RegistryError(f"policy {policy!r} names units that are neither in the panel nor known places: {shown}")


def _touched(code: str, units: set[str]) -> list[tuple[str, bool]]:
    if code in units:
        return [(code, True)]
    if not (code.isdigit() and len(code) == 6):
        return []
    if code.endswith(PROVINCE):
        return [(u, True) for u in sorted(units) if u[:2] == code[:2]]
    if code.endswith(PREFECTURE):
        return []
    city = code[:2] + "0000" if code[:2] in ("11", "12", "31", "50") else code[:4] + "00"
    return [(city, False)] if city in units else []


def _is_county_or_province(code: str, listed: set[str]) -> bool:
    """Whether a code is a province, or a county of a province whose counties are not all on file."""
    cities = set(city_table()["city_code"])
    if not (code.isdigit() and len(code) == 6 and any(c[:2] == code[:2] for c in cities)):
        return False
    return code.endswith(PROVINCE) or (code[:2] not in listed and not code.endswith(PREFECTURE))
