"""Did pairing a rich place with a poor one help, when only a handful of places were treated?"""

from yrdecon.clean import audit_report, build_panel, coverage, jumps, load_panel, province_sums
from yrdecon.core import (
    ESTIMATORS,
    Assignment,
    Design,
    Estimate,
    HypothesisTest,
    Panel,
    load_estimate,
    save_estimate,
)
from yrdecon.diagnostics import leave_one_out, minimum_detectable_effect
from yrdecon.errors import DataError, DesignError, EstimationError, RegistryError, YrdeconError
from yrdecon.estimators import aggregate, average, event_study, lincom, synthetic_did, twfe, wald
from yrdecon.inference import cluster_robust, permutation_test
from yrdecon.places import city_table, resolve_places
from yrdecon.policy import (
    Registry,
    assign_cohort,
    assign_policies,
    assign_pools,
    design_audit,
    load_registry,
    policy_overlap,
    registry_from_pairs,
)
from yrdecon.present import (
    Figure,
    Table,
    pairs_table,
    plot_event_study,
    plot_placebo,
    plot_trends,
    regression_table,
    save_figure,
    summary_table,
)
from yrdecon.study import FirstPage, compare_designs, load_twinning, twinning_design, twinning_variants

__version__ = "0.1.0"

__all__ = [
    "ESTIMATORS",
    "Assignment",
    "DataError",
    "Design",
    "DesignError",
    "Estimate",
    "EstimationError",
    "Figure",
    "FirstPage",
    "HypothesisTest",
    "Panel",
    "Registry",
    "RegistryError",
    "Table",
    "YrdeconError",
    "aggregate",
    "assign_cohort",
    "assign_policies",
    "assign_pools",
    "audit_report",
    "average",
    "build_panel",
    "city_table",
    "cluster_robust",
    "compare_designs",
    "coverage",
    "design_audit",
    "event_study",
    "jumps",
    "leave_one_out",
    "lincom",
    "load_estimate",
    "load_panel",
    "load_registry",
    "load_twinning",
    "minimum_detectable_effect",
    "pairs_table",
    "permutation_test",
    "plot_event_study",
    "plot_placebo",
    "plot_trends",
    "policy_overlap",
    "province_sums",
    "registry_from_pairs",
    "regression_table",
    "resolve_places",
    "save_estimate",
    "save_figure",
    "summary_table",
    "synthetic_did",
    "twfe",
    "twinning_design",
    "twinning_variants",
    "wald",
]
