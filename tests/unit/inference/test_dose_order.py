"""The slope in a dose among treated units, against other orders of the doses."""

from itertools import permutations

import numpy as np
import pandas as pd
import pytest

import yrdecon as yd

DESIGN = yd.Design(outcome="y", base_periods=(2,), exclude_periods=(3,))


def panel_of(count=5, effect=0.0, seed=0):
    noise = np.random.default_rng(seed)
    rows = [
        (f"u{i}", t, effect * i * (t >= 4) + noise.normal(), float(i) if i else 0.0, 4.0 if i else np.inf)
        for i in range(count + 1)
        for t in range(1, 7)
    ]
    return yd.Panel.from_frame(pd.DataFrame(rows, columns=["u", "t", "y", "dose", "cohort"]), unit="u", time="t")


def test_the_slope_is_that_of_the_event_study_of_the_dose():
    panel = panel_of()
    dynamic = yd.dose_response(panel, DESIGN, estimand="treated_slope")
    expected = yd.average(dynamic, 0, 2).coef[0]
    assert yd.dose_order_test(panel, DESIGN, seed=1).estimate == pytest.approx(expected, abs=1e-12)


def test_the_p_value_is_the_share_of_orders_with_a_correlation_as_large():
    test = yd.dose_order_test(panel_of(), DESIGN, seed=1)
    units = test.frames["units"]
    actual = abs(np.corrcoef(units["dose"], units["change"])[0, 1])
    others = [abs(np.corrcoef(order, units["change"])[0, 1]) for order in permutations(units["dose"])]
    assert test.n_assignments == len(others) == 120
    assert test.p_value == pytest.approx(np.mean(np.array(others) >= actual - 1e-9), abs=1e-15)


def test_a_response_to_the_dose_comes_out():
    moved = yd.dose_order_test(panel_of(effect=3.0), DESIGN, seed=1)
    assert moved.estimate - yd.dose_order_test(panel_of(), DESIGN, seed=1).estimate == pytest.approx(3.0, abs=1e-12)
    assert moved.rank <= 2


def test_orders_of_many_units_are_drawn():
    test = yd.dose_order_test(panel_of(count=10), DESIGN, seed=1, draws=200)
    assert len(test.draws) == 201
    again = yd.dose_order_test(panel_of(count=10), DESIGN, seed=1, draws=200)
    assert test.draws.tolist() == again.draws.tolist()


def test_too_few_doses_are_refused():
    with pytest.raises(yd.DesignError, match="2 treated units have a dose"):
        yd.dose_order_test(panel_of(count=2), DESIGN, seed=1)


def test_an_outcome_with_gaps_is_refused():
    frame = panel_of().frame
    frame.loc[(frame["u"] == "u2") & (frame["t"] == 5), "y"] = np.nan
    with pytest.raises(yd.DesignError, match=r"the outcome of \['u2'\] has gaps"):
        yd.dose_order_test(yd.Panel.from_frame(frame, unit="u", time="t"), DESIGN, seed=1)
