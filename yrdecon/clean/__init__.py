"""Cleaning: raw figures to one harmonized panel, with an audit of every touched cell."""

from yrdecon.clean.anomalies import anomalies
from yrdecon.clean.audit import audit
from yrdecon.clean.build import build_panel
from yrdecon.clean.crosswalk import crosswalk, crosswalk_draws
from yrdecon.clean.gaps import balance_panel, interpolate
from yrdecon.clean.import_yearbook import import_yearbook
from yrdecon.clean.load import load_panel
from yrdecon.clean.prices import deflate, price_base
from yrdecon.clean.ratios import growth, lag, per_capita
from yrdecon.clean.read_panel import read_panel
from yrdecon.clean.report import audit_report, coverage, jumps, province_sums
from yrdecon.clean.scales import log1p_warned, standardize, winsorize
from yrdecon.clean.successors import successor_units
from yrdecon.clean.write_dta import write_dta
from yrdecon.clean.write_excel import write_excel
from yrdecon.clean.yearbook import read_yearbook
from yrdecon.clean.yearbook_findings import yearbook_findings

__all__ = [
    "anomalies",
    "audit",
    "audit_report",
    "balance_panel",
    "build_panel",
    "coverage",
    "crosswalk",
    "crosswalk_draws",
    "deflate",
    "growth",
    "import_yearbook",
    "interpolate",
    "jumps",
    "lag",
    "load_panel",
    "log1p_warned",
    "per_capita",
    "price_base",
    "province_sums",
    "read_panel",
    "read_yearbook",
    "standardize",
    "successor_units",
    "winsorize",
    "write_dta",
    "write_excel",
    "yearbook_findings",
]
