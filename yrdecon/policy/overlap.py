"""Which other policies coincide with the treatment."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from yrdecon.core.panel import Panel
from yrdecon.policy.registry import Registry, policy_row
from yrdecon.policy.spells import policy_spells

INSEPARABLE = 0.9
STRONG = 0.5


def policy_overlap(panel: Panel, registry: Registry, *, policy: str = "twinning-2021") -> pd.DataFrame:
    """Compare the units of every other policy with those treated by one policy.

    Returns
    -------
    One row per policy that touches the panel, the most correlated first: policy, name_en, name_zh, first_year,
    n_units (touched as a whole), n_shared (of them treated), correlation (of the two sets of units; NaN when all or
    none are touched), and a verdict in words.

    Examples
    --------
    >>> from yrdecon.clean import load_panel
    >>> from yrdecon.policy import load_registry
    >>> policy_overlap(load_panel("yrd"), load_registry())["policy"].tolist()[0]
    'north-anhui-cluster'
    """
    units = panel.units.astype(str)
    treated = _touched(panel, registry, policy, "recipient", units)
    rows = []
    for other in registry.policies["policy"]:
        if other == policy:
            continue
        touched = _touched(panel, registry, other, None, units)
        if touched.any():
            row = policy_row(registry, other)
            correlation = _correlation(treated, touched)
            years = registry.memberships.loc[registry.memberships["policy"] == other, "first_year"]
            first = f"{years.min()}" if years.nunique() == 1 else f"{years.min()}-{years.max()}"
            shared = int((treated & touched).sum())
            verdict = _verdict(treated, touched, correlation)
            rows.append(
                (other, row["name_en"], row["name_zh"], first, int(touched.sum()), shared, correlation, verdict)
            )
    columns = ["policy", "name_en", "name_zh", "first_year", "n_units", "n_shared", "correlation", "verdict"]
    table = pd.DataFrame(rows, columns=columns)
    order = table["correlation"].abs().fillna(0).sort_values(ascending=False, kind="stable").index
    return table.loc[order].reset_index(drop=True)


def _touched(panel: Panel, registry: Registry, policy: str, role: str | None, units: pd.Index) -> NDArray[np.bool_]:
    spells = policy_spells(panel, registry, policy, role)
    return np.asarray(units.isin(spells.loc[spells["whole"], "unit"]))


def _correlation(a: NDArray[np.bool_], b: NDArray[np.bool_]) -> float:
    return float(np.corrcoef(a, b)[0, 1]) if a.std() > 0 and b.std() > 0 else np.nan


def _verdict(treated: NDArray[np.bool_], touched: NDArray[np.bool_], correlation: float) -> str:
    if (treated == touched).all():
        return "the same units: its effect cannot be separated from the treatment's"
    if abs(correlation) > INSEPARABLE:
        return "nearly the same units: its effect cannot be separated from the treatment's"
    if (touched >= treated).all():
        return "holds every treated unit: separable only against its other members"
    if abs(correlation) > STRONG:
        return "strongly correlated with the treatment: control for it or drop its other members"
    if not (touched & treated).any():
        return "touches comparison units only"
    return "separable"
