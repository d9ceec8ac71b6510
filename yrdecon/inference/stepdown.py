"""Several outcomes or hypotheses together."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from yrdecon.core.hypothesis import TIE, HypothesisTest
from yrdecon.errors import DesignError
from yrdecon.kernels.stepdown import holm_p_values, romano_wolf_p_values

FloatArray = NDArray[np.float64]


def romano_wolf(tests: Mapping[str, HypothesisTest]) -> pd.DataFrame:
    """Adjust the p-values of permutation tests for their number, by the joint distribution of their statistics.

    Parameters
    ----------
    tests
        Results of `permutation_test` on several outcomes under the same assignments: one panel, one assignment, one
        seed. Each outcome's statistics are divided by their root mean square over the assignments.

    Returns
    -------
    One row per test: name, estimate, p_value, p_adjusted. An adjusted p-value is the probability, if no outcome is
    affected, that any outcome not yet rejected is as extreme as this one.

    Raises
    ------
    DesignError
        If a test compared no assignments, or they compared different ones.

    References
    ----------
    Romano and Wolf (2005), Econometrica; (2016), Statistics and Probability Letters.

    Examples
    --------
    >>> from yrdecon.core import Assignment, Design, Panel
    >>> from yrdecon.estimators import twfe
    >>> from yrdecon.inference.permutation import permutation_test
    >>> rows = [(u, t, float(t * (u == 0)), float(u * t % 7), 2.0 if u == 0 else np.inf)
    ...         for u in range(9) for t in (1, 2)]
    >>> panel = Panel.from_frame(pd.DataFrame(rows, columns=["u", "t", "x", "z", "cohort"]), unit="u", time="t")
    >>> tests = {y: permutation_test(twfe, panel, Design(outcome=y), Assignment("free"), seed=1) for y in ("x", "z")}
    >>> romano_wolf(tests)["p_adjusted"].round(3).tolist()
    [0.111, 1.0]
    """
    _fail_if_empty(tests)
    first = next(iter(tests))
    for name, test in tests.items():
        if test.draws is None or "placebos" not in test.frames or "members" not in test.frames["placebos"]:
            raise DesignError(f"{test.name} of {name!r} compared no assignments; use permutation_test, or holm")
        if not _members(test).equals(_members(tests[first])):
            raise DesignError(
                f"the tests of {first!r} and {name!r} compared different assignments; give all the same sample, "
                "assignment, draws and seed, or use holm"
            )
    statistics = np.stack(
        [test.frames["placebos"]["statistic"].to_numpy(dtype=float) for test in tests.values()], axis=1
    )
    scale = np.sqrt((statistics**2).mean(axis=0))
    adjusted = romano_wolf_p_values(statistics / np.where(scale > 0, scale, 1.0), TIE)
    return _table(tests, adjusted)


def holm(tests: Mapping[str, HypothesisTest]) -> pd.DataFrame:
    """Adjust the p-values of any tests for their number, whatever their dependence.

    Returns
    -------
    One row per test: name, estimate, p_value, p_adjusted.

    Raises
    ------
    DesignError
        If no test is given.

    References
    ----------
    Holm (1979), Scandinavian Journal of Statistics.

    Examples
    --------
    >>> tests = {name: HypothesisTest("t", 2.0, p, "no effect") for name, p in {"gdp": 0.02, "trade": 0.04}.items()}
    >>> holm(tests)["p_adjusted"].tolist()
    [0.04, 0.04]
    """
    _fail_if_empty(tests)
    return _table(tests, holm_p_values(np.array([test.p_value for test in tests.values()])))


def _table(tests: Mapping[str, HypothesisTest], adjusted: FloatArray) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "name": list(tests),
            "estimate": [test.estimate for test in tests.values()],
            "p_value": [test.p_value for test in tests.values()],
            "p_adjusted": adjusted,
        }
    )


def _members(test: HypothesisTest) -> pd.Series:
    return test.frames["placebos"]["members"]


def _fail_if_empty(tests: Mapping[str, HypothesisTest]) -> None:
    if not tests:
        raise DesignError("no test is given; pass a mapping from names to tests")
