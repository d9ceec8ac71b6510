"""Inference: from estimates, or from estimators and assignments, to tests."""

from yrdecon.inference.bands import simultaneous_band
from yrdecon.inference.cluster import cluster_robust
from yrdecon.inference.cluster_diagnostics import cluster_diagnostics, cluster_leverage
from yrdecon.inference.conley import conley
from yrdecon.inference.driscoll_kraay import driscoll_kraay
from yrdecon.inference.heteroskedastic import heteroskedastic
from yrdecon.inference.permutation import permutation_test
from yrdecon.inference.spatial import spatial_model_test, spatial_range
from yrdecon.inference.synthetic_did_jackknife import synthetic_did_jackknife
from yrdecon.inference.wild import wild_cluster_bootstrap

__all__ = [
    "cluster_diagnostics",
    "cluster_leverage",
    "cluster_robust",
    "conley",
    "driscoll_kraay",
    "heteroskedastic",
    "permutation_test",
    "simultaneous_band",
    "spatial_model_test",
    "spatial_range",
    "synthetic_did_jackknife",
    "wild_cluster_bootstrap",
]
