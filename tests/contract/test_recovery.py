"""Every estimator recovers simulated effects that differ between cohorts and grow; two-way regression does not."""

from functools import cache

import numpy as np
import pandas as pd
import pytest

import yrdecon as yd

N_PERIODS, COHORTS, PER_COHORT, N_NEVER, DRAWS = 12, (5.0, 7.0, 9.0), 6, 8, 30
LAST_SHARED = int(N_PERIODS - max(COHORTS))
SCALE = {5.0: 1.5, 7.0: 1.0, 9.0: 0.5}
NOT_CONSISTENT = {
    "dose_response": "low and high doses are two-way regressions",
    "triple_difference": "earlier adopters serve as comparisons for eligible units",
    "ring_effects": "treated units of other cohorts serve as comparisons, as in the two-way regression",
    "spatial_did": "earlier adopters serve as comparisons, as in the two-way regression",
    "twfe": "averages effects with weights of either sign",
    "event_study": "effects of other cohorts and horizons contaminate each coefficient",
}
DESIGN = yd.Design("y")


def effect(cohort, event_time):
    return np.where(event_time >= 0, SCALE.get(cohort, 0.0) * (1 + 0.5 * event_time), 0.0)


@cache
def staggered(seed):
    """Synthetic panel with unit and time effects, independent errors and effects that grow and differ by cohort."""
    generator = np.random.default_rng(seed)
    cohort = np.repeat([*COHORTS, np.inf], [PER_COHORT] * 3 + [N_NEVER])
    time = np.arange(1, N_PERIODS + 1)
    shape = (len(cohort), N_PERIODS)
    y = generator.normal(size=(shape[0], 1)) + generator.normal(size=(1, shape[1])) + 0.3 * generator.normal(size=shape)
    y += np.stack([effect(c, time - c if np.isfinite(c) else -np.ones(N_PERIODS)) for c in cohort])
    frame = pd.DataFrame({"unit": np.repeat(np.arange(shape[0]), shape[1]), "time": np.tile(time, shape[0])})
    frame = frame.assign(y=y.ravel(), cohort=np.repeat(cohort, shape[1]))
    placed = furnished(frame).assign(lon=0.3 * frame["unit"], lat=0.0)
    return yd.Panel.from_frame(placed, unit="unit", time="time", location=("lon", "lat"), group="group")


def furnished(frame):
    """Add one ineligible unit to the group of each cohort, eligible ones to a group that does not adopt, and doses."""
    number, treated = frame["unit"], np.isfinite(frame["cohort"])
    last = len(COHORTS) * PER_COHORT
    return frame.assign(
        group=np.where(treated, number // PER_COHORT, np.minimum(number - last, len(COHORTS))),
        eligible=treated | (number >= last + N_NEVER // 2),
        dose=np.where(treated, 1.0 + number % 2, 0.0),
    )


def true_cells():
    rows = [(c, t, t - c) for c in COHORTS for t in range(1, N_PERIODS + 1) if t >= c]
    table = pd.DataFrame(rows, columns=["cohort", "time", "event_time"])
    return table.assign(effect=[float(effect(c, e)) for c, _, e in rows])


def compared(estimate):
    """Return the estimate and the truth of the average over what the estimator reports."""
    cells, truth = estimate.cells, true_cells()
    if "cohort" in cells:
        both = cells.assign(estimate=estimate.coef).merge(truth, on=["cohort", "time", "event_time"])
        assert len(both) == len(truth)
        return both["estimate"].mean(), both["effect"].mean()
    if "event_time" in cells:
        shared = truth[truth["event_time"] <= LAST_SHARED].groupby("event_time")["effect"].mean()
        return yd.average(estimate, 0, LAST_SHARED).coef[0], shared.mean()
    return estimate.coef[0], truth["effect"].mean()


def bias_and_error(function):
    pairs = [compared(function(staggered(seed), DESIGN)) for seed in range(DRAWS)]
    gaps = np.array([found - truth for found, truth in pairs])
    return gaps.mean(), gaps.std(ddof=1) / np.sqrt(DRAWS), pairs[0][1]


@pytest.mark.parametrize("name", sorted(yd.ESTIMATORS))
def test_effects_that_grow_and_differ_are_recovered_but_by_two_way_regression(name):
    bias, error, truth = bias_and_error(yd.ESTIMATORS[name].function)
    assert error < 0.1
    if name in NOT_CONSISTENT:
        assert abs(bias) > 5 * error
        assert abs(bias) > 0.05 * truth
    else:
        assert abs(bias) < 3 * error
