"""Diagnostics: what changes the answer."""

from yrdecon.diagnostics.leave_one_out import leave_one_out

__all__ = ["leave_one_out"]
