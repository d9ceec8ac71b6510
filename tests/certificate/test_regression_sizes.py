"""What the pages say of regressions among neighbors is what was simulated."""

import re

import pandas as pd
from conftest import ROOT

from benchmarks.regression_sizes import OUT, SAMPLES, main


def rates():
    return pd.read_csv(OUT).pivot_table(index="test", columns="theta_km", values="rate_5", sort=False)


def test_the_page_types_the_rates_of_the_table():
    page = (ROOT / "docs" / "panel_regressions.md").read_text(encoding="utf-8")
    section = page.partition("## Where neighbors are alike")[2]
    typed = [tuple(map(float, row)) for row in re.findall(r"\| ([\d.]+)% \| ([\d.]+)% \|", section)]
    assert sorted(typed) == sorted(tuple(row) for row in (100 * rates()).round(1).to_numpy())
    assert (pd.read_csv(OUT)["samples"] == SAMPLES).all()


def test_scattered_groups_hold_their_size_and_what_rests_on_independent_cities_does_not():
    table = rates()[225.0]
    assert table["difference, scattered, whole cities exchanged"] < 0.07
    assert table["difference, anhui, whole cities exchanged"] > 0.12
    assert (table[[name for name in table.index if name.startswith("coefficient")]] > 0.2).all()


def test_the_simulation_runs_and_repeats(tmp_path):
    for name in ("one.csv", "two.csv"):
        main(2, tmp_path / name)
    assert (tmp_path / "one.csv").read_bytes() == (tmp_path / "two.csv").read_bytes()
