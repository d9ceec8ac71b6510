"""The usual robustness checks, and the headline numbers computed a second time."""

from __future__ import annotations

import pandas as pd

from yrdecon.diagnostics.robustness_battery import robustness_battery
from yrdecon.study.findings import Findings, gather
from yrdecon.study.material import Material
from yrdecon.study.receipt import Receipt, receipt


def robustness(material: Material) -> Findings:
    """Repeat the headline under the checks of Chinese practice; frame ``battery``."""
    head, plan = material.headline, material.plan
    return gather(
        {
            "battery": lambda: robustness_battery(
                head.panel,
                head.design,
                material.registry,
                material.estimator,
                seed=plan.seed,
                policy=plan.treatment.policy,
            )
        }
    )


def second_computation(material: Material) -> Findings:
    """Compute the numbers of the main table by other libraries and plain loops; frames ``checks`` and ``versions``."""
    head, plan = material.headline, material.plan
    names = list(dict.fromkeys([plan.headline.estimator, *plan.estimators]))
    made = receipt(head.panel, head.design, names, seed=plan.seed)
    items = {"seed": str(made.seed), "panel_hash": made.panel_hash, "design_hash": made.design_hash}
    versions = pd.DataFrame({"item": [*items, *made.versions], "value": [*items.values(), *made.versions.values()]})
    return gather({"checks": lambda: made.checks, "versions": lambda: versions})


def read_receipt(findings: Findings) -> Receipt:
    """Return the receipt that the findings of `second_computation` hold."""
    items = dict(zip(findings.frames["versions"]["item"], findings.frames["versions"]["value"], strict=True))
    seed, panel_hash, design_hash = (items.pop(name) for name in ("seed", "panel_hash", "design_hash"))
    return Receipt(findings.frames["checks"], items, int(seed), panel_hash, design_hash)
