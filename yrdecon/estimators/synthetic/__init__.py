"""Weighted comparison units of each cohort: the parts of synthetic estimators."""
