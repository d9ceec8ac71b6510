"""Inference: from estimates, or from estimators and assignments, to tests."""

from yrdecon.inference.bands import simultaneous_band
from yrdecon.inference.cluster import cluster_robust
from yrdecon.inference.cluster_diagnostics import cluster_diagnostics, cluster_leverage
from yrdecon.inference.conformal import conformal
from yrdecon.inference.conley import conley
from yrdecon.inference.conley_taber import conley_taber
from yrdecon.inference.dose_order import dose_order_test
from yrdecon.inference.driscoll_kraay import driscoll_kraay
from yrdecon.inference.dyadic import dyadic_robust
from yrdecon.inference.ferman_pinto import ferman_pinto
from yrdecon.inference.hagemann import hagemann
from yrdecon.inference.heteroskedastic import heteroskedastic
from yrdecon.inference.named import with_errors
from yrdecon.inference.newey_west import newey_west
from yrdecon.inference.node_jackknife import node_jackknife
from yrdecon.inference.pair_gap import pair_gap_test
from yrdecon.inference.pairing_permutation import pairing_permutation_test
from yrdecon.inference.permutation import permutation_test
from yrdecon.inference.placebo_band import placebo_band
from yrdecon.inference.placebo_event_study import placebo_event_study
from yrdecon.inference.pool_draws import pool_draws
from yrdecon.inference.scpc import scpc
from yrdecon.inference.sign_change import sign_change
from yrdecon.inference.spatial import spatial_model_test, spatial_range
from yrdecon.inference.spatial_event_study import spatial_event_study
from yrdecon.inference.stepdown import holm, romano_wolf
from yrdecon.inference.synthetic_did_jackknife import synthetic_did_jackknife
from yrdecon.inference.two_sample_t import two_sample_t
from yrdecon.inference.wild import wild_cluster_bootstrap

__all__ = [
    "cluster_diagnostics",
    "cluster_leverage",
    "cluster_robust",
    "conformal",
    "conley",
    "conley_taber",
    "dose_order_test",
    "driscoll_kraay",
    "dyadic_robust",
    "ferman_pinto",
    "hagemann",
    "heteroskedastic",
    "holm",
    "newey_west",
    "node_jackknife",
    "pair_gap_test",
    "pairing_permutation_test",
    "permutation_test",
    "placebo_band",
    "placebo_event_study",
    "pool_draws",
    "romano_wolf",
    "scpc",
    "sign_change",
    "simultaneous_band",
    "spatial_event_study",
    "spatial_model_test",
    "spatial_range",
    "synthetic_did_jackknife",
    "two_sample_t",
    "wild_cluster_bootstrap",
    "with_errors",
]
