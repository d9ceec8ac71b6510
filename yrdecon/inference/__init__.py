"""Inference: from estimates, or from estimators and assignments, to tests."""

from yrdecon.inference.cluster import cluster_robust
from yrdecon.inference.permutation import permutation_test
from yrdecon.inference.synthetic_did_jackknife import synthetic_did_jackknife

__all__ = ["cluster_robust", "permutation_test", "synthetic_did_jackknife"]
