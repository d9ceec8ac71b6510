"""Every inference method on the headline, what the shocks look like, and whether the main test keeps its size."""

from __future__ import annotations

from yrdecon.core.assignment import Assignment
from yrdecon.diagnostics.calibrate import calibrate
from yrdecon.diagnostics.inference_report import inference_report
from yrdecon.inference.spatial import spatial_model_test, spatial_range
from yrdecon.study.findings import Findings, gather
from yrdecon.study.material import Material

PRIMARY = "auto"


def inference(material: Material) -> Findings:
    """Frames ``report`` (all methods) and ``range`` (persistence and range of shocks), test ``spatial``."""
    head, seed = material.headline, material.plan.seed
    return gather(
        {
            "report": lambda: inference_report(head.panel, head.design, material.estimator, seed=seed),
            "range": lambda: spatial_range(head.panel, head.design),
            "spatial": lambda: spatial_model_test(head.panel, head.design),
        }
    )


def calibration(material: Material) -> Findings:
    """Measure the size of the main test on panels like this one before treatment; frame ``sizes``."""
    head, plan = material.headline, material.plan
    return gather(
        {
            "sizes": lambda: calibrate(
                head.panel,
                head.design,
                material.estimator,
                {PRIMARY: Assignment("auto")},
                seed=plan.seed,
                draws=plan.inference.calibration_draws,
            )
        }
    )
