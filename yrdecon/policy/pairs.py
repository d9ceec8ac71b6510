"""A registry from anyone's own list of pairs."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd

from yrdecon.errors import RegistryError
from yrdecon.places.names import resolve_places
from yrdecon.policy.registry import Registry

DATE = re.compile(r"(?P<year>\d{4})(\.0|[-/](?P<month>\d{1,2})([-/]\d{1,2}([ T].*)?)?)?")


def registry_from_pairs(
    source: str | Path | pd.DataFrame,
    *,
    policy: str = "my-pairs",
    donor: str = "donor",
    recipient: str = "recipient",
    date: str = "date",
) -> Registry:
    """Make a registry of one policy from a table of pairs.

    Parameters
    ----------
    source
        A CSV file or a table with two columns of units and one of dates or years. Units are ids of the panel that
        will be used, six-digit codes, or Chinese names of prefectures.
    policy
        Name of the policy.
    donor, recipient, date
        Names of the three columns. A date counts from its year in the first half of the year, else from the next.

    Raises
    ------
    RegistryError
        If the file or a column is missing, a unit is its own donor, a row occurs twice, a date cannot be read, or a
        name belongs to several cities.

    Examples
    --------
    >>> table = pd.DataFrame({"donor": ["320100"], "recipient": ["320800"], "date": [2022]})
    >>> registry_from_pairs(table).pairs[["recipient_code", "first_year"]].values.tolist()
    [['320800', 2022]]
    """
    table = _read(source)
    missing = [c for c in (donor, recipient, date) if c not in table.columns]
    if missing:
        raise RegistryError(f"the pairs lack the columns {missing}; they have {table.columns.tolist()}")
    if table.empty:
        raise RegistryError("the list of pairs is empty; give at least one row")
    pairs = pd.DataFrame(
        {
            "donor_code": _codes(table[donor], donor),
            "recipient_code": _codes(table[recipient], recipient),
            "first_year": [_first_year(value, row) for row, value in enumerate(table[date])],
        }
    )
    _fail_if_own_donor(pairs)
    _fail_if_repeated(pairs)
    pairs = pairs.assign(
        policy=policy,
        pair_id=[f"{policy}:{d}-{r}" for d, r in zip(pairs["donor_code"], pairs["recipient_code"], strict=True)],
        last_year=pd.array([pd.NA] * len(pairs), dtype="Int64"),
        source="given by the user",
        confidence="given by the user",
    ).astype({"first_year": "Int64"})
    return Registry(_policies(policy, pairs), _memberships(pairs), pairs)


def _read(source: str | Path | pd.DataFrame) -> pd.DataFrame:
    if isinstance(source, pd.DataFrame):
        return source.reset_index(drop=True)
    path = Path(source)
    if not path.exists():
        raise RegistryError(f"there is no file {path}; give the path of a CSV file with the pairs")
    return pd.read_csv(path, dtype="str", encoding="utf-8-sig", keep_default_na=False)


def _codes(names: pd.Series, column: str) -> list[str]:
    texts = [str(n).strip() for n in names]
    empty = [i + 1 for i, t in enumerate(texts) if t in ("", "nan", "<NA>")]
    if empty:
        raise RegistryError(f"column {column!r} is empty in rows {empty[:5]}; every pair needs both units")
    found = resolve_places(texts)
    ambiguous = found[found["rule"] == "ambiguous"]
    if len(ambiguous):
        first = ambiguous.iloc[0]
        raise RegistryError(
            f"{first['name']!r} in column {column!r} is the name of several cities: {first['candidates']}; "
            "give the code"
        )
    taken = found["city_code"].notna() & (found["rule"] != "romanized")
    return [code if take else text for code, text, take in zip(found["city_code"], texts, taken, strict=True)]


def _first_year(value: object, row: int) -> int:
    text = str(value).strip()
    found = DATE.fullmatch(text)
    if found is None or not (1 <= int(found["month"] or 1) <= 12):
        raise RegistryError(f"the date {text!r} in row {row + 1} cannot be read; write a year, YYYY-MM or YYYY-MM-DD")
    late = found["month"] is not None and int(found["month"]) > 6
    return int(found["year"]) + late


def _fail_if_own_donor(pairs: pd.DataFrame) -> None:
    own = pairs[pairs["donor_code"] == pairs["recipient_code"]]
    if len(own):
        raise RegistryError(f"units {own['donor_code'].tolist()[:5]} are their own donors; correct the pair")


def _fail_if_repeated(pairs: pd.DataFrame) -> None:
    repeated = pairs[pairs.duplicated()]
    if len(repeated):
        shown = [f"{r.donor_code}-{r.recipient_code} {r.first_year}" for r in repeated.head(5).itertuples()]
        raise RegistryError(f"pairs occur more than once: {shown}; keep one row of each")


def _policies(policy: str, pairs: pd.DataFrame) -> pd.DataFrame:
    row = {
        "policy": policy,
        "kind": "pairing",
        "name_zh": policy,
        "name_en": policy,
        "first_year": pairs["first_year"].min(),
        "alternatives": "",
        "last_year": pd.NA,
        "source": "given by the user",
        "confidence": "given by the user",
    }
    return pd.DataFrame([row]).astype({"first_year": "Int64", "last_year": "Int64"})


def _memberships(pairs: pd.DataFrame) -> pd.DataFrame:
    shared = ["policy", "first_year", "last_year", "source", "confidence"]
    parts = [pairs[shared].assign(unit_code=pairs[f"{role}_code"], role=role) for role in ("donor", "recipient")]
    return pd.concat(parts, ignore_index=True)
