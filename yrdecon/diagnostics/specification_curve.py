"""One estimate for every defensible combination of choices."""

from __future__ import annotations

import numpy as np
import pandas as pd

from yrdecon.core.panel import Panel
from yrdecon.core.sample import draw_sample
from yrdecon.diagnostics.one_effect import one_effect
from yrdecon.diagnostics.specifications import Specification, Specifications, all_specifications
from yrdecon.diagnostics.summary_row import TEST_COLUMNS, summary_row
from yrdecon.errors import YrdeconError
from yrdecon.inference.permutation import permutation_test


def specification_curve(panel: Panel, specifications: Specifications, *, seed: int, draws: int = 999) -> pd.DataFrame:
    """Estimate every combination of choices, each with its own permutation test under ``Assignment("auto")``.

    Which covariance is used is no choice here: a permutation test uses none, and below ten treated units those that
    rest on many clusters have no claim to be a defensible option. `specification_test` judges all rows together.

    Parameters
    ----------
    specifications
        The headline and the options of every choice.
    seed, draws
        Seed and number of sampled assignments of every test, where they are not enumerated.

    Returns
    -------
    One row per specification, from the lowest estimate to the highest: specification (its place in the grid, the last
    choice changing fastest), one column per choice with the label of the option, n_treated, n_comparison, estimate,
    conf_low, conf_high (by inversion), rank, n_compared, p_value (empty where the test supports no more than a rank),
    is_headline, and a note where options contradict each other or there is no estimate. Such rows come last.

    Raises
    ------
    DesignError
        If an option names a column that the panel does not have.

    Notes
    -----
    Intervals cost most where estimates are not affine in a constant effect, as with `synthetic_did` under covariates,
    and are then searched for; everything else is a product of matrices or one set of weights per specification.

    References
    ----------
    Simonsohn, Simmons and Nelson (2020), Specification curve analysis, Nature Human Behaviour 4.

    Examples
    --------
    >>> from yrdecon.study.twinning import load_twinning, twinning_design
    >>> choices = {"pool": ["in_yrd_clean", "in_yrd"], "base_periods": [(2020,), (2018, 2019, 2020)]}
    >>> curve = specification_curve(load_twinning(), Specifications(twinning_design(), "twfe", choices), seed=1)
    >>> curve.loc[curve["is_headline"], ["pool", "base_periods"]].values.tolist(), len(curve)
    ([['in_yrd_clean', '2020']], 4)
    """
    rows = [
        _row(number, specification, panel, specifications, seed, draws)
        for number, specification in enumerate(all_specifications(specifications, panel), start=1)
    ]
    table = pd.concat(rows, ignore_index=True)
    return table.sort_values("estimate", kind="stable", na_position="last").reset_index(drop=True)


def _row(
    number: int, specification: Specification, panel: Panel, grid: Specifications, seed: int, draws: int
) -> pd.DataFrame:
    treated = comparison = 0
    note = specification.problem
    row = pd.DataFrame([[np.nan] * len(TEST_COLUMNS)], columns=list(TEST_COLUMNS))
    if specification.design is not None:
        try:
            used, design = specification.panel(panel), specification.design
            cohort = draw_sample(used, design).cohort
            treated, comparison = int(np.isfinite(cohort).sum()), int(np.isinf(cohort).sum())
            single = one_effect(specification.estimator, used, design)
            row = summary_row(permutation_test(single, used, design, seed=seed, draws=draws))
        except YrdeconError as error:
            note = str(error)
    row.insert(0, "n_comparison", comparison)
    row.insert(0, "n_treated", treated)
    for name, label in reversed(list(zip(grid.choices, specification.labels, strict=True))):
        row.insert(0, name, label)
    row.insert(0, "specification", number)
    return row.assign(is_headline=specification.is_headline, note=note)
