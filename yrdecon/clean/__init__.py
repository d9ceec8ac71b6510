"""Cleaning: raw figures to one harmonized panel, with an audit of every touched cell."""

from yrdecon.clean.build import build_panel
from yrdecon.clean.import_yearbook import import_yearbook
from yrdecon.clean.load import load_panel
from yrdecon.clean.read_panel import read_panel
from yrdecon.clean.report import audit_report, coverage, jumps, province_sums
from yrdecon.clean.write_dta import write_dta
from yrdecon.clean.write_excel import write_excel
from yrdecon.clean.yearbook import read_yearbook
from yrdecon.clean.yearbook_findings import yearbook_findings

__all__ = [
    "audit_report",
    "build_panel",
    "coverage",
    "import_yearbook",
    "jumps",
    "load_panel",
    "province_sums",
    "read_panel",
    "read_yearbook",
    "write_dta",
    "write_excel",
    "yearbook_findings",
]
