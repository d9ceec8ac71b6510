"""What is known of a design before any outcome after treatment is read."""

from __future__ import annotations

import numpy as np
import pandas as pd

from yrdecon.core.assignment import Assignment
from yrdecon.core.sample import draw_sample
from yrdecon.diagnostics.minimum_detectable_effect import minimum_detectable_effect
from yrdecon.errors import YrdeconError
from yrdecon.estimators.twfe import twfe
from yrdecon.inference.assignments import admissible_assignments
from yrdecon.policy.design_audit import design_audit
from yrdecon.policy.overlap import policy_overlap
from yrdecon.study.findings import Findings, gather
from yrdecon.study.material import Comparison, Material

MECHANISMS = ("independent", "spatial")


def design_sheet(material: Material) -> Findings:
    """Count units and assignments in every pool, measure what could be detected, and list coinciding policies.

    Frames ``pools`` (one row per pool), ``detectable`` (the headline's estimator), ``overlap`` and ``audit``.
    """
    head, seed = material.headline, material.plan.seed
    policy = material.plan.treatment.policy
    return gather(
        {
            "pools": lambda: pd.DataFrame([_pool(name, pool, material) for name, pool in material.pools.items()]),
            "detectable": lambda: minimum_detectable_effect(material.estimator, head.panel, head.design, seed=seed),
            "overlap": lambda: policy_overlap(head.panel, material.registry, policy=policy),
            "audit": lambda: design_audit(head.panel, head.design),
        }
    )


def _pool(name: str, pool: Comparison, material: Material) -> dict[str, object]:
    sample = draw_sample(pool.panel, pool.design)
    plain = twfe(pool.panel, pool.design)
    draws, seed = material.plan.inference.draws, material.plan.seed
    compared = admissible_assignments(pool.panel, sample, Assignment(), draws=draws, seed=seed)
    n_treated = int(np.isfinite(sample.cohort).sum())
    row: dict[str, object] = {
        "pool": name,
        "label_en": pool.label_en,
        "label_zh": pool.label_zh,
        "n_treated": n_treated,
        "n_comparison": len(sample.units) - n_treated,
        "effective_clusters": plain.effective_clusters,
        "mechanism": compared.kind,
        "n_compared": len(compared.cohorts),
        "disjoint_sets": compared.disjoint_sets,
        "smallest_p_value": 1 / len(compared.cohorts),
    }
    return row | _detectable(pool, seed)


def _detectable(pool: Comparison, seed: int) -> dict[str, float]:
    try:
        table = minimum_detectable_effect(twfe, pool.panel, pool.design, seed=seed)
    except YrdeconError:
        return {f"detectable_{name}": np.nan for name in MECHANISMS}
    effects = table.set_index("mechanism")["minimum_detectable_effect"]
    return {f"detectable_{name}": float(effects.get(name, np.nan)) for name in MECHANISMS}
