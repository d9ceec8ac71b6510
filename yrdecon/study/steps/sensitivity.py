"""How far the conclusion rests on parallel trends, on single units, and on place and date."""

from __future__ import annotations

from yrdecon.diagnostics.honest_bounds import honest_bounds
from yrdecon.diagnostics.leave_one_out import leave_one_out
from yrdecon.diagnostics.placebo_mixed import placebo_mixed
from yrdecon.diagnostics.placebo_space import placebo_space
from yrdecon.study.findings import Findings, gather
from yrdecon.study.material import Material
from yrdecon.study.steps.before_treatment import dynamic_window


def sensitivity(material: Material) -> Findings:
    """Frames ``bounds`` (honest bounds of the event study) and ``left_out``; tests ``space`` and ``mixed``."""
    head, estimator, seed = material.headline, material.estimator, material.plan.seed
    return gather(
        {
            "bounds": lambda: honest_bounds(dynamic_window(material)),
            "left_out": lambda: leave_one_out(estimator, head.panel, head.design),
            "space": lambda: placebo_space(estimator, head.panel, head.design, seed=seed),
            "mixed": lambda: placebo_mixed(estimator, head.panel, head.design, seed=seed),
        }
    )
