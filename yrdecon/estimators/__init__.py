"""Estimators: functions from a panel and a design to an estimate."""

from yrdecon.estimators.aggregate import aggregate
from yrdecon.estimators.bacon import bacon
from yrdecon.estimators.bias_corrected_lsdv import bias_corrected_lsdv
from yrdecon.estimators.callaway_santanna import callaway_santanna
from yrdecon.estimators.count_regression import count_regression
from yrdecon.estimators.did_multiplegt import did_multiplegt
from yrdecon.estimators.dose_response import dose_response
from yrdecon.estimators.dynamic_panel import dynamic_panel
from yrdecon.estimators.etwfe import etwfe
from yrdecon.estimators.event_study import event_study
from yrdecon.estimators.fractional_regression import fractional_regression
from yrdecon.estimators.half_panel_jackknife import half_panel_jackknife
from yrdecon.estimators.imputation import imputation, imputation_pretrend
from yrdecon.estimators.interactive_fe import interactive_fe
from yrdecon.estimators.linear_map import average, event_window, lincom, wald
from yrdecon.estimators.lp_did import lp_did
from yrdecon.estimators.matched_did import matched_did
from yrdecon.estimators.matrix_completion import matrix_completion
from yrdecon.estimators.panel_local_projection import panel_local_projection
from yrdecon.estimators.panel_regression import panel_regression
from yrdecon.estimators.quantile_regression import quantile_regression
from yrdecon.estimators.ring_effects import ring_effects
from yrdecon.estimators.spatial_did import spatial_did
from yrdecon.estimators.spatial_impacts import spatial_impacts
from yrdecon.estimators.spatial_panel import spatial_panel
from yrdecon.estimators.stacked import stacked
from yrdecon.estimators.staggered_rollout import staggered_rollout
from yrdecon.estimators.sun_abraham import sun_abraham
from yrdecon.estimators.synthetic.predictors import Predictor
from yrdecon.estimators.synthetic_control import synthetic_control
from yrdecon.estimators.synthetic_did import synthetic_did
from yrdecon.estimators.synthetic_did_path import synthetic_did_path
from yrdecon.estimators.threshold_regression import threshold_regression
from yrdecon.estimators.triple_difference import triple_difference
from yrdecon.estimators.twfe import twfe
from yrdecon.estimators.twfe_weights import twfe_weights
from yrdecon.estimators.two_stage import two_stage

__all__ = [
    "Predictor",
    "aggregate",
    "average",
    "bacon",
    "bias_corrected_lsdv",
    "callaway_santanna",
    "count_regression",
    "did_multiplegt",
    "dose_response",
    "dynamic_panel",
    "etwfe",
    "event_study",
    "event_window",
    "fractional_regression",
    "half_panel_jackknife",
    "imputation",
    "imputation_pretrend",
    "interactive_fe",
    "lincom",
    "lp_did",
    "matched_did",
    "matrix_completion",
    "panel_local_projection",
    "panel_regression",
    "quantile_regression",
    "ring_effects",
    "spatial_did",
    "spatial_impacts",
    "spatial_panel",
    "stacked",
    "staggered_rollout",
    "sun_abraham",
    "synthetic_control",
    "synthetic_did",
    "synthetic_did_path",
    "threshold_regression",
    "triple_difference",
    "twfe",
    "twfe_weights",
    "two_stage",
    "wald",
]
