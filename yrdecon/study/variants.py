"""One estimator under several designs, each with its permutation test."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from yrdecon.core.assignment import Assignment
from yrdecon.core.design import Design
from yrdecon.core.estimator import Estimator
from yrdecon.core.panel import Panel
from yrdecon.inference.permutation import permutation_test


def compare_designs(estimator: Estimator, panel: Panel, designs: Mapping[str, Design], *, seed: int) -> pd.DataFrame:
    """Estimate and test several designs under ``Assignment("auto")``.

    Returns
    -------
    One row per design: variant, estimate, conf_low, conf_high (by inversion), rank, n_compared, disjoint_sets.

    Examples
    --------
    >>> from yrdecon.estimators import twfe
    >>> from yrdecon.study.twinning import load_twinning, twinning_design
    >>> compare_designs(twfe, load_twinning(), {"headline": twinning_design()}, seed=1)["n_compared"].tolist()
    [25]
    """
    rows = []
    for name, design in designs.items():
        test = permutation_test(estimator, panel, design, Assignment("auto"), seed=seed)
        compared = 0 if test.draws is None else len(test.draws)
        rows.append((name, test.estimate, test.conf_low, test.conf_high, test.rank, compared, test.disjoint_sets))
    columns = ["variant", "estimate", "conf_low", "conf_high", "rank", "n_compared", "disjoint_sets"]
    return pd.DataFrame(rows, columns=columns)
