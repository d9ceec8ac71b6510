"""Cleaning: raw figures to one harmonized panel, with an audit of every touched cell."""

from yrdecon.clean.anomalies import anomalies
from yrdecon.clean.audit import audit
from yrdecon.clean.build import build_panel
from yrdecon.clean.crosswalk import crosswalk, crosswalk_draws
from yrdecon.clean.load import load_panel
from yrdecon.clean.report import audit_report, coverage, jumps, province_sums

__all__ = [
    "anomalies",
    "audit",
    "audit_report",
    "build_panel",
    "coverage",
    "crosswalk",
    "crosswalk_draws",
    "jumps",
    "load_panel",
    "province_sums",
]
