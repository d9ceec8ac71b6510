"""Checks that change the outcome, the sample or the estimator."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Literal

import numpy as np
import pandas as pd

from yrdecon.core.panel import boolean_column
from yrdecon.core.sample import draw_sample
from yrdecon.diagnostics.battery.check import Case, Check, in_pool, only_start, with_rows, without_units
from yrdecon.errors import DesignError
from yrdecon.estimators.aggregate import aggregate
from yrdecon.estimators.matched_did import matched_did
from yrdecon.estimators.spatial_did import spatial_did
from yrdecon.places.ranks import cities_of_rank

LOW, HIGH = 0.01, 0.99
BASELINES = ("baseline_level", "baseline_growth")


def data_checks(case: Case) -> Iterator[Check]:
    """Yield winsorizing, ranks of cities, matching, growth, filled cells, boundaries and single pairs."""
    yield Check("winsorized", "outcome cut at its 1st and 99th percentile", lambda c: _winsorized(c, "all"))
    yield Check(
        "winsorized_by_period", "outcome cut at the 1st and 99th percentile of each period",
        lambda c: _winsorized(c, "period"),
    )  # fmt: skip
    yield Check(
        "without_municipalities", "without municipalities",
        lambda c: without_units(c, set(cities_of_rank("municipalities")), "a municipality"),
    )  # fmt: skip
    yield Check(
        "without_capitals", "without provincial capitals and sub-provincial cities",
        lambda c: without_units(c, set(cities_of_rank("capitals")), "a provincial capital or sub-provincial city"),
    )  # fmt: skip
    yield Check("psm_did", "matched by the level and growth of the outcome before treatment", _matched)
    yield Check(
        "spatial_did", "outcome and treatment of the four nearest units (spatial Durbin)",
        lambda c: replace(c, design=replace(c.design, cluster=None), estimator=spatial_did),
    )  # fmt: skip
    yield Check("growth_outcome", "change of the outcome in place of its level, base all periods before", _growth)
    yield Check("without_filled", "without cells that were filled", _without_filled)
    yield Check("without_boundary_change", "without units whose territory changed", _without_boundary_change)
    sample = draw_sample(case.panel, case.design)
    for unit in sample.units[np.isfinite(sample.cohort)].astype(str):
        partner = _partner(case, unit)
        yield Check(
            "without_pair", f"without {unit}" + (f" and its partner {partner}" if partner else ""),
            lambda c, unit=unit, partner=partner: without_units(c, {unit, *partner.split(";")}, unit),  # type: ignore[misc]
        )  # fmt: skip


def _winsorized(case: Case, over: Literal["all", "period"]) -> Case:
    panel, name = case.panel, case.design.outcome
    outcome = panel.frame[name].astype(float)
    used = outcome.where(in_pool(case))
    if over == "all":
        low, high = used.quantile(LOW), used.quantile(HIGH)
    else:
        periods = used.groupby(panel.frame[panel.time])
        low, high = periods.transform("quantile", LOW), periods.transform("quantile", HIGH)
    return replace(case, panel=panel.assign(**{name: outcome.clip(low, high)}))


def _matched(case: Case) -> Case:
    """Match on the mean of the outcome before treatment and on its mean change."""
    panel, start = case.panel, only_start(case)
    frame = panel.frame
    before = (frame[panel.time] < start) & ~frame[panel.time].isin(case.design.exclude_periods)
    outcome = frame[case.design.outcome].astype(float).where(before)
    units = frame[panel.unit]
    columns = dict(
        zip(BASELINES, (values.groupby(units).transform("mean") for values in (outcome, outcome.groupby(units).diff())),
            strict=True)
    )  # fmt: skip
    design = replace(case.design, covariates=BASELINES, weights=None, effects=(), cluster=None)
    return Case(panel.assign(**columns), design, lambda p, d: aggregate(matched_did(p, d), None))


def _growth(case: Case) -> Case:
    panel, design = case.panel, case.design
    change = panel.frame[design.outcome].groupby(panel.frame[panel.unit]).diff()
    name = f"change_of_{design.outcome}"
    return Case(panel.assign(**{name: change}), replace(design, outcome=name, base_periods=None), case.estimator)


def _without_filled(case: Case) -> Case:
    panel, name = case.panel, case.design.outcome
    if "filled" not in panel.frame:
        raise DesignError("the panel has no column 'filled' that marks cells which were filled")
    if name in panel.variables.index and "population" not in str(panel.variables.loc[name, "source"]):
        raise DesignError(f"no filled cell enters {name!r}, so that nothing changes")
    return replace(case, panel=with_rows(panel, ~pd.Series(boolean_column(panel, "filled"))))


def _without_boundary_change(case: Case) -> Case:
    panel = case.panel
    if "boundary_break" not in panel.frame:
        raise DesignError("the panel has no column 'boundary_break' that marks changes of territory")
    changed = panel.frame.loc[boolean_column(panel, "boundary_break"), panel.unit].astype(str)
    return without_units(case, set(changed), "one whose territory changed")


def _partner(case: Case, unit: str) -> str:
    frame = case.panel.frame
    if "partner" not in frame:
        return ""
    found = frame.loc[frame[case.panel.unit].astype(str) == unit, "partner"].iloc[0]
    return str(found) if pd.notna(found) else ""
