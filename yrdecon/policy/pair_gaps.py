"""The gap between donor and recipient, pair by pair."""

from __future__ import annotations

import pandas as pd

from yrdecon.core.panel import Panel
from yrdecon.errors import DesignError, RegistryError
from yrdecon.places.codes import district_table
from yrdecon.policy.member_names import member_names
from yrdecon.policy.registry import Registry, policy_row

COLUMNS = ["pair_id", "donor_code", "recipient_code", "donor_unit", "whole", "first_year", "outcome", "time"]


def pair_gaps(
    panel: Panel, registry: Registry, *, outcome: str, policy: str = "twinning-2021", base: int | None = None
) -> pd.DataFrame:
    """Follow the outcome of each donor less that of its recipient over time.

    Parameters
    ----------
    outcome
        Numeric column; in logarithms the gap is a ratio.
    base
        Period from which the change is counted; None is the last one observed before the pair starts, or the first.

    Returns
    -------
    One row per pair and period: pair_id, donor_code, recipient_code, donor_unit, whole, first_year, outcome, time,
    base, donor, recipient (their outcomes), gap, change (the gap less that of the base period), and the names of both
    in English and Chinese. Where a donor is a district that the panel does not hold, donor_unit is its city and
    ``whole`` is false: the gap is then to the city as a whole.

    Raises
    ------
    DesignError
        If the outcome is missing or not numeric, or the base is not a period of the panel.
    RegistryError
        If the policy is unknown, or no pair has both sides in the panel.

    Notes
    -----
    A falling gap is no effect of the pairing: poorer places may catch up without it. The gap is described here, and
    estimated by comparing recipients with untreated units.

    Examples
    --------
    >>> from yrdecon.clean import load_panel
    >>> from yrdecon.policy import load_registry
    >>> gaps = pair_gaps(load_panel("yrd"), load_registry(), outcome="ln_real_gdp_pc")
    >>> gaps["pair_id"].nunique(), int((~gaps.groupby("pair_id")["whole"].first()).sum())
    (8, 3)
    """
    policy_row(registry, policy)
    _fail_if_outcome_or_base_is_wrong(panel, outcome, base)
    wide = panel.frame.assign(**{panel.unit: panel.frame[panel.unit].astype(str)})
    wide = wide.pivot(index=panel.time, columns=panel.unit, values=outcome).astype(float)
    cities = district_table().set_index("district_code")["city_code"]
    parts = []
    for pair in registry.pairs[registry.pairs["policy"] == policy].itertuples(index=False):
        donor, recipient = str(pair.donor_code), str(pair.recipient_code)
        unit = donor if donor in wide else str(cities.get(donor, ""))
        if unit in wide and recipient in wide:
            values = (pair.pair_id, donor, recipient, unit, unit == donor, int(pair.first_year), outcome)
            parts.append(_one(wide[unit], wide[recipient], values, base))
    if not parts:
        raise RegistryError(f"no pair of {policy!r} has both its donor and its recipient in the panel")
    return _with_names(pd.concat(parts, ignore_index=True), registry.pairs)


def _with_names(table: pd.DataFrame, pairs: pd.DataFrame) -> pd.DataFrame:
    names = {
        f"{role}_{lang}": member_names(table[f"{role}_code"], pairs, lang)
        for role in ("donor", "recipient")
        for lang in ("en", "zh")
    }
    return table.assign(**names)


def _one(donor: pd.Series, recipient: pd.Series, values: tuple[object, ...], base: int | None) -> pd.DataFrame:
    gap = donor - recipient
    before = gap[gap.index < values[5]].dropna()
    if base is None:
        base = int(before.index[-1]) if len(before) else int(gap.index[0])
    table = pd.DataFrame(dict(zip(COLUMNS, (*values, gap.index), strict=True)))
    columns = {"donor": donor, "recipient": recipient, "gap": gap, "change": gap - gap[base]}
    return table.assign(base=base, **{name: column.to_numpy() for name, column in columns.items()})


def _fail_if_outcome_or_base_is_wrong(panel: Panel, outcome: str, base: int | None) -> None:
    if outcome not in panel.frame or not pd.api.types.is_numeric_dtype(panel.frame[outcome]):
        raise DesignError(f"column {outcome!r} is missing or not numeric; the panel has {panel.frame.columns.tolist()}")
    if base is not None and base not in panel.periods:
        raise DesignError(f"base={base} is no period of the panel, which covers {panel.periods[0]}-{panel.periods[-1]}")
