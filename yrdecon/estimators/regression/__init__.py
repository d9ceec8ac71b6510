"""Least squares as an estimate, its small-sample rules, and regressions on event time."""
