"""Comparison pools: which units may stand beside the treated ones."""

from __future__ import annotations

import pandas as pd

from yrdecon.core.panel import Panel
from yrdecon.errors import RegistryError
from yrdecon.places.codes import city_table
from yrdecon.policy.registry import Registry, policy_row
from yrdecon.policy.spells import TREATED, policy_spells

ANHUI = "安徽省"
HUAIHE = "huaihe-belt"


def assign_pools(panel: Panel, registry: Registry, *, policy: str = "twinning-2021") -> Panel:
    """Add boolean columns of comparison pools for the twinning of 2021, and why a unit is not clean.

    ``in_yrd``: the 41 cities of the Yangtze River Delta. ``in_yrd_clean``: without donors, cities of which districts
    are donors, and recipients of another pairing that starts in the same year. ``in_anhui``: the 16 cities of Anhui.
    On a panel that reaches beyond the delta also ``in_huaihe``: members of the Huaihe belt as a whole, without donors
    and re-paired cities; and ``in_national``: every city with coordinates that is clean in this sense and receives
    under no other pairing across provinces that the registry holds. Donors of those other schemes, and recipients of
    the delta's own older ones, stay. Treated units are in every pool. ``pool_note`` tells why a unit is not
    clean.

    Raises
    ------
    RegistryError
        If the units of the panel are not six-digit codes.

    Examples
    --------
    >>> from yrdecon.clean import load_panel
    >>> from yrdecon.policy import load_registry
    >>> panel = assign_pools(load_panel("yrd"), load_registry())
    >>> int(panel.frame.groupby("city_code")["in_yrd_clean"].first().sum())
    30
    """
    cities = city_table().set_index("city_code")
    units = panel.units.astype(str)
    if not units.isin(cities.index).any():
        raise RegistryError("pools are defined for six-digit city codes; make your own boolean column for other units")
    treated = _whole(panel, registry, policy, ("recipient",))
    notes = _notes(panel, registry, policy, treated)
    delta = cities["in_yrd"].reindex(units).eq(True).to_numpy()
    clean = ~units.isin(list(notes))
    pools = {
        "in_yrd": delta,
        "in_yrd_clean": delta & clean,
        "in_anhui": (cities["province"].reindex(units) == ANHUI).to_numpy(),
    }
    if not delta.all():
        located = cities[["lon", "lat"]].reindex(units).notna().all(axis=1).to_numpy()
        paired = _other_pairings(panel, registry, policy) - treated
        pools["in_huaihe"] = units.isin(_whole(panel, registry, HUAIHE, TREATED)) & clean
        pools["in_national"] = located & clean & ~units.isin(paired)
    unit = panel.frame[panel.unit].astype(str)
    columns = {name: unit.map(dict(zip(units, values, strict=True))).astype(bool) for name, values in pools.items()}
    return panel.assign(**columns, pool_note=pd.Series([notes.get(u, "") for u in unit], index=unit.index, dtype="str"))


def _notes(panel: Panel, registry: Registry, policy: str, treated: set[str]) -> dict[str, str]:
    notes: dict[str, str] = {}
    start = policy_row(registry, policy)["first_year"]
    for row in registry.policies[registry.policies["kind"] == "pairing"].itertuples(index=False):
        if row.policy != policy and row.first_year == start:
            repaired = _whole(panel, registry, row.policy, ("recipient",)) - treated
            notes |= dict.fromkeys(sorted(repaired), f"recipient of {row.policy}")
    donors = policy_spells(panel, registry, policy, ("donor",))
    for row in donors.itertuples(index=False):
        notes[row.unit] = "donor" if row.whole else "donor through its districts"
    return {unit: note for unit, note in notes.items() if unit not in treated}


def _whole(panel: Panel, registry: Registry, policy: str, roles: tuple[str, ...]) -> set[str]:
    spells = policy_spells(panel, registry, policy, roles)
    return set(spells.loc[spells["whole"], "unit"])


def _other_pairings(panel: Panel, registry: Registry, policy: str) -> set[str]:
    """Recipients of pairings across provinces that the registry holds, other than the delta's own older ones."""
    delta = set(city_table().query("in_yrd")["city_code"])
    found: set[str] = set()
    for other in registry.policies.loc[registry.policies["kind"] == "pairing", "policy"]:
        if other != policy:
            found |= _whole(panel, registry, other, ("recipient",))
    same_start = registry.policies["first_year"] == policy_row(registry, policy)["first_year"]
    recent: set[str] = set()
    for other in registry.policies.loc[same_start & (registry.policies["kind"] == "pairing"), "policy"]:
        if other != policy:
            recent |= _whole(panel, registry, other, ("recipient",))
    return (found - delta) | recent
