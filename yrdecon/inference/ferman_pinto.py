"""The test of Ferman and Pinto for few treated units whose variance differs from that of the others."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from yrdecon.core.design import Design
from yrdecon.core.hypothesis import TIE, HypothesisTest
from yrdecon.core.panel import Panel
from yrdecon.errors import DesignError
from yrdecon.inference.changes import UnitChanges, unit_changes
from yrdecon.inference.inversion import BISECTIONS, fail_if_level_is_wrong, interval_by_search
from yrdecon.kernels.changes import idiosyncratic_variance, placebo_changes
from yrdecon.kernels.few_treated import VarianceLine, difference, ferman_pinto_draws, variance_line

FloatArray = NDArray[np.float64]

FEWEST_DATES = 2


def ferman_pinto(
    panel: Panel, design: Design, *, seed: int, draws: int = 9_999, driver: str | None = None, level: float = 0.95
) -> HypothesisTest:
    """Compare the estimate with bootstrap samples that give every unit residuals of its own variance.

    The squared change of a unit, with no effect imposed, is regressed on a constant and a variance driver, both
    coefficients not negative. Residuals are divided by the fitted deviation, drawn with replacement for every unit,
    and multiplied by the deviation of the unit that receives them.

    Parameters
    ----------
    seed, draws
        Seed and number of bootstrap samples.
    driver
        Column, constant within units, in which the variance is linear, for example one over population where the
        outcome is a mean over people. None is the variance of the same change at earlier dates, at which the base and
        treated periods both lie before treatment; where fewer than two such dates exist, one variance for all.
    level
        Confidence level of the interval by inversion.

    Returns
    -------
    A two-sided test of no effect on the treated on average; the estimate is counted among the draws. Frame
    ``"variances"`` holds change, driver and fitted variance of every unit.

    Raises
    ------
    DesignError
        If the driver is missing, negative or varies within units, there are several adoption dates, a cell is
        missing, or the design asks for more than one change per unit.

    Notes
    -----
    Units are independent here: neighbors that share shocks make the test reject too often, as they do every other
    one that draws units.

    References
    ----------
    Ferman and Pinto (2019), Review of Economics and Statistics.

    Examples
    --------
    >>> noise = np.random.default_rng(2).normal(size=(12, 8))
    >>> rows = [(u, t, noise[u, t], 7.0 if u == 0 else np.inf) for u in range(12) for t in range(8)]
    >>> panel = Panel.from_frame(pd.DataFrame(rows, columns=["u", "t", "y", "cohort"]), unit="u", time="t")
    >>> 0.05 < ferman_pinto(panel, Design(outcome="y"), seed=1, draws=199).p_value
    True
    """
    fail_if_level_is_wrong(level)
    if draws < 1:
        raise DesignError(f"draws={draws} must be 1 or more")
    changes = unit_changes(panel, design, "ferman_pinto")
    values, words = _driver(panel, design, changes, driver)
    picks = np.random.default_rng(seed).integers(0, len(changes.change), (draws, len(changes.change)))

    def statistics(effect: float) -> FloatArray:
        change = changes.change - effect * changes.treated
        found = ferman_pinto_draws(change, changes.treated, values, picks)
        return np.asarray(np.abs(np.append(difference(change, changes.treated), found)))

    found = statistics(0.0)
    step = max(abs(changes.estimate), float(np.ptp(changes.change))) or 1.0
    low, high = interval_by_search(statistics, changes.estimate, step, level, BISECTIONS)
    line = variance_line((changes.change - changes.change.mean()) ** 2, values)
    return HypothesisTest(
        name="Ferman-Pinto test",
        statistic=float(found[0]),
        p_value=float(np.mean(found >= found[0] * (1 - TIE))),
        null="the treatment had no effect on the treated units on average",
        draws=found,
        estimate=changes.estimate,
        conf_low=low,
        conf_high=high,
        frames=MappingProxyType({"variances": _variances(changes, values, line)}),
        notes=(
            f"{draws:,} bootstrap samples, seed {seed}; the variance of a unit is {line.constant:.4g} plus "
            f"{line.slope:.4g} times {words}",
            *changes.notes,
        ),
    )


def _driver(panel: Panel, design: Design, changes: UnitChanges, column: str | None) -> tuple[FloatArray, str]:
    if column is not None:
        return _declared(panel, changes, column), column
    earlier = placebo_changes(changes.y, changes.clean, changes.post, changes.base if design.base_periods else None)
    observed = earlier[:, np.isfinite(earlier).all(axis=0)]
    if observed.shape[1] < FEWEST_DATES:
        return np.ones(len(changes.change)), "one, because too few periods before treatment tell variances apart"
    return idiosyncratic_variance(observed), f"its variance at {observed.shape[1]} earlier dates"


def _declared(panel: Panel, changes: UnitChanges, column: str) -> FloatArray:
    if column not in panel.frame.columns:
        raise DesignError(f"the panel has no column {column!r} to drive the variance")
    if not pd.api.types.is_numeric_dtype(panel.frame[column]):
        raise DesignError(f"the variance driver {column!r} must hold numbers")
    by_unit: Any = panel.frame[column].groupby(panel.frame[panel.unit].astype(str))
    values = by_unit.first().reindex(changes.units)
    wrong = values.index[(by_unit.nunique().reindex(changes.units) != 1) | ~(values >= 0) | np.isinf(values)].tolist()
    if wrong:
        raise DesignError(
            f"the variance driver {column!r} must have one finite value in every unit, zero or more; "
            f"it does not in {wrong[:8]}"
        )
    return np.asarray(values.to_numpy(dtype=float))


def _variances(changes: UnitChanges, driver: FloatArray, line: VarianceLine) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "unit": changes.units,
            "treated": changes.treated,
            "change": changes.change,
            "driver": driver,
            "variance": line.fitted,
        }
    )
