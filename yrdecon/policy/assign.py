"""Mark in a panel who was treated, from when, and by whom."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
import pandas as pd

from yrdecon.core.panel import Panel
from yrdecon.errors import RegistryError
from yrdecon.policy.registry import ROLES, Registry, policy_row
from yrdecon.policy.spells import TREATED, fail_if_units_are_unknown, policy_spells

Repeat = Literal["first", "all", "error"]
DELTA = ("31", "32", "33")


def assign_cohort(
    panel: Panel,
    registry: Registry,
    *,
    policy: str,
    role: str = "recipient",
    first_year: int | str | None = None,
    repeat: Repeat = "first",
) -> Panel:
    """Add the first treated year of every unit under one policy.

    Parameters
    ----------
    policy
        Id of the policy in the registry.
    role
        ``"recipient"``, ``"donor"`` or ``"member"``.
    first_year
        Overrides the registry's first year: a year, or one of the policy's named alternatives such as
        ``"announcement"``.
    repeat
        What to do with units that have several spells or one that ends within the panel: ``"first"`` takes the first
        start and refuses ends, ``"all"`` keeps ends in ``treatment_on``, ``"error"`` refuses both.

    Returns
    -------
    The panel with ``cohort`` (infinite if never treated), ``treatment_on`` (in force in this year), ``pair_id`` and
    ``partner`` (several joined by a semicolon), and ``partial``: the districts through which a unit is touched. A unit
    touched only in part is not treated.

    Raises
    ------
    RegistryError
        If the policy, role or alternative is unknown, a member is no known place, nobody in the panel is touched, or
        a first year lies outside the panel.

    Examples
    --------
    >>> from yrdecon.clean import load_panel
    >>> from yrdecon.policy import load_registry
    >>> twinned = assign_cohort(load_panel("yrd"), load_registry(), policy="twinning-2021")
    >>> int(twinned.frame.query("year == 2022")["treatment_on"].sum())
    8
    """
    if role not in ROLES or repeat not in get_args(Repeat):
        raise RegistryError(
            f"role is one of {list(ROLES)} and repeat one of {list(get_args(Repeat))}; got {role!r}, {repeat!r}"
        )
    shift = _override(registry, policy, first_year)
    fail_if_units_are_unknown(panel, registry, policy)
    spells = policy_spells(panel, registry, policy, (role,))
    if spells.empty:
        raise RegistryError(f"no unit of the panel is a {role} of {policy!r}; check the unit codes of the panel")
    if shift is not None:
        spells = spells.assign(first_year=shift).astype({"first_year": "Int64"})
    whole = spells[spells["whole"]]
    _fail_if_only_in_part(spells, whole, policy, role)
    _fail_if_outside(panel, whole, policy)
    _fail_if_repeated(panel, whole, policy, repeat)
    unit = panel.frame[panel.unit].astype(str)
    partners = _partners(registry, policy, role)
    return panel.assign(
        cohort=unit.map(whole.groupby("unit")["first_year"].min().astype(float)).fillna(np.inf),
        treatment_on=_in_force(panel, whole),
        pair_id=_joined(unit, partners, "pair_id"),
        partner=_joined(unit, partners, "partner"),
        partial=_joined(unit, spells[~spells["whole"]], "unit_code"),
    )


def assign_policies(panel: Panel, registry: Registry, *, exclude: str = "twinning-2021") -> Panel:
    """Add, for every other policy that touches a unit as a whole, whether it is in force and its first year.

    Columns are ``policy_<id>`` and ``cohort_<id>`` with underscores. Donors, and units touched only through a district
    or county, are not counted. A policy whose members the registry holds for some provinces only is left out where the
    panel reaches beyond them.

    Examples
    --------
    >>> from yrdecon.clean import load_panel
    >>> from yrdecon.policy import load_registry
    >>> panel = assign_policies(load_panel("yrd"), load_registry())
    >>> int(panel.frame.query("year == 2023")["policy_huaihe_belt"].sum())
    15
    """
    unit = panel.frame[panel.unit].astype(str)
    columns = {}
    for policy in registry.policies["policy"]:
        spells = policy_spells(panel, registry, policy, TREATED)
        whole = spells[spells["whole"]]
        if policy == exclude or whole.empty or not _is_held(registry, policy, unit):
            continue
        name = policy.replace("-", "_")
        columns[f"policy_{name}"] = _in_force(panel, whole)
        columns[f"cohort_{name}"] = unit.map(whole.groupby("unit")["first_year"].min().astype(float)).fillna(np.inf)
    return panel.assign(**columns)


def _is_held(registry: Registry, policy: str, unit: pd.Series) -> bool:
    """Whether the registry knows all members of a policy among the units."""
    held = str(policy_row(registry, policy).get("held", ""))
    return not held or bool(unit.str[:2].isin([*held.split(";"), *DELTA]).all())


def _override(registry: Registry, policy: str, first_year: int | str | None) -> int | None:
    row = policy_row(registry, policy)
    if first_year is None:
        return None
    if isinstance(first_year, int | np.integer) and not isinstance(first_year, bool):
        return int(first_year)
    named = dict(part.strip().split("=") for part in str(row["alternatives"]).split(";") if "=" in part)
    if first_year not in named:
        raise RegistryError(
            f"policy {policy!r} has no first year named {first_year!r}; it has {sorted(named)}, or give a year"
        )
    return int(named[first_year])


def _partners(registry: Registry, policy: str, role: str) -> pd.DataFrame:
    pairs = registry.pairs[registry.pairs["policy"] == policy]
    own, other = ("donor_code", "recipient_code") if role == "donor" else ("recipient_code", "donor_code")
    return pd.DataFrame({"unit": pairs[own], "partner": pairs[other], "pair_id": pairs["pair_id"]})


def _joined(unit: pd.Series, rows: pd.DataFrame, column: str) -> pd.Series:
    texts = rows.groupby("unit")[column].agg(lambda values: ";".join(sorted(set(values.astype(str)))))
    found = texts.to_dict()
    return pd.Series([str(found.get(u, "")) for u in unit], index=unit.index, dtype="str")


def _in_force(panel: Panel, spells: pd.DataFrame) -> pd.Series:
    unit, time = panel.frame[panel.unit].astype(str), panel.frame[panel.time]
    on = pd.Series(False, index=panel.frame.index)
    for row in spells.itertuples(index=False):
        last = np.inf if pd.isna(row.last_year) else int(row.last_year)
        on |= (unit == row.unit) & (time >= int(row.first_year)) & (time <= last)
    return on


def _fail_if_outside(panel: Panel, spells: pd.DataFrame, policy: str) -> None:
    """Refuse a pair that starts after the panel, and a policy of which nothing starts within it.

    Members that join a program later are not yet treated, which is no error.
    """
    first, last = int(panel.periods[0]), int(panel.periods[-1])
    late = spells[spells["first_year"] > last]
    early = spells[spells["first_year"] < first]
    everyone = pd.concat([early, late])
    outside = everyone if len(everyone) == len(spells) else late[late["role"] != "member"]
    if len(outside):
        shown = ", ".join(f"{r.unit} {r.first_year}" for r in outside.head(5).itertuples())
        raise RegistryError(f"policy {policy!r} starts outside the panel, which covers {first}-{last}: {shown}")


def _fail_if_only_in_part(spells: pd.DataFrame, whole: pd.DataFrame, policy: str, role: str) -> None:
    if whole.empty:
        parts = ", ".join(f"{r.unit} through {r.unit_code}" for r in spells.head(5).itertuples())
        raise RegistryError(
            f"no unit of the panel is a {role} of {policy!r} as a whole, only {parts}; use a panel of districts"
        )


def _fail_if_repeated(panel: Panel, spells: pd.DataFrame, policy: str, repeat: Repeat) -> None:
    if repeat == "all":
        return
    ended = spells[spells["last_year"].notna() & (spells["last_year"].astype(float) < float(panel.periods[-1]))]
    if len(ended):
        raise RegistryError(
            f"policy {policy!r} ends within the panel for {ended['unit'].tolist()[:5]}; "
            "end the panel before with panel.between, or use repeat='all' and the column treatment_on"
        )
    starts = spells.groupby("unit")["first_year"].nunique()
    if repeat == "error" and (starts > 1).any():
        raise RegistryError(f"units {starts.index[starts > 1].tolist()[:5]} are treated more than once by {policy!r}")
