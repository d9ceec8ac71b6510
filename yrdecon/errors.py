"""The few errors a user of yrdecon can meet.

Every message names the offender, says what was expected, and gives the way out.
"""

__all__ = ["DataError", "DesignError", "EstimationError", "RegistryError", "YrdeconError"]


class YrdeconError(Exception):
    """Any error that yrdecon raises on purpose."""


class DataError(YrdeconError):
    """The figures, a file or a panel are not what they must be."""


class RegistryError(YrdeconError):
    """A policy, a pair or a place in a registry is wrong."""


class DesignError(YrdeconError):
    """The comparison that was asked for cannot be made with this panel."""


class EstimationError(YrdeconError):
    """The estimator cannot be computed on this sample."""
