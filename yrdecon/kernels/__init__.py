"""Arithmetic on arrays: no tables, no policy, no names."""
