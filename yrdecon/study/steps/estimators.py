"""Other estimators of the headline comparison, and its path over time."""

from __future__ import annotations

import pandas as pd

from yrdecon.core.estimate import Estimate
from yrdecon.core.estimator import ESTIMATORS
from yrdecon.diagnostics.one_effect import one_effect
from yrdecon.estimators.event_study import event_study
from yrdecon.estimators.synthetic_did_path import synthetic_did_path
from yrdecon.inference.placebo_band import placebo_band
from yrdecon.study.findings import Findings, gather
from yrdecon.study.material import Material
from yrdecon.study.steps.comparisons import test_row, tester


def estimators(material: Material) -> Findings:
    """Estimate and test the headline with every estimator of the plan, the headline's own first.

    Estimates and tests by the name of the estimator, estimates ``dynamic`` (event study) and ``path`` (synthetic
    difference in differences by year); frames ``estimators`` and ``band`` (placebo band of the path).
    """
    head = material.headline
    names = dict.fromkeys([material.plan.headline.estimator, *material.plan.estimators])
    single = {name: one_effect(ESTIMATORS[name].function, head.panel, head.design) for name in names}

    def estimate(name: str) -> Estimate:
        return single[name](head.panel, head.design)

    found = gather(
        {
            **{f"{name}_estimate": lambda name=name: estimate(name) for name in names},  # type: ignore[misc]
            **{name: tester(material, head, single[name]) for name in names},
            "dynamic": lambda: event_study(head.panel, head.design),
            "path": lambda: synthetic_did_path(head.panel, head.design),
            "band": lambda: placebo_band(synthetic_did_path, head.panel, head.design, seed=material.plan.seed),
        }
    )
    rows = [test_row(name, head, found.tests[name]) for name in names if name in found.tests]
    return Findings(found.estimates, found.tests, {**found.frames, "estimators": pd.DataFrame(rows)})
