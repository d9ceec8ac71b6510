"""Every combination of the choices that the plan declares."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from yrdecon.core.panel import Panel
from yrdecon.diagnostics.specification_curve import specification_curve
from yrdecon.diagnostics.specification_test import specification_test
from yrdecon.diagnostics.specifications import Specifications
from yrdecon.study.findings import Findings, gather
from yrdecon.study.material import Material
from yrdecon.study.plan import Variant

DECLARED = "as declared"


@dataclass(frozen=True, eq=False)
class Grid:
    """A panel with a column of kept rows for each set of units that is left out, and the choices on it."""

    panel: Panel
    specifications: Specifications


def specifications(material: Material) -> Findings:
    """Combine pools, periods, estimators and units left out; frame ``curve``, test ``joint`` of all rows together.

    Pools that rest on another panel than the headline's take no part; of the estimators the headline's and the first
    other one do, since every combination is tested.
    """
    grid, plan = _grid(material), material.plan
    return gather(
        {
            "curve": lambda: specification_curve(grid.panel, grid.specifications, seed=plan.seed),
            "joint": lambda: specification_test(grid.panel, grid.specifications, seed=plan.seed),
        }
    )


def _grid(material: Material) -> Grid:
    plan, panel = material.plan, material.headline.panel
    timing: dict[str, dict[str, Any]] = {DECLARED: {}}
    units: dict[str, dict[str, Any]] = {DECLARED: {}}
    for number, variant in enumerate(plan.variants):
        if variant.leave_out:
            column = f"kept_{number}"
            panel = panel.assign(**{column: ~panel.frame[panel.unit].astype(str).isin(variant.leave_out)})
            units[variant.label.en] = {"rows": column}
        elif variant.base_periods is not None or variant.exclude_periods is not None:
            timing[variant.label.en] = _periods(variant)
    choices: dict[str, Any] = {
        "pool": {name: {"pool": p.design.pool} for name, p in _pools(material).items()},
        "periods": timing,
        "estimator": list(dict.fromkeys([plan.headline.estimator, *plan.estimators[:1]])),
        "units": units,
    }
    offered = {name: options for name, options in choices.items() if len(options) > 1}
    return Grid(panel, Specifications(material.headline.design, plan.headline.estimator, offered or choices))


def _pools(material: Material) -> dict[str, Any]:
    """Return the headline's pool and the others on its panel."""
    first = material.plan.headline.pool
    same = {n: p for n, p in material.pools.items() if n != first and p.panel is material.headline.panel}
    return {first: material.headline, **same}


def _periods(variant: Variant) -> dict[str, Any]:
    fields = {"base_periods": variant.base_periods, "exclude_periods": variant.exclude_periods}
    return {name: periods for name, periods in fields.items() if periods is not None}
