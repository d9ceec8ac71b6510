"""Diagnostics: what changes the answer, and what could be seen at all."""

from yrdecon.diagnostics.leave_one_out import leave_one_out
from yrdecon.diagnostics.minimum_detectable_effect import minimum_detectable_effect

__all__ = ["leave_one_out", "minimum_detectable_effect"]
