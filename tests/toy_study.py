"""A small study of a synthetic panel: its plan, its table of outcomes and its pairs."""

from pathlib import Path

import numpy as np
import pandas as pd

PLAN = """
title = "A synthetic study"
claim = "Pairing helped."
seed = 7
estimators = ["twfe"]
not_testable = ["flows"]

[data]
panel = "panel.csv"
unit = "place"
time = "year"
location = ["lon", "lat"]

[treatment]
policy = "pairs"
pairs = "pairs.csv"
name = "pairing"

[headline]
outcome = "y"
pool = "all"
estimator = "twfe"
base_periods = [2005]

[pools.all]
label = "all places"

[pools.near]
column = "near"
label = { en = "near places", zh = "邻近地区" }

[[variants]]
label = "without p00"
leave_out = ["p00"]

[[outcomes]]
column = "z"
family = "other"

[[claims]]
sentence = "Pairing raises y."
outcome = "y"

[[claims]]
sentence = "Pairing raises z."
outcome = "z"

[[claims]]
sentence = "p00 grew."
outcome = "y"
unit = "p00"

[[claims]]
sentence = "Trade rose."
outcome = "y"
needs = "flows between places"

[inference]
calibration_draws = 20
"""


def synthetic_table() -> pd.DataFrame:
    """Return 24 places over ten years: autocorrelated noise, no effect."""
    noise = np.random.default_rng(3)
    places, years = [f"p{i:02d}" for i in range(24)], np.arange(2000, 2010)
    lon, lat = 116 + np.arange(24) % 6, 30 + np.arange(24) // 6
    y, z = (np.cumsum(noise.normal(size=(24, 10)), axis=1) / 20 for _ in range(2))
    rows = [
        (place, year, lon[i], lat[i], i < 20, y[i, j], z[i, j])
        for i, place in enumerate(places)
        for j, year in enumerate(years)
    ]
    return pd.DataFrame(rows, columns=["place", "year", "lon", "lat", "near", "y", "z"])


def write_toy_study(folder: Path) -> Path:
    """Write plan, table and pairs."""
    (folder / "plan.toml").write_text(PLAN, encoding="utf-8")
    synthetic_table().to_csv(folder / "panel.csv", index=False)
    pairs = pd.DataFrame({"donor": ["p20", "p21", "p22"], "recipient": ["p00", "p01", "p06"], "date": 2006})
    pairs.to_csv(folder / "pairs.csv", index=False)
    return folder


def change_plan(folder: Path, old: str, new: str) -> Path:
    """Replace a text that occurs in the plan, and return the plan's path."""
    path = folder / "plan.toml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return path
