"""Policies: who was treated, when, by whom, and what else happened to them."""

from yrdecon.policy.assign import assign_cohort, assign_policies
from yrdecon.policy.design_audit import design_audit
from yrdecon.policy.overlap import policy_overlap
from yrdecon.policy.pairs import registry_from_pairs
from yrdecon.policy.pools import assign_pools
from yrdecon.policy.registry import Registry, load_registry

__all__ = [
    "Registry",
    "assign_cohort",
    "assign_policies",
    "assign_pools",
    "design_audit",
    "load_registry",
    "policy_overlap",
    "registry_from_pairs",
]
