"""The covariance of an event study among placebo sets."""

import numpy as np
import pandas as pd
import pytest

import yrdecon as yd
from yrdecon.core.estimator import estimate_assignments
from yrdecon.core.sample import draw_sample
from yrdecon.inference.assignments import admissible_assignments

DESIGN = yd.Design("y", base_periods=(5,))
SIDE, PERIODS = 6, 8


def noise_panel(seed):
    """Return 36 places on a grid, five neighbors of them treated without an effect, with shocks shared by neighbors."""
    noise = np.random.default_rng(seed)
    place = np.arange(SIDE**2)
    lon, lat = place % SIDE * 1.0, place // SIDE * 1.0
    km = 111 * np.hypot(lon[:, None] - lon, lat[:, None] - lat)
    root = np.linalg.cholesky(np.exp(-km / 200) + 1e-9 * np.eye(len(place)))
    y = np.zeros((len(place), PERIODS))
    for t in range(1, PERIODS):
        y[:, t] = 0.7 * y[:, t - 1] + 0.02 * root @ noise.normal(size=len(place))
    treated = np.isin(place, [0, 1, 2, 6, 7])
    table = pd.DataFrame(
        {
            "u": np.repeat(place, PERIODS),
            "t": np.tile(np.arange(PERIODS), len(place)),
            "y": y.ravel(),
            "lon": np.repeat(lon, PERIODS),
            "lat": np.repeat(lat, PERIODS),
            "cohort": np.repeat(np.where(treated, 6.0, np.inf), PERIODS),
        }
    )
    return yd.Panel.from_frame(table, unit="u", time="t", location=("lon", "lat"))


def test_the_covariance_averages_placebos_and_the_spatial_model():
    panel = noise_panel(1)
    estimate = yd.placebo_event_study(panel, DESIGN, seed=1)
    compared = admissible_assignments(panel, draw_sample(panel, DESIGN), yd.Assignment(), draws=999, seed=1)
    placebos = estimate_assignments(yd.event_study, panel, DESIGN, compared.cohorts)[1:]
    model = yd.spatial_event_study(panel, DESIGN).vcov
    apart, k = compared.disjoint_sets - 1, PERIODS - 1
    expected = (k * model + apart * sum(np.outer(b, b) for b in placebos) / len(placebos)) / (k + apart)
    assert estimate.vcov == pytest.approx(expected, abs=1e-15)
    assert estimate.coef.tolist() == yd.event_study(panel, DESIGN).coef.tolist()
    assert np.linalg.matrix_rank(estimate.vcov) == k


def test_the_average_effect_is_covered_more_often_than_with_clustered_errors():
    covered = {"placebo": 0, "clustered": 0}
    for seed in range(60):
        panel = noise_panel(seed)
        for name, dynamic in {
            "placebo": yd.placebo_event_study(panel, DESIGN, seed=1),
            "clustered": yd.event_study(panel, DESIGN),
        }.items():
            effect = yd.average(dynamic, 0, 1)
            covered[name] += abs(effect.coef[0]) <= 1.96 * effect.std_error[0]
    assert covered["placebo"] >= 52
    assert covered["clustered"] < covered["placebo"]


def test_bounds_and_pretests_take_the_estimate_as_it_is():
    window = yd.event_window(yd.placebo_event_study(noise_panel(2), DESIGN, seed=1), -4, 1)
    bounds = yd.honest_bounds(window, max_ratio=1.0)
    half = (bounds["conf_high"] - bounds["conf_low"]) / 2
    assert half[0] == pytest.approx(1.959964 * yd.average(window, 0, 1).std_error[0], rel=1e-6)
    assert (yd.pretrend_power(window)["slope"] > 0).all()


def test_one_other_assignment_is_too_few():
    frame = noise_panel(3).frame
    two = frame[frame["u"].isin([0, 35])]
    panel = yd.Panel.from_frame(two, unit="u", time="t", location=("lon", "lat"))
    with pytest.raises(yd.DesignError, match="two or more placebo assignments"):
        yd.placebo_event_study(panel, DESIGN, seed=1)
