"""How far the conclusion rests on parallel trends and on single units."""

from __future__ import annotations

from yrdecon.diagnostics.honest_bounds import honest_bounds
from yrdecon.diagnostics.leave_one_out import leave_one_out
from yrdecon.study.findings import Findings, gather
from yrdecon.study.material import Material
from yrdecon.study.steps.before_treatment import dynamic_window


def sensitivity(material: Material) -> Findings:
    """Frames ``bounds`` (honest bounds of the event study) and ``left_out``."""
    head = material.headline
    return gather(
        {
            "bounds": lambda: honest_bounds(dynamic_window(material)),
            "left_out": lambda: leave_one_out(material.estimator, head.panel, head.design),
        }
    )
