import numpy as np
import pytest
from conftest import make_toy

import yrdecon as yd
from yrdecon.inference.assignments import admissible_assignments

DESIGN = yd.Design(outcome="y")
FREE = yd.Assignment("free")


def test_the_slope_is_the_least_squares_slope_of_the_event_study(toy):
    test = yd.pretrend(toy, DESIGN, FREE, seed=1)
    dynamic = yd.event_study(toy, DESIGN)
    before = dynamic.cells["event_time"] < 0
    slope = np.polyfit(dynamic.cells.loc[before, "event_time"], dynamic.coef[before], 1)[0]
    assert test.estimate == pytest.approx(slope, abs=1e-12)
    assert test.statistic == abs(test.estimate)
    np.testing.assert_allclose(test.frames["path"]["estimate"], dynamic.coef[before], atol=1e-12)
    other_base = yd.pretrend(toy, yd.Design("y", base_periods=(2,)), FREE, seed=1)
    assert other_base.estimate == pytest.approx(test.estimate, abs=1e-12)


def test_the_p_values_are_those_of_a_loop_over_assignments(toy):
    sets = admissible_assignments(toy, yd.core.sample.draw_sample(toy, DESIGN), FREE, draws=99, seed=1).cohorts
    units = toy.units
    paths = []
    for cohort in sets:
        moved = toy.assign(cohort=toy.frame["unit"].map(dict(zip(units, cohort, strict=True))))
        dynamic = yd.event_study(moved, DESIGN)
        paths.append(dynamic.coef[dynamic.cells["event_time"] < 0])
    paths = np.array(paths)
    slopes = np.abs(paths @ np.array([-2, -1, 0, 1, 2]) / 10)
    slope = yd.pretrend(toy, DESIGN, FREE, seed=1, draws=99)
    np.testing.assert_allclose(slope.draws, slopes, atol=1e-12)
    assert slope.p_value == np.mean(slopes >= slopes[0] - 1e-12)
    free = paths[:, :4]
    largest = (np.abs(free) / free.std(axis=0)).max(axis=1)
    joint = yd.pretrend(toy, DESIGN, FREE, seed=1, draws=99, statistic="joint")
    np.testing.assert_allclose(joint.draws, largest, rtol=1e-10)
    assert joint.p_value == np.mean(largest >= largest[0] - 1e-12)


def test_effects_after_treatment_and_in_excluded_periods_do_not_matter(toy):
    design = yd.Design(outcome="y", base_periods=(4,), exclude_periods=(5,))
    late = toy.assign(y=toy.frame["y"] + 40 * toy.frame["lat"] * (toy.frame["time"] >= 5))
    for statistic in ("slope", "joint"):
        one, two = (yd.pretrend(p, design, FREE, seed=1, draws=99, statistic=statistic) for p in (toy, late))
        assert one.p_value == two.p_value
        assert one.estimate == pytest.approx(two.estimate, abs=1e-9)
    assert one.frames["path"]["event_time"].tolist() == [-5, -4, -3, -2]


def test_a_trend_of_the_treated_is_found_and_its_bias_told(toy):
    treated = np.isfinite(toy.frame["cohort"])
    steep = toy.assign(y=toy.frame["y"] + 3.0 * treated * toy.frame["time"])
    test = yd.pretrend(steep, DESIGN, FREE, seed=1)
    assert test.rank == 1
    plain = yd.pretrend(toy, DESIGN, FREE, seed=1)
    assert test.estimate == pytest.approx(plain.estimate + 3.0, abs=1e-9)
    # from event time -1 to the middle of 0, 1 and 2
    assert f"{2 * test.estimate:.4g}" in test.notes[-1]


def test_both_tests_keep_their_size_under_random_assignment():
    p_values = np.array(
        [
            [yd.pretrend(make_toy(seed=s), DESIGN, FREE, seed=s, statistic=name).p_value for name in ("slope", "joint")]
            for s in range(120)
        ]
    )
    # three Monte Carlo errors of 120 draws
    assert (np.mean(p_values <= 0.10, axis=0) <= 0.10 + 3 * np.sqrt(0.1 * 0.9 / 120)).all()
    assert (np.mean(p_values <= 0.50, axis=0) >= 0.50 - 3 * np.sqrt(0.25 / 120)).all()


def test_a_seed_repeats_the_draws_and_staggered_cohorts_are_shuffled():
    toy = make_toy(n_units=14, n_treated=4)
    start = {"u00": 5.0, "u01": 5.0, "u02": 7.0, "u03": 7.0}
    staggered = toy.assign(cohort=toy.frame["unit"].map(start).fillna(np.inf))
    cohorts = yd.Assignment("cohorts")
    one, two, other = (yd.pretrend(staggered, DESIGN, cohorts, seed=s, draws=30) for s in (1, 1, 2))
    assert np.array_equal(one.draws, two.draws)
    assert not np.array_equal(one.draws, other.draws)
    assert "cohorts" in one.name


def test_what_cannot_be_tested_is_refused(toy):
    with pytest.raises(yd.DesignError, match="two or more"):
        yd.pretrend(toy.between(5, 8), DESIGN, seed=1)
    with pytest.raises(yd.DesignError, match="statistic='wald'"):
        yd.pretrend(toy, DESIGN, seed=1, statistic="wald")
    with pytest.raises(yd.DesignError, match="draws=0"):
        yd.pretrend(toy, DESIGN, seed=1, draws=0)


def test_the_pre_trend_of_the_real_panel_is_a_rank_and_draws_as_a_placebo_figure(twinned):
    test = yd.pretrend(twinned, yd.twinning_design(), seed=1)
    assert test.is_rank_only
    assert "interval" not in repr(test)
    assert len(yd.plot_placebo(test).data) == len(test.draws)
