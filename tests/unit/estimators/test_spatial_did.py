"""Difference in differences with neighbors: what it agrees with, recovers and refuses."""

from dataclasses import replace

import numpy as np
import pytest
from unit.estimators.test_spatial_panel import grid_neighbors, simulate

import yrdecon as yd
from yrdecon.diagnostics.one_effect import one_effect

DESIGN = yd.Design(outcome="y")
TREATED = ("u00", "u01", "u05", "u06", "u12", "u18")


def treated_grid(seed=0, effect=2.0, lag=0.4, through=0.0, **options):
    """Synthetic panel of a grid whose outcomes depend on neighbors and whose treatment starts in period 4."""
    panel, weights = simulate(lag=lag, seed=seed, n_periods=8, **options)
    n = len(weights.ids)
    where = panel.frame["unit"].isin(TREATED).to_numpy()
    d = (where & (panel.frame["time"] >= 4).to_numpy()).astype(float)
    w = weights.matrix
    shift = np.linalg.solve(np.eye(n) - lag * w, effect * d.reshape(n, -1) + through * w @ d.reshape(n, -1))
    place = panel.frame["unit"].str[1:].astype(int)
    frame = panel.frame.assign(
        y=panel.frame["y"] + shift.ravel(),
        d=d,
        cohort=np.where(where, 4.0, np.inf),
        lon=place % 5 * 1.0,
        lat=place // 5,
    )
    return yd.Panel.from_frame(frame, unit="unit", time="time", location=("lon", "lat")), weights


@pytest.mark.parametrize("model", ["durbin", "lag"])
def test_effects_are_those_of_a_spatial_panel_with_a_column_of_treatment(model):
    panel, weights = treated_grid(through=1.0)
    ours = yd.spatial_did(panel, replace(DESIGN, covariates=("x", "z")), weights, model=model)
    theirs = yd.spatial_panel(panel, "y ~ d + x + z | unit + time", weights, model=model)
    effects = yd.spatial_impacts(theirs, weights, seed=1).tidy().set_index("term")["estimate"]
    assert np.allclose(ours.coef, effects[["direct(d)", "indirect(d)"]], atol=1e-8)
    assert ours.n_treated == 6


def test_a_long_difference_is_that_of_its_rows():
    panel, weights = treated_grid()
    design = replace(DESIGN, base_periods=(2, 3), exclude_periods=(4,))
    rows = panel.assign(used=panel.frame["time"].isin([2, 3, 5, 6, 7])).where("used")
    assert np.allclose(
        yd.spatial_did(panel, design, weights).coef, yd.spatial_did(rows, DESIGN, weights).coef, atol=1e-10
    )


def test_direct_effects_and_spillovers_are_recovered_where_a_plain_comparison_misses():
    found, naive = [], []
    for seed in range(60):
        panel, weights = treated_grid(seed=seed, through=1.0)
        design = replace(DESIGN, covariates=("x", "z"))
        found.append(yd.spatial_did(panel, design, weights).coef)
        naive.append(yd.twfe(panel, design).coef[0])
    w, eye = weights.matrix, np.eye(25)
    entries = np.linalg.solve(eye - 0.4 * w, 2.0 * eye + w)
    truth = np.array([np.trace(entries) / 25, (entries.sum() - np.trace(entries)) / 25])
    error = np.std(found, axis=0, ddof=1) / np.sqrt(60)
    assert (np.abs(np.mean(found, axis=0) - truth) < 3.5 * error).all()
    assert abs(np.mean(naive) - truth[0]) > 3.5 * np.std(naive, ddof=1) / np.sqrt(60)


def test_without_weights_the_four_nearest_units_count():
    panel, _ = treated_grid()
    nearest = yd.spatial_weights(panel, "nearest", k=4)
    assert np.array_equal(yd.spatial_did(panel, DESIGN).coef, yd.spatial_did(panel, DESIGN, nearest).coef)


def test_no_error_and_no_star_is_given_and_the_direct_effect_is_what_placebos_take():
    panel, _ = treated_grid()
    estimate = yd.spatial_did(panel, DESIGN)
    assert np.isnan(estimate.vcov).all()
    table = yd.regression_table({"spatial": estimate}, lang="en", journal="管理世界")
    assert not any("*" in text for text in table.body.iloc[:, 0])
    assert one_effect(yd.spatial_did, panel, DESIGN)(panel, DESIGN).coef.tolist() == [estimate.coef[0]]


def test_periods_in_which_some_unit_anticipates_are_left_out_for_all_and_named():
    panel, weights = treated_grid()
    estimate = yd.spatial_did(panel, replace(DESIGN, anticipation=1), weights)
    rows = panel.assign(used=panel.frame["time"] != 3).where("used")
    assert np.allclose(estimate.coef, yd.spatial_did(rows, DESIGN, weights).coef, atol=1e-10)
    assert any("periods [3] are left out" in note for note in estimate.notes)


@pytest.mark.parametrize(
    ("design", "weights", "words"),
    [
        ({"weights": "x"}, {}, r"takes no \['weights'\]"),
        ({"effects": ("early^time",)}, {}, r"takes no \['effects'\]"),
        ({}, {"row_standardized": False}, "need row-standardized weights"),
        ({"exclude_periods": (5, 6, 7), "anticipation": 1, "base_periods": (0,)}, {"everyone": True}, "weigh the same"),
    ],
)
def test_what_a_spatial_comparison_cannot_take_is_refused(design, weights, words):
    panel, _ = treated_grid()
    table = (
        [(a, b) for a in panel.units for b in panel.units if a < b] if weights.get("everyone") else grid_neighbors(5)
    )
    given = yd.spatial_weights(panel, table=table, row_standardized=weights.get("row_standardized", True))
    with pytest.raises(yd.YrdeconError, match=words):
        yd.spatial_did(panel, replace(DESIGN, **design), given)


def test_an_outcome_that_nothing_is_left_of_is_refused():
    panel, weights = treated_grid()
    for outcome in (0.0, panel.frame["time"] ** 2.0, panel.frame["d"]):
        with pytest.raises(yd.EstimationError, match="explain the outcome without error"):
            yd.spatial_did(panel.assign(y=outcome), DESIGN, weights)
