"""Inference: from estimates, or from estimators and assignments, to tests."""

from yrdecon.inference.bands import simultaneous_band
from yrdecon.inference.cluster import cluster_robust
from yrdecon.inference.permutation import permutation_test
from yrdecon.inference.spatial import spatial_model_test, spatial_range
from yrdecon.inference.synthetic_did_jackknife import synthetic_did_jackknife

__all__ = [
    "cluster_robust",
    "permutation_test",
    "simultaneous_band",
    "spatial_model_test",
    "spatial_range",
    "synthetic_did_jackknife",
]
