"""The study: a plan declared in advance, its steps, its grade and its report."""

from yrdecon.study.compare_results import compare_results
from yrdecon.study.freeze import freeze_plan
from yrdecon.study.plan import Plan, load_plan
from yrdecon.study.receipt import Receipt, receipt
from yrdecon.study.report.assemble import study_report
from yrdecon.study.run import Study, run_study
from yrdecon.study.twinning import load_twinning, twinning_design, twinning_variants
from yrdecon.study.variants import compare_designs
from yrdecon.study.write import write_report

__all__ = [
    "Plan",
    "Receipt",
    "Study",
    "compare_designs",
    "compare_results",
    "freeze_plan",
    "load_plan",
    "load_twinning",
    "receipt",
    "run_study",
    "study_report",
    "twinning_design",
    "twinning_variants",
    "write_report",
]
