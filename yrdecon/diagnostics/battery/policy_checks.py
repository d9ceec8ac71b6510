"""Checks that control for the other policies of a registry."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from yrdecon.core.sample import draw_sample, restrict
from yrdecon.diagnostics.battery.check import Case, Check
from yrdecon.errors import DesignError
from yrdecon.policy.assign import assign_policies
from yrdecon.policy.overlap import policy_overlap
from yrdecon.policy.registry import Registry

INSEPARABLE = "cannot be separated"


def policy_checks(case: Case, registry: Registry, policy: str) -> Iterator[Check]:
    """Yield one check for each other policy that touches the panel, which adds its indicator as a covariate."""
    overlap = policy_overlap(case.panel, registry, policy=policy)
    held = assign_policies(case.panel, registry, exclude=policy)
    for row in overlap[~overlap["policy"].str.contains(":")].itertuples(index=False):
        yield Check(
            "other_policy", f"controlling for {row.policy}",
            lambda c, row=row: _controlled(replace(c, panel=held), str(row.policy), str(row.verdict)),  # type: ignore[misc]
        )  # fmt: skip


def _controlled(case: Case, policy: str, verdict: str) -> Case:
    if INSEPARABLE in verdict:
        raise DesignError(verdict)
    column = f"policy_{policy.replace('-', '_')}"
    if column not in case.panel.frame:
        raise DesignError("the registry does not hold all its members among the units of the panel")
    panel = case.panel.assign(**{column: case.panel.frame[column].astype(float)})
    design = replace(case.design, covariates=(*case.design.covariates, column))
    full = draw_sample(panel, design)
    sample = restrict(full, full.contrast)
    rows = sample.frame[column]
    own = rows.groupby(sample.frame[panel.unit].to_numpy()).transform("mean")
    common = rows.groupby(sample.frame[panel.time].to_numpy()).transform("mean")
    if (rows == own).all() or (rows == common).all():
        raise DesignError(
            "unit and period effects hold its indicator already, which does not change between base and treated periods"
        )
    return replace(case, panel=panel, design=design)
