"""Inference: from estimates, or from estimators and assignments, to tests."""

from yrdecon.inference.bands import simultaneous_band
from yrdecon.inference.cluster import cluster_robust
from yrdecon.inference.dyadic import dyadic_robust
from yrdecon.inference.node_jackknife import node_jackknife
from yrdecon.inference.permutation import permutation_test
from yrdecon.inference.scpc import scpc
from yrdecon.inference.spatial import spatial_model_test, spatial_range

__all__ = [
    "cluster_robust",
    "dyadic_robust",
    "node_jackknife",
    "permutation_test",
    "scpc",
    "simultaneous_band",
    "spatial_model_test",
    "spatial_range",
]
