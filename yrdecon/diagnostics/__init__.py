"""Diagnostics: what a design can see, and what its results rest on."""

from yrdecon.diagnostics.honest_bounds import honest_bounds, honest_bounds_from
from yrdecon.diagnostics.inference_report import inference_report
from yrdecon.diagnostics.leave_one_out import leave_one_out
from yrdecon.diagnostics.minimum_detectable_effect import minimum_detectable_effect
from yrdecon.diagnostics.pretrend_power import pretrend_power

__all__ = [
    "honest_bounds",
    "honest_bounds_from",
    "inference_report",
    "leave_one_out",
    "minimum_detectable_effect",
    "pretrend_power",
]
