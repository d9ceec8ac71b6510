"""Spatial errors against conleyreg, fixest and plain loops."""

import numpy as np
import pandas as pd
import pytest

import yrdecon as yd
from golden.cases import OWN, own_panel, relative, results
from yrdecon.kernels.spatial_hac import bartlett, by_place_and_period, spatial_covariance, uniform
from yrdecon.places.coordinates import distance_matrix

EXACT = 1e-9
# linear weights feel conleyreg's earth, which is larger than ours by three parts in a million
CONLEYREG = 2e-6
# fixest's earth has a radius of 6376 km, ours of 6371: with theirs the pairs within the cutoff are the same
FIXEST = 6376 / 6371
KERNELS = {"bartlett": bartlett, "uniform": uniform}


def least_squares(y, x):
    """Coefficients and the influence of every row on them."""
    x = np.column_stack([np.ones(len(y)), x])
    bread = np.linalg.inv(x.T @ x)
    coef = bread @ x.T @ y
    return coef, (y - x @ coef)[:, None] * x @ bread


def covariance(influence, weights):
    return spatial_covariance(influence[:, None, :], weights)


def test_space_and_time_errors_equal_conleyreg():
    panel = own_panel("sim_twinning", "city_code", cohort="g", location=("lon", "lat"))
    rows = {row["vcov"]: row["se"] for row in results(OWN, "conley_twinning_panel")["results"]}
    estimate = yd.twfe(panel, yd.Design("y"))
    for cutoff in (100, 300):
        for kernel in KERNELS:
            for lags in (0, 3):
                found = yd.conley(estimate, panel, cutoff_km=cutoff, lags=lags, kernel=kernel)
                assert relative(found.std_error[0], rows[f"conleyreg_{kernel}_{cutoff}_lag{lags}"]) < CONLEYREG


def test_pairs_of_any_two_years_equal_fixest():
    # not offered to users; at 300 km fixest repairs a negative variance to 1e-16, which we leave negative
    panel = own_panel("sim_twinning", "city_code", cohort="g", location=("lon", "lat"))
    rows = {row["vcov"]: row["se"] for row in results(OWN, "conley_twinning_panel")["results"]}
    estimate = yd.twfe(panel, yd.Design("y"))
    seats = panel.frame.drop_duplicates("city_code")
    distance = distance_matrix(seats["lon"].to_numpy(), seats["lat"].to_numpy()) * FIXEST
    place = pd.factorize(estimate.units["unit"])[0]
    sums = by_place_and_period(estimate.influence, place, np.zeros_like(place))
    variance = {cutoff: float(spatial_covariance(sums, uniform(distance / cutoff))[0, 0]) for cutoff in (100, 300)}
    factor = 574 / (574 - 55)
    assert relative(np.sqrt(factor * variance[100]), rows["fixest_allperiods_100"]) < EXACT
    assert variance[300] < 0 < rows["fixest_allperiods_300"]


def cross_section():
    frame = own_panel("sim_twinning", "city_code", cohort="g").frame
    post = frame["year"] >= 2022
    mean = frame.groupby(["city_code", post])["y"].mean().unstack()
    return frame.drop_duplicates("city_code"), (mean[True] - mean[False]).to_numpy()


@pytest.mark.parametrize("cutoff", [100, 200, 300])
def test_a_cross_section_of_changes_equals_plain_loops_conleyreg_and_fixest(cutoff):
    rows = {(r["vcov"], r["term"]): r for r in results(OWN, "conley_twinning_cross")["results"]}
    seats, change = cross_section()
    coef, influence = least_squares(change, seats[["treat", "x_b"]].to_numpy())
    distance = distance_matrix(seats["lon"].to_numpy(), seats["lat"].to_numpy())
    for position, term in enumerate(("(Intercept)", "treat", "x_b")):
        for name, kernel in KERNELS.items():
            row = rows[f"byhand_{name}_{cutoff}", term]
            variance = covariance(influence, kernel(distance / cutoff))[position, position]
            assert relative(coef[position], row["estimate"]) < EXACT
            assert relative(variance, row["variance"]) < EXACT
            reference = rows[f"conleyreg_{name}_{cutoff}", term]["se"]
            assert (variance < 0) if reference is None else relative(np.sqrt(variance), reference) < CONLEYREG


@pytest.mark.parametrize("cutoff", [100, 200, 300])
def test_fixest_repairs_a_covariance_that_is_not_positive(cutoff):
    # raising negative eigenvalues to zero is not offered: it turns .0028 into .0045; here the repair is redone by hand
    rows = {(r["vcov"], r["term"]): r for r in results(OWN, "conley_twinning_cross")["results"]}
    seats, change = cross_section()
    influence = least_squares(change, seats[["treat", "x_b"]].to_numpy())[1]
    distance = distance_matrix(seats["lon"].to_numpy(), seats["lat"].to_numpy())
    values, vectors = np.linalg.eigh(covariance(influence, uniform(distance / cutoff)))
    assert values[0] < 0
    repaired = np.sqrt(np.diag((vectors * np.maximum(values, 1e-16)) @ vectors.T))
    counted = np.sqrt(41 / (41 - 3))
    for position, term in enumerate(("(Intercept)", "treat", "x_b")):
        assert relative(repaired[position], rows[f"byhand_uniform_{cutoff}_eigenfix", term]["se"]) < EXACT
        assert relative(repaired[position], rows[f"fixest_{cutoff}_noK", term]["se"]) < EXACT
        assert relative(counted * repaired[position], rows[f"fixest_{cutoff}", term]["se"]) < EXACT


@pytest.fixture(scope="module")
def quakes(shared):
    return pd.read_csv(shared / "golden" / "datasets" / "quakes.csv").astype(float)


@pytest.mark.parametrize(
    ("case", "outcome", "regressors", "cutoffs"),
    [
        ("conley_quakes", "depth", ["mag"], {"conley100_sph": 100, "conley300_sph": 300, "conley100_tri": 100}),
        (
            "conley_quakes_multi",
            "stations",
            ["mag", "depth"],
            {"conley200_sph": 200, "conley50_sph": 50, "conley200_tri": 200},
        ),
    ],
)
def test_earthquakes_equal_fixest(shared, quakes, case, outcome, regressors, cutoffs):
    rows = {(r["vcov"], r["term"]): r for r in results(shared / "golden", case)["results"]}
    coef, influence = least_squares(quakes[outcome].to_numpy(), quakes[regressors].to_numpy())
    n, k = len(quakes), len(coef)
    for vcov, cutoff in cutoffs.items():
        # "triangular" distances are planar; they test the sum, not our distances
        distance = planar(quakes) if vcov.endswith("tri") else spherical(quakes) * FIXEST
        error = np.sqrt(np.diag(covariance(influence, uniform(distance / cutoff))) * n / (n - k))
        for position, term in enumerate(("(Intercept)", *regressors)):
            assert relative(coef[position], rows[vcov, term]["estimate"]) < EXACT
            assert relative(error[position], rows[vcov, term]["se"]) < EXACT
    if case == "conley_quakes":
        error = np.sqrt(np.diag(covariance(influence, uniform(spherical(quakes) * FIXEST / 100))))
        for position, term in enumerate(("(Intercept)", "mag")):
            assert relative(error[position], rows["conley100_sph_noK", term]["se"]) < EXACT


def test_earthquakes_equal_conleyreg(shared, quakes):
    rows = {(r["kernel"], r["term"]): r for r in results(shared / "golden", "conleyreg_quakes")["results"]}
    influence = least_squares(quakes["depth"].to_numpy(), quakes[["mag"]].to_numpy())[1]
    for name, kernel in KERNELS.items():
        error = np.sqrt(np.diag(covariance(influence, kernel(spherical(quakes) / 100))))
        for position, term in enumerate(("(Intercept)", "mag")):
            assert relative(error[position], rows[name, term]["se"]) < CONLEYREG


def spherical(frame):
    return distance_matrix(frame["long"].to_numpy(), frame["lat"].to_numpy())


def planar(frame):
    lat, lon = frame["lat"].to_numpy(), frame["long"].to_numpy()
    middle = np.cos(np.radians((lat[:, None] + lat) / 2))
    return 111 * np.hypot(lat[:, None] - lat, middle * (lon[:, None] - lon))
