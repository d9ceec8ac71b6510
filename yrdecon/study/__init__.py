"""The study: from the pipeline of a checkout to the first page of a report."""

from yrdecon.study.compare_results import compare_results
from yrdecon.study.first_page import FirstPage
from yrdecon.study.receipt import Receipt, receipt
from yrdecon.study.twinning import load_twinning, twinning_design, twinning_variants
from yrdecon.study.variants import compare_designs

__all__ = [
    "FirstPage",
    "Receipt",
    "compare_designs",
    "compare_results",
    "load_twinning",
    "receipt",
    "twinning_design",
    "twinning_variants",
]
