"""A panel without the columns that a design does not name."""

from __future__ import annotations

from dataclasses import replace

from yrdecon.core.design import Design, parse_effect
from yrdecon.core.panel import Panel


def with_needed_columns(panel: Panel, design: Design) -> Panel:
    """Drop the columns that neither panel nor design names, which every copy of the panel would carry along."""
    parsed = [parse_effect(effect) for effect in design.effects]
    named = [panel.unit, panel.time, *(panel.location or ()), panel.group, design.outcome, design.cohort]
    named += [*design.covariates, design.cluster, design.pool, design.weights]
    named += [c for effect in parsed for c in (*effect.columns, effect.slope)]
    return replace(panel, frame=panel.frame[list(dict.fromkeys(c for c in named if c is not None))])
