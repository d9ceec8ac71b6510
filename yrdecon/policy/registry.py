"""Policies, their members and their pairs, with the provenance of every row."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from yrdecon.core.resources import data_path
from yrdecon.errors import RegistryError

FILES = {
    "policies": ("policy", "kind", "name_zh", "name_en", "first_year", "alternatives", "last_year", "confidence"),
    "memberships": ("policy", "unit_code", "role", "first_year", "last_year", "confidence"),
    "pairs": ("policy", "pair_id", "donor_code", "recipient_code", "first_year", "last_year", "confidence"),
}
ROLES = ("recipient", "donor", "member")


@dataclass(frozen=True, eq=False)
class Registry:
    """Who was treated, when, and by whom.

    Attributes
    ----------
    policies
        One row per policy: names, issuer, dates with precision, first_year, named alternatives, source.
    memberships
        One row per unit and role: policy, unit_code (prefecture, district, county or province), role, first_year,
        last_year (missing if open), source, confidence.
    pairs
        One row per pair: policy, pair_id, donor_code, recipient_code, first_year, last_year.
    """

    policies: pd.DataFrame
    memberships: pd.DataFrame
    pairs: pd.DataFrame

    def __repr__(self) -> str:
        return f"Registry({len(self.policies)} policies, {len(self.pairs)} pairs, {len(self.memberships)} memberships)"


def load_registry(folder: str | Path | None = None) -> Registry:
    """Read a registry from a folder with policies.csv, memberships.csv and pairs.csv, the shipped one by default.

    Rows whose confidence begins with "unverified" do not pass.

    Raises
    ------
    RegistryError
        If a file or column is missing, a role is unknown, a policy is not described, or a year is not a number.

    Examples
    --------
    >>> pairs = load_registry().pairs
    >>> pairs[pairs["policy"] == "twinning-2021"].shape[0]
    8
    """
    return _read(Path(folder) if folder is not None else data_path("raw/registry"))


def policy_row(registry: Registry, policy: str) -> pd.Series:
    """Return the row of one policy.

    Raises
    ------
    RegistryError
        If the registry does not know the policy; the message lists those it knows.
    """
    rows = registry.policies[registry.policies["policy"] == policy]
    if rows.empty:
        raise RegistryError(f"the registry has no policy {policy!r}; it has {registry.policies['policy'].tolist()}")
    return rows.iloc[0]


def _read(folder: Path) -> Registry:
    tables = {name: _table(folder / f"{name}.csv", columns) for name, columns in FILES.items()}
    unknown = sorted(set(tables["memberships"]["role"]) - set(ROLES))
    if unknown:
        raise RegistryError(f"memberships.csv has the roles {unknown}; roles are {list(ROLES)}")
    undescribed = sorted(set(tables["memberships"]["policy"]) - set(tables["policies"]["policy"]))
    if undescribed:
        raise RegistryError(f"policies.csv does not describe {undescribed}; add a row for each")
    return Registry(**tables)


def _table(path: Path, columns: tuple[str, ...]) -> pd.DataFrame:
    if not path.exists():
        raise RegistryError(
            f"{path.name} is missing from {path.parent}; a registry needs {[f'{n}.csv' for n in FILES]}"
        )
    table = pd.read_csv(path, dtype="str", encoding="utf-8-sig", keep_default_na=False)
    missing = [c for c in columns if c not in table.columns]
    if missing:
        raise RegistryError(f"{path.name} lacks the columns {missing}")
    table = table[~table["confidence"].str.startswith("unverified")].reset_index(drop=True)
    for column in ("first_year", "last_year"):
        years = pd.to_numeric(table[column].replace("", pd.NA), errors="coerce").astype("Int64")
        wrong = table.loc[years.isna() & (table[column] != ""), column].unique().tolist()
        if wrong:
            raise RegistryError(f"{path.name} has {column} {wrong[:3]}; years are whole numbers")
        table[column] = years
    return table
