"""What every column of the harmonized panel means: unit, labels, source, vintage rule."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pandas as pd

from yrdecon.core.panel import VARIABLE_COLUMNS

DICTIONARY = Path(__file__).parent / "variables.toml"


def variable_table() -> pd.DataFrame:
    """Return one row per column of the panel, in the panel's order.

    Examples
    --------
    >>> variable_table().loc["real_growth_pct", "label_zh"]
    '实际增长率'
    """
    with DICTIONARY.open("rb") as handle:
        entries = tomllib.load(handle)
    table = pd.DataFrame.from_dict(entries, orient="index", dtype="str").rename_axis("name")
    return table[list(VARIABLE_COLUMNS)]
