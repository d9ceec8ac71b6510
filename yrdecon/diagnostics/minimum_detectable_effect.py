"""The smallest effect that the comparison could detect, from placebo dates before treatment."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from yrdecon.core.assignment import Assignment
from yrdecon.core.design import Design
from yrdecon.core.estimator import Estimator, estimate_assignments
from yrdecon.core.panel import Panel
from yrdecon.core.sample import Sample, draw_sample
from yrdecon.diagnostics.placebo_dates import move_back, placebo_shifts
from yrdecon.errors import DesignError
from yrdecon.inference.assignments import admissible_assignments

FloatArray = NDArray[np.float64]

MECHANISMS = {"independent": Assignment("free"), "spatial": Assignment("contiguous")}


def minimum_detectable_effect(
    estimator: Estimator, panel: Panel, design: Design, *, seed: int, draws: int = 999, power: float = 0.8
) -> pd.DataFrame:
    """Return the effect that a two-sided 5% test would detect with the given power, for each mechanism.

    The design is moved back in time, period by period, to where its last treated period lies before the actual
    treatment and outside the excluded periods; at each placebo date the estimator is run at many placebo assignments.
    The root mean square of all these estimates stands for the standard error of the comparison.

    Parameters
    ----------
    seed, draws
        Sampled assignments where sets of units are free; blocks of neighbors are all used.
    power
        Probability of detection.

    Returns
    -------
    One row per mechanism: ``independent`` (any set of units) and, where the panel has a location, ``spatial``
    (blocks of neighbors, as the treated may be): std_error, minimum_detectable_effect, first and last placebo date,
    number of placebo estimates.

    Raises
    ------
    DesignError
        If there are several adoption dates, or the periods before treatment are too few to move the design.

    Examples
    --------
    >>> from yrdecon.estimators import twfe
    >>> noise = np.random.default_rng(1).normal(size=(12, 8))
    >>> rows = [(u, t, noise[u, t], 6.0 if u < 3 else np.inf) for u in range(12) for t in range(8)]
    >>> panel = Panel.from_frame(pd.DataFrame(rows, columns=["u", "t", "y", "cohort"]), unit="u", time="t")
    >>> bool(minimum_detectable_effect(twfe, panel, Design(outcome="y"), seed=1)["std_error"][0] > 0.3)
    True
    """
    if not 0 < power < 1:
        raise DesignError(f"power={power!r} must lie between 0 and 1, for example .8")
    sample = draw_sample(panel, design)
    _fail_if_dates_are_several(sample)
    shifts = [move_back(panel, design, back) for back in placebo_shifts(estimator, panel, design)]
    if not shifts:
        raise DesignError(
            "too few periods lie before treatment to move the design back in time; start the panel earlier"
        )
    factor = float(stats.norm.ppf(0.975) + stats.norm.ppf(power))
    rows = []
    for name, assignment in MECHANISMS.items():
        if name == "spatial" and panel.location is None:
            continue
        effects = np.concatenate([_effects(estimator, p, d, assignment, draws, seed) for p, d in shifts])
        error = float(np.sqrt(np.mean(effects**2)))
        dates = [draw_sample(p, d).first_treated_period for p, d in shifts]
        rows.append((name, error, factor * error, min(dates), max(dates), len(effects)))
    columns = ["mechanism", "std_error", "minimum_detectable_effect", "first_date", "last_date", "n_placebos"]
    return pd.DataFrame(rows, columns=columns)


def _fail_if_dates_are_several(sample: Sample) -> None:
    if len(np.unique(sample.cohort[np.isfinite(sample.cohort)])) > 1:
        raise DesignError("the minimum detectable effect needs one adoption date; take one cohort at a time")


def _effects(
    estimator: Estimator, panel: Panel, design: Design, assignment: Assignment, draws: int, seed: int
) -> FloatArray:
    sample = draw_sample(panel, design)
    compared = admissible_assignments(panel, sample, assignment, draws=draws, seed=seed)
    return np.asarray(estimate_assignments(estimator, panel, design, compared.cohorts)[:, 0])
