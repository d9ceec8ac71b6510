"""Where the donors, recipients and comparison units of a policy lie."""

from __future__ import annotations

import numpy as np
import pandas as pd

from yrdecon.core.panel import Panel, boolean_column
from yrdecon.errors import RegistryError
from yrdecon.places.codes import city_table, district_table
from yrdecon.places.distances import coordinates_of
from yrdecon.policy.member_names import member_names
from yrdecon.policy.registry import Registry, policy_row

COLUMNS = ["code", "role", "lon", "lat", "name_en", "name_zh", "donors"]


def pair_places(
    panel: Panel, registry: Registry, *, policy: str = "twinning-2021", pool: str | None = None
) -> pd.DataFrame:
    """List the units of a panel and the donors outside it with their part in a policy and their coordinates.

    Parameters
    ----------
    policy
        A policy with pairs.
    pool
        Boolean column of the units that take part; None for all.

    Returns
    -------
    One row per place: code, role (recipient, donor, comparison, or out of the pool), lon, lat in degrees, name_en,
    name_zh, and for recipients the codes of their donors, joined by a semicolon. A district that is a donor has its own
    row and coordinates; its city keeps the role it has without it.

    Raises
    ------
    RegistryError
        If the policy is unknown or has no pairs, or a donor outside the panel is no known place.
    DesignError
        If units of the panel have no coordinates.

    Examples
    --------
    >>> from yrdecon.clean import load_panel
    >>> from yrdecon.policy import load_registry
    >>> pair_places(load_panel("yrd"), load_registry())["role"].value_counts().tolist()
    [28, 8, 8]
    """
    policy_row(registry, policy)
    pairs = registry.pairs[registry.pairs["policy"] == policy]
    if pairs.empty:
        raise RegistryError(
            f"policy {policy!r} has no pairs; choose one of {registry.pairs['policy'].unique().tolist()}"
        )
    units = panel.units.astype(str).tolist()
    partners = pairs.groupby("recipient_code")["donor_code"].agg(lambda codes: ";".join(sorted(set(codes))))
    lon, lat = coordinates_of(panel, panel.units).T
    own = pd.DataFrame({"code": units, "role": _roles(panel, pairs, pool), "lon": lon, "lat": lat})
    table = pd.concat([own, _beyond(pairs, set(units))], ignore_index=True)
    return table.assign(
        name_en=member_names(table["code"], pairs, "en"),
        name_zh=member_names(table["code"], pairs, "zh"),
        donors=table["code"].map(partners).fillna(""),
    )[COLUMNS]


def _roles(panel: Panel, pairs: pd.DataFrame, pool: str | None) -> list[str]:
    inside = np.ones(len(panel.frame), dtype=bool) if pool is None else boolean_column(panel, pool)
    in_pool = pd.Series(inside).groupby(panel.frame[panel.unit].to_numpy()).any()
    recipients, donors = set(pairs["recipient_code"]), set(pairs["donor_code"])
    roles = []
    for unit in panel.units:
        other = "comparison" if in_pool[unit] else "out"
        roles.append("recipient" if str(unit) in recipients else "donor" if str(unit) in donors else other)
    return roles


def _beyond(pairs: pd.DataFrame, units: set[str]) -> pd.DataFrame:
    """Return the members of pairs that the panel does not hold, such as districts."""
    districts = district_table().rename(columns={"district_code": "code"})
    cities = city_table().rename(columns={"city_code": "code"})
    known = pd.concat([districts, cities])[["code", "lon", "lat"]].set_index("code")
    rows = []
    for role in ("recipient", "donor"):
        for code in dict.fromkeys(pairs[f"{role}_code"].astype(str)):
            if code in units:
                continue
            if code not in known.index or known.loc[code].isna().any():
                raise RegistryError(f"{role} {code!r} is neither in the panel nor a place with known coordinates")
            rows.append((code, role, float(known.loc[code, "lon"]), float(known.loc[code, "lat"])))
    return pd.DataFrame(rows, columns=COLUMNS[:4]).drop_duplicates("code")
