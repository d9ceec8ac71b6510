"""Diagnostics: what a design can see, and what its results rest on."""

from yrdecon.diagnostics.balance import balance
from yrdecon.diagnostics.breusch_pagan_lm import breusch_pagan_lm
from yrdecon.diagnostics.calibrate import calibrate
from yrdecon.diagnostics.compare_groups import compare_groups
from yrdecon.diagnostics.control_pool_ladder import control_pool_ladder
from yrdecon.diagnostics.fixed_effects_test import fixed_effects_test
from yrdecon.diagnostics.groupwise_heteroskedasticity import groupwise_heteroskedasticity
from yrdecon.diagnostics.hausman import hausman
from yrdecon.diagnostics.honest_bounds import honest_bounds, honest_bounds_from
from yrdecon.diagnostics.inference_report import inference_report
from yrdecon.diagnostics.leave_one_out import leave_one_out
from yrdecon.diagnostics.minimum_detectable_effect import minimum_detectable_effect
from yrdecon.diagnostics.moran import moran
from yrdecon.diagnostics.pesaran_cd import pesaran_cd
from yrdecon.diagnostics.placebo_distribution import placebo_distribution
from yrdecon.diagnostics.placebo_external import placebo_external
from yrdecon.diagnostics.placebo_mixed import placebo_mixed
from yrdecon.diagnostics.placebo_space import placebo_space
from yrdecon.diagnostics.placebo_time import placebo_time
from yrdecon.diagnostics.poolability import poolability
from yrdecon.diagnostics.pretrend import pretrend
from yrdecon.diagnostics.pretrend_power import pretrend_power
from yrdecon.diagnostics.robustness_battery import robustness_battery
from yrdecon.diagnostics.serial_correlation import born_breitung, wooldridge_serial
from yrdecon.diagnostics.spatial_lm import spatial_lm
from yrdecon.diagnostics.specification_curve import specification_curve
from yrdecon.diagnostics.specification_test import specification_test
from yrdecon.diagnostics.specifications import Specifications
from yrdecon.diagnostics.unit_root import unit_root
from yrdecon.diagnostics.vif import vif

__all__ = [
    "Specifications",
    "balance",
    "born_breitung",
    "breusch_pagan_lm",
    "calibrate",
    "compare_groups",
    "control_pool_ladder",
    "fixed_effects_test",
    "groupwise_heteroskedasticity",
    "hausman",
    "honest_bounds",
    "honest_bounds_from",
    "inference_report",
    "leave_one_out",
    "minimum_detectable_effect",
    "moran",
    "pesaran_cd",
    "placebo_distribution",
    "placebo_external",
    "placebo_mixed",
    "placebo_space",
    "placebo_time",
    "poolability",
    "pretrend",
    "pretrend_power",
    "robustness_battery",
    "spatial_lm",
    "specification_curve",
    "specification_test",
    "unit_root",
    "vif",
    "wooldridge_serial",
]
