"""The rearrangement test of Hagemann for a single treated unit."""

from __future__ import annotations

from types import MappingProxyType

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from yrdecon.core.design import Design
from yrdecon.core.hypothesis import HypothesisTest
from yrdecon.core.panel import Panel
from yrdecon.errors import DesignError
from yrdecon.inference.changes import unit_changes
from yrdecon.inference.inversion import fail_if_level_is_wrong
from yrdecon.kernels.rearrangement import largest_ratio, one_sided_p_value, smallest_weight

FloatArray = NDArray[np.float64]


def hagemann(panel: Panel, design: Design, *, rho: float = 1.0, level: float = 0.95) -> HypothesisTest:
    """Test whether one treated unit lies beyond all others even if it varies more than they do.

    Its gap to the mean of the others is multiplied by ``1 - w`` and must then exceed the largest gap among them; the
    weight w follows from the number of others, the level and `rho`.

    Parameters
    ----------
    rho
        Largest ratio of the standard deviation of the treated unit to that of the others that is allowed for.
    level
        Confidence level; each side is tested at half of what remains.

    Returns
    -------
    A two-sided test, its p-value the smallest level at which it rejects, with its interval by inversion. Frame
    ``"sides"`` holds for each side weight, the two numbers that are compared, the decision, the p-value and
    ``largest_rho``, the ratio up to which the test rejects.

    Raises
    ------
    DesignError
        If more than one unit is treated, `rho` is negative, a cell is missing, or the design asks for more than one
        change per unit.

    References
    ----------
    Hagemann (2025), Review of Economic Studies, for a single treated cluster.

    Examples
    --------
    >>> change = np.append(9.0, np.sin(np.arange(40)))
    >>> rows = [(u, t, change[u] * t, 1.0 if u == 0 else np.inf) for u in range(41) for t in (0, 1)]
    >>> panel = Panel.from_frame(pd.DataFrame(rows, columns=["u", "t", "y", "cohort"]), unit="u", time="t")
    >>> hagemann(panel, Design(outcome="y"), rho=2.0).p_value < 0.05
    True
    """
    fail_if_level_is_wrong(level)
    if not 0 <= rho < np.inf:
        raise DesignError(f"rho={rho!r} must be a ratio of standard deviations, zero or more")
    changes = unit_changes(panel, design, "hagemann")
    n_treated, others = int(changes.treated.sum()), changes.change[~changes.treated]
    if n_treated > 1:
        raise DesignError(
            f"hagemann compares one treated unit with the others, here {n_treated} are treated; "
            "test one at a time and leave the others out of the pool, or use permutation_test"
        )
    q, alpha = len(others), (1 - level) / 2
    weight = smallest_weight(q, rho, alpha)
    shrink = 0.0 if np.isnan(weight) else 1 - weight
    sides = _sides(changes.estimate, others - others.mean(), shrink, rho, alpha)
    wide = sides["largest_control"] / shrink if shrink > 0 else pd.Series([np.inf, np.inf])
    return HypothesisTest(
        name="Hagemann rearrangement test",
        statistic=shrink * abs(changes.estimate),
        p_value=min(1.0, 2 * float(sides["p_value"].min())),
        null=f"the treatment had no effect on the unit, whose standard deviation is at most {rho:g} times the others'",
        estimate=changes.estimate,
        conf_low=changes.estimate - float(wide[0]),
        conf_high=changes.estimate + float(wide[1]),
        frames=MappingProxyType({"sides": sides}),
        notes=(_on_weight(weight, q, rho, level), _on_ratio(float(sides["largest_rho"].max()), level), *changes.notes),
    )


def _sides(estimate: float, gaps: FloatArray, shrink: float, rho: float, alpha: float) -> pd.DataFrame:
    rows = []
    for side, sign in (("greater", 1.0), ("less", -1.0)):
        gap, largest = sign * estimate, float((sign * gaps).max())
        shrunk = shrink * gap
        p_value = one_sided_p_value(gap, largest, len(gaps), rho)
        ratio = largest_ratio(gap, largest, len(gaps), alpha)
        rows.append((side, 1 - shrink, shrunk, largest, bool(shrunk > largest), p_value, ratio))
    columns = ["side", "weight", "shrunk_gap", "largest_control", "rejects", "p_value", "largest_rho"]
    return pd.DataFrame(rows, columns=columns)


def _on_weight(weight: float, q: int, rho: float, level: float) -> str:
    if np.isnan(weight):
        return f"{q} untreated units cannot support a test at level {level:g} with rho = {rho:g}"
    return f"{q} untreated units; the gap is shrunk by w = {weight:.3f} for rho = {rho:g}"


def _on_ratio(ratio: float, level: float) -> str:
    if ratio == 0:
        return f"no effect is not rejected at level {level:g} for any rho"
    return f"no effect is rejected at level {level:g} as long as rho is at most {ratio:.2f}"
