"""A small certificate: methods keep their bands, and those that must fail do."""

from dataclasses import replace
from functools import cache

import pandas as pd
import pytest

from benchmarks.bands import BANDS, check_bands
from benchmarks.cells import all_cells
from benchmarks.certificate_report import CONSEQUENCES, read_tables, report_text
from benchmarks.methods import DEFAULT, INDEPENDENT_CLUSTERS
from benchmarks.sizes import rejection_rates

DRAWS = 200
INDEPENDENT, UNEVEN = "levels 0.6, 0 km", "levels 0.6, 0 km, variance by size"
KEY_CELLS = (
    *(f"range|actual eight|in_yrd|2020|levels 0.8, {theta:g} km" for theta in (0, 150, 225, 375, 650)),
    *(f"range|actual eight|in_yrd|2020|{shocks}, 150 km" for shocks in ("levels 0.6", "levels 0.95", "growth 0.6")),
    "range|actual eight|in_yrd_clean|2020|growth 0.6, 225 km",
    "bases|actual eight|in_yrd|2018-20|growth 0.6, 225 km",
    "bases|actual eight|in_yrd|mean|levels 0.95, 375 km",
    "shared|actual eight|in_yrd|2020|growth 0.6, 225 km, province 1",
    "shared|actual eight|in_yrd|2020|levels 0.8, 0 km, gradient 1",
    f"others|random eight|in_yrd|2020|{INDEPENDENT}",
    f"others|eight smallest|in_yrd|2020|{UNEVEN}",
    f"others|eight largest|in_yrd|2020|{UNEVEN}",
    f"others|scattered eight|in_yrd|2020|{INDEPENDENT}",
    "others|two groups of four|in_yrd|2020|growth 0.6, 225 km",
    *(f"few|{treated}, random|in_yrd|2020|{INDEPENDENT}" for treated in ("one", "two", "four")),
)


@cache
def small_certificate():
    cells = {cell.key: cell for cell in all_cells()}
    return pd.concat([rejection_rates(replace(cells[key], effects=()), DRAWS) for key in KEY_CELLS], ignore_index=True)


@cache
def committed():
    return read_tables()


def test_every_band_of_the_small_certificate_holds_within_monte_carlo_error():
    findings = check_bands(small_certificate())
    assert len(findings) >= 14
    assert [f"{f.band.name}: {f.lowest} to {f.highest}" for f in findings if f.verdict == "does not hold"] == []


def test_the_default_rejects_at_most_six_percent_for_the_actual_eight():
    rates = small_certificate().query("method == @DEFAULT and treated == 'actual eight'")
    assert set(rates["mechanism"]) == {"contiguous"}
    assert len(rates) == 13
    assert rates["rate_5"].max() <= 0.06


def test_one_treated_city_makes_clustered_errors_reject_more_than_half_the_time():
    rates = small_certificate().query("method == 'CRV1' and treated == 'one, random'")
    assert rates["rate_5"].min() > 0.5


@pytest.mark.parametrize("method", INDEPENDENT_CLUSTERS)
def test_every_method_for_independent_clusters_fails_for_the_actual_eight_at_150_km(method):
    rates = small_certificate().query("method == @method and treated == 'actual eight' and theta_km == 150")
    assert len(rates) == 4
    assert rates["rate_5"].min() > 0.25


def test_a_method_that_leaves_its_band_is_found_out():
    table = small_certificate()
    broken = table.assign(rate_5=table["rate_5"].mask(table["method"] == DEFAULT, 0.3))
    names = {f.band.name for f in check_bands(broken) if f.verdict == "does not hold"}
    assert "default, actual eight, 41 cities: nearest-neighbor blocks, half-shrunk" in names


def test_a_method_that_must_fail_and_does_not_is_found_out():
    table = small_certificate()
    broken = table.assign(rate_5=table["rate_5"].mask(table["method"] == "CRV1", 0.05))
    assert "CRV1, one treated of 41" in {f.band.name for f in check_bands(broken) if f.verdict == "does not hold"}


def test_the_committed_tables_hold_every_cell_and_band():
    sizes = committed().sizes
    keys = sizes[["section", "treated", "pool", "base", "process"]].drop_duplicates().agg("|".join, axis=1)
    assert set(keys) == {cell.key for cell in all_cells()}
    assert len(check_bands(committed().rates)) == len(BANDS)


def test_the_committed_default_keeps_six_percent_in_every_cell_of_the_41_cities():
    rates = committed().rates.query(
        "method == @DEFAULT and effect == 0 and pool == 'in_yrd' and treated == 'actual eight'"
    )
    assert len(rates) > 70
    assert rates["rate_5"].max() <= 0.06


def test_the_committed_default_keeps_six_percent_for_every_treated_set_of_neighbors_outside_the_clean_pool():
    placed = "mechanism in ('contiguous', 'relocated') and pool != 'in_yrd_clean' and section != 'few'"
    rates = committed().rates.query(f"method == @DEFAULT and effect == 0 and {placed}")
    assert {"staggered", "national", "hard", "others", "range"} <= set(rates["section"])
    assert rates["rate_5"].max() <= 0.06


def test_what_does_not_hold_is_known():
    unheld = {f.band.name for f in check_bands(committed().rates) if f.verdict == "does not hold"}
    assert unheld == {
        "Ferman-Pinto, one treated of any size, independent",
        "default, one treated, variance by size",
        "spatial model, largest p over likely ranges",
    }
    assert all(name in CONSEQUENCES for name in unheld)


def test_the_committed_tables_are_those_of_this_code():
    cell = next(c for c in all_cells() if c.key == "shared|actual eight|in_yrd|2020|levels 0.8, 0 km, gradient 1")
    sizes = committed().sizes
    found = rejection_rates(cell, int(sizes["draws"].max())).set_index("method")["rate_5"]
    rows = (sizes["section"] == "shared") & (sizes["pool"] == "in_yrd") & (sizes["process"] == str(cell.process))
    kept = sizes[rows].set_index("method")["rate_5"]
    assert set(kept.index) == set(found.index)
    # a rounding error in linear algebra may move a draw or two across a tie
    assert (found - kept).abs().max() <= 2.5 / DRAWS


def test_the_committed_report_is_what_the_committed_tables_say(pytestconfig):
    path = pytestconfig.rootpath / "reports" / "certificate.md"
    assert path.read_text(encoding="utf-8") == report_text(committed())
