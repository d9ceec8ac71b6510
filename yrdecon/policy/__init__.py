"""Policies: who was treated, when, by whom, and what else happened to them."""

from yrdecon.policy.assign import assign_cohort, assign_policies
from yrdecon.policy.design_audit import design_audit
from yrdecon.policy.overlap import policy_overlap
from yrdecon.policy.pair_gaps import pair_gaps
from yrdecon.policy.pair_places import pair_places
from yrdecon.policy.pairs import registry_from_pairs
from yrdecon.policy.pools import assign_pools
from yrdecon.policy.registry import Registry, load_registry
from yrdecon.policy.treatment_timing import treatment_timing

__all__ = [
    "Registry",
    "assign_cohort",
    "assign_policies",
    "assign_pools",
    "design_audit",
    "load_registry",
    "pair_gaps",
    "pair_places",
    "policy_overlap",
    "registry_from_pairs",
    "treatment_timing",
]
