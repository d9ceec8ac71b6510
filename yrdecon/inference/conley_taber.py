"""The test of Conley and Taber for a handful of treated units."""

from __future__ import annotations

from types import MappingProxyType
from typing import Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from yrdecon.core.design import Design
from yrdecon.core.hypothesis import TIE, HypothesisTest
from yrdecon.core.panel import Panel
from yrdecon.errors import DesignError
from yrdecon.inference.changes import unit_changes
from yrdecon.inference.inversion import fail_if_level_is_wrong, order_statistic
from yrdecon.kernels.few_treated import conley_taber_draws, control_mean_factor, ordered_draws

FloatArray = NDArray[np.float64]

Refinement = Literal["control_mean", "none"]
Dependence = Literal["independent", "perfect"]

DRAWS = 9_999
MOST_ENUMERATED = 2_000_000


def conley_taber(
    panel: Panel,
    design: Design,
    *,
    seed: int,
    refinement: Refinement = "control_mean",
    dependence: Dependence = "independent",
    level: float = 0.95,
) -> HypothesisTest:
    """Compare the estimate with averages of changes of untreated units, as many as there are treated units.

    Parameters
    ----------
    seed
        Seed of the 9,999 draws with replacement; up to two million ordered draws are enumerated instead.
    refinement
        ``"control_mean"`` widens the distribution by ``sqrt(1 + n1 / n0)``, because the mean of n0 untreated units is
        itself estimated; ``"none"`` is the test as published, which takes it as known.
    dependence
        ``"independent"`` shocks of the treated units, or ``"perfect"``: all of them share one shock, so that the
        estimate is compared with single untreated units. This holds its size under any correlation among the
        treated, and has little power.
    level
        Confidence level of the interval by inversion.

    Returns
    -------
    A two-sided test of no effect on the treated on average. The estimate is counted among the draws, so that the
    p-value is never zero. Frame ``"placebos"`` holds all draws.

    Raises
    ------
    DesignError
        If there are several adoption dates, a cell is missing, or the design asks for more than one change per unit.

    Notes
    -----
    The changes of all units must have one distribution: if the treated are those that vary most, the test rejects far
    too often, and `ferman_pinto` is meant for that case. Correlation between neighbors is not allowed for.

    References
    ----------
    Conley and Taber (2011), Review of Economics and Statistics; Alvarez, Ferman and Wüthrich (2025), arXiv 2504.19841.

    Examples
    --------
    >>> change = {"a": 5.0, "b": 0.0, "c": 2.0, "d": 4.0}
    >>> rows = [(u, t, change[u] * (t == 2), 2.0 if u == "a" else np.inf) for u in change for t in (1, 2)]
    >>> panel = Panel.from_frame(pd.DataFrame(rows, columns=["u", "t", "y", "cohort"]), unit="u", time="t")
    >>> test = conley_taber(panel, Design(outcome="y"), seed=1)
    >>> test.estimate, test.rank, len(test.draws)
    (3.0, 1, 4)
    """
    _fail_if_options_are_unknown(refinement, dependence, level)
    changes = unit_changes(panel, design, "conley_taber")
    n_others, size = int((~changes.treated).sum()), int(changes.treated.sum()) if dependence == "independent" else 1
    total = n_others**size
    if total <= MOST_ENUMERATED:
        picks = ordered_draws(n_others, size)
    else:
        picks = np.random.default_rng(seed).integers(0, n_others, (DRAWS, size))
    factor = control_mean_factor(changes.treated) if refinement == "control_mean" and dependence == "independent" else 1
    means = factor * conley_taber_draws(changes.change, changes.treated, picks)
    drawn = f"all {total:,} draws" if total <= MOST_ENUMERATED else f"{DRAWS:,} draws, seed {seed},"
    notes = (
        f"{drawn} of {size} of {n_others} untreated units with replacement",
        _words(refinement, dependence),
        *changes.notes,
    )
    estimate = changes.estimate
    statistics = np.abs(np.append(estimate, means))
    reach = order_statistic(np.append(np.inf, np.abs(means)), level)
    placebos = pd.DataFrame(
        {
            "actual": np.arange(len(statistics)) == 0,
            "estimate": np.append(estimate, means),
            "statistic": statistics,
        }
    )
    return HypothesisTest(
        name="Conley-Taber test",
        statistic=float(statistics[0]),
        p_value=float(np.mean(statistics >= statistics[0] * (1 - TIE))),
        null="the treatment had no effect on the treated units on average",
        draws=statistics,
        estimate=estimate,
        conf_low=estimate - reach,
        conf_high=estimate + reach,
        frames=MappingProxyType({"placebos": placebos}),
        notes=(*notes, f"smallest attainable p-value {1 / len(statistics):.4g}"),
    )


def _words(refinement: Refinement, dependence: Dependence) -> str:
    if dependence == "perfect":
        return "all treated units are taken to share one shock"
    if refinement == "none":
        return "the mean of the untreated is taken as known, as published, which rejects too often if they are few"
    return "draws are widened for the error in the mean of the untreated"


def _fail_if_options_are_unknown(refinement: str, dependence: str, level: float) -> None:
    for name, value, known in (("refinement", refinement, Refinement), ("dependence", dependence, Dependence)):
        if value not in get_args(known):
            raise DesignError(f"{name}={value!r} is unknown; choose one of {list(get_args(known))}")
    fail_if_level_is_wrong(level)
