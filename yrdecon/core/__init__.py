"""The nouns: panel, design, assignment, estimate, hypothesis test."""

from yrdecon.core.assignment import Assignment
from yrdecon.core.design import Design
from yrdecon.core.estimate import Estimate
from yrdecon.core.estimator import ESTIMATORS
from yrdecon.core.hypothesis import HypothesisTest
from yrdecon.core.panel import Panel
from yrdecon.core.store import load_estimate, save_estimate
from yrdecon.core.stored_tests import load_test, save_test

__all__ = [
    "ESTIMATORS",
    "Assignment",
    "Design",
    "Estimate",
    "HypothesisTest",
    "Panel",
    "load_estimate",
    "load_test",
    "save_estimate",
    "save_test",
]
