"""Batch kernels give what evaluating one assignment after the other gives."""

from dataclasses import replace

import numpy as np
import pytest
from conftest import make_toy

import yrdecon as yd
from contract.test_estimators import DESIGN, NAMES, close
from yrdecon.core.estimator import (
    errors_of_assignments,
    errors_one_by_one,
    estimate_assignments,
    estimate_one_by_one,
    estimate_without,
)
from yrdecon.core.sample import draw_sample
from yrdecon.diagnostics.outcomes import outcome_replacer

BATCHED = [n for n in NAMES if yd.ESTIMATORS[n].draws is not None]
SHIFTED = [n for n in NAMES if yd.ESTIMATORS[n].without is not None]
MANY_OUTCOMES = [n for n in NAMES if yd.ESTIMATORS[n].outcomes is not None]
WITH_ERRORS = [n for n in NAMES if yd.ESTIMATORS[n].errors is not None]


@pytest.mark.parametrize("name", BATCHED)
@pytest.mark.parametrize(
    "options",
    [{}, {"base_periods": (4,), "exclude_periods": (5,)}, {"anticipation": 1}],
)
def test_the_batch_kernel_equals_one_by_one(name, options):
    toy, design = make_toy(), replace(DESIGN, **options)
    generator = np.random.default_rng(1)
    cohorts = np.stack([generator.permutation(np.where(np.arange(12) < 3, 6.0, np.inf)) for _ in range(7)])
    function = yd.ESTIMATORS[name].function
    together = estimate_assignments(function, toy, design, cohorts)
    assert close(together, estimate_one_by_one(function, toy, design, cohorts), 1e-9)


@pytest.mark.parametrize("name", BATCHED)
def test_the_batch_kernel_equals_one_by_one_with_staggered_cohorts(name):
    toy = make_toy(n_units=14, n_treated=5)
    start = {"u00": 4.0, "u01": 4.0, "u02": 6.0, "u03": 6.0, "u04": 6.0}
    toy = toy.assign(cohort=toy.frame["unit"].map(start).fillna(np.inf))
    generator = np.random.default_rng(2)
    own = np.array([4.0, 4.0, 6.0, 6.0, 6.0] + [np.inf] * 9)
    cohorts = np.stack([own, *(generator.permutation(own) for _ in range(5))])
    function = yd.ESTIMATORS[name].function
    together = estimate_assignments(function, toy, DESIGN, cohorts)
    assert close(together, estimate_one_by_one(function, toy, DESIGN, cohorts), 1e-9)


@pytest.mark.parametrize("name", SHIFTED)
@pytest.mark.parametrize("dates", [(6.0, 6.0, 6.0), (4.0, 6.0, 6.0)])
def test_what_is_shared_between_effects_changes_no_number(name, dates):
    toy = make_toy()
    own = np.array([*dates] + [np.inf] * 9)
    toy = toy.assign(cohort=toy.frame["unit"].map(dict(zip(toy.units, own, strict=True))))
    generator = np.random.default_rng(4)
    cohorts = np.stack([own, *(generator.permutation(own) for _ in range(5))])
    function = yd.ESTIMATORS[name].function
    shared = estimate_without(function, toy, DESIGN, cohorts)
    plain = estimate_without(lambda p, d: function(p, d), toy, DESIGN, cohorts)
    for effect in (0.0, -0.8, 1.7):
        assert close(shared(effect), plain(effect), 1e-9)


@pytest.mark.parametrize("name", BATCHED)
def test_gaps_of_a_unit_treated_throughout_do_not_matter_to_the_batch_kernel(name):
    toy = make_toy()
    always, own = toy.frame["unit"] == "u11", np.array([6.0] * 3 + [np.inf] * 8 + [1.0])
    toy = toy.assign(
        cohort=toy.frame["cohort"].mask(always, 1.0), y=toy.frame["y"].mask(always & toy.frame["time"].eq(3))
    )
    generator = np.random.default_rng(5)
    cohorts = np.stack([own, *(np.append(generator.permutation(own[:11]), 1.0) for _ in range(5))])
    function = yd.ESTIMATORS[name].function
    together = estimate_assignments(function, toy, DESIGN, cohorts)
    assert close(together, estimate_one_by_one(function, toy, DESIGN, cohorts), 1e-9)


@pytest.mark.parametrize("name", WITH_ERRORS)
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"base_periods": (4,), "exclude_periods": (5,)},
        {"anticipation": 1},
        {"cluster": "group"},
        {"weights": "w", "covariates": ("x",), "effects": ("group^time",)},
    ],
)
@pytest.mark.parametrize("dates", [(6.0, 6.0, 6.0), (4.0, 6.0, 6.0)])
def test_the_kernel_of_errors_equals_one_by_one(name, options, dates):
    if len(set(dates)) > 1 and "base_periods" in options:
        return
    toy, design = make_toy(), replace(DESIGN, **options)
    own = np.array([*dates, *[np.inf] * 9])
    toy = toy.assign(cohort=np.repeat(own, 8), y=toy.frame["y"].where(toy.frame.index % 17 != 5))
    generator = np.random.default_rng(4)
    cohorts = np.stack([own, *(generator.permutation(own) for _ in range(5))])
    function = yd.ESTIMATORS[name].function
    together = errors_of_assignments(function, toy, design, cohorts)
    assert close(together, errors_one_by_one(function, toy, design, cohorts), 1e-9)


def test_the_twfe_kernel_handles_weights_covariates_effects_and_gaps():
    toy = make_toy()
    holed = toy.assign(y=toy.frame["y"].where(toy.frame.index % 11 != 5))
    design = replace(DESIGN, weights="w", covariates=("x",), effects=("group^time",))
    cohorts = np.stack([np.roll(np.where(np.arange(12) < 3, 6.0, np.inf), i) for i in range(6)])
    together = estimate_assignments(yd.twfe, holed, design, cohorts)
    assert close(together, estimate_one_by_one(yd.twfe, holed, design, cohorts), 1e-9)


@pytest.mark.parametrize(
    "options",
    [{}, {"comparison": "not_yet"}, {"base_periods": (2, 3)}, {"covariates": ("x",)}, {"weights": "changing"}],
)
@pytest.mark.parametrize("gaps", [False, True])
def test_the_callaway_santanna_kernel_handles_weights_not_yet_treated_units_and_gaps(options, gaps):
    toy = make_toy(n_units=14)
    if gaps:
        toy = toy.assign(y=toy.frame["y"].where(toy.frame.index % 31 != 5))
    toy = toy.assign(changing=toy.frame["w"] + toy.frame["time"] / 10)
    design = replace(DESIGN, **({"weights": "w"} | options))
    generator = np.random.default_rng(3)
    own = np.array([4.0, 4.0, 4.0, 6.0, 6.0, 6.0] + [np.inf] * 8)
    toy = toy.assign(cohort=np.repeat(own, 8))
    cohorts = np.stack([own, *(generator.permutation(own) for _ in range(5))])
    together = estimate_assignments(yd.callaway_santanna, toy, design, cohorts)
    assert close(together, estimate_one_by_one(yd.callaway_santanna, toy, design, cohorts), 1e-9)


@pytest.mark.parametrize("name", MANY_OUTCOMES)
@pytest.mark.parametrize("options", [{}, {"base_periods": (4,), "exclude_periods": (5,)}])
def test_many_outcomes_at_once_equal_one_after_the_other(name, options):
    toy, design = make_toy(), replace(DESIGN, **options)
    entry, sample = yd.ESTIMATORS[name], draw_sample(toy, design)
    replaced = outcome_replacer(toy, design, sample)
    own = np.where(np.arange(12) < 3, 6.0, np.inf)
    generator = np.random.default_rng(5)
    cohorts = np.stack([own, *(generator.permutation(own) for _ in range(4))])
    outcomes = generator.normal(size=(3, len(sample.units), len(sample.periods))).cumsum(axis=2)
    found = entry.outcomes(toy, design, cohorts, outcomes)
    single = [estimate_assignments(entry.function, replaced(y), design, cohorts)[:, 0] for y in outcomes]
    assert close(found.effects, np.stack(single), 1e-9)
    if entry.pre_effects is not None:
        before = [entry.pre_effects(replaced(y), design, cohorts) for y in outcomes]
        assert close(found.before, np.stack(before), 1e-9)
