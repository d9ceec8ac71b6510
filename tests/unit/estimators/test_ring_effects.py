"""Effects on the treated and on units in rings around them."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from conftest import make_toy

import yrdecon as yd
from yrdecon.diagnostics.one_effect import one_effect
from yrdecon.places.coordinates import distance_matrix

DESIGN = yd.Design(outcome="y")
KM_PER_DEGREE = 111.19
NEAR = {"cutoffs_km": (100, 200)}


def line(cohorts, spacing=0.5, seed=0, n_periods=6):
    """Synthetic panel of units on the equator, so many degrees apart."""
    generator = np.random.default_rng(seed)
    n = len(cohorts)
    rows = [
        (f"u{i:02d}", t, i * spacing, 0.0, generator.normal(), cohorts[i]) for i in range(n) for t in range(n_periods)
    ]
    frame = pd.DataFrame(rows, columns=["unit", "time", "lon", "lat", "y", "cohort"])
    return yd.Panel.from_frame(frame, unit="unit", time="time", location=("lon", "lat"))


@pytest.fixture
def ten():
    """Two treated units, then eight others: at 56 km, at 111 to 167 km, and farther."""
    return line([3.0, 3.0] + [np.inf] * 8)


def changes(panel, base, after):
    wide = panel.frame.pivot(index="unit", columns="time", values="y")
    return wide[after].mean(axis=1) - wide[base].mean(axis=1)


def test_each_effect_is_the_change_of_its_units_less_that_of_units_beyond_the_last_ring(ten):
    estimate = yd.ring_effects(ten, DESIGN, **NEAR)
    change = changes(ten, [0, 1, 2], [3, 4, 5]).to_numpy()
    far = change[5:].mean()
    assert estimate.cells["term"].tolist() == ["treated", "ring_0_100km", "ring_100_200km"]
    expected = [change[:2].mean() - far, change[2] - far, change[3:5].mean() - far]
    assert np.allclose(estimate.coef, expected, atol=1e-12)


def test_the_columns_of_rings_in_a_formula_give_the_same_coefficients(ten):
    cohorts = np.repeat([3.0, 5.0, *[np.inf] * 10], 6)
    staggered = line([3.0, 5.0] + [np.inf] * 10)
    estimate = yd.ring_effects(staggered, DESIGN, **NEAR)
    panel = yd.exposure_rings(staggered, DESIGN, **NEAR)
    panel = panel.assign(d=(panel.frame["time"] >= cohorts).astype(float))
    written = yd.panel_regression(panel, "y ~ d + ring_0_100km + ring_100_200km | unit + time")
    assert np.allclose(estimate.coef, written.coef, atol=1e-10)
    assert np.allclose(estimate.std_error, written.std_error, rtol=1e-8)
    assert any("staggered" in note for note in estimate.notes)


def test_a_unit_is_near_to_whoever_is_treated_by_then():
    panel = yd.exposure_rings(line([2.0, np.inf, np.inf, np.inf, 4.0]), DESIGN, cutoffs_km=(60,))
    exposed = panel.frame.pivot(index="unit", columns="time", values="ring_0_60km")
    assert exposed.loc["u01"].tolist() == [0, 0, 1, 1, 1, 1]
    assert exposed.loc["u03"].tolist() == [0, 0, 0, 0, 1, 1]
    assert (exposed.loc[["u00", "u02", "u04"]] == 0).all(axis=None)


def test_the_distance_is_that_to_the_nearest_treated_unit_of_the_pool(twinned):
    design = yd.twinning_design()
    panel = yd.exposure_rings(twinned, design)
    frame = panel.frame.query("year == 2022").reset_index(drop=True)
    apart = distance_matrix(*frame[list(panel.location)].to_numpy(dtype=float).T)
    nearest = apart[:, np.isfinite(frame["cohort"])].min(axis=1)
    counted = frame["in_yrd_clean"] & ~np.isfinite(frame["cohort"])
    assert np.allclose(frame.loc[counted, "km_to_treated"], nearest[counted])
    assert frame.loc[~counted, "km_to_treated"].isna().all()
    rings = frame.filter(like="ring_").loc[counted].sum(axis=1)
    assert (rings == (nearest[counted] <= 150)).all()


def test_spillovers_are_recovered_where_a_plain_comparison_is_contaminated():
    direct, spill, naive = [], [], []
    for seed in range(40):
        panel = line([3.0] * 6 + [np.inf] * 14, seed=seed)
        near = panel.frame["unit"].isin(["u06", "u07", "u08"])
        late = panel.frame["time"] >= 3
        treated = np.isfinite(panel.frame["cohort"])
        moved = panel.assign(y=panel.frame["y"] + 3.0 * (treated & late) - 2.0 * (near & late))
        estimate = yd.ring_effects(moved, DESIGN, cutoffs_km=(170,))
        direct.append(estimate.coef[0])
        spill.append(estimate.coef[1])
        naive.append(estimate.frames["contamination"]["without_rings"][0])
        assert naive[-1] == pytest.approx(yd.twfe(moved, DESIGN).coef[0], abs=1e-12)
    errors = [np.std(x, ddof=1) / np.sqrt(40) for x in (direct, spill, naive)]
    assert abs(np.mean(direct) - 3) < 3 * errors[0]
    assert abs(np.mean(spill) + 2) < 3 * errors[1]
    assert abs(np.mean(naive) - 3) > 5 * errors[2]


def test_an_empty_ring_is_left_out_and_named(ten):
    estimate = yd.ring_effects(ten, DESIGN, cutoffs_km=(10, 100))
    assert estimate.cells["term"].tolist() == ["treated", "ring_10_100km"]
    assert any("['ring_0_10km'], which are left out" in note for note in estimate.notes)


def test_rings_of_few_units_earn_no_star():
    panel = line([3.0] * 12 + [np.inf] * 28, spacing=0.1)
    shifted = panel.assign(y=panel.frame["y"] * 0.01 + 9.0 * panel.frame["unit"].lt("u20") * (panel.frame["time"] > 2))
    estimate = yd.ring_effects(shifted, DESIGN, cutoffs_km=(89, 250))
    assert estimate.cells["few"].tolist() == [False, True, False]
    table = yd.regression_table({"rings": estimate}, lang="en", journal="管理世界")
    assert [text.count("*") > 0 for text in table.body.iloc[[0, 2], 0]] == [True, False]
    assert table.body.index[2] == "0–89 km from a treated place"


def test_the_effect_on_the_treated_is_what_higher_order_functions_take(ten):
    single = one_effect(yd.ring_effects, ten, DESIGN)
    assert single(ten, DESIGN).coef.tolist() == [yd.ring_effects(ten, DESIGN).coef[0]]


def test_the_frame_lists_untreated_units_by_distance(ten):
    table = yd.ring_effects(ten, DESIGN, **NEAR).frames["rings"]
    assert table["unit"].tolist() == [f"u{i:02d}" for i in range(2, 10)]
    assert np.allclose(table["km_to_treated"], KM_PER_DEGREE * 0.5 * np.arange(1, 9), atol=0.1)
    assert table["ring"].tolist() == ["ring_0_100km"] + ["ring_100_200km"] * 2 + [""] * 5


@pytest.mark.parametrize(
    "cutoffs", [(), (100, 50), (50, 50), (-1, 50), (0, 50), "50", 50, (np.nan,), (np.inf,), ("a",), None]
)
def test_cutoffs_that_are_no_growing_distances_are_refused(ten, cutoffs):
    for function in (yd.ring_effects, yd.exposure_rings):
        with pytest.raises(yd.DesignError, match="growing distances in kilometers"):
            function(ten, DESIGN, cutoffs_km=cutoffs)


def test_what_rings_cannot_be_drawn_around_is_refused(ten):
    with pytest.raises(yd.DesignError, match="farthest is 445 km"):
        yd.ring_effects(ten, DESIGN, cutoffs_km=(500,))
    nowhere = replace(ten, location=None)
    lost = ten.assign(lon=ten.frame["lon"].mask(ten.frame["unit"] == "u07"))
    nobody = ten.assign(cohort=np.inf)
    for function in (yd.ring_effects, yd.exposure_rings):
        with pytest.raises(yd.DesignError, match="declare location"):
            function(nowhere, DESIGN)
        with pytest.raises(yd.DesignError, match=r"\['u07'\] have no coordinates"):
            function(lost, DESIGN)
        with pytest.raises(yd.DesignError, match="no unit"):
            function(nobody, DESIGN)


def test_rings_move_with_a_placebo_treatment():
    toy = make_toy(n_units=16)
    direct = one_effect(yd.ring_effects, toy, DESIGN)
    test = yd.permutation_test(direct, toy, DESIGN, yd.Assignment("contiguous"), seed=1, studentize="none")
    placebos = test.frames["placebos"]
    assert placebos["estimate"][0] == pytest.approx(yd.ring_effects(toy, DESIGN).coef[0], abs=1e-12)
    assert np.isfinite(placebos["estimate"]).all()
    assert placebos["estimate"].nunique() == len(placebos)
