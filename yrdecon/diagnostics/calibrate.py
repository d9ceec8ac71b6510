"""The size of tests on a panel like the user's own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from yrdecon.core.assignment import Assignment
from yrdecon.core.design import Design
from yrdecon.core.estimator import Estimator
from yrdecon.core.hypothesis import HypothesisTest
from yrdecon.core.panel import Panel
from yrdecon.core.sample import draw_sample
from yrdecon.diagnostics.one_effect import one_effect
from yrdecon.diagnostics.outcomes import outcome_replacer
from yrdecon.diagnostics.placebo_dates import move_back, placebo_shifts
from yrdecon.diagnostics.placebo_p_values import PValues, permutation_p_values
from yrdecon.diagnostics.processes import fitted_processes
from yrdecon.errors import DesignError, YrdeconError
from yrdecon.inference.permutation import permutation_test
from yrdecon.kernels.calibration import attained_threshold, rejection_rate

FloatArray = NDArray[np.float64]
RunTest = Callable[[Panel, Design], HypothesisTest]

PLACEBO_DATES = "placebo dates"
LEVELS = {"05": 0.05, "10": 0.10}


def calibrate(
    panel: Panel,
    design: Design,
    estimator: Estimator,
    tests: Mapping[str, Assignment | RunTest],
    *,
    seed: int,
    draws: int = 1_000,
    sampled: int = 499,
    ranges: Sequence[float] = (),
) -> pd.DataFrame:
    """Measure how often tests reject a true null on the user's own panel before treatment, and on panels like it.

    First the whole design is moved back to every placebo date, with the units that were actually treated. Then outcomes
    without any effect are simulated with the persistence, range and variance that `spatial_range` finds: the fitted
    process, one in which the decay with distance carries all that units share, one with a smooth gradient over the map,
    and one with independent shocks. Units, dates, pool and base periods stay as they are.

    Parameters
    ----------
    estimator
        Any estimator. Effects by cohort or event time are summarized in one.
    tests
        Tests by name: an assignment stands for `permutation_test` of the estimator under it; anything else is a
        function from a panel and a design to a test, such as `spatial_model_test`, and is run at every draw.
    seed, draws
        Seed and number of simulated panels for each process; all tests see the same ones.
    sampled
        Number of sampled assignments of permutation tests that cannot enumerate them.
    ranges
        Further ranges in kilometers at which all shocks spread with distance, exp(-d / range).

    Returns
    -------
    One row per process and test: process, over_time (whether levels or growth persist), rho, theta_km, test, size_05,
    size_10 (shares of p-values at or below 5 and 10%), error_05, error_10 (Monte Carlo errors), smallest_p_value (a
    test that cannot attain 5% holds it without merit), draws, and threshold_10, the largest p-value at which the test
    rejects in at most 10% of the draws: the level to which a threshold of 10% has to be lowered. Placebo dates are few,
    overlap, and take part only where the test can be computed; their number stands under draws.

    Raises
    ------
    DesignError
        If no test is named, the design has several adoption dates, covariates, weights or effects, or the panel is not
        balanced or too short to fit.

    Notes
    -----
    Assignments are drawn once and kept for all panels. Estimators that are linear in the outcome are turned into
    weights on it, so that a thousand panels cost no more than a product of matrices.

    Examples
    --------
    >>> from yrdecon.estimators import twfe
    >>> noise = np.random.default_rng(1).normal(size=(12, 8))
    >>> rows = [(u, t, noise[u, t], 6.0 if u < 3 else np.inf) for u in range(12) for t in range(8)]
    >>> panel = Panel.from_frame(pd.DataFrame(rows, columns=["u", "t", "y", "cohort"]), unit="u", time="t")
    >>> table = calibrate(panel, Design(outcome="y"), twfe, {"free": Assignment("free")}, seed=1, draws=200)
    >>> table["process"].tolist()
    ['placebo dates', 'independent']
    >>> bool(table["size_05"].iloc[1] < 0.10)
    True
    """
    _fail_if_options_are_wrong(tests, draws, sampled, ranges)
    single = one_effect(estimator, panel, design)
    processes = fitted_processes(panel, design, ranges)
    runs = {name: _as_function(test, single, seed, sampled) for name, test in tests.items()}
    probes = processes[0].simulate(2, np.random.default_rng(seed))
    expected = draws * len(processes)
    prepared: dict[str, PValues] = {}
    for name, test in tests.items():
        if isinstance(test, Assignment):
            prepared[name] = permutation_p_values(
                single, panel, design, test, seed=seed, draws=sampled, probes=probes, expected=expected
            )
        else:
            prepared[name] = _one_by_one(test, panel, design)
    rows: list[tuple[object, ...]] = []
    moved = [move_back(panel, design, back) for back in placebo_shifts(single, panel, design)]
    least = {name: run(panel, design).smallest_p_value for name, run in runs.items()}
    for name, run in runs.items():
        rows.append((PLACEBO_DATES, "", np.nan, np.nan, name, *_sizes(_at_dates(run, moved), least[name])))
    for number, process in enumerate(processes):
        outcomes = process.simulate(draws, np.random.default_rng([seed, number]))
        labels = (process.name, process.over_time, process.rho, process.theta_km)
        rows += [(*labels, name, *_sizes(p_values(outcomes), least[name])) for name, p_values in prepared.items()]
    columns = ["process", "over_time", "rho", "theta_km", "test"]
    sizes = ["size_05", "error_05", "size_10", "error_10", "smallest_p_value", "draws", "threshold_10"]
    return pd.DataFrame(rows, columns=columns + sizes)


def _as_function(test: Assignment | RunTest, estimator: Estimator, seed: int, sampled: int) -> RunTest:
    if not isinstance(test, Assignment):
        return test
    return lambda panel, design: permutation_test(estimator, panel, design, test, seed=seed, draws=sampled)


def _one_by_one(test: RunTest, panel: Panel, design: Design) -> PValues:
    replaced = outcome_replacer(panel, design, draw_sample(panel, design))
    return lambda outcomes: np.array([test(replaced(values), design).p_value for values in outcomes])


def _at_dates(run: RunTest, moved: Sequence[tuple[Panel, Design]]) -> FloatArray:
    found = []
    for panel, design in moved:
        try:
            found.append(run(panel, design).p_value)
        except YrdeconError:
            continue
    return np.array(found)


def _sizes(p_values: FloatArray, smallest: float) -> tuple[float, ...]:
    at = [rejection_rate(p_values, level) for level in LEVELS.values()]
    threshold = attained_threshold(p_values, LEVELS["10"])
    return at[0].share, at[0].error, at[1].share, at[1].error, smallest, len(p_values), threshold


def _fail_if_options_are_wrong(
    tests: Mapping[str, Assignment | RunTest], draws: int, sampled: int, ranges: Sequence[float]
) -> None:
    if not tests:
        raise DesignError("name the tests to calibrate, for example {'auto': Assignment()}")
    strange = [name for name, test in tests.items() if not (isinstance(test, Assignment) or callable(test))]
    if strange:
        raise DesignError(f"tests {strange} are neither an Assignment nor a function of panel and design")
    if draws < 1 or sampled < 1:
        raise DesignError(f"draws={draws} and sampled={sampled} must be 1 or more")
    wrong = [r for r in ranges if not r >= 0]
    if wrong:
        raise DesignError(f"ranges {wrong} must be kilometers, 0 or more")
