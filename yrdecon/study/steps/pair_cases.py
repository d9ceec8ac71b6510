"""Each treated unit on its own, against the same comparison units."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from yrdecon.core.estimator import Estimator
from yrdecon.core.panel import Panel
from yrdecon.core.sample import draw_sample
from yrdecon.estimators.synthetic_control import synthetic_control
from yrdecon.inference.hagemann import hagemann
from yrdecon.inference.permutation import permutation_test
from yrdecon.inference.stepdown import holm
from yrdecon.study.findings import Findings, gather
from yrdecon.study.material import Comparison, Material

COLUMNS = ["unit", "partner", "method", "estimate", "rank", "n_compared", "p_value", "p_adjusted", "largest_rho"]


def pair_cases(material: Material) -> Findings:
    """Compare each treated unit with a synthetic control and with the headline's estimator, the other treated left out.

    Frame ``cases``: unit, partner, method, estimate, rank among all units, p-value (share of units at least as extreme
    relative to their own fit before) and the same adjusted for the number of treated units (Holm), and the ratio of
    standard deviations up to which a difference in differences of the unit would be significant (Hagemann).
    """
    return gather({"cases": lambda: _cases(material)})


def _cases(material: Material) -> pd.DataFrame:
    head = material.headline
    sample = draw_sample(head.panel, head.design)
    units = sample.units[np.isfinite(sample.cohort)]
    methods: dict[str, Estimator] = {
        "synthetic_control": synthetic_control,
        material.plan.headline.estimator: material.estimator,
    }
    return pd.concat([_by_method(material, *method, units) for method in methods.items()], ignore_index=True)


def _by_method(material: Material, name: str, estimator: Estimator, units: pd.Index) -> pd.DataFrame:
    alone = {str(unit): _alone(material.headline, unit, units) for unit in units}
    tests = {
        unit: permutation_test(estimator, case.panel, case.design, seed=material.plan.seed, studentize="full")
        for unit, case in alone.items()
    }
    adjusted = holm(tests)["p_adjusted"].to_numpy()
    rows = []
    for (unit, test), p_adjusted in zip(tests.items(), adjusted, strict=True):
        case = alone[unit]
        largest = hagemann(case.panel, case.design).frames["sides"]["largest_rho"].max()
        compared = 0 if test.draws is None else len(test.draws)
        rows.append(
            (
                unit,
                _partner(case.panel, unit),
                name,
                test.estimate,
                test.rank,
                compared,
                test.p_value,
                p_adjusted,
                largest,
            )
        )
    return pd.DataFrame(rows, columns=COLUMNS)


def _alone(comparison: Comparison, unit: object, treated: pd.Index) -> Comparison:
    panel = comparison.panel
    kept = ~panel.frame[panel.unit].isin(treated[treated != unit])
    return replace(comparison, panel=replace(panel, frame=panel.frame[kept].reset_index(drop=True)))


def _partner(panel: Panel, unit: str) -> str:
    if "partner" not in panel.frame.columns:
        return ""
    return str(panel.frame.loc[panel.frame[panel.unit].astype(str) == unit, "partner"].iloc[0])
