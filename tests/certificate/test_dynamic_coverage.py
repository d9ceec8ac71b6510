"""The committed table of dynamic panels with few periods says what the pages say of it."""

import numpy as np
import pandas as pd

from benchmarks.dynamic_coverage import METHODS, OUT, PERSISTENCE, interval, main, simulate


def test_the_committed_table_supports_the_recommendation():
    table = pd.read_csv(OUT).set_index(["method", "rho"])
    assert (table["draws"] == 1000).all()
    halves, within, changes = (table.loc[m] for m in ("half_panel_jackknife", "fixed_effects", "difference_gmm"))
    assert (halves["coverage_95"] > 0.91).all()
    assert (within["coverage_95"] < 0.25).all()
    assert (halves["bias"].abs() < 0.2 * within["bias"].abs()).all()
    assert (halves["median_width"] < 0.65 * changes["median_width"]).all()
    unsolved = table.loc["bias_corrected_lsdv", "unsolved"]
    assert unsolved.is_monotonic_increasing
    assert unsolved[0.95] > 300


def test_the_table_can_be_made_again(tmp_path):
    main(draws=2, out=tmp_path / "table.csv")
    again, committed = pd.read_csv(tmp_path / "table.csv"), pd.read_csv(OUT)
    assert again.columns.tolist() == committed.columns.tolist()
    assert again[["method", "rho"]].equals(committed[["method", "rho"]])
    assert list(PERSISTENCE) == sorted(set(committed["rho"]))


def test_a_sample_without_a_solution_is_counted_and_not_hidden():
    samples = [simulate(0.95, np.random.default_rng(seed)) for seed in range(12)]
    found = [interval(METHODS["bias_corrected_lsdv"], panel).estimate for panel in samples]
    assert 0 < np.isnan(found).sum() < 12
