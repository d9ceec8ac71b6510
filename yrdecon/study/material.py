"""From a plan to panels and designs that are ready to estimate."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from yrdecon.clean.load import load_panel
from yrdecon.clean.read_panel import read_panel
from yrdecon.core.archive import table_bytes
from yrdecon.core.design import Design
from yrdecon.core.estimator import ESTIMATORS, Estimator
from yrdecon.core.panel import Panel
from yrdecon.core.sample import draw_sample
from yrdecon.errors import DesignError
from yrdecon.policy.assign import assign_cohort, assign_policies
from yrdecon.policy.pairs import registry_from_pairs
from yrdecon.policy.pools import assign_pools
from yrdecon.policy.registry import Registry, load_registry
from yrdecon.study.flows import read_flows
from yrdecon.study.plan import Plan, Pool, Variant

SHIPPED = ("yrd", "national")
FILLED = "filled"
PER_PERSON = ("_pc", "per_person")


@dataclass(frozen=True, eq=False)
class Comparison:
    """A panel, a design that can be estimated on it, and its name in both languages."""

    panel: Panel
    design: Design
    label_en: str
    label_zh: str


@dataclass(frozen=True, eq=False)
class Material:
    """What the steps of a study work on.

    Attributes
    ----------
    plan, registry
        The plan and the policies.
    headline
        The comparison on which the verdict rests.
    pools, variants
        Comparisons by the name of the pool, and in the order of the plan.
    flows
        Columns origin, destination, time and flow, if the plan names a file of flows.
    """

    plan: Plan
    registry: Registry
    headline: Comparison
    pools: Mapping[str, Comparison]
    variants: tuple[Comparison, ...]
    flows: pd.DataFrame | None = None

    @property
    def estimator(self) -> Estimator:
        """The headline's estimator."""
        return ESTIMATORS[self.plan.headline.estimator].function

    @property
    def first_touched(self) -> int:
        """First period that may hold an effect: the first treated or, before it, the first excluded one."""
        sample = draw_sample(self.headline.panel, self.headline.design)
        start = sample.first_treated_period
        later = [p for p in self.plan.headline.exclude_periods if p >= max(self.headline.design.base_periods or (0,))]
        return min([start, *later])

    def digest(self, before: int | None = None) -> str:
        """Hash of all panels, of the rows before a period if one is given, whatever else the tables hold."""
        sha = hashlib.sha256()
        for panel in {id(c.panel): c.panel for c in self.pools.values()}.values():
            frame = panel.frame if before is None else panel.frame[panel.frame[panel.time] < before]
            columns = [panel.unit, panel.time, *(c for c in named_outcomes(self.plan) if c in frame.columns)]
            sha.update(table_bytes(frame[columns]))
        if self.flows is not None:
            sha.update(table_bytes(self.flows if before is None else self.flows[self.flows["time"] < before]))
        return sha.hexdigest()


def load_material(plan: Plan, folder: Path) -> Material:
    """Load the panels of a plan and state its comparisons.

    Parameters
    ----------
    folder
        Where the files that the plan names are: the folder of the plan.

    Raises
    ------
    YrdeconError
        If a file, policy, column or unit that the plan names does not exist, or the headline cannot be drawn.
    """
    registry = load_registry() if plan.treatment.pairs is None else _own_registry(plan, folder)
    names = {pool.panel or plan.data.panel for pool in plan.pools.values()}
    panels = {name: _panel(plan, name, folder, registry) for name in sorted(names)}
    design = Design(
        plan.headline.outcome,
        base_periods=plan.headline.base_periods,
        exclude_periods=plan.headline.exclude_periods,
    )
    pools = {name: _comparison(panels, plan, name, pool, design) for name, pool in plan.pools.items()}
    headline = pools[plan.headline.pool]
    draw_sample(headline.panel, headline.design)
    variants = tuple(_variant(pools, plan, v) for v in plan.variants)
    flows = None if plan.flows is None else read_flows(plan.flows, folder)
    return Material(plan, registry, headline, pools, variants, flows)


def with_outcome(material: Material, outcome: str) -> Material:
    """Ask the same comparisons of another outcome.

    Periods in which the outcome is missing for every unit of a panel take no part, pools whose panel lacks it, and the
    variants, are left out.

    Raises
    ------
    DesignError
        If it rests on filled cells of treated units after treatment.
    """
    _fail_if_filled_after_treatment(material, outcome)
    pools = {
        name: _asked_of(pool, outcome) for name, pool in material.pools.items() if outcome in pool.panel.frame.columns
    }
    headline = _asked_of(material.headline, outcome)
    plan = replace(material.plan, headline=replace(material.plan.headline, outcome=outcome))
    return replace(material, plan=plan, headline=headline, pools=pools, variants=())


def _asked_of(comparison: Comparison, outcome: str) -> Comparison:
    panel, design = comparison.panel, comparison.design
    known = panel.frame[outcome].notna().groupby(panel.frame[panel.time]).any()
    absent = {int(t) for t in known.index[~known]}
    base = tuple(p for p in design.base_periods or () if p not in absent) or None
    excluded = tuple(sorted({*design.exclude_periods, *absent}))
    return replace(comparison, design=replace(design, outcome=outcome, base_periods=base, exclude_periods=excluded))


def _fail_if_filled_after_treatment(material: Material, outcome: str) -> None:
    panel = material.headline.panel
    if FILLED not in panel.frame.columns or not is_per_person(outcome):
        return
    treated = np.isfinite(panel.frame["cohort"].astype(float)) & (panel.frame[panel.time] >= material.first_touched)
    cells = panel.frame[treated & panel.frame[FILLED].eq(True)]
    if len(cells):
        shown = ", ".join(f"{u} {t}" for u, t in cells[[panel.unit, panel.time]].head(5).itertuples(index=False))
        raise DesignError(f"{outcome} rests on filled cells of treated units after treatment: {shown}")


def named_outcomes(plan: Plan) -> tuple[str, ...]:
    """Return every outcome that a plan names, the headline's first."""
    named = [plan.headline.outcome, *(o.column for o in plan.outcomes), *(c.outcome for c in plan.claims if c.outcome)]
    return tuple(dict.fromkeys(named))


def is_per_person(outcome: str) -> bool:
    """Tell from its name whether an outcome is divided by a population."""
    return any(part in outcome for part in PER_PERSON)


def income_column(material: Material) -> str:
    """Return the first outcome per person that a plan names.

    Raises
    ------
    DesignError
        If it names none.
    """
    columns = material.headline.panel.frame.columns
    found = [c for c in named_outcomes(material.plan) if is_per_person(c) and c in columns]
    if not found:
        raise DesignError("the plan names no outcome per person; declare one under outcomes")
    return found[0]


def blind(material: Material) -> Material:
    """Put the last value before treatment in place of every outcome from the first touched period on."""
    first, outcomes = material.first_touched, named_outcomes(material.plan)

    def blinded(comparison: Comparison) -> Comparison:
        return replace(comparison, panel=_blind_panel(comparison.panel, first, outcomes))

    return replace(
        material,
        headline=blinded(material.headline),
        pools={name: blinded(pool) for name, pool in material.pools.items()},
        variants=tuple(blinded(v) for v in material.variants),
    )


def _blind_panel(panel: Panel, first: int, outcomes: tuple[str, ...]) -> Panel:
    frame = panel.frame
    before = frame[panel.time] < first
    known = frame[before].sort_values(panel.time).groupby(panel.unit)
    columns = {}
    for outcome in outcomes:
        if outcome in frame.columns:
            columns[outcome] = frame[outcome].where(before, frame[panel.unit].map(known[outcome].last()))
    return panel.assign(**columns)


def _own_registry(plan: Plan, folder: Path) -> Registry:
    return registry_from_pairs(folder / str(plan.treatment.pairs), policy=plan.treatment.policy)


def _panel(plan: Plan, name: str, folder: Path, registry: Registry) -> Panel:
    panel = load_panel(name) if name in SHIPPED else _own_panel(plan, folder / name)
    first, last = plan.data.first_period, plan.data.last_period
    panel = panel.between(
        int(panel.periods[0]) if first is None else first, int(panel.periods[-1]) if last is None else last
    )
    _fail_if_outcomes_are_missing(plan, name, panel)
    panel = assign_cohort(panel, registry, policy=plan.treatment.policy, role=plan.treatment.role)
    if name not in SHIPPED:
        return panel
    return assign_pools(assign_policies(panel, registry), registry, policy=plan.treatment.policy)


def _own_panel(plan: Plan, path: Path) -> Panel:
    data = plan.data
    if not path.exists():
        raise DesignError(f"there is no panel {path}; name {' or '.join(SHIPPED)}, or a file or folder beside the plan")
    read = read_panel(path, unit=data.unit or None, time=data.time or None, group=data.group)
    made = Panel.from_frame(read.frame, unit=read.unit, time=read.time, location=data.location, group=data.group)
    return made.describe(read.variables)


def _comparison(panels: Mapping[str, Panel], plan: Plan, name: str, pool: Pool, design: Design) -> Comparison:
    panel = panels[pool.panel or plan.data.panel]
    if pool.column is not None and pool.column not in panel.frame.columns:
        held = [c for c in panel.frame.columns if c.startswith("in_")]
        raise DesignError(f"pool {name!r} names the column {pool.column!r}, which the panel lacks; it has {held}")
    return Comparison(panel, replace(design, pool=pool.column), pool.label.en, pool.label.zh)


def _variant(pools: Mapping[str, Comparison], plan: Plan, variant: Variant) -> Comparison:
    start = pools[variant.pool or plan.headline.pool]
    panel, design = start.panel, start.design
    unknown = sorted(set(variant.leave_out) - set(panel.units.astype(str)))
    if unknown:
        raise DesignError(f"variant {variant.label.en!r} leaves out {unknown}, which the panel does not hold")
    if variant.leave_out:
        kept = ~panel.frame[panel.unit].astype(str).isin(variant.leave_out)
        panel = replace(panel, frame=panel.frame[kept].reset_index(drop=True))
    excluded = design.exclude_periods if variant.exclude_periods is None else variant.exclude_periods
    base = design.base_periods if variant.base_periods is None else variant.base_periods
    design = replace(design, base_periods=base, exclude_periods=excluded)
    return Comparison(panel, design, variant.label.en, variant.label.zh)


def _fail_if_outcomes_are_missing(plan: Plan, name: str, panel: Panel) -> None:
    missing = [c for c in named_outcomes(plan) if c not in panel.frame.columns]
    if plan.headline.outcome in missing:
        numbers = panel.frame.select_dtypes(np.number).columns.tolist()
        raise DesignError(
            f"the outcome {plan.headline.outcome!r} is not in panel {name!r}; its numeric columns are {numbers[:40]}"
        )
    if missing and name == plan.data.panel:
        raise DesignError(f"the plan names the outcomes {missing}, which panel {name!r} lacks; correct or remove them")
