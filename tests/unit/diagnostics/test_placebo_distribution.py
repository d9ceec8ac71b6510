from dataclasses import replace
from types import MappingProxyType

import numpy as np
import pandas as pd
import pytest
from conftest import make_toy

import yrdecon as yd

DESIGN = yd.Design("y", base_periods=(5,))


@pytest.fixture(scope="module")
def free():
    return yd.permutation_test(yd.twfe, make_toy(n_units=16, n_treated=4), DESIGN, yd.Assignment("free"), seed=0)


def test_the_density_integrates_to_one_and_the_points_are_a_part_of_the_placebos(free):
    table = yd.placebo_distribution(free)
    curve, points = (table[table["kind"] == kind] for kind in ("density", "placebo"))
    assert np.trapezoid(curve["density"], curve["estimate"]) == pytest.approx(1, abs=0.01)
    assert len(points) == 500
    assert set(points["estimate"]) <= set(free.frames["placebos"]["estimate"][1:])


def test_each_placebo_has_the_p_value_that_it_would_have_as_the_actual_one():
    test = yd.permutation_test(yd.twfe, make_toy(n_units=16, n_treated=4), DESIGN, seed=0)
    placebos = test.frames["placebos"]
    points = yd.placebo_distribution(test).query("kind == 'placebo'")
    assert len(points) == len(placebos) - 1
    for estimate, p_value in zip(points["estimate"], points["p_value"], strict=True):
        own = placebos.loc[(placebos["estimate"] == estimate), "statistic"].iloc[0]
        assert p_value == pytest.approx((placebos["statistic"] >= own * (1 - 1e-12)).mean())


def test_a_test_without_assignments_and_equal_placebos_are_refused(free):
    with pytest.raises(yd.DesignError, match="compared no assignments"):
        yd.placebo_distribution(yd.HypothesisTest("x", 1.0, 0.5, "nothing"))
    flat = free.frames["placebos"].assign(estimate=1.0)
    with pytest.raises(yd.DesignError, match="all placebo estimates are equal"):
        yd.placebo_distribution(replace(free, frames=MappingProxyType({"placebos": flat})))


def test_the_band_keeps_the_path_of_every_assignment_the_actual_first(toy):
    test = yd.placebo_band(yd.event_study, toy, DESIGN, seed=1)
    paths = test.frames["paths"]
    assert paths["assignment"].nunique() == len(test.draws)
    actual = paths[paths["assignment"] == 0]
    np.testing.assert_allclose(actual["estimate"], yd.event_study(toy, DESIGN).coef)
    spread = paths[paths["assignment"] > 0].groupby("event_time")["estimate"].std()
    band = test.frames["band"].set_index("event_time")
    np.testing.assert_allclose(spread, band["std_error"].reindex(spread.index), atol=1e-12)


def test_rungs_tell_their_treated_units_and_the_smallest_attainable_p(toy):
    table = yd.control_pool_ladder(toy, DESIGN, {"all": None}, yd.twfe, seed=1, neighbor_km=5_000.0)
    shown = table[table["estimate"].notna()]
    assert (shown["n_treated"] == 3).all()
    pd.testing.assert_series_equal(shown["smallest_p_value"], 1 / shown["n_compared"].astype(float), check_names=False)
    assert table.loc[table["estimate"].isna(), "smallest_p_value"].isna().all()
