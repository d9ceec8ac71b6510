"""Treated rows against what untreated rows predict: the parts of imputing and completing estimators."""
