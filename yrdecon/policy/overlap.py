"""Which other policies coincide with the treatment."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from yrdecon.core.panel import Panel
from yrdecon.policy.registry import Registry, policy_row
from yrdecon.policy.spells import TREATED, policy_spells

COLUMNS = ["policy", "name_en", "name_zh", "first_year", "n_units", "n_shared", "correlation", "correlation_rows"]
COLUMNS.append("verdict")
INSEPARABLE = 0.9
STRONG = 0.5


def policy_overlap(panel: Panel, registry: Registry, *, policy: str = "twinning-2021") -> pd.DataFrame:
    """Compare the units of every other policy with those treated by one policy.

    Returns
    -------
    One row per policy that touches the panel, the most correlated first: policy, name_en, name_zh, first_year,
    n_units (touched as a whole, donors not counted), n_shared (of them treated), correlation (of the two sets of units;
    NaN when all or none are touched), correlation_rows (of being in force in a unit and period), and a verdict in
    words. A policy with several first years has a further row for each wave within the panel.

    Examples
    --------
    >>> from yrdecon.clean import load_panel
    >>> from yrdecon.policy import load_registry
    >>> policy_overlap(load_panel("yrd"), load_registry())["policy"].tolist()[0]
    'north-anhui-cluster'
    """
    policy_row(registry, policy)
    treated = _spells(panel, registry, policy)
    rows = []
    for other in registry.policies["policy"]:
        spells = _spells(panel, registry, other)
        if other == policy or spells.empty:
            continue
        row = policy_row(registry, other)
        waves = sorted({int(y) for y in spells["first_year"] if y >= panel.periods[0]})
        parts = [(other, spells)]
        if spells["first_year"].nunique() > 1:
            parts += [(f"{other}:{year}", spells[spells["first_year"] == year]) for year in waves]
        rows += [_row(panel, name, row, treated, part) for name, part in parts]
    table = pd.DataFrame(rows, columns=COLUMNS)
    order = table["correlation"].abs().fillna(0).sort_values(ascending=False, kind="stable").index
    return table.loc[order].reset_index(drop=True)


def _spells(panel: Panel, registry: Registry, policy: str) -> pd.DataFrame:
    spells = policy_spells(panel, registry, policy, TREATED)
    return spells[spells["whole"] & (spells["first_year"] <= panel.periods[-1])]


def _row(panel: Panel, name: str, row: pd.Series, treated: pd.DataFrame, spells: pd.DataFrame) -> tuple[object, ...]:
    units = panel.units.astype(str)
    one, two = (np.asarray(units.isin(s["unit"])) for s in (treated, spells))
    correlation = _correlation(one, two)
    rows = _correlation(_in_force(panel, treated), _in_force(panel, spells))
    first, last = spells["first_year"].min(), spells["first_year"].max()
    years = f"{first}" if first == last else f"{first}-{last}"
    sizes = (int(two.sum()), int((one & two).sum()))
    return (name, row["name_en"], row["name_zh"], years, *sizes, correlation, rows, _verdict(one, two, correlation))


def _in_force(panel: Panel, spells: pd.DataFrame) -> NDArray[np.bool_]:
    unit, time = panel.frame[panel.unit].astype(str), panel.frame[panel.time]
    on = np.zeros(len(unit), dtype=bool)
    for row in spells.itertuples(index=False):
        last = np.inf if pd.isna(row.last_year) else int(row.last_year)
        on |= ((unit == row.unit) & (time >= int(row.first_year)) & (time <= last)).to_numpy()
    return on


def _correlation(a: NDArray[np.bool_], b: NDArray[np.bool_]) -> float:
    return float(np.corrcoef(a, b)[0, 1]) if a.std() > 0 and b.std() > 0 else np.nan


def _verdict(treated: NDArray[np.bool_], touched: NDArray[np.bool_], correlation: float) -> str:
    if (treated == touched).all():
        return "the same units: its effect cannot be separated from the treatment's"
    if abs(correlation) > INSEPARABLE:
        return "nearly the same units: its effect cannot be separated from the treatment's"
    if touched.all():
        return "touches every unit of the panel: a common shock, unless its timing differs"
    if (touched >= treated).all():
        return "holds every treated unit: separable only against its other members"
    if abs(correlation) > STRONG:
        return "strongly correlated with the treatment: control for it or drop its other members"
    return "separable" if (touched & treated).any() else "touches comparison units only"
